// licence_store.cpp: SQL of licences. SPDX-License-Identifier: Apache-2.0
#include "licensing/book/licence_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "licensing/book/lines.hpp"
#include "registry/database/digest_column.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kLicenceColumns =
    "id, serial, issuer, customer, subject_name, subject_keys, covers, entitlements, rate_calls, rate_window_ms, "
    "quotas, calls_at_once, seats, ttl_s, node, is_trial, issued_ms, not_before_ms, expires_ms, grace_ms, offline_ms, "
    "on_expiry, on_quota, on_clock, content_keys, revoked_ms, revoked_because";

std::string text_of_keys(const std::vector<Sha256>& keys) {
  std::string text;
  for (const Sha256& key : keys) text += registry::to_hex(key) + '\n';
  return text;
}

// A range may be written over several lines; it means the same with spaces.
std::string text_of_covers(const std::vector<Coverage>& covers) {
  std::string text;
  for (const Coverage& one : covers) {
    std::string versions = one.versions;
    std::ranges::replace(versions, '\n', ' ');
    text += one.model + ' ' + versions + '\n';
  }
  return text;
}

std::string text_of_entitlements(const std::vector<Entitlement>& entitlements) {
  std::string text;
  for (const Entitlement& one : entitlements) text += fmt::format("{} {}\n", one.feature, one.limit);
  return text;
}

std::string text_of_quotas(const std::vector<Quota>& quotas) {
  std::string text;
  for (const Quota& one : quotas) text += fmt::format("{} {} {}\n", one.meter, one.amount, name_of(one.period));
  return text;
}

std::string text_of_content_keys(const std::vector<WrappedKey>& keys) {
  std::string text;
  for (const WrappedKey& one : keys) text += fmt::format("{} {} {}\n", one.content_key, one.host, one.wrapped);
  return text;
}

void read_lists(const database::Rows& rows, Licence& licence) {
  for (const std::string& hex : lines_of(rows.text(5)))
    if (const auto key = registry::sha256_from_hex(hex)) licence.subject.keys.push_back(*key);
  for (const std::string& text : lines_of(rows.text(6))) {
    std::string_view line = text;
    std::string model = take_word(line);
    licence.covers.push_back({std::move(model), std::string(line)});
  }
  for (const std::string& text : lines_of(rows.text(7))) {
    std::string_view line = text;
    std::string feature = take_word(line);
    licence.entitlements.push_back({std::move(feature), number_in(line)});
  }
  for (const std::string& text : lines_of(rows.text(10))) {
    std::string_view line = text;
    std::string meter = take_word(line);
    const auto amount = static_cast<std::uint64_t>(number_in(take_word(line)));
    licence.quotas.push_back({std::move(meter), amount, period_of(line).value_or(Period::none)});
  }
  for (const std::string& text : lines_of(rows.text(24))) {
    std::string_view line = text;
    std::string key = take_word(line), host = take_word(line);
    licence.content_keys.push_back({std::move(key), std::move(host), std::string(line)});
  }
}

HeldLicence licence_of(const database::Rows& rows) {
  HeldLicence held;
  held.revoked_ms = rows.optional_integer(25);
  held.revoked_because = rows.text(26);
  Licence& licence = held.licence;
  licence.id = {std::string(rows.text(0))};
  licence.serial = static_cast<std::uint32_t>(rows.integer(1));
  licence.issuer = rows.text(2);
  licence.subject.customer = rows.text(3);
  licence.subject.name = rows.text(4);
  read_lists(rows, licence);
  if (!rows.is_null(8))
    licence.rate = {static_cast<std::uint64_t>(rows.integer(8)), static_cast<std::uint64_t>(rows.integer(9))};
  licence.calls_at_once = static_cast<std::uint32_t>(rows.integer(11));
  if (!rows.is_null(12))
    licence.floating = {static_cast<std::uint32_t>(rows.integer(12)), static_cast<std::uint32_t>(rows.integer(13))};
  licence.node = rows.text(14);
  licence.is_trial = rows.integer(15) != 0;
  licence.issued_ms = rows.integer(16);
  licence.not_before_ms = rows.integer(17);
  licence.expires_ms = rows.optional_integer(18);
  licence.grace_ms = rows.integer(19);
  licence.offline_ms = rows.optional_integer(20);
  licence.on_expiry = policy_of(rows.text(21)).value_or(Policy::deny);
  licence.on_quota = policy_of(rows.text(22)).value_or(Policy::deny);
  licence.on_clock = policy_of(rows.text(23)).value_or(Policy::deny);
  return held;
}

