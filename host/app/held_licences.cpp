// held_licences.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/held_licences.hpp"

#include <ranges>
#include <utility>

#include "licensing/book/file_licences.hpp"

namespace stoa::app {

void HeldLicences::merge_book(licensing::Holdings changed) {
  all_.revision = changed.revision;
  for (auto& customer : changed.customers) customers_[customer.id.text] = std::move(customer);
  for (auto& key : changed.keys) keys_[key.id.text] = std::move(key);
  for (auto& held : changed.licences) licences_[held.licence.id.text] = std::move(held);
}

const licensing::Holdings& HeldLicences::all() {
  auto licences = licences_;
  for (const licensing::HeldLicence& file : files_) {
    if (const auto book = licences_.find(file.licence.id.text);
        book != licences_.end() && !licensing::stands_beside(book->second, file))
      licences.insert_or_assign(book->first, licensing::later_of(book->second, file));
    else
      licences.insert_or_assign(licensing::held_id(file).text, file);
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
