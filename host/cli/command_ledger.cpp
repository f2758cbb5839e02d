// command_ledger.cpp: `stoa ledger`: its entries and balances, and whether it is what it should be.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <thread>

#include "host/app/ledger_folder.hpp"
#include "host/cli/audit_lines.hpp"
#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct LedgerOptions : ActionOptions {
  std::string customer, account, kind, prefix, after, licensing;
  AuditOptions lines;  // --most is of show and acts, too
};

// Said to a person; a program reads what the end is.
bool show_verified(std::uint64_t done, std::uint64_t all) {
  if (::isatty(STDERR_FILENO)) fmt::print(stderr, "\r{} of {} entries{}", done, all, done == all ? "\n" : "");
  return true;
}

Result<Json> show(const LedgerOptions& options) {
  auto host = connect(options);
  if (!host) return std::unexpected(host.error());
  if (!options.arguments.empty())
    return host->ask({.path = "/v1/ledger/entries/" + client::escape(options.arguments[0])});
  return host->ask({.path = "/v1/ledger/entries" + query_of({{"limit", std::to_string(options.lines.most)},
                                                             {"customer", options.customer},
                                                             {"account", options.account},
                                                             {"kind", options.kind},
                                                             {"after", options.after}})});
}

Result<Json> balances(const LedgerOptions& options) {
  auto host = connect(options);
  if (!host) return std::unexpected(host.error());
  return ask_all(*host, "/v1/ledger/balances" + query_of({{"prefix", options.prefix}}));
}

Result<Json> acts(const LedgerOptions& options) {
  auto host = connect(options);
  if (!host) return std::unexpected(host.error());
  return host->ask({.path = "/v1/money/acts" + query_of({{"limit", std::to_string(options.lines.most)},
                                                         {"customer", options.customer},
                                                         {"kind", options.kind},
                                                         {"after", options.after}})});
}

// Of money's own log: who moved it, and why.
Result<Json> audit(const LedgerOptions& options) {
  auto host = connect(options);
  if (!host) return std::unexpected(host.error());
  if (options.arguments[0] == "verify") return host->ask({.path = "/v1/money/audit/head"});
  if (options.arguments[0] == "list") return ask_audit_lines(*host, "/v1/money/audit", options.lines);
  return failure(Code::invalid_argument, "usage",
                 "'" + options.arguments[0] + "' is none, want: stoa ledger audit list|verify");
}

// What a host is asked to do beside its calls.
Result<Json> verify_at_host(const LedgerOptions& options) {
  auto host = connect(options);
  if (!host) return std::unexpected(host.error());
  auto state = host->ask({"POST", "/v1/ledger/verify", Json::object()});
  while (state && state->value("state", "") == "running") {
    show_verified(state->value("done", std::uint64_t{0}), state->value("all", std::uint64_t{0}));
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
    state = host->ask({.path = "/v1/ledger/verify"});
  }
  if (!state) return state;
  if (!state->contains("report"))
    return failure(Code::unavailable, state->value("reason", "client.answer"),
                   state->value("message", "the host does not say how its ledger is"));
  return (*state)["report"];
}

Result<Json> verify(const LedgerOptions& options) {
  if (options.arguments.empty()) return verify_at_host(options);
  if (options.licensing.empty())
    return failure(Code::invalid_argument, "usage",
                   "--licensing: is missing, want the licensing folder, which has the prices and agreements");
  return app::verify_ledger_folder({.billing = options.arguments[0], .licensing = options.licensing}, &show_verified);
}

Result<Json> rebuild(const LedgerOptions& options) {
  const auto entries = app::rebuild_ledger_projection(options.arguments[0], &show_verified);
  if (!entries) return std::unexpected(entries.error());
  return Json{{"folder", options.arguments[0]}, {"entries", *entries}};
}

std::string entry_text(const Json& answer) {
  if (!answer.contains("items")) return record_text(answer);
  std::string text = table_text(answer["items"], {"number", "kind", "booked", "customer", "model", "currency", "gross",
                                                  "tax", "refers", "reason"});
  if (answer.contains("next")) text += "earlier ones: --after " + member_text(answer, "next") + "\n";
  return text;
}

std::string acts_text(const Json& answer) {
  std::string text = table_text(
      answer["items"], {"id", "kind", "state", "at", "actor", "customer", "currency", "amount", "entry", "reason"});
  if (answer.contains("next")) text += "earlier ones: --after " + member_text(answer, "next") + "\n";
  return text;
}

std::string audit_text(const Json& answer) {
  return answer.contains("items") ? audit_lines_text(answer) : audit_head_text(answer);
}

