// command_backup.cpp: `stoa backup`: a folder of a host as it is now, in another folder, and back.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "host/app/billing_copy.hpp"
#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "licensing/book/book_copy.hpp"
#include "registry/upkeep/backup.hpp"

namespace stoa::cli {
namespace {

struct BackupOptions : ActionOptions {
  bool is_as_it_is = false;
};

using Summary = Result<registry::BackupSummary>;

registry::BackupTerms terms_of(const BackupOptions& options) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::milliseconds>(now).count(), options.is_as_it_is};
}

Summary create(const BackupOptions& options) {
  return registry::create_backup(options.arguments[0], options.arguments[1], terms_of(options));
}
Summary check(const BackupOptions& options) { return registry::check_backup(options.arguments[0], terms_of(options)); }
Summary restore(const BackupOptions& options) {
  return registry::restore_backup(options.arguments[0], options.arguments[1], terms_of(options));
}

// A licensing folder: a copy of it is laid out as it is itself, so that bringing it back is copying, too.
Result<Json> about_book(const BackupOptions& options) {
  const std::int64_t now_ms = terms_of(options).now_ms;
  const auto summary = options.action == "check"
                           ? licensing::examine_book(options.arguments[0], now_ms)
                           : licensing::copy_book(options.arguments[0], options.arguments[1], now_ms);
  if (!summary) return std::unexpected(summary.error());
  return Json{{"audit", {{"lines", summary->audit.lines}, {"sha256", registry::to_hex(summary->audit.sha256)}}},
              {"customers", summary->customers},
              {"keys", summary->keys},
              {"licences", summary->licences},
              {"leases", summary->leases}};
}

std::string book_text(const Json& summary) {
  return fmt::format(
      "sound: {} customers, {} keys, {} licences, {} leases; the audit log has {} lines, the last one's hash is {}\n",
      member_text(summary, "customers"), member_text(summary, "keys"), member_text(summary, "licences"),
      member_text(summary, "leases"), member_text(summary, "audit.lines"), member_text(summary, "audit.sha256"));
}

Json json_of(const registry::AuditHead& head) {
  return {{"lines", head.lines}, {"sha256", registry::to_hex(head.sha256)}};
}

Result<Json> about_billing(const BackupOptions& options) {
  const auto what = options.action == "restore" ? app::CopyIs::restored : app::CopyIs::backup;
  const auto summary = options.action == "check" ? app::examine_billing(options.arguments[0])
                                                 : app::copy_billing(options.arguments[0], options.arguments[1], what);
  if (!summary) return std::unexpected(summary.error());
  return Json{{"entries", summary->entries},
              {"answers", summary->answers},
              {"statements", summary->statements},
              {"audit", json_of(summary->audit)}};
}

std::string billing_text(const Json& summary) {
  return fmt::format(
      "sound: {} entries, {} records of answers, {} statements; the audit log has {} lines, the last one's hash is "
      "{}\n",
      member_text(summary, "entries"), member_text(summary, "answers"), member_text(summary, "statements"),
      member_text(summary, "audit.lines"), member_text(summary, "audit.sha256"));
}

Result<Json> about_webhooks(const BackupOptions& options) {
  const auto head = options.action == "check" ? app::examine_webhooks(options.arguments[0])
                                              : app::copy_webhooks(options.arguments[0], options.arguments[1]);
  if (!head) return std::unexpected(head.error());
  return Json{{"audit", json_of(*head)}};
}

std::string kept_webhooks_text(const Json& summary) {
  return fmt::format("sound: the audit log has {} lines, the last one's hash is {}\n",
                     member_text(summary, "audit.lines"), member_text(summary, "audit.sha256"));
}

// The folders that are laid out as their backups are: copied there, and back.
constexpr struct {
  bool (*is_one)(const std::filesystem::path& folder);
  Result<Json> (*about)(const BackupOptions& options);
  std::string (*text)(const Json& summary);
} kCopiedFolders[] = {{&licensing::is_book_folder, &about_book, &book_text},
                      {&app::is_billing_folder, &about_billing, &billing_text},
                      {&app::is_webhooks_folder, &about_webhooks, &kept_webhooks_text}};

std::string backup_text(const Json& summary) {
  return fmt::format(
      "sound: {} releases, {} blobs of {} bytes; the audit log has {} lines, the last one's hash is {}\n",
      member_text(summary, "releases"), member_text(summary, "blobs"), member_text(summary, "blob_bytes"),
      member_text(summary, "audit.lines"), member_text(summary, "audit.sha256"));
}

std::string restored_text(const Json& summary) {
  return backup_text(summary) +
         fmt::format(
             "what was done after line {} of the log is undone: tokens and keys that were revoked since count "
             "again; docs/how-to/run-a-registry.md says what to do before customers are let in\n",
             member_text(summary, "audit.lines"));
}

constexpr struct {
  const char* name;
  const char* arguments;
  Summary (*run)(const BackupOptions&);
} kBackupActions[] = {
    {"create", "FOLDER BACKUP", &create}, {"check", "BACKUP", &check}, {"restore", "BACKUP FOLDER", &restore}};

Exit run(const BackupOptions& options) {
  const auto* const action =
      std::ranges::find_if(kBackupActions, [&](const auto& one) { return options.action == one.name; });
  if (auto good = check_arguments("backup", {action->name, action->arguments}, options); !good)
    return report(good.error());
  for (const auto& folder : kCopiedFolders) {
    if (!folder.is_one(options.arguments[0])) continue;
    const auto summary = folder.about(options);
    if (!summary) return report(summary.error());
    print_answer(*summary, options.json, folder.text);
    return Exit::ok;
  }
  const auto summary = action->run(options);
  if (!summary) return report(summary.error());
  print_answer(Json::parse(registry::backup_json(*summary)), options.json,
               options.action == "restore" ? &restored_text : &backup_text);
  return Exit::ok;
}

}  // namespace

Action declare_backup(CommandLine line) {
  const auto options = std::make_shared<BackupOptions>();
  std::vector<ActionForm> forms;
  for (const auto& action : kBackupActions) forms.push_back({action.name, action.arguments});
  add_actions(line, *options, forms);
  line.flag("--as-it-is", options->is_as_it_is, "create: take a registry that is not sound all the same");
  line.flag("--json", options->json, "report as JSON");
  line.footer(
      "examples:\n"
      "  stoa backup create registry backups/monday        the host may run, and publish meanwhile\n"
      "  stoa backup check backups/monday                  reads all of it\n"
      "  stoa backup restore backups/monday registry       the folder is not there yet; then start the host\n"
      "  stoa backup create licensing backups/customers    the same of a licensing folder\n"
      "  stoa backup create billing backups/money          of [billing]; and of [webhooks]\n\n"
      "of one host in this order: webhooks, billing, licensing, registry: each names only what a later one has.\n"
      "a backup holds the registry's key: keep it as the registry itself. Nothing is ever replaced (exit 3).");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
