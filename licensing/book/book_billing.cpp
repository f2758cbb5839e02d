// book_billing.cpp: parties' keys, how customers pay, and all that calls are charged by now.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "licensing/book/act_store.hpp"
#include "licensing/book/agreement_store.hpp"
#include "licensing/book/billing_store.hpp"
#include "licensing/book/customer_store.hpp"
#include "licensing/ledger/chart.hpp"
#include "licensing/money/split.hpp"
#include "registry/document/words.hpp"

namespace stoa::licensing {
namespace {

std::unexpected<Error> refuse(std::string message) {
  return failure(Code::invalid_argument, "customer.billing", std::move(message));
}

Result<void> check_payer(const PayingCustomer& payer) {
  if (payer.credit_limit < 0) return refuse("credit_limit: is below zero");
  if (payer.pays_ahead && payer.credit_limit > 0) return refuse("credit_limit: a customer that pays ahead has none");
  if (payer.tax_ppm > kPpm) return refuse(fmt::format("tax_ppm: is {}, a whole is {}", payer.tax_ppm, kPpm));
  if (const auto account = kind_of_account("tax:" + payer.tax_office); !account)
    return refuse("tax_office: " + account.error().message);
  return {};
}

}  // namespace

Result<PartyKey> Book::add_party_key(const Actor& actor, std::string_view party, const registry::PublicKey& key) {
  if (auto allowed = require_operator(actor, "register parties' keys"); !allowed)
    return std::unexpected(allowed.error());
  if (!is_party_name(party))
    return failure(Code::invalid_argument, "agreement.party",
                   "party: is none: 'platform', or a kind and a name such as publisher/acme, data/corpus");
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto known = read_party_keys(writing_, party);
  if (!known) return std::unexpected(known.error());
  if (std::ranges::find(*known, key.id(), &PartyKey::id) != known->end())
    return failure(Code::already_exists, "agreement.key_exists",
                   fmt::format("public_key: {} has key {} already", party, key.id().hex));
  PartyKey made{.party = std::string(party), .id = key.id(), .public_key = key.raw(), .added_ms = act->now_ms};
  if (auto kept = write_party_key(writing_, made); !kept) return std::unexpected(kept.error());
  return act->end_with(std::move(made), actor, "party.add_key", party, key.id().hex);
}

Result<PartyKey> Book::revoke_party_key(const Actor& actor, std::string_view party, const registry::KeyId& id,
                                        std::string_view because) {
  if (auto allowed = require_operator(actor, "revoke parties' keys"); !allowed) return std::unexpected(allowed.error());
  if (auto good = registry::check_words("because", because); !good) return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto known = read_party_keys(writing_, party);
  if (!known) return std::unexpected(known.error());
  const auto key = std::ranges::find(*known, id, &PartyKey::id);
  if (party.empty() || key == known->end())
    return failure(Code::not_found, "agreement.key_unknown",
                   fmt::format("party '{}' has no key '{}'", party.substr(0, 128), id.hex.substr(0, 64)));
  if (key->revoked_ms) return failure(Code::failed_precondition, "agreement.revoked_key", "the key is revoked already");
  key->revoked_ms = act->now_ms;
  key->revoked_because = because;
  if (auto kept = write_party_key(writing_, *key); !kept) return std::unexpected(kept.error());
  const std::string words = fmt::format("{}: {}", id.hex, because);
  return act->end_with(std::move(*key), actor, "party.revoke_key", party, words);
}

Result<std::vector<PartyKey>> Book::party_keys(std::string_view party) {
  return read([&](database::Connection& connection) { return read_party_keys(connection, party); });
}

Result<CustomerBilling> Book::set_customer_billing(const Actor& actor, const CustomerId& id, PayingCustomer payer) {
  if (auto allowed = require_operator(actor, "say how customers pay"); !allowed)
    return std::unexpected(allowed.error());
  if (auto good = check_payer(payer); !good) return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto customer = read_customer(writing_, id.text);
  if (!customer) return std::unexpected(customer.error());
  const auto before = read_customer_billing(writing_, customer->id.text);
  if (!before) return std::unexpected(before.error());
  if (!before->empty() && before->front().payer.currency != payer.currency)
    return refuse(fmt::format("currency: customer '{}' pays in {}; for another currency make another customer",
                              customer->name, before->front().payer.currency.code()));
  payer.id = customer->id.text;
  payer.version = before->empty() ? 1 : before->front().payer.version + 1;
  CustomerBilling billing{.payer = std::move(payer), .set_by = actor.text(), .set_ms = act->now_ms};
  if (auto kept = insert_customer_billing(writing_, billing); !kept) return std::unexpected(kept.error());
  const PayingCustomer& now = billing.payer;
  const std::string words = fmt::format("version {}: {}, {}, limit {}, tax {} ppm to {}", now.version,
                                        now.currency.code(), now.pays_ahead ? "pays ahead" : "pays afterwards",
                                        amount_text(now.credit_limit), now.tax_ppm, now.tax_office);
  act->changes_billing = true;
  return act->end_with(std::move(billing), actor, "customer.payment", customer->id.text, words);
}

Result<std::vector<CustomerBilling>> Book::customer_billing(const CustomerId& id) {
  return read([&](database::Connection& connection) -> Result<std::vector<CustomerBilling>> {
    const auto customer = read_customer(connection, id.text);
    if (!customer) return std::unexpected(customer.error());
    return read_customer_billing(connection, customer->id.text);
  });
}

Result<BillingNow> Book::billing_terms() {
  return read([&](database::Connection& connection) -> Result<BillingNow> {
    const std::int64_t at_ms = now_ms();
    const auto revision = read_billing_revision(connection);
    if (!revision) return std::unexpected(revision.error());
    const bool is_same = billing_.terms && billing_.revision == *revision &&
                         (!billing_.changes_ms || at_ms < *billing_.changes_ms) && billing_at_ms_ <= at_ms;
    if (is_same) return billing_;
    auto now = read_billing(connection, at_ms, options_.payer_secret, billing_.terms.get());
    if (!now) return now;
    billing_ = std::move(*now);
    billing_at_ms_ = at_ms;
    return billing_;
  });
}

}  // namespace stoa::licensing
