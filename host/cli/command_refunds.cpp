// command_refunds.cpp: `stoa refunds` and `stoa adjustments`: corrections, as entries of their own.
// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/money_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct CorrectionOptions : MoneyOptions {
  std::string amount, bearer, customer, currency = "EUR", refers;
  std::vector<std::string> postings;
};

Result<Json> entry_number(const char* name, const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return Json(number);
  return failure(Code::invalid_argument, "usage", std::string(name) + ": want the number of an entry");
}

Result<Json> create_refund(HttpClient& host, const CorrectionOptions& options) {
  auto entry = entry_number("ENTRY", options.arguments[0]);
  if (!entry) return entry;
  Json body{{"entry", std::move(*entry)}};
  if (!options.amount.empty()) body["amount"] = options.amount;
  if (!options.bearer.empty()) body["bearer"] = options.bearer;
  return ask_money(host, options, "POST", "/v1/refunds", std::move(body));
}

Result<Json> list_refunds(HttpClient& host, const CorrectionOptions& options) {
  return ask_all(host, "/v1/refunds" + query_of({{"customer", options.customer}}));
}

Result<Json> create_adjustment(HttpClient& host, const CorrectionOptions& options) {
  Json postings = Json::array();
  for (const std::string& text : options.postings) {
    const std::size_t equals = text.rfind('=');
    if (equals == text.npos)
      return failure(Code::invalid_argument, "usage", "--posting: want ACCOUNT=AMOUNT, debits above zero");
    postings.push_back({{"account", text.substr(0, equals)}, {"amount", text.substr(equals + 1)}});
  }
  Json body{{"currency", options.currency}, {"postings", std::move(postings)}};
  if (!options.refers.empty()) {
    auto entry = entry_number("--refers", options.refers);
    if (!entry) return entry;
    body["refers"] = std::move(*entry);
  }
  return ask_money(host, options, "POST", "/v1/adjustments", std::move(body));
}

Result<Json> list_adjustments(HttpClient& host, const CorrectionOptions&) { return ask_all(host, "/v1/adjustments"); }

std::string refunds_text(const Json& answer) {
  return table_text(answer["items"], {"at", "entry", "refers", "amount", "currency", "bearer", "state", "reason"});
}
std::string adjustments_text(const Json& answer) {
  return table_text(answer["items"], {"at", "entry", "amount", "currency", "state", "reason", "postings"});
}

constexpr RegistryAction<CorrectionOptions> kRefundActions[] = {
    {"create", "ENTRY", &create_refund, &record_text},
    {"list", "", &list_refunds, &refunds_text},
};
constexpr RegistryAction<CorrectionOptions> kAdjustmentActions[] = {
    {"create", "", &create_adjustment, &record_text},
    {"list", "", &list_adjustments, &adjustments_text},
};

}  // namespace

Action declare_refunds(CommandLine line) {
  const auto options = std::make_shared<CorrectionOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<CorrectionOptions>>(kRefundActions)));
  line.text("--amount", options->amount, "create: a part, tax included (default: all that is left)",
            {.type_name = "AMOUNT"});
  line.text("--bearer", options->bearer, "create: who bears it: all who earned (default), publisher, platform",
            {.type_name = "WHO"});
  line.text("--customer", options->customer, "list: of this one", {.type_name = "CUSTOMER"});
  add_money_options(line, *options);
  add_registry_options(line, *options);
  line.footer(
      "examples:\n"
      "  stoa refunds create 4711 --reason 'it was slow' --bearer platform --token-file admin.token\n"
      "  stoa refunds create 4712 --amount 0.005 --reason 'half of it was wrong' --once r-12 --token-file admin.token\n"
      "  stoa refunds list --customer northwind --token-file admin.token\n\n"
      "ENTRY: the number in the call's field x-stoa-receipt.");
  return [options] { return run_action<CorrectionOptions>("refunds", kRefundActions, *options); };
}

Action declare_adjustments(CommandLine line) {
  const auto options = std::make_shared<CorrectionOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<CorrectionOptions>>(kAdjustmentActions)));
  line.texts("--posting", options->postings, "create: ACCOUNT=AMOUNT, debits above zero; two or more, which sum to 0",
             {.type_name = "POSTING", .one_each = true});
  line.text("--currency", options->currency, "create: of the amounts (default: EUR)", {.type_name = "CODE"});
  line.text("--refers", options->refers, "create: the entry that it corrects", {.type_name = "ENTRY"});
  add_money_options(line, *options);
  add_registry_options(line, *options);
  line.footer(
      "examples:\n"
      "  stoa adjustments create --posting suspense=12.50 --posting income:breakage=-12.50 --reason 'unclaimed since "
      "2024' \\\n"
      "    --token-file admin.token\n"
      "  stoa adjustments list --token-file admin.token");
  return [options] { return run_action<CorrectionOptions>("adjustments", kAdjustmentActions, *options); };
}

}  // namespace stoa::cli
