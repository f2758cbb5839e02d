// command_audit.cpp: `stoa audit`: what was done in a registry, and whether its log is whole; and a publisher's own
// audit of what it earned. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "host/app/wall_clock.hpp"
#include "host/cli/audit_fetch.hpp"
#include "host/cli/audit_lines.hpp"
#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "licensing/settlement/settlement_records.hpp"
#include "licensing/statement/statement_text.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::cli {
namespace {

struct AuditActionOptions : ActionOptions {
  AuditOptions lines;              // of list
  std::string publisher, log_key;  // of fetch and check
  std::vector<std::string> own_keys;
  std::string month;  // of statement
  bool csv = false;
};

Result<Json> list(HttpClient& registry, const AuditActionOptions& options) {
  return ask_audit_lines(registry, "/v1/audit", options.lines);
}

Result<Json> verify(HttpClient& registry, const AuditActionOptions&) {
  return registry.ask({.path = "/v1/audit/head"});
}

std::string verify_text(const Json& answer) {
  return "whole: " + member_text(answer, "audit.lines") + " lines, the last one's hash is " +
         member_text(answer, "audit.sha256") + ", " + member_text(answer, "alias_steps") + " steps of aliases\n";
}

constexpr RegistryAction<AuditActionOptions> kAuditActions[] = {
    {"list", "", &list, &audit_lines_text},
    {"verify", "", &verify, &verify_text},
};

Exit fetch(const AuditActionOptions& options) {
  const AuditFolder folder{options.arguments[0]};
  std::string publisher = options.publisher;
  if (publisher.empty()) {
    const auto known = folder.read_publisher();
    if (!known)
      return report(
          Error{Code::invalid_argument, "usage", "--publisher: is missing, want whose entries are fetched", 0});
    publisher = *known;
  }
  auto host = connect(options);
  if (!host) return report(host.error());
  const auto fetched = fetch_audit(*host, publisher, folder, options.log_key);
  if (!fetched) return report(fetched.error());
  const Json answer{{"publisher", publisher},
                    {"log_key", fetched->log_key},
                    {"log_key_is_new", fetched->is_key_new},
                    {"log_entries", fetched->log_entries},
                    {"entries", fetched->entries},
                    {"new_entries", fetched->new_entries},
                    {"tiles", fetched->tiles},
                    {"prices", fetched->prices},
                    {"agreements", fetched->agreements},
                    {"statements", fetched->statements}};
  print_answer(answer, options.json, &record_text);
  return Exit::ok;
}

Json json_of(const licensing::AuditReport& found) {
  const auto amounts = [](const std::map<licensing::Currency, licensing::Nano>& sums) {
    Json json = Json::object();
    for (const auto& [currency, sum] : sums) json[std::string(currency.code())] = licensing::amount_text(sum);
    return json;
  };
  return {{"equal", true},
          {"entries", found.counts.entries},
          {"calls", found.counts.calls},
          {"refunds", found.counts.refunds},
          {"others", found.counts.others},
          {"gross", amounts(found.counts.gross)},
          {"owed", amounts(found.counts.owed)},
          {"statements", found.statements},
          {"older_checkpoints", found.older},
          {"log_entries", found.head.size},
          {"log_root", registry::to_hex(found.head.root)}};
}

std::string check_text(const Json& found) {
  std::string text =
      fmt::format("equal: {} calls and {} refunds come to what they say, {} other entries to their sum\n",
                  member_text(found, "calls"), member_text(found, "refunds"), member_text(found, "others"));
  for (const auto& [currency, sum] : found["gross"].items())
    text += fmt::format("  gross of the calls  {} {}\n", sum.get<std::string>(), currency);
  for (const auto& [currency, sum] : found["owed"].items())
    text += fmt::format("  owed by now         {} {}\n", sum.get<std::string>(), currency);
  return text + fmt::format(
                    "  statements          {}, to the unit\n  log                 {} entries, goes on from {} "
                    "older checkpoints, root {}\n",
                    member_text(found, "statements"), member_text(found, "log_entries"),
                    member_text(found, "older_checkpoints"), member_text(found, "log_root"));
}

Exit check(const AuditActionOptions& options) {
  const auto found = check_folder({options.arguments[0]}, {options.log_key, options.own_keys});
  if (!found) return report(found.error());
  print_answer(json_of(*found), options.json, &check_text);
  return Exit::ok;
}

Json json_of(const licensing::Statement& statement) {
  Json lines = Json::array();
  for (const licensing::StatementLine& line : statement.lines)
    lines.push_back({{"kind", licensing::name_of(line.kind)},
                     {"model", line.model},
                     {"price", line.price},
                     {"agreement", line.agreement},
                     {"entries", line.entries},
                     {"units", line.units},
                     {"gross", licensing::amount_text(line.gross)},
                     {"amount", licensing::amount_text(line.amount)}});
  return {{"party", statement.party},
          {"currency", statement.currency.code()},
          {"from", registry::utc_text(statement.from_ms)},
          {"until", registry::utc_text(statement.until_ms)},
          {"opening", licensing::amount_text(statement.opening)},
          {"closing", licensing::amount_text(statement.closing)},
          {"lines", std::move(lines)}};
}

Exit statement(const AuditActionOptions& options) {
  const auto month = options.month.empty() ? Result<licensing::Month>(licensing::month_at(app::unix_ms()))
                                           : licensing::month_of(options.month);
  if (!month) return report(month.error());
  const auto worked_out =
      work_out_statements({options.arguments[0]}, {options.log_key, options.own_keys}, month->from_ms, month->until_ms);
  if (!worked_out) return report(worked_out.error());
  Json items = Json::array();
  std::string text;
  for (const licensing::Statement& one : *worked_out) {
    items.push_back(json_of(one));
    text += options.csv ? licensing::statement_csv(one) : licensing::statement_page(one);
  }
  if (text.empty()) text = "no entries\n";
  if (options.json)
    print_answer(Json{{"items", std::move(items)}}, true, &record_text);
  else
    std::fputs(text.c_str(), stdout);
  return Exit::ok;
}

struct OwnAction {
  const char *name, *arguments;
  Exit (*run)(const AuditActionOptions& options);
};
constexpr OwnAction kOwnActions[] = {
    {"fetch", "FOLDER", &fetch}, {"check", "FOLDER", &check}, {"statement", "FOLDER", &statement}};

Exit run(const AuditActionOptions& options) {
  for (const OwnAction& action : kOwnActions) {
    if (options.action != action.name) continue;
    const auto good = check_arguments("audit", {action.name, action.arguments}, options);
    return good ? action.run(options) : report(good.error());
  }
  if (options.url.empty())
    return report(Error{Code::invalid_argument, "usage", "--registry: is missing, want the registry's URL", 0});
  return run_action<AuditActionOptions>("audit", kAuditActions, options);
}

}  // namespace

