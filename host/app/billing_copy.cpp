// billing_copy.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/billing_copy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include "licensing/journal/journal_copy.hpp"
#include "licensing/ledger/entry_codec.hpp"
#include "licensing/settlement/issued_statement_store.hpp"
#include "licensing/settlement/money_act_store.hpp"
#include "registry/database/sqlite_store.hpp"
#include "registry/document/file.hpp"
#include "registry/document/staging.hpp"

namespace stoa::app {
namespace {

namespace fs = std::filesystem;
using registry::file_error;

constexpr const char *kJournalFolder = "journal", *kAnswersFolder = "answers", *kPayerSecret = "payer.secret",
                     *kPaymentsFolder = "payouts", *kOutboxFile = "outbox.db", *kSummaryFile = "backup.json";
constexpr std::size_t kSummaryBytesMax = 4'096;
// Made again, taken in another way, or of who has it open.
constexpr std::array<std::string_view, 6> kNotCopied = {"projection.db", "book.saved", "answers.db",
                                                        "settlement.db", "outbox.db",  "backup.json"};

bool is_left_out(std::string_view name) {
  if (name.starts_with('.') || name.ends_with(".lock")) return true;
  for (const std::string_view one : kNotCopied)
    if (name.starts_with(one)) return true;
  return false;
}

Result<void> sync_copied(const fs::path& path) {
  const registry::File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (file.fd() < 0 || ::fsync(file.fd()) != 0) return std::unexpected(file_error("fsync", path, errno));
  return {};
}

// Keys, secrets, payment files: each appeared whole, and none changes.
Result<void> copy_files(const fs::path& from, const fs::path& to) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(from, error)) {
    const std::string name = entry.path().filename();
    if (is_left_out(name) || !entry.is_regular_file(error) || entry.is_symlink()) continue;
    fs::copy_file(entry.path(), to / name, error);
    if (error) return std::unexpected(file_error("copy", entry.path(), error.value()));
    if (auto done = sync_copied(to / name); !done) return done;
  }
  if (error) return std::unexpected(file_error("read", from, error.value()));
  return sync_copied(to);
}

Result<void> copy_database(const fs::path& from, const fs::path& to) {
  auto reading = database::Connection::open(from, database::Access::read);
  if (!reading) return std::unexpected(reading.error());
  return reading->back_up(to);
}

Result<std::uint64_t> copy_answers(const fs::path& folder, const fs::path& to) {
  return licensing::copy_journal(folder / kAnswersFolder, to / kAnswersFolder,
                                 [](std::uint64_t, std::string_view) { return true; });
}

// Up to the first entry of an act that the copy of the acts does not know: it came after that.
Result<std::uint64_t> copy_entries(const fs::path& folder, const fs::path& to) {
  auto acts = database::Connection::open(to / licensing::kSettlementFile, database::Access::read);
  if (!acts) return std::unexpected(acts.error());
  std::optional<Error> error;
  auto copied = licensing::copy_journal(folder / kJournalFolder, to / kJournalFolder,
                                        [&](std::uint64_t number, std::string_view record) {
                                          const auto entry = licensing::decode(record);
                                          if (!entry) {
                                            error = entry.error();
                                            error->message = fmt::format("entry {}: {}", number, error->message);
                                            return false;
                                          }
                                          if (entry->usage || !entry->party || entry->party->request.empty())
                                            return true;
                                          const auto act = licensing::read_act(*acts, entry->party->request);
                                          if (!act && act.error().code != Code::not_found) error = act.error();
                                          return act.has_value();
                                        });
  if (error) return std::unexpected(*error);
  return copied;
}

// A folder that appears whole, or not at all.
Result<void> appear(const fs::path& to, const std::function<Result<void>(const fs::path& staged)>& fill) {
  std::error_code error;
  if (fs::exists(fs::symlink_status(to, error)))
    return failure(Code::already_exists, "file.exists", to.string() + ": is there already, a backup replaces nothing");
  const fs::path target = fs::absolute(to).lexically_normal();
  auto staging = registry::StagingFolder::create(target.parent_path());
  if (!staging) return std::unexpected(staging.error());
  if (auto filled = fill(staging->path()); !filled) return filled;
  return staging->publish(target.filename());
}

Result<registry::AuditHead> audit_in(const fs::path& file) {
  auto reading = database::Connection::open(file, database::Access::read);
  if (!reading) return std::unexpected(reading.error());
  if (auto sound = reading->examine(); !sound) return std::unexpected(sound.error());
  return registry::verify_audit(*reading);
}

std::string text_of(const BillingSummary& summary) {
  const nlohmann::ordered_json json{
      {"entries", summary.entries},
      {"answers", summary.answers},
      {"statements", summary.statements},
      {"audit", {{"lines", summary.audit.lines}, {"sha256", registry::to_hex(summary.audit.sha256)}}}};
  return json.dump(2) + '\n';
}

