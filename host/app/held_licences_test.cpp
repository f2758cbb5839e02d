// held_licences_test.cpp: book and files as one: what speaks for a licence that both have.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/held_licences.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace stoa::app {
namespace {

using licensing::HeldLicence;

HeldLicence held(const char* issuer, std::uint32_t serial, bool is_revoked, bool is_from_file) {
  HeldLicence one;
  one.licence.id.text = "lic_1";
  one.licence.issuer = issuer;
  one.licence.serial = serial;
  one.is_from_file = is_from_file;
  if (is_revoked) one.revoked_ms = 1;
  return one;
}

TEST(HeldLicences, OfOneLicenceTheHigherSerialSpeaksAndARevocationOfEither) {
  struct Row {
    const char* issuer;  // of the file; the book's is the platform's, serial 2
    std::uint32_t serial;
    bool book_is_revoked, file_is_revoked;
    bool is_files, is_revoked;  // wanted of the platform's
  };
  const Row rows[] = {
      {"platform", 1, false, false, false, false},
      {"platform", 2, false, false, false, false},
      {"platform", 3, false, false, true, false},
      {"platform", 2, false, true, false, true},
      {"platform", 2, true, false, false, true},
      {"platform", 1, false, true, false, false},
      {"platform", 3, true, false, true, false},
      // Another's licence under the same id is none of it, whatever its serial, and is held beside it.
      {"acme", 3, false, false, false, false},
      {"acme", 2, false, true, false, false},
      {"acme", 9, true, false, false, true},
  };
  for (const Row& row : rows) {
    HeldLicences all;
    licensing::Holdings book;
    book.licences = {held("platform", 2, row.book_is_revoked, false)};
    all.merge_book(book);
    all.set_files({held(row.issuer, row.serial, row.file_is_revoked, true)});
    const auto& licences = all.all().licences;
    const bool is_beside = row.issuer != std::string("platform");
    ASSERT_EQ(licences.size(), is_beside ? 2u : 1u);
    const auto own = std::ranges::find(licences, "platform", [](const auto& one) { return one.licence.issuer; });
    EXPECT_EQ(own->is_from_file, row.is_files) << row.issuer << row.serial;
    EXPECT_EQ(own->revoked_ms.has_value(), row.is_revoked) << row.issuer << row.serial;
    EXPECT_EQ(held_id(*own).text, "lic_1") << "one in the book and in a file has one id";
    if (!is_beside) continue;
    const auto other = std::ranges::find(licences, row.issuer, [](const auto& one) { return one.licence.issuer; });
    EXPECT_EQ(other->licence.serial, row.serial);
    EXPECT_EQ(other->revoked_ms.has_value(), row.file_is_revoked);
    EXPECT_EQ(held_id(*other).text, "acme/lic_1");
  }
}

TEST(HeldLicences, ALicenceOfAFileAloneIsHeldUntilItsFileGoes) {
  HeldLicences all;
  all.set_files({held("acme", 1, false, true)});
  EXPECT_EQ(all.all().licences.size(), 1u);
  all.set_files({});
  EXPECT_TRUE(all.all().licences.empty());
}

}  // namespace
}  // namespace stoa::app
