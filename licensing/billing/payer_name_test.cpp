// payer_name_test.cpp: names of payers: the same for ever, and another for each publisher.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/billing/payer_name.hpp"

#include <gtest/gtest.h>

#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

TEST(PayerName, IsAnotherForEachCustomerAndPublisherAndLedger) {
  PayerSecret secret, other;
  secret.bytes.fill(7);
  // python3: "pay_" + base 32 (Crockford's digits) of hmac.digest(b"\x07" * 32, b"cus_1\0acme", "sha256")
  const std::string name = payer_name(secret, {"cus_1", "acme"});
  EXPECT_EQ(name, "pay_yhxmgm5kwdtagq6wz76arxwrzt");
  EXPECT_NE(payer_name(secret, {"cus_2", "acme"}), name);
  EXPECT_NE(payer_name(secret, {"cus_1", "rival"}), name);
  EXPECT_NE(payer_name(other, {"cus_1", "acme"}), name);
  EXPECT_NE(payer_name(secret, {"cus_1a", "cme"}), name);
}

TEST(PayerSecret, IsMadeOnceAndNeverReplaced) {
  const registry::TestFolder folder;
  const auto made = read_or_make_payer_secret(folder / "payers");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_NE(*made, PayerSecret());
  EXPECT_EQ(read_or_make_payer_secret(folder / "payers"), *made);
  std::filesystem::permissions(folder / "payers", std::filesystem::perms(0644));
  EXPECT_EQ(read_or_make_payer_secret(folder / "payers").error().reason, "key.exposed");
  std::filesystem::permissions(folder / "payers", std::filesystem::perms(0600));
  registry::write_file(folder / "payers", "none\n");
  EXPECT_EQ(read_or_make_payer_secret(folder / "payers").error().reason, "billing.payer_secret");
}

}  // namespace
}  // namespace stoa::licensing