Action declare_audit(CommandLine line) {
  const auto options = std::make_shared<AuditActionOptions>();
  std::vector<ActionForm> forms = forms_of(std::span<const RegistryAction<AuditActionOptions>>(kAuditActions));
  for (const OwnAction& action : kOwnActions) forms.push_back({action.name, action.arguments});
  add_actions(line, *options, forms);
  add_registry_options(line, *options, false);
  add_audit_options(line, options->lines, "list");
  line.text("--publisher", options->publisher, "fetch: whose entries; the next time the folder knows",
            {.type_name = "NAME"});
  line.text("--log-key", options->log_key,
            "fetch, check: the log's key, as it was handed to you: a line, or a file with it", {.type_name = "KEY"});
  line.texts("--own-key", options->own_keys,
             "check: a public key (PEM) of the publisher: each agreement has to be signed by one of them",
             {.type_name = "FILE", .one_each = true});
  line.text("--month", options->month, "statement: of this month (default: the one that is under way)",
            {.type_name = "YYYY-MM"});
  line.flag("--csv", options->csv, "statement: for a spreadsheet");
  line.footer(
      "examples:\n"
      "  stoa audit list --token-file auditor.token\n"
      "  stoa audit verify --token-file auditor.token      reads every line; keep the hash, and compare it next "
      "time\n"
      "  stoa audit fetch earnings --publisher acme --log-key log.key --token-file acme.token\n"
      "  stoa audit check earnings --log-key log.key       asks nobody\n"
      "  stoa audit statement earnings --month 2026-11     the same, and what the month comes to\n\n"
      "fetch takes into a folder what a publisher may see of the ledger, and the next time what is new. check works "
      "out "
      "each\n"
      "price and share of it anew, and holds the log and the statements against it: exit 0: equal; 1: the first "
      "difference.\n"
      "--registry and --token-file may come from STOA_REGISTRY and STOA_TOKEN_FILE.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