// What a backup had when it was made; a folder that is none has nothing to compare.
Result<void> compare_with_summary(const fs::path& folder, const BillingSummary& found) {
  std::error_code none;
  if (!fs::exists(folder / kSummaryFile, none)) return {};
  const auto had = registry::read_small_file(folder / kSummaryFile, kSummaryBytesMax);
  if (!had) return std::unexpected(had.error());
  if (*had == text_of(found)) return {};
  return failure(Code::data_loss, "backup.unsound",
                 fmt::format("{}: it has {} entries, {} records of answers, {} statements and {} acts in its log now",
                             folder.string(), found.entries, found.answers, found.statements, found.audit.lines));
}

Result<void> write_summary(const fs::path& folder, const BillingSummary& summary) {
  const std::string text = text_of(summary);
  const fs::path path = folder / kSummaryFile;
  const registry::File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (file.fd() < 0) return std::unexpected(file_error("make", path, errno));
  if (auto written = registry::write_all(file, std::as_bytes(std::span(text))); !written) return written;
  if (::fsync(file.fd()) != 0) return std::unexpected(file_error("fsync", path, errno));
  return sync_copied(folder);
}

Result<void> fill_billing(const fs::path& folder, const fs::path& to) {
  if (auto copied = copy_files(folder, to); !copied) return copied;
  std::error_code none;
  if (fs::is_directory(folder / kPaymentsFolder, none)) {
    if (!fs::create_directory(to / kPaymentsFolder, none))
      return std::unexpected(file_error("make", to / kPaymentsFolder, EIO));
    fs::permissions(to / kPaymentsFolder, fs::perms::owner_all, none);
    if (auto copied = copy_files(folder / kPaymentsFolder, to / kPaymentsFolder); !copied) return copied;
  }
  if (fs::is_directory(folder / kAnswersFolder, none))
    if (auto copied = copy_answers(folder, to); !copied) return std::unexpected(copied.error());
  if (auto copied = copy_database(folder / licensing::kSettlementFile, to / licensing::kSettlementFile); !copied)
    return copied;
  if (auto copied = copy_entries(folder, to); !copied) return std::unexpected(copied.error());
  return {};
}

}  // namespace

bool is_billing_folder(const fs::path& folder) {
  std::error_code none;
  return fs::is_directory(folder / kJournalFolder, none) && fs::is_regular_file(folder / kPayerSecret, none);
}

bool is_webhooks_folder(const fs::path& folder) {
  std::error_code none;
  return fs::is_regular_file(folder / kOutboxFile, none);
}

Result<BillingSummary> examine_billing(const fs::path& folder) {
  BillingSummary summary;
  std::optional<Error> error;
  const auto entries =
      licensing::read_journal_folder(folder / kJournalFolder, [&](std::uint64_t number, std::string_view record) {
        const auto entry = licensing::decode(record);
        if (!entry)
          error = Error{entry.error().code, entry.error().reason,
                        fmt::format("entry {}: {}", number, entry.error().message), 0};
        return entry.has_value();
      });
  if (error) return std::unexpected(*error);
  if (!entries) return std::unexpected(entries.error());
  summary.entries = *entries;
  std::error_code none;
  if (fs::is_directory(folder / kAnswersFolder, none)) {
    const auto answers =
        licensing::read_journal_folder(folder / kAnswersFolder, [](std::uint64_t, std::string_view) { return true; });
    if (!answers) return std::unexpected(answers.error());
    summary.answers = *answers;
  }
  const auto statements = licensing::issued_statements(folder / licensing::kSettlementFile);
  if (!statements) return std::unexpected(statements.error());
  summary.statements = statements->size();
  const auto audit = audit_in(folder / licensing::kSettlementFile);
  if (!audit) return std::unexpected(audit.error());
  summary.audit = *audit;
  if (auto same = compare_with_summary(folder, summary); !same) return std::unexpected(same.error());
  return summary;
}

Result<BillingSummary> copy_billing(const fs::path& folder, const fs::path& to, CopyIs what) {
  BillingSummary summary;
  if (what == CopyIs::restored)
    if (auto sound = examine_billing(folder); !sound) return sound;
  auto appeared = appear(to, [&](const fs::path& staged) -> Result<void> {
    if (auto filled = fill_billing(folder, staged); !filled) return filled;
    const auto examined = examine_billing(staged);
    if (!examined) return std::unexpected(examined.error());
    summary = *examined;
    return what == CopyIs::backup ? write_summary(staged, summary) : Result<void>();
  });
  if (!appeared) return std::unexpected(appeared.error());
  return summary;
}

Result<registry::AuditHead> examine_webhooks(const fs::path& folder) { return audit_in(folder / kOutboxFile); }

Result<registry::AuditHead> copy_webhooks(const fs::path& folder, const fs::path& to) {
  registry::AuditHead head;
  auto appeared = appear(to, [&](const fs::path& staged) -> Result<void> {
    if (auto copied = copy_files(folder, staged); !copied) return copied;
    if (auto copied = copy_database(folder / kOutboxFile, staged / kOutboxFile); !copied) return copied;
    const auto examined = audit_in(staged / kOutboxFile);
    if (!examined) return std::unexpected(examined.error());
    head = *examined;
    return {};
  });
  if (!appeared) return std::unexpected(appeared.error());
  return head;
}

}  // namespace stoa::app
