// billing_terms.hpp: what a call of a model costs this customer, and who earns it: the terms of one moment.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "licensing/agreement/agreement.hpp"
#include "licensing/billing/payer_name.hpp"
#include "licensing/money/amount.hpp"
#include "licensing/rating/price_list.hpp"

namespace stoa::licensing {

inline std::string name_of(const Agreement& agreement) {
  return agreement.id + '/' + std::to_string(agreement.version);
}

// How a customer pays. wallet: ahead, never below zero. recv: afterwards, up to a limit.
struct PayingCustomer {
  std::string id;             // "cus_…"
  std::uint32_t version = 1;  // entries say by which they were charged
  Currency currency;
  bool pays_ahead = true;
  Nano credit_limit = 0;      // of who pays afterwards
  std::uint32_t tax_ppm = 0;  // on top of the price
  std::string tax_office = "none";

  std::string account() const { return (pays_ahead ? "wallet:" : "recv:") + id; }
};

// All there are. Immutable: a change is a new one.
class BillingTerms {
 public:
  void add(std::shared_ptr<const PriceList> list) { lists_[list->name()] = std::move(list); }
  void add(std::shared_ptr<const Agreement> agreement) { agreements_[name_of(*agreement)] = std::move(agreement); }
  void add(PayingCustomer customer) { customers_[customer.id].insert_or_assign(customer.version, std::move(customer)); }
  // What publishers are told of customers: names made with this.
  void name_payers_by(const PayerSecret& secret) { payer_secret_ = secret; }
  std::string payer(const PayerOf& who) const { return payer_name(payer_secret_, who); }
  // From now on calls of the model are charged by these. Both were added, are of one currency, and of the publisher
  // whose model it is.
  void charge(std::string model, std::string price_list, std::string agreement) {
    models_.insert_or_assign(std::move(model), Charged{std::move(price_list), std::move(agreement)});
  }

  // Null: nothing of that name. Old versions stay, because old calls were charged by them.
  std::shared_ptr<const PriceList> price_list(std::string_view name) const { return find(lists_, name); }
  std::shared_ptr<const Agreement> agreement(std::string_view name) const { return find(agreements_, name); }
  const std::map<std::string, std::shared_ptr<const Agreement>, std::less<>>& agreements() const { return agreements_; }
  const PayingCustomer* customer(std::string_view id) const {
    const auto found = customers_.find(id);
    return found == customers_.end() ? nullptr : &found->second.rbegin()->second;
  }
  const PayingCustomer* customer(std::string_view id, std::uint32_t version) const {
    const auto found = customers_.find(id);
    if (found == customers_.end()) return nullptr;
    const auto then = found->second.find(version);
    return then == found->second.end() ? nullptr : &then->second;
  }
  struct Charged {
    std::string price_list, agreement;
  };
  const Charged* charged(std::string_view model) const {
    const auto found = models_.find(model);
    return found == models_.end() ? nullptr : &found->second;
  }

 private:
  template <class Value>
  using ByName = std::map<std::string, Value, std::less<>>;
  template <class Value>
  static std::shared_ptr<const Value> find(const ByName<std::shared_ptr<const Value>>& all, std::string_view name) {
    const auto found = all.find(name);
    return found == all.end() ? nullptr : found->second;
  }
  PayerSecret payer_secret_;
  ByName<std::shared_ptr<const PriceList>> lists_;
  ByName<std::shared_ptr<const Agreement>> agreements_;
  ByName<std::map<std::uint32_t, PayingCustomer>> customers_;  // by version: the last one counts
  ByName<Charged> models_;
};

}  // namespace stoa::licensing
