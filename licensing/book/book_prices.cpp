// book_prices.cpp: price lists, and what is charged by them. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "licensing/book/act_store.hpp"
#include "licensing/book/agreement_store.hpp"
#include "licensing/book/price_store.hpp"
#include "licensing/book/request_store.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

std::unexpected<Error> wrong_list(std::string message) {
  return failure(Code::invalid_argument, "price.terms", std::move(message));
}

// The next version of a list belongs to whom the list does, in its currency, and follows without a gap in which calls
// would have no price.
Result<void> check_next(const HeldPriceList& before, const PriceList& next, std::int64_t now_ms) {
  const PriceList& list = before.list;
  if (next.publisher != list.publisher)
    return wrong_list(fmt::format("publisher: is '{}', the list is of '{}'", next.publisher, list.publisher));
  if (next.currency != list.currency)
    return wrong_list(fmt::format("currency: is {}, the list is in {}: make another list", next.currency.code(),
                                  list.currency.code()));
  const std::int64_t begins_ms = std::max(next.from_ms, now_ms);
  if (list.until_ms && *list.until_ms < begins_ms && begins_ms > now_ms)
    return failure(Code::failed_precondition, "price.gap",
                   fmt::format("from: version {} ends at {}, and this one begins at {}: calls between would have no "
                               "price",
                               list.version, registry::utc_text(*list.until_ms), registry::utc_text(begins_ms)));
  return {};
}

// "acme/vision": its first part is whose it is.
Result<std::string> publisher_of(std::string_view model) {
  if (!is_model_pattern(model) || model.ends_with("/*"))
    return failure(Code::invalid_argument, "charge.model", "model: is no model's name, want publisher/model");
  return std::string(model.substr(0, model.find('/')));
}

}  // namespace

Result<HeldPriceList> Book::create_prices(const Actor& actor, PriceList terms, const RequestToken& request) {
  if (auto allowed = require_operator(actor, "set prices"); !allowed) return std::unexpected(allowed.error());
  if (!is_issuer_name(terms.publisher) || terms.publisher == kPlatformParty)
    return wrong_list("publisher: is no publisher's name");
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto before = find_request(writing_, actor.text(), request);
  if (!before) return std::unexpected(before.error());
  if (*before) return read_price_list(writing_, {**before});
  terms.id = new_id<PriceTag>(act->now_ms).text;
  terms.version = 1;
  if (auto good = check_price_list(terms); !good) return std::unexpected(good.error());
  HeldPriceList held{.list = std::move(terms), .made_by = actor.text(), .created_ms = act->now_ms};
  if (auto kept = insert_price_list(writing_, held); !kept) return std::unexpected(kept.error());
  const std::string id = held.list.id, words = fmt::format("version 1 of publisher {}", held.list.publisher);
  if (auto noted = write_request(writing_, actor.text(), request, id, act->now_ms); !noted)
    return std::unexpected(noted.error());
  act->changes_billing = true;
  return act->end_with(std::move(held), actor, "price.create", id, words);
}

Result<HeldPriceList> Book::replace_prices(const Actor& actor, const PriceListId& id, PriceList terms,
                                           const RequestToken& request) {
  if (auto allowed = require_operator(actor, "set prices"); !allowed) return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto before = find_request(writing_, actor.text(), request);
  if (!before) return std::unexpected(before.error());
  auto newest = read_price_list(writing_, id);
  if (!newest || *before) return newest;
  if (auto good = check_next(*newest, terms, act->now_ms); !good) return std::unexpected(good.error());
  terms.id = id.text;
  terms.version = newest->list.version + 1;
  if (auto good = check_price_list(terms); !good) return std::unexpected(good.error());
  HeldPriceList held{.list = std::move(terms), .made_by = actor.text(), .created_ms = act->now_ms};
  if (auto kept = insert_price_list(writing_, held); !kept) return std::unexpected(kept.error());
  const std::string words = fmt::format("version {} of publisher {}", held.list.version, held.list.publisher);
  if (auto noted = write_request(writing_, actor.text(), request, id.text, act->now_ms); !noted)
    return std::unexpected(noted.error());
  act->changes_billing = true;
  return act->end_with(std::move(held), actor, "price.replace", id.text, words);
}

Result<Charge> Book::charge(const Actor& actor, Charge charge) {
  if (auto allowed = require_operator(actor, "say what a model's calls are charged by"); !allowed)
    return std::unexpected(allowed.error());
  const auto publisher = publisher_of(charge.model);
  if (!publisher) return std::unexpected(publisher.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  charge.from_ms = std::max(charge.from_ms, act->now_ms);
  charge.set_ms = act->now_ms;
  charge.set_by = actor.text();
  const auto not_then = [&](std::string_view what, std::string_view id) {
    return failure(Code::failed_precondition, "charge.not_effective",
                   fmt::format("{}: no version of {} counts at {}", what, id, registry::utc_text(charge.from_ms)));
  };
  const auto list = read_price_list_at(writing_, charge.price_list, charge.from_ms);
  if (!list) return std::unexpected(list.error());
  if (!*list) return not_then("price_list", charge.price_list.text);
  const auto agreement = read_agreement_at(writing_, charge.agreement, charge.from_ms);
  if (!agreement) return std::unexpected(agreement.error());
  if (!*agreement) return not_then("agreement", charge.agreement.text);
  const auto foreign = [&](std::string_view what, std::string_view whose) {
    return failure(Code::permission_denied, "charge.foreign",
                   fmt::format("{}: is of publisher '{}', and the model of '{}'", what, whose, *publisher));
  };
  if ((*list)->list.publisher != *publisher) return foreign("price_list", (*list)->list.publisher);
  const Agreement& shares = (*agreement)->agreement;
  if (shares.publisher != *publisher) return foreign("agreement", shares.publisher);
  if (shares.currency != (*list)->list.currency)
    return failure(Code::failed_precondition, "charge.currency",
                   fmt::format("agreement: is in {}, and the prices are in {}", shares.currency.code(),
                               (*list)->list.currency.code()));
  if (auto kept = insert_charge(writing_, charge); !kept) return std::unexpected(kept.error());
  const std::string model = charge.model,
                    words = fmt::format("by {}, shared by {}, from {}", charge.price_list.text, charge.agreement.text,
                                        registry::utc_text(charge.from_ms));
  act->changes_billing = true;
  return act->end_with(std::move(charge), actor, "charge.set", model, words);
}

Result<HeldPriceList> Book::prices(const PriceListId& id) {
  return read([&](database::Connection& connection) { return read_price_list(connection, id); });
}

Result<std::vector<HeldPriceList>> Book::price_versions(const PriceListId& id) {
  return read([&](database::Connection& connection) { return read_price_versions(connection, id); });
}

Result<std::vector<HeldPriceList>> Book::price_lists(std::string_view publisher, const Page& page) {
  return read([&](database::Connection& connection) { return read_price_lists(connection, publisher, page); });
}

Result<std::vector<Charge>> Book::charges(const Page& page) {
  return read([&](database::Connection& connection) { return read_charges_at(connection, now_ms(), page); });
}

Result<std::vector<Charge>> Book::charges_of(std::string_view model) {
  return read([&](database::Connection& connection) { return read_charges_of(connection, model); });
}

}  // namespace stoa::licensing
