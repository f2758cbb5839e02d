// ledger_folder.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/ledger_folder.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "host/api/licensing/ledger_json.hpp"
#include "host/app/ledger_projection.hpp"
#include "host/app/ledger_verifier.hpp"
#include "host/app/wall_clock.hpp"
#include "licensing/billing/payer_name.hpp"
#include "licensing/book/book.hpp"
#include "licensing/book/book_copy.hpp"
#include "licensing/journal/journal.hpp"
#include "licensing/projection/projection.hpp"
#include "licensing/settlement/issued_statement_store.hpp"
#include "licensing/verification/verification.hpp"
#include "registry/document/lock_file.hpp"

namespace stoa::app {
namespace {

namespace fs = std::filesystem;

// Opening makes a journal where there is none: only one that is there is opened.
Result<std::unique_ptr<licensing::Journal>> open_existing_journal(const fs::path& billing) {
  std::error_code none;
  const auto folder = billing / "journal";
  if (!fs::is_directory(folder, none))
    return failure(Code::not_found, "file.not_found", folder.string() + ": there is no journal");
  return licensing::Journal::open(folder, {});
}

class VerificationFolder {
 public:
  explicit VerificationFolder(fs::path path) : path_(std::move(path)) {}
  ~VerificationFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  VerificationFolder(const VerificationFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  const fs::path path_;
};

}  // namespace

Result<nlohmann::ordered_json> verify_ledger_folder(const LedgerFolders& folders, const LedgerProgress& told) {
  const auto journal = open_existing_journal(folders.billing);
  if (!journal) return std::unexpected(journal.error());
  if (!licensing::is_book_folder(folders.licensing))
    return failure(Code::not_found, "file.not_found", folders.licensing.string() + ": is no licensing folder");
  const auto secret = licensing::read_or_make_payer_secret(folders.billing / "payer.secret");
  if (!secret) return std::unexpected(secret.error());
  licensing::BookOptions options;
  options.file = folders.licensing / licensing::kBookFile;
  options.now_ms = &unix_ms;
  options.payer_secret = *secret;
  const auto book = licensing::Book::open(std::move(options));
  if (!book) return std::unexpected(book.error());
  const auto terms = (*book)->billing_terms();
  if (!terms) return std::unexpected(terms.error());

  const VerificationFolder scratch(folders.billing / "verification");
  if (auto made = registry::make_private_folder(scratch.path()); !made) return std::unexpected(made.error());
  licensing::VerificationSources sources{.journal = **journal, .terms = terms->terms};
  auto checkpoint = checkpoint_in(folders.billing);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  sources.checkpoint = std::move(*checkpoint);
  auto statements = licensing::issued_statements(folders.billing / licensing::kSettlementFile);
  if (!statements) return std::unexpected(statements.error());
  sources.statements = std::move(*statements);
  sources.projection = folders.billing / kProjectionFile;
  sources.scratch = scratch.path();
  sources.told = told;
  auto saved = licensing::read_saved_book(folders.billing / kSavedBookFile, **journal);
  if (saved) sources.book = std::move(*saved);
  auto verification = licensing::verify_ledger(sources);
  if (!verification) return std::unexpected(verification.error());
  return api::json_of(*verification);
}

Result<std::uint64_t> rebuild_ledger_projection(const fs::path& billing, const LedgerProgress& told) {
  const auto journal = open_existing_journal(billing);
  if (!journal) return std::unexpected(journal.error());
  const auto file = billing / kProjectionFile;
  for (const char* const end : {"", "-wal", "-shm"}) {
    std::error_code error;
    fs::remove(file.string() + end, error);
    if (error) return std::unexpected(registry::file_error("remove", file, error.value()));
  }
  const std::uint64_t all = (*journal)->durable();
  std::uint64_t entries = 0;
  const auto built = licensing::build_projection(file, **journal, all, [&](std::uint64_t done) {
    entries = done;
    return told(done, all);
  });
  if (!built) return std::unexpected(built.error());
  return entries;
}

}  // namespace stoa::app
