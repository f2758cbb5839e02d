// audit_folder.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/audit_folder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/cli/receipt_file.hpp"
#include "licensing/document/agreement_file.hpp"
#include "licensing/document/price_list_file.hpp"
#include "licensing/proof/own_statement.hpp"
#include "licensing/statement/document_text.hpp"
#include "registry/document/file.hpp"
#include "registry/document/staging.hpp"

namespace stoa::cli {
namespace {

constexpr std::size_t kSmallMax = 1u << 20, kEntriesMax = std::size_t{8} << 30;
constexpr unsigned kAuditFileMode = 0600;

std::unexpected<Error> in_file(const std::filesystem::path& file, const Error& error) {
  return failure(error.code, error.reason, fmt::format("{}: {}", file.string(), error.message));
}

// Of a signed note its text; without one, all of it.
std::string_view note_text(std::string_view note) {
  const std::size_t end = note.find("\n\n");
  return end == note.npos ? note : note.substr(0, end + 1);
}

// Each agreement of the folder, by the publisher's own signature under the very text.
Result<void> check_signatures(const AuditFolder& folder, const std::string& publisher,
                              const std::vector<std::string>& key_files) {
  std::vector<registry::PublicKey> keys;
  for (const std::string& file : key_files) {
    const auto pem = registry::read_small_file(file, kSmallMax);
    if (!pem) return std::unexpected(pem.error());
    auto key = registry::PublicKey::from_pem(*pem);
    if (!key) return in_file(file, key.error());
    keys.push_back(std::move(*key));
  }
  for (const auto& file :
       keys.empty() ? std::vector<std::filesystem::path>() : files_in(folder.agreements(), ".json")) {
    const auto text = registry::read_small_file(file, kSmallMax);
    if (!text) return std::unexpected(text.error());
    auto signature = file;
    signature.replace_extension(".publisher." + publisher + std::string(licensing::kAgreementSignatureSuffix));
    const auto signed_text = registry::read_small_file(signature, kSmallMax);
    const auto opened = signed_text ? licensing::open_agreement(*signed_text) : std::unexpected(signed_text.error());
    const bool is_signed = opened && opened->document.text == *text && std::ranges::any_of(keys, [&](const auto& key) {
                             return licensing::verify_agreement(opened->document, key).has_value();
                           });
    if (!is_signed)
      return failure(
          Code::permission_denied, "audit.unsigned",
          fmt::format("{}: none of the keys of '{}' that were given has signed it", file.string(), publisher));
  }
  return {};
}

}  // namespace

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, const std::string& ending) {
  std::vector<std::filesystem::path> files;
  std::error_code none;
  for (const auto& file : std::filesystem::directory_iterator(folder, none))
    if (file.path().extension() == ending && !file.path().filename().string().starts_with('.'))
      files.push_back(file.path());
  std::ranges::sort(files);
  return files;
}

Result<void> keep_file(const std::filesystem::path& path, std::string_view bytes) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) return std::unexpected(registry::file_error("make a folder", path.parent_path(), error.value()));
  auto staged = registry::StagingFile::create(path, kAuditFileMode);
  if (!staged) return std::unexpected(staged.error());
  if (auto written = registry::write_all(staged->file(), std::as_bytes(std::span(bytes))); !written) return written;
  return staged->publish();
}

Result<std::string> AuditFolder::read_publisher() const {
  auto name = registry::read_small_file(publisher(), kSmallMax);
  if (name && name->ends_with('\n')) name->pop_back();
  return name;
}

Result<licensing::NoteVerifier> AuditFolder::read_log_key() const { return log_key_of(log_key().string()); }

Result<std::vector<std::string>> AuditFolder::older_checkpoints() const {
  std::vector<std::string> notes;
  for (const auto& file : files_in(checkpoints(), "")) {
    auto note = registry::read_small_file(file, kSmallMax);
    if (!note) return std::unexpected(note.error());
    notes.push_back(std::move(*note));
  }
  return notes;
}

Result<licensing::BillingTerms> AuditFolder::read_terms() const {
  licensing::BillingTerms terms;
  for (const auto& file : files_in(prices(), ".json")) {
    const auto text = registry::read_small_file(file, kSmallMax);
    if (!text) return std::unexpected(text.error());
    auto list = licensing::parse_price_list(*text);
    if (!list) return in_file(file, list.error());
    terms.add(std::make_shared<const licensing::PriceList>(std::move(*list)));
  }
  for (const auto& file : files_in(agreements(), ".json")) {
    const auto text = registry::read_small_file(file, kSmallMax);
    if (!text) return std::unexpected(text.error());
    auto agreement = licensing::parse_agreement(*text);
    if (!agreement) return in_file(file, agreement.error());
    terms.add(std::make_shared<const licensing::Agreement>(std::move(*agreement)));
  }
  return terms;
}

Result<std::vector<licensing::Statement>> AuditFolder::read_statements() const {
  std::vector<licensing::Statement> all;
  for (const auto& file : files_in(statements(), ".txt")) {
    const auto note = registry::read_small_file(file, kSmallMax);
    if (!note) return std::unexpected(note.error());
    auto statement = licensing::parse_statement(note_text(*note));
    if (!statement) return in_file(file, statement.error());
    all.push_back(std::move(statement->statement));
  }
  return all;
}

licensing::ReadTile AuditFolder::tiles() const {
  return [folder = path](const licensing::TilePlace& place) {
    return registry::read_small_file(folder / licensing::path_of(place), kSmallMax);
  };
}

Result<licensing::AuditReport> check_folder(const AuditFolder& folder, const KnownKeys& known) {
  const auto publisher = folder.read_publisher();
  if (!publisher) return std::unexpected(publisher.error());
  const auto key = folder.read_log_key();
  if (!key) return std::unexpected(key.error());
  if (!known.log_key.empty()) {
    const auto wanted = log_key_of(known.log_key);
    if (!wanted) return std::unexpected(wanted.error());
    if (wanted->text() != key->text())
      return failure(Code::permission_denied, "audit.key",
                     fmt::format("the folder is of the log {}, and not of {}", key->text(), wanted->text()));
  }
  if (auto is_signed = check_signatures(folder, *publisher, known.own_keys); !is_signed)
    return std::unexpected(is_signed.error());
  const auto checkpoint = registry::read_small_file(folder.checkpoint(), kSmallMax);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  const auto older = folder.older_checkpoints();
  if (!older) return std::unexpected(older.error());
  const auto entries = registry::read_small_file(folder.entries(), kEntriesMax);
  if (!entries) return std::unexpected(entries.error());
  const auto terms = folder.read_terms();
  if (!terms) return std::unexpected(terms.error());
  const auto statements = folder.read_statements();
  if (!statements) return std::unexpected(statements.error());
  return licensing::audit({.publisher = *publisher,
                           .log = *key,
                           .checkpoint = *checkpoint,
                           .older = *older,
                           .read_tile = folder.tiles(),
                           .entries = *entries,
                           .terms = *terms,
                           .statements = *statements});
}

Result<std::vector<licensing::Statement>> work_out_statements(const AuditFolder& folder, const KnownKeys& known,
                                                              std::int64_t from_ms, std::int64_t until_ms) {
  const auto found = check_folder(folder, known);
  if (!found) return std::unexpected(found.error());
  const auto publisher = folder.read_publisher();
  if (!publisher) return std::unexpected(publisher.error());
  const auto entries = registry::read_small_file(folder.entries(), kEntriesMax);
  if (!entries) return std::unexpected(entries.error());
  return licensing::own_statements(*entries, *publisher, from_ms, until_ms, found->head);
}

}  // namespace stoa::cli
