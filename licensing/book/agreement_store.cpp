// agreement_store.cpp: SQL of agreements, signatures and parties' keys. SPDX-License-Identifier: Apache-2.0
#include "licensing/book/agreement_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "licensing/document/agreement_file.hpp"

namespace stoa::licensing {
namespace {

// With the moment from which a later version counts.
constexpr std::string_view kSelectAgreements =
    "SELECT a.id, a.version, a.document, a.proposed_by, a.proposed_ms, a.signed_ms, a.terminated_ms, "
    "a.terminated_because, (SELECT min(max(n.from_ms, n.signed_ms)) FROM agreements n WHERE n.id = a.id AND n.version "
    "> "
    "a.version AND n.signed_ms IS NOT NULL) FROM agreements a";

template <class Bytes>
Bytes bytes_in(const database::Rows& rows, int column) {
  Bytes bytes{};
  const auto blob = rows.blob(column);
  if (blob.size() == bytes.size())
    std::ranges::transform(blob, bytes.begin(), [](std::byte byte) { return static_cast<std::uint8_t>(byte); });
  return bytes;
}

Result<std::vector<AgreementSignature>> read_signatures(database::Connection& connection, const Agreement& agreement) {
  std::vector<AgreementSignature> signatures;
  auto rows = connection.query(
      "SELECT party, key_id, public_key, signature, brought_by, signed_ms FROM agreement_signatures WHERE agreement = "
      "? "
      "AND version = ? ORDER BY party",
      agreement.id, agreement.version);
  while (rows.next())
    signatures.push_back({.party = std::string(rows.text(0)),
                          .envelope = {.key_id = {std::string(rows.text(1))},
                                       .signature = bytes_in<registry::Ed25519Signature>(rows, 3)},
                          .public_key = bytes_in<registry::Ed25519Point>(rows, 2),
                          .brought_by = std::string(rows.text(4)),
                          .signed_ms = rows.integer(5)});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return signatures;
}

Result<HeldAgreement> agreement_of(const database::Rows& rows) {
  std::string text(rows.text(2));
  auto agreement = parse_agreement(text);
  if (!agreement)
    return failure(Code::data_loss, "book.broken",
                   fmt::format("{} version {}: {}", rows.text(0), rows.integer(1), agreement.error().message));
  return HeldAgreement{.agreement = std::move(*agreement),
                       .text = std::move(text),
                       .proposed_by = std::string(rows.text(3)),
                       .proposed_ms = rows.integer(4),
                       .signed_ms = rows.optional_integer(5),
                       .superseded_ms = rows.optional_integer(8),
                       .terminated_ms = rows.optional_integer(6),
                       .terminated_because = std::string(rows.text(7))};
}

Result<std::vector<HeldAgreement>> all_agreements(database::Connection& connection, database::Rows rows) {
  std::vector<HeldAgreement> agreements;
  while (rows.next()) {
    auto held = agreement_of(rows);
    if (!held) return std::unexpected(held.error());
    agreements.push_back(std::move(*held));
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  for (HeldAgreement& held : agreements) {
    auto signatures = read_signatures(connection, held.agreement);
    if (!signatures) return std::unexpected(signatures.error());
    held.signatures = std::move(*signatures);
  }
  return agreements;
}

std::unexpected<Error> unknown_agreement(const AgreementId& id) {
  return failure(Code::not_found, "agreement.unknown",
                 fmt::format("there is no agreement '{}'", id.text.substr(0, 80)));
}

}  // namespace

Result<void> insert_agreement(database::Connection& connection, const HeldAgreement& held) {
  const Agreement& agreement = held.agreement;
  auto written = connection.run("INSERT INTO agreements VALUES(?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, '')", agreement.id,
                                agreement.version, agreement.publisher, held.text, agreement.from_ms,
                                agreement.until_ms, held.proposed_by, held.proposed_ms);
  if (!written) return std::unexpected(written.error());
  for (const std::string& party : signatories_of(agreement))
    if (auto kept =
            connection.run("INSERT INTO agreement_parties VALUES(?, ?) ON CONFLICT DO NOTHING", party, agreement.id);
        !kept)
      return std::unexpected(kept.error());
  return {};
}

Result<void> insert_signature(database::Connection& connection, const Agreement& agreement,
                              const AgreementSignature& signature) {
  return database::done(connection.run("INSERT INTO agreement_signatures VALUES(?, ?, ?, ?, ?, ?, ?, ?)", agreement.id,
                                       agreement.version, signature.party, signature.envelope.key_id.hex,
                                       signature.public_key, signature.envelope.signature, signature.brought_by,
                                       signature.signed_ms));
}

Result<void> write_signed(database::Connection& connection, const Agreement& agreement, std::int64_t signed_ms) {
  return database::done(connection.run("UPDATE agreements SET signed_ms = ? WHERE id = ? AND version = ?", signed_ms,
                                       agreement.id, agreement.version));
}

Result<void> write_terminated(database::Connection& connection, const AgreementId& id, std::int64_t now_ms,
                              std::string_view because) {
  return database::done(connection.run(
      "UPDATE agreements SET terminated_ms = ?, terminated_because = ? WHERE id = ? AND terminated_ms IS "
      "NULL",
      now_ms, because, id.text));
}

Result<HeldAgreement> read_agreement(database::Connection& connection, const AgreementId& id) {
  auto versions = read_agreement_versions(connection, id);
  if (!versions) return std::unexpected(versions.error());
  return std::move(versions->front());
}

Result<std::optional<HeldAgreement>> read_agreement_at(database::Connection& connection, const AgreementId& id,
                                                       std::int64_t at_ms) {
  auto versions = read_agreement_versions(connection, id);
  if (!versions) return std::unexpected(versions.error());
  for (HeldAgreement& held : *versions)
    if (held.effect().is_at(at_ms)) return std::move(held);
  return std::nullopt;
}

Result<std::vector<HeldAgreement>> read_agreement_versions(database::Connection& connection, const AgreementId& id) {
  auto versions = all_agreements(
      connection,
      connection.query(fmt::format("{} WHERE a.id = ? ORDER BY a.version DESC", kSelectAgreements), id.text));
  if (versions && versions->empty()) return unknown_agreement(id);
  return versions;
}

Result<std::vector<HeldAgreement>> read_agreements(database::Connection& connection, const AgreementFilter& filter,
                                                   const Page& page) {
  return all_agreements(
      connection,
      connection.query(
          fmt::format(
              "{} WHERE a.id > ?1 AND (?2 = '' OR a.id IN (SELECT agreement FROM agreement_parties WHERE party "
              "= ?2)) AND a.version = (SELECT max(version) FROM agreements WHERE id = a.id) ORDER BY a.id LIMIT "
              "?3",
              kSelectAgreements),
          page.after, filter.publisher.empty() ? "" : publisher_party(filter.publisher), page.most));
}

Result<void> examine_agreements(database::Connection& connection) {
  const auto all =
      all_agreements(connection, connection.query(fmt::format("{} ORDER BY a.id, a.version", kSelectAgreements)));
  if (!all) return std::unexpected(all.error());
  for (const HeldAgreement& held : *all) {
    const auto broken = [&](std::string_view what) {
      return failure(Code::data_loss, "book.broken",
                     fmt::format("{} version {} {}", held.agreement.id, held.agreement.version, what));
    };
    for (const AgreementSignature& one : held.signatures) {
      const auto key = registry::PublicKey::from_raw(one.public_key);
      if (!key || !registry::verify_payload(one.envelope, kAgreementDocument.payload_type, held.text, *key))
        return broken("has a signature of " + one.party + " that does not verify");
    }
    if (held.signed_ms && !held.missing_signatures().empty()) return broken("counts, and a signature is missing");
  }
  return {};
}

Result<void> write_party_key(database::Connection& connection, const PartyKey& key) {
  return database::done(connection.run(
      "INSERT INTO party_keys VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(party, key_id) DO UPDATE SET revoked_ms = ?5, "
      "revoked_because = ?6",
      key.party, key.id.hex, key.public_key, key.added_ms, key.revoked_ms, key.revoked_because));
}

Result<std::vector<PartyKey>> read_party_keys(database::Connection& connection, std::string_view party) {
  std::vector<PartyKey> keys;
  auto rows = connection.query(
      "SELECT party, key_id, public_key, added_ms, revoked_ms, revoked_because FROM party_keys WHERE ?1 = '' OR party "
      "= "
      "?1 ORDER BY party, added_ms, key_id",
      party);
  while (rows.next())
    keys.push_back({.party = std::string(rows.text(0)),
                    .id = {std::string(rows.text(1))},
                    .public_key = bytes_in<registry::Ed25519Point>(rows, 2),
                    .added_ms = rows.integer(3),
                    .revoked_ms = rows.optional_integer(4),
                    .revoked_because = std::string(rows.text(5))});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return keys;
}

}  // namespace stoa::licensing
