// held_licences.hpp: what the book says and what licence files say, as one. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <vector>

#include "licensing/terms/holdings.hpp"

namespace stoa::app {

// Of each issuer's licence the highest serial speaks; what either calls revoked is revoked. Thread: one.
class HeldLicences {
 public:
  // What changed in the book since the last one: merged by id.
  void merge_book(licensing::Holdings changed);
  // All that the folder holds now, in place of what it held.
  void set_files(std::vector<licensing::HeldLicence> licences) { files_ = std::move(licences); }
  std::int64_t revision() const { return all_.revision; }  // of the book
  const licensing::Holdings& all();                        // until the next change

 private:
  std::map<std::string, licensing::Customer> customers_;
  std::map<std::string, licensing::ApiKey> keys_;
  std::map<std::string, licensing::HeldLicence> licences_;
  std::vector<licensing::HeldLicence> files_;
  licensing::Holdings all_;
};

}  // namespace stoa::app