Result<std::vector<HeldLicence>> all_licences(database::Rows rows) {
  std::vector<HeldLicence> licences;
  while (rows.next()) licences.push_back(licence_of(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return licences;
}

}  // namespace

Result<void> insert_licence(database::Connection& connection, const HeldLicence& held, std::int64_t now_ms,
                            std::int64_t revision) {
  const Licence& licence = held.licence;
  if (auto replaced = connection.run("UPDATE licences SET replaced_ms = ? WHERE id = ? AND replaced_ms IS NULL", now_ms,
                                     licence.id.text);
      !replaced)
    return std::unexpected(replaced.error());
  std::optional<std::uint64_t> calls, window_ms;
  std::optional<std::uint32_t> seats, ttl_s;
  if (licence.rate) calls = licence.rate->calls, window_ms = licence.rate->window_ms;
  if (licence.floating) seats = licence.floating->seats, ttl_s = licence.floating->ttl_s;
  auto written = connection.run(
      "INSERT INTO licences VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "NULL, ?)",
      licence.id.text, licence.serial, licence.issuer, licence.subject.customer, licence.subject.name,
      text_of_keys(licence.subject.keys), text_of_covers(licence.covers), text_of_entitlements(licence.entitlements),
      calls, window_ms, text_of_quotas(licence.quotas), licence.calls_at_once, seats, ttl_s, licence.node,
      licence.is_trial ? 1 : 0, licence.issued_ms, licence.not_before_ms, licence.expires_ms, licence.grace_ms,
      licence.offline_ms, name_of(licence.on_expiry), name_of(licence.on_quota), name_of(licence.on_clock),
      text_of_content_keys(licence.content_keys), held.revoked_ms, held.revoked_because, revision);
  if (!written) return std::unexpected(written.error());
  if (auto gone = connection.run("DELETE FROM licence_publishers WHERE licence = ?", licence.id.text); !gone)
    return std::unexpected(gone.error());
  std::set<std::string> publishers;
  for (const Coverage& one : licence.covers) publishers.insert(one.model.substr(0, one.model.find('/')));
  for (const std::string& publisher : publishers)
    if (auto kept = connection.run("INSERT INTO licence_publishers VALUES(?, ?)", publisher, licence.id.text); !kept)
      return std::unexpected(kept.error());
  return {};
}

Result<void> update_licence(database::Connection& connection, const HeldLicence& held, std::int64_t revision) {
  return database::done(
      connection.run("UPDATE licences SET revoked_ms = ?, revoked_because = ?, changed = ? "
                     "WHERE id = ? AND serial = ?",
                     held.revoked_ms, held.revoked_because, revision, held.licence.id.text, held.licence.serial));
}

Result<HeldLicence> read_licence(database::Connection& connection, const LicenceId& id) {
  auto rows = connection.query(
      fmt::format("SELECT {} FROM licences WHERE id = ? AND replaced_ms IS NULL", kLicenceColumns), id.text);
  if (rows.next()) return licence_of(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return failure(Code::not_found, "licence.unknown", fmt::format("there is no licence '{}'", id.text.substr(0, 80)));
}

Result<std::vector<HeldLicence>> read_serials(database::Connection& connection, const LicenceId& id) {
  return all_licences(connection.query(
      fmt::format("SELECT {} FROM licences WHERE id = ? ORDER BY serial DESC", kLicenceColumns), id.text));
}

Result<std::vector<HeldLicence>> read_licences(database::Connection& connection, const LicenceFilter& filter,
                                               const Page& page, std::int64_t now_ms) {
  std::string where = "replaced_ms IS NULL AND id > ?1";
  if (filter.customer) where += " AND customer = ?2";
  if (!filter.publisher.empty()) where += " AND id IN (SELECT licence FROM licence_publishers WHERE publisher = ?3)";
  if (!filter.with_what_is_over)
    where += " AND revoked_ms IS NULL AND (expires_ms IS NULL OR expires_ms + grace_ms > ?4 OR on_expiry = 'advisory')";
  return all_licences(
      connection.query(fmt::format("SELECT {} FROM licences WHERE {} ORDER BY id LIMIT ?5", kLicenceColumns, where),
                       page.after, filter.customer ? filter.customer->text : "", filter.publisher, now_ms, page.most));
}

Result<std::vector<HeldLicence>> read_floating(database::Connection& connection, const CustomerId& customer) {
  return all_licences(connection.query(
      fmt::format(
          "SELECT {} FROM licences WHERE customer = ? AND replaced_ms IS NULL AND seats IS NOT NULL ORDER BY id",
          kLicenceColumns),
      customer.text));
}

Result<std::vector<HeldLicence>> read_licences_since(database::Connection& connection, std::int64_t revision) {
  return all_licences(connection.query(
      fmt::format("SELECT {} FROM licences WHERE changed > ? AND replaced_ms IS NULL", kLicenceColumns), revision));
}

}  // namespace stoa::licensing
