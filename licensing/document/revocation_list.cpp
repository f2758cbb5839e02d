// revocation_list.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/document/revocation_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "licensing/document/document_reader.hpp"

namespace stoa::licensing {
namespace {

using registry::DocumentVerdict;
using registry::Json;
using registry::JsonObject;
using registry::utc_text;

constexpr std::int64_t kDraftLifeMs = 30LL * 86'400'000;
constexpr std::uint64_t kSerialMax = std::numeric_limits<std::uint32_t>::max();

Revocation read_entry(const Json& json, std::string pointer, DocumentVerdict& verdict,
                      std::optional<std::int64_t> now_ms) {
  JsonObject object(json, std::move(pointer), verdict, {"because", "id", "revoked", "serials_to"});
  Revocation read;
  read.licence.text = licence_id_in(object, "id");
  read.because = name_in(object, "because", 256);
  read.at_ms = now_ms && !object.has("revoked") ? *now_ms : time_in(object, "revoked");
  read.serials_to = static_cast<std::uint32_t>(object.number("serials_to", {1, kSerialMax}));
  return read;
}

Result<RevocationList> list_in(std::string_view text, std::optional<std::int64_t> now_ms) {
  const auto json = parse_document(kRevocationsDocument, text);
  if (!json) return std::unexpected(json.error());
  DocumentVerdict verdict;
  JsonObject object(*json, "", verdict, {"issued", "issuer", "next_update", "number", "revoked", "stoa_revocations"});
  RevocationList list;
  if (!now_ms || object.has("stoa_revocations")) object.number("stoa_revocations", {1, 1});
  list.issuer = object.text("issuer", {1, 64});
  if (!is_issuer_name(list.issuer)) object.refuse("issuer", "issuer", "is not a name of lower-case letters and digits");
  list.number = object.number("number", {1, kDocumentNumberMax});
  list.issued_ms = now_ms && !object.has("issued") ? *now_ms : time_in(object, "issued");
  list.next_update_ms =
      now_ms && !object.has("next_update") ? list.issued_ms + kDraftLifeMs : time_in(object, "next_update");
  if (list.next_update_ms <= list.issued_ms) object.refuse("next_update", "time", "is not after issued");
  if (!now_ms) object.require("revoked");
  const auto entries = object.array("revoked", {0, kRevocationsMax});
  for (std::size_t i = 0; i < entries.size() && !verdict.is_refused(); ++i)
    list.revoked.push_back(read_entry(entries[i], fmt::format("/revoked/{}", i), verdict, now_ms));
  if (now_ms) std::ranges::sort(list.revoked, {}, &Revocation::licence);
  for (std::size_t i = 1; i < list.revoked.size(); ++i)
    if (list.revoked[i - 1].licence >= list.revoked[i].licence)
      verdict.refuse(fmt::format("/revoked/{}/id", i), "order", "is not after the one before it: in order, each once");
  if (verdict.is_refused()) return std::unexpected(document_error(kRevocationsDocument, verdict.error()));
  return list;
}

}  // namespace

std::string write_revocations(const RevocationList& list) {
  Json revoked = Json::array();
  for (const Revocation& one : list.revoked) {
    Json entry = Json::object();
    if (!one.because.empty()) entry["because"] = one.because;
    entry["id"] = one.licence.text;
    entry["revoked"] = utc_text(one.at_ms);
    entry["serials_to"] = one.serials_to;
    revoked.push_back(std::move(entry));
  }
  return registry::json_text({{"issued", utc_text(list.issued_ms)},
                              {"issuer", list.issuer},
                              {"next_update", utc_text(list.next_update_ms)},
                              {"number", list.number},
                              {"revoked", std::move(revoked)},
                              {"stoa_revocations", 1}});
}

Result<RevocationList> parse_revocations(std::string_view json) {
  auto list = list_in(json, std::nullopt);
  if (!list) return list;
  if (auto good = check_canonical(kRevocationsDocument, json, write_revocations(*list)); !good)
    return std::unexpected(good.error());
  return list;
}

Result<RevocationList> parse_revocations_draft(std::string_view json, std::int64_t now_ms) {
  return list_in(json, now_ms);
}

std::string sign_revocations(const RevocationList& list, const registry::PrivateKey& key) {
  return sign_document(kRevocationsDocument, write_revocations(list), key);
}

Result<OpenedRevocations> open_revocations(std::string_view file) {
  auto document = open_document(kRevocationsDocument, file);
  if (!document) return std::unexpected(document.error());
  auto list = parse_revocations(document->text);
  if (!list) return std::unexpected(list.error());
  return OpenedRevocations{std::move(*list), std::move(*document)};
}

Result<void> verify_revocations(const OpenedRevocations& opened, const TrustedIssuers& issuers) {
  return issuers.verify(kRevocationsDocument, opened.document, opened.list.issuer);
}

const Revocation* find_revocation(const RevocationList& list, const LicenceId& licence, std::uint32_t serial) {
  const auto at = std::ranges::lower_bound(list.revoked, licence, {}, &Revocation::licence);
  return at != list.revoked.end() && at->licence == licence && serial <= at->serials_to ? &*at : nullptr;
}

}  // namespace stoa::licensing