std::string balances_text(const Json& answer) {
  return table_text(answer["items"], {"account", "currency", "balance", "debits", "credits", "entries", "last"});
}

std::string verification_text(const Json& report) {
  std::string text;
  for (const Json& rule : report["rules"]) {
    const bool has_flaw = rule.contains("flaw");
    const std::string how = has_flaw                    ? "BROKEN"
                            : rule["checked"].is_null() ? "not there"
                                                        : member_text(rule, "checked") + " checked";
    text += fmt::format("{:4} {:16} {}\n", member_text(rule, "rule"), how, member_text(rule, "says"));
    if (has_flaw)
      text += fmt::format("     {}{}: {}\n",
                          rule["flaw"].contains("entry") ? "entry " + member_text(rule, "flaw.entry") + ": " : "",
                          member_text(rule, "flaw.reason"), member_text(rule, "flaw.message"));
  }
  return text + fmt::format("{}: {} entries\n", report.value("sound", false) ? "sound" : "NOT SOUND",
                            member_text(report, "entries"));
}

constexpr struct {
  const char* name;
  const char* arguments;
  std::size_t arguments_min;
  Result<Json> (*run)(const LedgerOptions&);
  std::string (*text)(const Json&);
} kLedgerActions[] = {
    {"show", "[NUMBER]", 0, &show, &entry_text},
    {"balances", "", 0, &balances, &balances_text},
    {"acts", "", 0, &acts, &acts_text},
    {"audit", "list|verify", 1, &audit, &audit_text},
    {"verify", "[BILLING_FOLDER]", 0, &verify, &verification_text},
    {"rebuild", "BILLING_FOLDER", 1, &rebuild, &record_text},
};

Exit run(const LedgerOptions& options) {
  const auto* const action =
      std::ranges::find_if(kLedgerActions, [&](const auto& one) { return options.action == one.name; });
  // An argument in brackets may be left out.
  const bool is_left_out = action->arguments_min == 0 && options.arguments.empty();
  if (auto good = check_arguments("ledger", {action->name, is_left_out ? "" : action->arguments}, options); !good)
    return report(good.error());
  const auto answer = action->run(options);
  if (!answer) return report(answer.error());
  print_answer(*answer, options.json, action->text);
  return answer->contains("sound") && !answer->value("sound", false) ? Exit::refused : Exit::ok;
}

}  // namespace

Action declare_ledger(CommandLine line) {
  const auto options = std::make_shared<LedgerOptions>();
  std::vector<ActionForm> forms;
  for (const auto& action : kLedgerActions) forms.push_back({action.name, action.arguments});
  add_actions(line, *options, forms);
  line.text("--customer", options->customer, "show, acts: of this customer alone", {.type_name = "CUSTOMER"});
  line.text("--account", options->account, "show: of this account alone: payable:publisher/acme",
            {.type_name = "ACCOUNT"});
  line.text("--kind", options->kind,
            "show: usage, top_up, refund, adjustment, payout, guarantee or expiry; acts: top_up, credit, refund, ...",
            {.type_name = "KIND"});
  line.text("--after", options->after, "show, acts: the page after the one that said so", {.type_name = "TEXT"});
  add_audit_options(line, options->lines, "audit list", "show, acts, ");
  line.text("--prefix", options->prefix, "balances: of accounts that begin so: wallet:, payable:publisher/acme",
            {.type_name = "TEXT"});
  line.text("--licensing", options->licensing, "verify a folder: the licensing folder beside it", {.type_name = "DIR"});
  add_registry_options(line, *options, false);
  line.footer(
      "examples:\n"
      "  stoa ledger show --customer northwind --kind refund --token-file auditor.token\n"
      "  stoa ledger show 4711 --token-file auditor.token\n"
      "  stoa ledger balances --prefix payable: --token-file auditor.token\n"
      "  stoa ledger acts --kind refund --token-file auditor.token  what moved money beside calls\n"
      "  stoa ledger audit list --token-file auditor.token          who moved it, and why\n"
      "  stoa ledger audit verify --token-file auditor.token        reads every line; keep the hash for the next time\n"
      "  stoa ledger verify --token-file auditor.token              a host that runs, beside its calls\n"
      "  stoa ledger verify billing --licensing licensing           the host is stopped\n"
      "  stoa ledger rebuild billing                                the same: its tables anew from the journal\n\n"
      "verify reads every entry and names the first that breaks a rule of licensing/README.md.\n"
      "exit 0: sound; 1: a rule is broken.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
