// offer_store.cpp: SQL of offers. SPDX-License-Identifier: Apache-2.0
#include "licensing/book/offer_store.hpp"

#include <fmt/format.h>

namespace stoa::licensing {
namespace {

constexpr std::string_view kOfferColumns = "id, name, terms, lasts_ms, created_ms, withdrawn_ms";

Offer offer_of(const database::Rows& rows) {
  return {.id = {std::string(rows.text(0))},
          .name = std::string(rows.text(1)),
          .terms = std::string(rows.text(2)),
          .lasts_ms = rows.optional_integer(3),
          .created_ms = rows.integer(4),
          .withdrawn_ms = rows.optional_integer(5)};
}

}  // namespace

Result<void> write_offer(database::Connection& connection, const Offer& offer) {
  return database::done(connection.run(
      "INSERT INTO offers VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(id) DO UPDATE SET withdrawn_ms = ?6",
      offer.id.text, offer.name, offer.terms, offer.lasts_ms, offer.created_ms, offer.withdrawn_ms));
}

Result<Offer> read_offer(database::Connection& connection, std::string_view name) {
  auto rows = connection.query(fmt::format("SELECT {} FROM offers WHERE name = ?", kOfferColumns), name);
  if (rows.next()) return offer_of(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return failure(Code::not_found, "offer.unknown", fmt::format("there is no offer '{}'", name.substr(0, 80)));
}

Result<std::vector<Offer>> read_offers(database::Connection& connection, const Page& page) {
  std::vector<Offer> offers;
  auto rows = connection.query(fmt::format("SELECT {} FROM offers WHERE id > ? ORDER BY id LIMIT ?", kOfferColumns),
                               page.after, page.most);
  while (rows.next()) offers.push_back(offer_of(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return offers;
}

}  // namespace stoa::licensing
