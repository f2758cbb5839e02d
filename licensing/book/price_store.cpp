// price_store.cpp: SQL of price lists and charges. SPDX-License-Identifier: Apache-2.0
#include "licensing/book/price_store.hpp"

#include <fmt/format.h>

#include "licensing/document/price_list_file.hpp"

namespace stoa::licensing {
namespace {

// With the moment from which a later version counts.
constexpr std::string_view kSelect =
    "SELECT p.id, p.version, p.document, p.made_by, p.created_ms, (SELECT min(max(n.from_ms, n.created_ms)) FROM "
    "price_lists n WHERE n.id = p.id AND n.version > p.version) FROM price_lists p";

Result<HeldPriceList> price_list_of(const database::Rows& rows) {
  auto list = parse_price_list(rows.text(2));
  if (!list)
    return failure(Code::data_loss, "book.broken",
                   fmt::format("{} version {}: {}", rows.text(0), rows.integer(1), list.error().message));
  return HeldPriceList{.list = std::move(*list),
                       .made_by = std::string(rows.text(3)),
                       .created_ms = rows.integer(4),
                       .superseded_ms = rows.optional_integer(5)};
}

Result<std::vector<HeldPriceList>> all_lists(database::Rows rows) {
  std::vector<HeldPriceList> lists;
  while (rows.next()) {
    auto list = price_list_of(rows);
    if (!list) return std::unexpected(list.error());
    lists.push_back(std::move(*list));
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return lists;
}

std::unexpected<Error> unknown(const PriceListId& id) {
  return failure(Code::not_found, "price.unknown", fmt::format("there is no price list '{}'", id.text.substr(0, 80)));
}

Result<std::vector<Charge>> all_charges(database::Rows rows) {
  std::vector<Charge> charges;
  while (rows.next())
    charges.push_back({.model = std::string(rows.text(0)),
                       .price_list = {std::string(rows.text(1))},
                       .agreement = {std::string(rows.text(2))},
                       .from_ms = rows.integer(3),
                       .set_by = std::string(rows.text(4)),
                       .set_ms = rows.integer(5)});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return charges;
}

}  // namespace

Result<void> insert_price_list(database::Connection& connection, const HeldPriceList& held) {
  const PriceList& list = held.list;
  return database::done(connection.run("INSERT INTO price_lists VALUES(?, ?, ?, ?, ?, ?, ?, ?)", list.id, list.version,
                                       list.publisher, write_price_list(list), list.from_ms, list.until_ms,
                                       held.made_by, held.created_ms));
}

Result<HeldPriceList> read_price_list(database::Connection& connection, const PriceListId& id) {
  auto rows = connection.query(fmt::format("{} WHERE p.id = ? ORDER BY p.version DESC LIMIT 1", kSelect), id.text);
  if (rows.next()) return price_list_of(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return unknown(id);
}

Result<std::optional<HeldPriceList>> read_price_list_at(database::Connection& connection, const PriceListId& id,
                                                        std::int64_t at_ms) {
  auto versions = read_price_versions(connection, id);
  if (!versions) return std::unexpected(versions.error());
  for (HeldPriceList& held : *versions)
    if (held.effect().is_at(at_ms)) return std::move(held);
  return std::nullopt;
}

Result<std::vector<HeldPriceList>> read_price_versions(database::Connection& connection, const PriceListId& id) {
  auto lists = all_lists(connection.query(fmt::format("{} WHERE p.id = ? ORDER BY p.version DESC", kSelect), id.text));
  if (lists && lists->empty()) return unknown(id);
  return lists;
}

Result<std::vector<HeldPriceList>> read_price_lists(database::Connection& connection, std::string_view publisher,
                                                    const Page& page) {
  return all_lists(connection.query(
      fmt::format("{} WHERE p.id > ?1 AND (?2 = '' OR p.publisher = ?2) AND p.version = (SELECT max(version) FROM "
                  "price_lists WHERE id = p.id) ORDER BY p.id LIMIT ?3",
                  kSelect),
      page.after, publisher, page.most));
}

Result<void> insert_charge(database::Connection& connection, const Charge& charge) {
  return database::done(connection.run("INSERT INTO charges VALUES(NULL, ?, ?, ?, ?, ?, ?)", charge.model,
                                       charge.price_list.text, charge.agreement.text, charge.from_ms, charge.set_by,
                                       charge.set_ms));
}

Result<std::vector<Charge>> read_charges_at(database::Connection& connection, std::int64_t at_ms, const Page& page) {
  return all_charges(connection.query(
      "SELECT c.model, c.price_list, c.agreement, c.from_ms, c.set_by, c.set_ms FROM charges c WHERE c.model > ?1 AND "
      "c.id = (SELECT id FROM charges WHERE model = c.model AND from_ms <= ?2 ORDER BY from_ms DESC, id DESC LIMIT 1) "
      "ORDER BY c.model LIMIT ?3",
      page.after, at_ms, page.most));
}

Result<std::vector<Charge>> read_charges_of(database::Connection& connection, std::string_view model) {
  return all_charges(connection.query(
      "SELECT model, price_list, agreement, from_ms, set_by, set_ms FROM charges WHERE model = ? ORDER "
      "BY from_ms DESC, id DESC",
      model));
}

}  // namespace stoa::licensing
