// command_receipts.cpp: `stoa receipts`: what a call cost and that the ledger's log holds it, fetched and verified.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "host/cli/account_option.hpp"
#include "host/cli/command.hpp"
#include "host/cli/receipt_file.hpp"
#include "host/cli/registry_text.hpp"
#include "host/client/bounded_json.hpp"
#include "host/client/problem_answer.hpp"
#include "licensing/proof/entry_text.hpp"
#include "registry/document/file.hpp"
#include "registry/document/staging.hpp"

namespace stoa::cli {
namespace {

constexpr std::size_t kReceiptMax = 1u << 20;
constexpr unsigned kFileMode = 0600;  // it says who called

struct ReceiptsOptions : ActionOptions {
  AccountOptions account;
  std::string out, log_key;
};

Result<void> keep(const std::string& path, const std::string& text) {
  auto staged = registry::StagingFile::create(path, kFileMode);
  if (!staged) return std::unexpected(staged.error());
  if (auto written = registry::write_all(staged->file(), std::as_bytes(std::span(text))); !written) return written;
  return staged->publish();
}

Exit get(const ReceiptsOptions& options) {
  auto host = is_customer(options.account) ? connect_as_customer(options.account, options) : connect(options);
  if (!host) return report(host.error());
  const auto answer = host->ask({.path = "/v1/receipts/" + client::escape(options.arguments[0])});
  if (!answer) return report(answer.error());
  const std::string text = answer->dump(2, ' ', true, Json::error_handler_t::replace) + '\n';
  if (options.out.empty()) {
    fmt::print("{}", text);
    return Exit::ok;
  }
  if (auto kept = keep(options.out, text); !kept) return report(kept.error());
  fmt::print("receipt of entry {}: {}\n", member_text(*answer, "number"), client::printable(options.out));
  return Exit::ok;
}

// Nobody is asked: the receipt and the key are enough.
Exit verify(const ReceiptsOptions& options) {
  if (options.log_key.empty())
    return report(
        Error{Code::invalid_argument, "usage", "--log-key: is missing, want the log's key: a line, or a file", 0});
  const auto key = log_key_of(options.log_key);
  if (!key) return report(key.error());
  const auto text = registry::read_small_file(options.arguments[0], kReceiptMax);
  if (!text) return report(text.error());
  const auto receipt = receipt_in(client::parse_bounded_json(*text));
  if (!receipt) return report(receipt.error());
  const auto entry = licensing::verify_receipt(*receipt, *key);
  if (!entry) return report(entry.error());
  const auto head = licensing::open_checkpoint(receipt->proof.checkpoint, *key);
  if (!head) return report(head.error());
  if (options.json) {
    const Json answer{{"holds", true},
                      {"number", receipt->number},
                      {"log", key->name()},
                      {"log_entries", head->head.size},
                      {"is_whole", receipt->private_part.has_value()},
                      {"says", licensing::entry_text(*entry)}};
    fmt::print("{}\n", answer.dump(2, ' ', true, Json::error_handler_t::replace));
    return Exit::ok;
  }
  fmt::print("holds: entry {} of the log {}, among {} entries{}\n{}", receipt->number, key->name(), head->head.size,
             receipt->private_part ? "" : "; without its private half", licensing::entry_text(*entry));
  return Exit::ok;
}

struct ReceiptsAction {
  const char *name, *arguments;
  Exit (*run)(const ReceiptsOptions& options);
};
constexpr ReceiptsAction kReceiptsActions[] = {{"get", "NUMBER", &get}, {"verify", "FILE", &verify}};

}  // namespace

Action declare_receipts(CommandLine line) {
  const auto options = std::make_shared<ReceiptsOptions>();
  std::vector<ActionForm> forms;
  for (const ReceiptsAction& action : kReceiptsActions) forms.push_back({action.name, action.arguments});
  add_actions(line, *options, forms);
  add_account_options(line, options->account);
  add_registry_options(line, *options, false);
  line.text("-o,--out", options->out, "get: keep it in this file", {.type_name = "FILE"});
  line.text("--log-key", options->log_key, "verify: the log's key: the line that /log/key answers, or a file with it",
            {.type_name = "KEY", .environment = "STOA_LOG_KEY"});
  line.footer(
      "examples:\n"
      "  stoa receipts get 4711 --host https://api.example --key-file ci.key --out 4711.receipt.json\n"
      "  stoa receipts get 4711 --registry https://registry.example:8081 --token-file acme.token\n"
      "  stoa receipts verify 4711.receipt.json --log-key log.key\n\n"
      "NUMBER: what the answer to a call has in its field x-stoa-receipt. A customer gets its own receipts whole, a "
      "publisher\n"
      "those of its models without their private half. verify needs no network.\n"
      "exit 0: it holds; 1: it does not, with the reason.");
  return [options] {
    for (const ReceiptsAction& action : kReceiptsActions) {
      if (options->action != action.name) continue;
      const auto good = check_arguments("receipts", {action.name, action.arguments}, *options);
      return good ? action.run(*options) : report(good.error());
    }
    return Exit::usage;  // not reached: the option takes these names alone
  };
}

}  // namespace stoa::cli
