// held_licences.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/held_licences.hpp"

#include <ranges>
#include <utility>

namespace stoa::app {
namespace {

using licensing::HeldLicence;

// Both are of the same id.
HeldLicence later_of(const HeldLicence& a, const HeldLicence& b) {
  const bool b_is_newer = b.licence.serial > a.licence.serial;
  HeldLicence later = b_is_newer ? b : a;
  const HeldLicence& other = b_is_newer ? a : b;
  if (other.revoked_ms && !later.revoked_ms && other.licence.serial == later.licence.serial) {
    later.revoked_ms = other.revoked_ms;
    later.revoked_because = other.revoked_because;
  }
  return later;
}

}  // namespace

void HeldLicences::merge_book(licensing::Holdings changed) {
  all_.revision = changed.revision;
  for (auto& customer : changed.customers) customers_[customer.id.text] = std::move(customer);
  for (auto& key : changed.keys) keys_[key.id.text] = std::move(key);
  for (auto& held : changed.licences) licences_[held.licence.id.text] = std::move(held);
}

const licensing::Holdings& HeldLicences::all() {
  auto licences = licences_;
  for (const HeldLicence& file : files_) {
    const auto [at, is_new] = licences.try_emplace(file.licence.id.text, file);
    // An id is its issuer's: nobody replaces another's licence by signing its id with a higher serial.
    if (!is_new && at->second.licence.issuer == file.licence.issuer) at->second = later_of(at->second, file);
  }
  const auto values = [](const auto& map, auto& out) {
    out.clear();
    for (const auto& value : map | std::views::values) out.push_back(value);
  };
  values(customers_, all_.customers);
  values(keys_, all_.keys);
  values(licences, all_.licences);
  return all_;
}

}  // namespace stoa::app
