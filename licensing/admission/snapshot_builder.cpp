// snapshot_builder.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/admission/snapshot_builder.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "licensing/admission/seat_table.hpp"
#include "licensing/terms/key_width.hpp"

namespace stoa::licensing {
namespace {

// So long before a period's end the next one's meters are opened, and a first part of them reserved.
constexpr std::int64_t kNextPeriodMs = 5'000;

// What no snapshot holds any more is nobody's.
template <class Map>
void forget_unused(Map& map) {
  std::erase_if(map, [](const auto& row) { return row.second.use_count() == 1; });
}

template <class Value, class Map>
std::shared_ptr<Value> shared_of(Map& map, const std::string& id) {
  auto& value = map[id];
  if (!value) value = std::make_shared<Value>();
  return value;
}

Verdicts verdicts_of(const HeldLicence& held, const HostFacts& host, std::int64_t now_ms) {
  Verdicts verdicts;
  verdicts.now = standing_of(held, host, now_ms);
  verdicts.changes_at_ms = verdicts.now.changes_at_ms.value_or(INT64_MAX);
  verdicts.later = verdicts.now.changes_at_ms ? standing_of(held, host, verdicts.changes_at_ms) : verdicts.now;
  return verdicts;
}

// Until something changes.
bool admits_nothing(const LicenceAccess& licence) {
  if (licence.verdicts.now.refusal != Refusal::none) return true;
  if (licence.on_quota != Policy::deny || !licence.meters.now) return false;
  return std::ranges::any_of(licence.meters.now->rows,
                             [](const MeterSet::Row& row) { return row.count->is_used_up(); });
}

}  // namespace

std::shared_ptr<RateLimiter> SnapshotBuilder::rate_of(const std::string& id, const std::optional<Rate>& terms) {
  if (!terms) return nullptr;
  auto& rate = rates_[id];
  if (!rate || rate->terms() != *terms) rate = std::make_shared<RateLimiter>(*terms);
  return rate;
}

Result<PeriodMeters> SnapshotBuilder::meters_of(const std::string& id, const std::vector<Quota>& quotas,
                                                std::int64_t now_ms) {
  PeriodMeters meters;
  auto now = quotas_.open(id, quotas, now_ms);
  if (!now) return std::unexpected(now.error());
  meters.now = std::move(*now);
  if (!meters.now) return meters;
  for (const MeterSet::Row& row : meters.now->rows) meters.until_ms = std::min(meters.until_ms, row.end_ms);
  if (meters.until_ms == INT64_MAX || meters.until_ms - now_ms > kNextPeriodMs) return meters;
  auto next = quotas_.open(id, quotas, meters.until_ms);
  if (!next) return std::unexpected(next.error());
  meters.next = std::move(*next);
  return meters;
}

// One snapshot on its way.
class SnapshotBuilder::Work {
 public:
  Work(SnapshotBuilder& builder, const Holdings& holdings, const HostFacts& host, std::int64_t now_ms)
      : builder_(builder), holdings_(holdings), host_(host), now_ms_(now_ms) {
    made_->revision = holdings.revision;
    made_->number = ++builder.number_;
    made_->built_ms = now_ms;
    made_->rebuild_at_ms = INT64_MAX;
  }

  Result<std::shared_ptr<const AccessSnapshot>> run() {
    add_customers();
    for (const HeldLicence& held : holdings_.licences)
      if (auto added = add_licence(held); !added) return std::unexpected(added.error());
    for (const ApiKey& key : holdings_.keys)
      if (!key.made_by.text.empty()) makers_.emplace(key.made_by.text, nullptr);
    for (const ApiKey& key : holdings_.keys)
      if (const auto maker = makers_.find(key.id.text); maker != makers_.end()) maker->second = &key;
    for (const ApiKey& key : holdings_.keys)
      if (auto added = add_key(key); !added) return std::unexpected(added.error());
    add_keys_of_files();
    // Looked at once: the quotas go on being used meanwhile.
    std::vector<bool> is_worthless;
    for (const LicenceAccess& licence : made_->licences) is_worthless.push_back(admits_nothing(licence));
    for (CustomerAccess& customer : made_->customers)
      // Those that are worth something first: a customer may have bought one pack after the other for years.
      std::ranges::sort(customer.coverages, {}, [&](const CoverageAccess& row) {
        return std::tuple(std::string_view(row.model), bool(is_worthless[row.licence]), row.licence);
      });
    made_->index();
    return std::shared_ptr<const AccessSnapshot>(std::move(made_));
  }

 private:
  // The book's, and those that only a licence file names, by the hashes of their keys.
  void add_customers() {
    std::map<std::string, CustomerAccess> rows;
    for (const HeldLicence& held : holdings_.licences) {
      const Subject& subject = held.licence.subject;
      if (subject.customer.empty() || subject.keys.empty()) continue;
      CustomerAccess& row = rows[subject.customer];
      row.name = subject.name;
    }
    for (const Customer& customer : holdings_.customers) {
      CustomerAccess& row = rows[customer.id.text];
      row.name = customer.name;
      row.state = customer.state;
    }
    for (auto& [id, row] : rows) {
      row.id = id;
      row.seat_number = seat_number_of(id);
      row.counts = shared_of<CallCounts>(builder_.counts_, id);
      made_->customers.push_back(std::move(row));
    }
  }

  CustomerAccess* find(std::string_view id) { return const_cast<CustomerAccess*>(made_->find_customer(id)); }
  std::uint32_t place_of(const CustomerAccess* customer) const {
    return static_cast<std::uint32_t>(customer - made_->customers.data());
  }

