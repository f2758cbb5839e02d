// licence_memory.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/document/licence_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <span>

#include "licensing/document/document_reader.hpp"
#include "registry/document/staging.hpp"

namespace stoa::licensing {
namespace {

using registry::DocumentVerdict;
using registry::Json;
using registry::JsonObject;
using registry::utc_text;

constexpr std::size_t kMemoryBytesMax = 256u << 20;
constexpr std::size_t kMemoryRowsMax = 1'000'000;
constexpr std::uint64_t kSerialsMax = std::numeric_limits<std::uint32_t>::max();

std::unexpected<Error> refuse(std::string_view reason, std::string message) {
  return failure(Code::failed_precondition, std::string(reason), std::move(message));
}

Sha256 digest_in(JsonObject& object, std::string_view key) {
  const auto digest = registry::sha256_from_hex(object.text(key, {64, 64}));
  if (!digest) object.refuse(key, "digest", "is not 64 lower-case hexadecimal digits");
  return digest.value_or(Sha256{});
}

}  // namespace

Result<LicenceMemory> LicenceMemory::open(std::filesystem::path file) {
  const auto text = registry::read_small_file(file, kMemoryBytesMax);
  if (!text && text.error().code != Code::not_found) return std::unexpected(text.error());
  LicenceMemory memory(std::move(file));
  if (!text) return memory;
  if (auto read = memory.read(*text); !read)
    return failure(
        Code::data_loss, "licence_memory.file",
        fmt::format("{} was changed or damaged: take it from a backup, or remove it with the licences beside "
                    "it, and import them anew ({})",
                    memory.file_.string(), read.error().message));
  return memory;
}

Result<void> LicenceMemory::take(const OpenedLicence& opened) {
  const Licence& licence = opened.licence;
  const Sha256 sha256 = registry::sha256_of(opened.document.text);
  const auto [at, is_first] = licences_.try_emplace({licence.id.text, licence.issuer}, licence.serial, sha256);
  SeenLicence& seen = at->second;
  if (is_first) {
    is_new_ = true;
    return {};
  }
  if (licence.serial < seen.serial)
    return refuse("licence_file.replaced",
                  fmt::format("its serial is {}, and serial {} was seen", licence.serial, seen.serial));
  if (licence.serial == seen.serial && sha256 != seen.sha256)
    return refuse("licence_file.other_content",
                  fmt::format("serial {} was seen with other terms, and a licence never changes", licence.serial));
  if (licence.serial == seen.serial) return {};
  seen.serial = licence.serial;
  seen.sha256 = sha256;
  is_new_ = true;
  return {};
}

Result<void> LicenceMemory::take(const OpenedRevocations& opened) {
  const RevocationList& list = opened.list;
  const Sha256 sha256 = registry::sha256_of(opened.document.text);
  SeenList& seen = lists_[list.issuer];
  if (list.number < seen.number)
    return refuse("revocation_list.older",
                  fmt::format("its number is {}, and number {} was seen", list.number, seen.number));
  if (list.number == seen.number) {
    if (sha256 == seen.sha256) return {};
    return refuse("revocation_list.other_content", fmt::format("number {} was seen with another content", list.number));
  }
  seen = {list.number, std::max(seen.issued_ms, list.issued_ms), sha256};
  is_new_ = true;
  // Also what a later list leaves out stays revoked: an issuer that changes its mind issues a higher serial.
  for (const Revocation& one : list.revoked) {
    const auto [at, is_first] = revoked_.try_emplace({list.issuer, one.licence.text}, one);
    if (!is_first && at->second.serials_to < one.serials_to) at->second = one;
  }
  return {};
}

const Revocation* LicenceMemory::revocation_of(const Licence& licence) const {
  const auto at = revoked_.find({licence.issuer, licence.id.text});
  return at != revoked_.end() && licence.serial <= at->second.serials_to ? &at->second : nullptr;
}

std::optional<std::int64_t> LicenceMemory::list_issued_ms(std::string_view issuer) const {
  const auto at = lists_.find(issuer);
  return at == lists_.end() ? std::nullopt : std::optional(at->second.issued_ms);
}

std::string LicenceMemory::text() const {
  Json licences = Json::array(), lists = Json::array(), revoked = Json::array();
  for (const auto& [key, seen] : licences_)
    licences.push_back({{"id", key.first},
                        {"issuer", key.second},
                        {"serial", seen.serial},
                        {"sha256", registry::to_hex(seen.sha256)}});
  for (const auto& [issuer, seen] : lists_)
    lists.push_back({{"issued", utc_text(seen.issued_ms)},
                     {"issuer", issuer},
                     {"number", seen.number},
                     {"sha256", registry::to_hex(seen.sha256)}});
  for (const auto& [key, one] : revoked_)
    revoked.push_back({{"because", one.because},
                       {"id", key.second},
                       {"issuer", key.first},
                       {"revoked", utc_text(one.at_ms)},
                       {"serials_to", one.serials_to}});
  return registry::json_text({{"licences", std::move(licences)},
                              {"lists", std::move(lists)},
                              {"revoked", std::move(revoked)},
                              {"stoa_licence_memory", 1}}) +
         '\n';
}

Result<void> LicenceMemory::read(std::string_view file_text) {
  const auto json = registry::parse_strict_json(file_text);
  if (!json) return std::unexpected(json.error());
  DocumentVerdict verdict;
  JsonObject object(*json, "", verdict, {"licences", "lists", "revoked", "stoa_licence_memory"});
  object.number("stoa_licence_memory", {1, 1});
  for (const Json& row : object.array("licences", {0, kMemoryRowsMax})) {
    JsonObject one(row, "/licences", verdict, {"id", "issuer", "serial", "sha256"});
    const std::string id = licence_id_in(one, "id");
    licences_[{id, one.text("issuer", {1, 64})}] = {static_cast<std::uint32_t>(one.number("serial", {1, kSerialsMax})),
                                                    digest_in(one, "sha256")};
  }
  for (const Json& row : object.array("lists", {0, kMemoryRowsMax})) {
    JsonObject one(row, "/lists", verdict, {"issued", "issuer", "number", "sha256"});
    lists_[one.text("issuer", {1, 64})] = {one.number("number", {1, kDocumentNumberMax}), time_in(one, "issued"),
                                           digest_in(one, "sha256")};
  }
  for (const Json& row : object.array("revoked", {0, kMemoryRowsMax})) {
    JsonObject one(row, "/revoked", verdict, {"because", "id", "issuer", "revoked", "serials_to"});
    const std::string id = licence_id_in(one, "id");
    revoked_[{one.text("issuer", {1, 64}), id}] = {
        {id},
        static_cast<std::uint32_t>(one.number("serials_to", {1, kSerialsMax})),
        time_in(one, "revoked"),
        one.text("because", {0, 256})};
  }
  if (verdict.is_refused()) return std::unexpected(verdict.error());
  if (text() != file_text) return failure(Code::data_loss, "licence_memory.file", "it is not in its one form");
  return {};
}

Result<void> LicenceMemory::keep() {
  if (!is_new_) return {};
  const std::string written = text();
  auto staging = registry::StagingFile::create(file_, 0600);
  if (!staging) return std::unexpected(staging.error());
  if (auto done = registry::write_all(staging->file(), std::as_bytes(std::span(written))); !done) return done;
  if (auto published = staging->publish(); !published) return published;
  is_new_ = false;
  return {};
}

}  // namespace stoa::licensing
