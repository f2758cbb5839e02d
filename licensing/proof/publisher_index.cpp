// publisher_index.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/publisher_index.hpp"

#include <algorithm>

namespace stoa::licensing {
namespace {

constexpr std::uint32_t kNobody = 0;
constexpr std::string_view kOwed = "payable:publisher/";
// What else is a publisher's own: "reserve:publisher/acme", "advance:acme".
constexpr std::string_view kOwn[] = {kOwed, "reserve:publisher/", "advance:"};

std::string_view publisher_in(std::string_view account) {
  for (const std::string_view kind : kOwn)
    if (account.starts_with(kind)) return account.substr(kind.size());
  return {};
}

}  // namespace

PublisherIndex::PublisherIndex(const PublisherRunHead& before, OwnerBefore owner_before)
    : owner_before_(std::move(owner_before)) {
  run_.first = before.end();
  for (const PublisherRunHead::Publisher& known : before.publishers)
    run_.publishers.push_back({{known.name, known.before + known.rows, known.owed}, {}});
  if (run_.publishers.empty()) run_.publishers.emplace_back();  // nobody
  for (std::uint32_t at = 1; at < run_.publishers.size(); ++at) places_.emplace(run_.publishers[at].name, at);
}

std::uint32_t PublisherIndex::place(std::string_view publisher) {
  if (publisher.empty()) return kNobody;
  if (const auto known = places_.find(publisher); known != places_.end()) return known->second;
  const auto place = static_cast<std::uint32_t>(run_.publishers.size());
  run_.publishers.push_back({{std::string(publisher), 0, {}}, {}});
  places_.emplace(publisher, place);
  return place;
}

Result<std::uint32_t> PublisherIndex::owner_of(const Entry& entry) {
  if (entry.usage) return place(std::string_view(entry.usage->model).substr(0, entry.usage->model.find('/')));
  if (!entry.refers || *entry.refers >= size()) return kNobody;
  if (*entry.refers < run_.first) return owner_before_(*entry.refers);
  return run_.owners[*entry.refers - run_.first];
}

Result<void> PublisherIndex::add(const Entry& entry) {
  const std::uint64_t number = size();
  const auto owner = owner_of(entry);
  if (!owner) return std::unexpected(owner.error());
  seers_.clear();
  if (*owner != kNobody) seers_.push_back(*owner);
  for (const Posting& posting : entry.postings) {
    const std::uint32_t named = place(publisher_in(posting.account));
    if (named == kNobody) continue;
    if (std::ranges::find(seers_, named) == seers_.end()) seers_.push_back(named);
    if (!posting.account.starts_with(kOwed)) continue;
    Nano& owed = run_.publishers[named].owed[entry.currency];
    const auto sum = minus(owed, posting.amount);
    if (!sum) return std::unexpected(sum.error());
    owed = *sum;
  }
  run_.owners.push_back(*owner);
  for (const std::uint32_t seer : seers_) {
    PublisherRun::Publisher& publisher = run_.publishers[seer];
    publisher.rows.push_back({number, publisher.owed[entry.currency]});
  }
  return {};
}

const std::vector<PublisherRow>& PublisherIndex::rows(std::string_view publisher) const {
  return run_.publishers[place_of(publisher).value_or(kNobody)].rows;
}

const std::string& PublisherIndex::owner(std::uint64_t number) const {
  const bool is_here = number >= run_.first && number < size();
  return run_.publishers[is_here ? run_.owners[number - run_.first] : kNobody].name;
}

std::optional<std::uint32_t> PublisherIndex::place_of(std::string_view publisher) const {
  const auto known = places_.find(publisher);
  return known == places_.end() ? std::nullopt : std::optional(known->second);
}

PublisherRun PublisherIndex::take() {
  PublisherRun done = std::move(run_);
  *this = PublisherIndex(head_of(done), std::move(owner_before_));
  return done;
}

}  // namespace stoa::licensing
