// test_access.hpp: customers, keys and licences made by hand, and admission over them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "licensing/admission/admission.hpp"
#include "licensing/admission/quota_keeper.hpp"
#include "licensing/admission/snapshot_builder.hpp"
#include "licensing/terms/api_key.hpp"
#include "licensing/terms/lease.hpp"

namespace stoa::licensing {

// One customer with one key and one licence for acme/vision ^1.2; whoever needs more changes holdings and publishes.
struct TestAccess {
  static constexpr std::int64_t kNowMs = 1'800'000'000'000;

  TestAccess() {
    holdings.revision = 1;
    holdings.customers.push_back({.id = {"cus_1"}, .name = "northwind", .display_name = {}, .state_because = {}});
    key = add_key("cus_1");
    add_licence(licence_for("cus_1", "acme/vision", "^1.2"));
  }

  static Licence licence_for(const std::string& customer, const std::string& model, const std::string& versions) {
    Licence licence;
    licence.id = new_id<LicenceTag>(kNowMs);
    licence.issuer = "platform";
    licence.subject.customer = customer;
    licence.covers = {{model, versions}};
    return licence;
  }

  std::string add_key(const std::string& customer) {
    std::string text = new_api_key();
    ApiKey added;
    added.id = new_id<KeyTag>(kNowMs);
    added.customer = {customer};
    added.hash = hash_of_api_key(text);
    holdings.keys.push_back(std::move(added));
    return text;
  }

  void add_licence(Licence licence) { holdings.licences.emplace_back().licence = std::move(licence); }

  // A lease of the first licence, or of what is named.
  std::string add_lease(std::int64_t expires_ms, const std::string& customer = "cus_1", std::string licence_id = {}) {
    std::string text = new_lease_token();
    if (licence_id.empty()) licence_id = licence().id.text;
    seats.hold({hash_of_lease(text), seat_number_of(licence_id), seat_number_of(customer), expires_ms});
    return text;
  }

  ApiKey& first_key() { return holdings.keys.front(); }
  Licence& licence() { return holdings.licences.front().licence; }

  void publish(std::int64_t at_ms = kNowMs) {
    ++holdings.revision;
    auto built = builder.build(holdings, host, at_ms);
    if (!built || !quotas.refill()) std::abort();
    admission.publish(std::move(*built));
  }

  SeatTable seats;
  Admission admission{seats};
  QuotaKeeper quotas{nullptr};
  SnapshotBuilder builder{quotas};
  Holdings holdings;
  HostFacts host{"node-a", {}};
  std::string key;
};

}  // namespace stoa::licensing