  void change_at(std::int64_t at_ms) {
    if (at_ms > now_ms_) made_->rebuild_at_ms = std::min(made_->rebuild_at_ms, at_ms);
  }
  void change_with(const PeriodMeters& meters) {
    if (meters.until_ms == INT64_MAX) return;
    change_at(meters.next ? meters.until_ms : meters.until_ms - kNextPeriodMs);
  }

  Result<void> add_licence(const HeldLicence& held) {
    const Licence& licence = held.licence;
    CustomerAccess* const customer = find(licence.subject.customer);
    if (customer == nullptr || !check_terms(licence)) return {};
    LicenceAccess row;
    row.id = held_id(held).text;
    row.seat_number = seat_number_of(row.id);
    row.is_floating = licence.floating.has_value();
    row.calls_at_once = licence.calls_at_once;
    row.on_quota = licence.on_quota;
    row.verdicts = verdicts_of(held, host_, now_ms_);
    row.rate = builder_.rate_of(row.id, licence.rate);
    row.under_way = shared_of<UnderWay>(builder_.under_way_, row.id);
    row.entitlements = licence.entitlements;
    row.expires_ms = licence.expires_ms.value_or(INT64_MAX);
    auto meters = builder_.meters_of(row.id, licence.quotas, now_ms_);
    if (!meters) return std::unexpected(meters.error());
    row.meters = std::move(*meters);
    change_at(row.verdicts.changes_at_ms);
    change_with(row.meters);
    for (const Coverage& covered : licence.covers)
      customer->coverages.push_back({.model = covered.model,
                                     .versions = *registry::parse_version_range(covered.versions),
                                     .takes_all = covered.versions == "*",
                                     .licence = static_cast<std::uint32_t>(made_->licences.size())});
    made_->licences.push_back(std::move(row));
    return {};
  }

  // Under whose id a key's use is counted.
  std::string user_by(const ApiKey& key, SharedLimit limit) const {
    return user_of(key, limit, [&](const ApiKeyId& id) { return makers_.find(id.text)->second; }).text;
  }

  Result<void> add_key(const ApiKey& key) {
    const CustomerAccess* const customer = find(key.customer.text);
    if (customer == nullptr || !hashes_.insert(key.hash).second) return {};
    KeyAccess row;
    row.hash = key.hash;
    row.id = key.id.text;
    row.customer = place_of(customer);
    row.scopes = key.scopes;
    row.is_revoked = key.revoked_ms.has_value();
    row.rotated_until_ms = key.rotated_until_ms.value_or(INT64_MAX);
    row.expires_ms = key.expires_ms.value_or(INT64_MAX);
    row.models = key.models;
    row.rate = builder_.rate_of(user_by(key, SharedLimit::rate), key.rate);
    std::vector<Quota> budget;
    if (key.budget) budget.push_back(*key.budget);
    auto meters = builder_.meters_of(user_by(key, SharedLimit::budget), budget, now_ms_);
    if (!meters) return std::unexpected(meters.error());
    row.budget = std::move(*meters);
    change_with(row.budget);
    made_->keys.push_back(std::move(row));
    return {};
  }

  // Of a host that knows no customers. A key the book knows is the book's, revoked or not, and so are the keys of a
  // customer the book knows. A key opens no more than the licences that name it cover: whoever signs one could name any
  // customer, and any key. So it is a key of each customer that it is named for, and none of them hides another.
  void add_keys_of_files() {
    std::set<std::string_view> known;
    for (const Customer& customer : holdings_.customers) known.insert(customer.id.text);
    std::vector<const Licence*> naming;
    for (const HeldLicence& held : holdings_.licences) {
      const Subject& subject = held.licence.subject;
      if (!subject.keys.empty() && !subject.customer.empty() && !known.contains(subject.customer))
        naming.push_back(&held.licence);
    }
    std::ranges::sort(naming, [](const Licence* a, const Licence* b) { return speaks_before(*a, *b); });
    std::map<Sha256, std::uint32_t> last;  // row of each key
    for (const Licence* const licence : naming)
      for (const Sha256& hash : licence->subject.keys) add_key_of_file(hash, *licence, last);
  }

  void add_key_of_file(const Sha256& hash, const Licence& licence, std::map<Sha256, std::uint32_t>& last) {
    const CustomerAccess* const customer = find(licence.subject.customer);
    if (customer == nullptr) return;
    const auto at = last.find(hash);
    if (at == last.end() && !hashes_.insert(hash).second) return;  // the book's
    std::uint32_t row = at == last.end() ? KeyAccess::kNoRow : at->second;
    if (row == KeyAccess::kNoRow || made_->keys[row].customer != place_of(customer)) {
      const auto added = static_cast<std::uint32_t>(made_->keys.size());
      if (row != KeyAccess::kNoRow) made_->keys[row].next = added;
      KeyAccess& key = made_->keys.emplace_back();
      key.hash = hash;
      key.customer = place_of(customer);
      key.scopes = static_cast<Scopes>(Scope::infer);
      last[hash] = row = added;
    }
    for (const Coverage& covered : licence.covers) made_->keys[row].models.push_back(covered.model);
  }

  SnapshotBuilder& builder_;
  const Holdings& holdings_;
  const HostFacts& host_;
  const std::int64_t now_ms_;
  std::set<Sha256> hashes_;
  std::map<std::string_view, const ApiKey*> makers_;  // of keys, by id. Lifetime: holdings_
  std::shared_ptr<AccessSnapshot> made_ = std::make_shared<AccessSnapshot>();
};

Result<std::shared_ptr<const AccessSnapshot>> SnapshotBuilder::build(const Holdings& holdings, const HostFacts& host,
                                                                     std::int64_t now_ms) {
  Work work(*this, holdings, host, now_ms);
  auto made = work.run();
  forget_unused(rates_);
  forget_unused(under_way_);
  forget_unused(counts_);
  return made;
}

}  // namespace stoa::licensing
