// book_offers.cpp: terms under a name, from which licences are issued. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "licensing/book/act_store.hpp"
#include "licensing/book/offer_store.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kTermsMax = 64u << 10;

}  // namespace

Result<Offer> Book::create_offer(const Actor& actor, std::string_view name, std::string_view terms,
                                 std::optional<std::int64_t> lasts_ms) {
  if (auto allowed = require_operator(actor, "make offers"); !allowed) return std::unexpected(allowed.error());
  if (!is_handle(name))
    return failure(Code::invalid_argument, "offer.terms", "name: want 1 to 64 of a-z, 0-9, '-', '_', '.'");
  if (terms.size() > kTermsMax)
    return failure(Code::invalid_argument, "offer.terms",
                   fmt::format("terms: have {} bytes, limit is {}", terms.size(), kTermsMax));
  if (lasts_ms && *lasts_ms < 1)
    return failure(Code::invalid_argument, "offer.terms", "lasts: is no time, want a second at least");
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto known = read_offer(writing_, name);
  if (known)
    return failure(Code::already_exists, "offer.exists",
                   fmt::format("name: there is an offer '{}' already: what was offered is not changed, take another "
                               "name",
                               name));
  if (known.error().code != Code::not_found) return std::unexpected(known.error());
  Offer offer{.id = new_id<OfferTag>(act->now_ms),
              .name = std::string(name),
              .terms = std::string(terms),
              .lasts_ms = lasts_ms,
              .created_ms = act->now_ms,
              .withdrawn_ms = {}};
  if (auto kept = write_offer(writing_, offer); !kept) return std::unexpected(kept.error());
  const std::string subject = offer.id.text;
  return act->end_with(std::move(offer), actor, "offer.create", subject, name);
}

Result<Offer> Book::withdraw_offer(const Actor& actor, std::string_view name) {
  if (auto allowed = require_operator(actor, "withdraw offers"); !allowed) return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto offer = read_offer(writing_, name);
  if (!offer) return offer;
  if (offer->withdrawn_ms)
    return failure(Code::failed_precondition, "offer.withdrawn", fmt::format("offer '{}' is withdrawn already", name));
  offer->withdrawn_ms = act->now_ms;
  if (auto kept = write_offer(writing_, *offer); !kept) return std::unexpected(kept.error());
  const std::string subject = offer->id.text;
  return act->end_with(std::move(*offer), actor, "offer.withdraw", subject, name);
}

Result<Offer> Book::offer(std::string_view name) {
  return read([&](database::Connection& connection) { return read_offer(connection, name); });
}

Result<std::vector<Offer>> Book::offers(const Page& page) {
  return read([&](database::Connection& connection) { return read_offers(connection, page); });
}

}  // namespace stoa::licensing
