// command_statements.cpp: `stoa statements` and `stoa invoices`: months, and what was issued for them.
// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/money_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct DocumentOptions : MoneyOptions {
  std::string publisher, party, month, customer;
  bool csv = false, page = false, note = false;

  std::string form() const { return csv ? "csv" : page ? "page" : note ? "note" : ""; }
};

std::string statements_of(const DocumentOptions& options) {
  return options.publisher.empty() ? std::string("/v1/statements")
                                   : "/v1/publishers/" + client::escape(options.publisher) + "/statements";
}
std::string invoices_of(const DocumentOptions& options) {
  return is_customer(options.account) ? "/v1/account/invoices" : "/v1/invoices";
}

Result<Json> close_month(HttpClient& host, const DocumentOptions& options) {
  return ask_money(host, options, "POST", "/v1/periods/" + client::escape(options.arguments[0]) + "/close",
                   Json::object());
}
Result<Json> list_months(HttpClient& host, const DocumentOptions&) { return ask_all(host, "/v1/periods"); }

Result<Json> list_statements(HttpClient& host, const DocumentOptions& options) {
  return ask_all(host, statements_of(options) + query_of({{"party", options.party}, {"month", options.month}}));
}
Result<Json> show_statement(HttpClient& host, const DocumentOptions& options) {
  return host.ask({.path = statements_of(options) + '/' + client::escape(options.arguments[0]) +
                           query_of({{"form", options.form()}})});
}

Result<Json> list_invoices(HttpClient& host, const DocumentOptions& options) {
  return ask_all(host, invoices_of(options) + query_of({{"customer", options.customer}, {"month", options.month}}));
}
Result<Json> show_invoice(HttpClient& host, const DocumentOptions& options) {
  return host.ask({.path = invoices_of(options) + '/' + client::escape(options.arguments[0]) +
                           query_of({{"form", options.form()}})});
}

std::string months_text(const Json& answer) {
  return table_text(answer["items"], {"month", "closed", "actor", "next_entry", "log.size"});
}
std::string statements_text(const Json& answer) {
  return table_text(answer["items"], {"number", "month", "party", "currency", "opening", "closing", "issued"});
}
std::string invoices_text(const Json& answer) {
  return table_text(answer["items"], {"number", "month", "customer", "currency", "opening", "closing", "issued"});
}

constexpr RegistryAction<DocumentOptions> kStatementActions[] = {
    {"close", "MONTH", &close_month, &record_text},
    {"months", "", &list_months, &months_text},
    {"list", "", &list_statements, &statements_text},
    {"show", "NUMBER", &show_statement, &document_or_record_text},
};
constexpr RegistryAction<DocumentOptions> kInvoiceActions[] = {
    {"list", "", &list_invoices, &invoices_text},
    {"show", "NUMBER", &show_invoice, &document_or_record_text},
};

void add_forms(CommandLine& line, DocumentOptions& options) {
  line.flag("--csv", options.csv, "show: for a spreadsheet");
  line.flag("--page", options.page, "show: for people");
  line.flag("--note", options.note, "show: the signed text");
  line.text("--month", options.month, "list: of this one, as 2026-11", {.type_name = "MONTH"});
}

}  // namespace

Action declare_statements(CommandLine line) {
  const auto options = std::make_shared<DocumentOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<DocumentOptions>>(kStatementActions)));
  add_forms(line, *options);
  line.text("--party", options->party, "list: of this one, as publisher/acme", {.type_name = "PARTY"});
  line.text("--publisher", options->publisher, "list, show: as this publisher, by its token", {.type_name = "NAME"});
  add_money_options(line, *options);
  add_registry_options(line, *options);
  line.footer(
      "examples:\n"
      "  stoa statements close 2026-11 --reason 'the month is over' --token-file admin.token\n"
      "  stoa statements list --party publisher/acme --token-file admin.token\n"
      "  stoa statements show 12 --publisher acme --page --token-file acme.token\n"
      "  stoa statements show 12 --note --token-file admin.token > statement-12.txt\n\n"
      "a month is closed once, five minutes after it is over, one after the other. Corrections stand in a later "
      "statement.");
  return [options] { return run_action<DocumentOptions>("statements", kStatementActions, *options); };
}

Action declare_invoices(CommandLine line) {
  const auto options = std::make_shared<DocumentOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<DocumentOptions>>(kInvoiceActions)));
  add_forms(line, *options);
  line.text("--customer", options->customer, "list: of this one", {.type_name = "CUSTOMER"});
  add_money_options(line, *options);
  add_registry_options(line, *options, false);
  add_account_options(line, options->account);
  line.footer(
      "examples:\n"
      "  stoa invoices list --customer northwind --token-file admin.token\n"
      "  stoa invoices show 3 --csv --token-file admin.token\n"
      "  stoa invoices show 3 --page --host https://api.example --key-file own.key");
  return [options] { return run_account_action<DocumentOptions>("invoices", kInvoiceActions, *options); };
}

}  // namespace stoa::cli
