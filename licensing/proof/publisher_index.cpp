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

std::uint32_t PublisherIndex::publisher_no(std::string_view name) {
  if (name.empty()) return kNobody;
  if (const auto known = numbers_.find(name); known != numbers_.end()) return known->second;
  const auto number = static_cast<std::uint32_t>(publishers_.size());
  publishers_.push_back({std::string(name)});
  numbers_.emplace(name, number);
  return number;
}

Result<void> PublisherIndex::add(const Entry& entry) {
  const std::uint64_t number = owner_.size();
  std::uint32_t owner = kNobody;
  if (entry.usage)
    owner = publisher_no(std::string_view(entry.usage->model).substr(0, entry.usage->model.find('/')));
  else if (entry.refers && *entry.refers < number)
    owner = owner_[*entry.refers];
  seers_.clear();
  if (owner != kNobody) seers_.push_back(owner);
  for (const Posting& posting : entry.postings) {
    const std::uint32_t named = publisher_no(publisher_in(posting.account));
    if (named == kNobody) continue;
    if (std::ranges::find(seers_, named) == seers_.end()) seers_.push_back(named);
    if (!posting.account.starts_with(kOwed)) continue;
    Nano& owed = publishers_[named].owed[entry.currency];
    const auto sum = minus(owed, posting.amount);
    if (!sum) return std::unexpected(sum.error());
    owed = *sum;
  }
  owner_.push_back(owner);
  for (const std::uint32_t seer : seers_) {
    Publisher& publisher = publishers_[seer];
    publisher.rows.push_back({number, publisher.owed[entry.currency]});
  }
  return {};
}

const std::vector<PublisherIndex::Row>& PublisherIndex::rows(std::string_view publisher) const {
  const auto known = numbers_.find(publisher);
  return publishers_[known == numbers_.end() ? kNobody : known->second].rows;
}

const std::string& PublisherIndex::owner(std::uint64_t number) const {
  return publishers_[number < owner_.size() ? owner_[number] : kNobody].name;
}

}  // namespace stoa::licensing
