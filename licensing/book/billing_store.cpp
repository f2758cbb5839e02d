// billing_store.cpp: SQL of how customers pay, and the terms of a moment. SPDX-License-Identifier: Apache-2.0
#include "licensing/book/billing_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "licensing/document/agreement_file.hpp"
#include "licensing/document/price_list_file.hpp"

namespace stoa::licensing {
namespace {

CustomerBilling billing_of(const database::Rows& rows) {
  return {.payer = {.id = std::string(rows.text(0)),
                    .version = static_cast<std::uint32_t>(rows.integer(1)),
                    .currency = Currency::parse(rows.text(2)).value_or(*Currency::parse("XTS")),
                    .pays_ahead = rows.integer(3) != 0,
                    .credit_limit = rows.integer(4),
                    .tax_ppm = static_cast<std::uint32_t>(rows.integer(5)),
                    .tax_office = std::string(rows.text(6))},
          .set_by = std::string(rows.text(7)),
          .set_ms = rows.integer(8)};
}

Result<std::vector<CustomerBilling>> all_billing(database::Rows rows) {
  std::vector<CustomerBilling> all;
  while (rows.next()) all.push_back(billing_of(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return all;
}

// One version of a list or an agreement: what its rows say of when it counts.
struct Version {
  std::string name;
  Currency currency;
  Effect effect;
};
// By id, the newest first.
using Versions = std::map<std::string, std::vector<Version>, std::less<>>;

std::optional<std::int64_t> earlier(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
  return a && b ? std::min(*a, *b) : a ? a : b;
}

// Reads all of it into terms. Columns: id, version, document, first moment, until, terminated.
class TermsReader {
 public:
  TermsReader(std::int64_t now_ms, const PayerSecret& secret, const BillingTerms* known)
      : now_ms_(now_ms), known_(known) {
    terms_->name_payers_by(secret);
  }

  Result<void> read_lists(database::Connection& connection) {
    auto rows = connection.query(
        "SELECT id, version, document, max(from_ms, created_ms), until_ms, NULL FROM price_lists ORDER BY id, version "
        "DESC");
    while (rows.next()) {
      auto list = known_ ? known_->price_list(name_in(rows)) : nullptr;
      if (!list) {
        auto read = parse_price_list(rows.text(2));
        if (!read) return broken(rows, read.error());
        list = std::make_shared<const PriceList>(std::move(*read));
      }
      note(lists_, rows, list->currency);
      terms_->add(std::move(list));
    }
    return rows.end();
  }

  Result<void> read_agreements(database::Connection& connection) {
    auto rows = connection.query(
        "SELECT id, version, document, max(from_ms, signed_ms), until_ms, terminated_ms FROM agreements WHERE "
        "signed_ms "
        "IS NOT NULL ORDER BY id, version DESC");
    while (rows.next()) {
      auto agreement = known_ ? known_->agreement(name_in(rows)) : nullptr;
      if (!agreement) {
        auto read = parse_agreement(rows.text(2));
        if (!read) return broken(rows, read.error());
        agreement = std::make_shared<const Agreement>(std::move(*read));
      }
      note(agreements_, rows, agreement->currency);
      terms_->add(std::move(agreement));
    }
    return rows.end();
  }

  Result<void> read_customers(database::Connection& connection) {
    auto all = all_billing(connection.query("SELECT * FROM customer_billing"));
    if (!all) return std::unexpected(all.error());
    for (CustomerBilling& one : *all) terms_->add(std::move(one.payer));
    return {};
  }

  // Those that have begun: of each model the latest. Those to come only say when.
  Result<void> read_charges(database::Connection& connection) {
    auto rows =
        connection.query("SELECT model, price_list, agreement, from_ms FROM charges ORDER BY model, from_ms, id");
    std::map<std::string, std::pair<std::string, std::string>, std::less<>> charged;
    while (rows.next()) {
      if (rows.integer(3) > now_ms_)
        note_change(rows.integer(3));
      else
        charged.insert_or_assign(std::string(rows.text(0)),
                                 std::pair(std::string(rows.text(1)), std::string(rows.text(2))));
    }
    if (auto end = rows.end(); !end) return end;
    for (const auto& [model, by] : charged) {
      const Version* const list = counting(lists_, by.first);
      const Version* const agreement = counting(agreements_, by.second);
      if (list && agreement && list->currency == agreement->currency)
        terms_->charge(model, list->name, agreement->name);
    }
    return {};
  }

  BillingNow result(std::int64_t revision) && {
    return {.terms = std::move(terms_), .revision = revision, .changes_ms = changes_ms_};
  }

 private:
  static std::string name_in(const database::Rows& rows) { return fmt::format("{}/{}", rows.text(0), rows.integer(1)); }

  static Result<void> broken(const database::Rows& rows, const Error& error) {
    return failure(Code::data_loss, "book.broken", fmt::format("{}: {}", name_in(rows), error.message));
  }

  void note_change(const std::optional<std::int64_t>& ms) {
    if (ms && *ms > now_ms_) changes_ms_ = earlier(changes_ms_, ms);
  }

  void note(Versions& all, const database::Rows& rows, Currency currency) {
    std::vector<Version>& versions = all[std::string(rows.text(0))];
    // Newest first: a later version's beginning ends those before it.
    std::optional<std::int64_t> superseded_ms;
    for (const Version& later : versions) superseded_ms = earlier(superseded_ms, later.effect.begins_ms);
    Effect effect{.begins_ms = rows.integer(3),
                  .ends_ms = earlier(earlier(rows.optional_integer(4), rows.optional_integer(5)), superseded_ms)};
    note_change(effect.begins_ms);
    note_change(effect.ends_ms);
    versions.push_back({name_in(rows), currency, effect});
  }

  const Version* counting(const Versions& all, std::string_view id) const {
    const auto found = all.find(id);
    if (found == all.end()) return nullptr;
    const auto version =
        std::ranges::find_if(found->second, [&](const Version& one) { return one.effect.is_at(now_ms_); });
    return version == found->second.end() ? nullptr : &*version;
  }

  const std::int64_t now_ms_;
  const BillingTerms* const known_;
  std::shared_ptr<BillingTerms> terms_ = std::make_shared<BillingTerms>();
  Versions lists_, agreements_;
  std::optional<std::int64_t> changes_ms_;
};

}  // namespace

Result<void> insert_customer_billing(database::Connection& connection, const CustomerBilling& billing) {
  const PayingCustomer& payer = billing.payer;
  return database::done(connection.run(
      "INSERT INTO customer_billing VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", payer.id, payer.version, payer.currency.code(),
      payer.pays_ahead ? 1 : 0, payer.credit_limit, payer.tax_ppm, payer.tax_office, billing.set_by, billing.set_ms));
}

Result<std::vector<CustomerBilling>> read_customer_billing(database::Connection& connection,
                                                           std::string_view customer) {
  return all_billing(
      connection.query("SELECT * FROM customer_billing WHERE customer = ? ORDER BY version DESC", customer));
}

Result<std::int64_t> read_billing_revision(database::Connection& connection) {
  auto rows = connection.query("SELECT revision FROM billing");
  const std::int64_t revision = rows.next() ? rows.integer(0) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return revision;
}

Result<BillingNow> read_billing(database::Connection& connection, std::int64_t now_ms, const PayerSecret& secret,
                                const BillingTerms* known) {
  auto snapshot = database::Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto revision = read_billing_revision(connection);
  if (!revision) return std::unexpected(revision.error());
  TermsReader reader(now_ms, secret, known);
  if (auto done = reader.read_lists(connection); !done) return std::unexpected(done.error());
  if (auto done = reader.read_agreements(connection); !done) return std::unexpected(done.error());
  if (auto done = reader.read_customers(connection); !done) return std::unexpected(done.error());
  if (auto done = reader.read_charges(connection); !done) return std::unexpected(done.error());
  return std::move(reader).result(*revision);
}

}  // namespace stoa::licensing
