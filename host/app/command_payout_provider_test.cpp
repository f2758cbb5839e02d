// command_payout_provider_test.cpp: a batch goes to a program, and what it says comes back.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/command_payout_provider.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "registry/document/test_folder.hpp"

namespace stoa::app {
namespace {

licensing::PaymentFile a_batch() {
  licensing::PaymentFile batch{
      .id = "bat_1", .currency = *licensing::Currency::parse("EUR"), .from = {"Hall Ltd", "DE89370400440532013000"}};
  batch.created_ms = 1'709'210'096'789;
  batch.payouts = {{"pay_1", "statement 12", {"Acme \"Ltd\"", "GB82WEST12345698765432"}, 14'000'000'000}};
  return batch;
}

class CommandPayoutProviderTest : public testing::Test {
 protected:
  Result<std::string> submit(const std::string& script) {
    const auto program = folder_ / "pay.sh";
    registry::write_file(program, "#!/bin/sh\n" + script + "\n");
    EXPECT_EQ(::chmod(program.c_str(), 0700), 0);
    return CommandPayoutProvider(program).submit(a_batch());
  }
  registry::TestFolder folder_;
};

TEST_F(CommandPayoutProviderTest, GivesTheBatchAsJsonAndTakesTheFirstLineAsReference) {
  const auto reference = submit("cat > " + (folder_ / "batch.json").string() + "; echo REF-7; echo more");
  ASSERT_TRUE(reference) << reference.error().message;
  EXPECT_EQ(*reference, "REF-7");
  const auto json = nlohmann::json::parse(registry::file_bytes(folder_ / "batch.json"));
  EXPECT_EQ(json["batch"], "bat_1");
  EXPECT_EQ(json["from"]["iban"], "DE89370400440532013000");
  ASSERT_EQ(json["payouts"].size(), 1u);
  EXPECT_EQ(json["payouts"][0]["amount"], "14.00");
  EXPECT_EQ(json["payouts"][0]["name"], "Acme \"Ltd\"");
  EXPECT_EQ(*submit("exit 0"), "bat_1") << "a program that says nothing";
}

TEST_F(CommandPayoutProviderTest, AProgramThatDoesNotTakeItIsToldWithWhatBecameOfIt) {
  EXPECT_TRUE(submit("echo REF-7; exit 3").error().message.ends_with("ended with 3"));
  EXPECT_TRUE(submit("kill -9 $$").error().message.ends_with("was ended by signal 9"));
  const auto none = CommandPayoutProvider(folder_ / "none").submit(a_batch());
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().reason, "payout.command");
}

}  // namespace
}  // namespace stoa::app
