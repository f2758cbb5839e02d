// outbox_disk_test.cpp: webhooks with the disk failing at each write and sync: what was noted is there, what was not is
// told again. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "licensing/outbox/outbox.hpp"
#include "registry/document/test_child.hpp"
#include "registry/document/test_failing_calls.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;
using registry::DiskFault;
using registry::FailingCalls;

constexpr int kCallsMost = 1'000;
enum Told : int { kNoFault, kFault, kUnclear };

class OutboxDisk : public testing::TestWithParam<DiskFault> {
 protected:
  Result<std::unique_ptr<Outbox>> opened() const {
    return Outbox::open({.file = folder_ / "outbox.db", .now_ms = [] { return std::int64_t{1'700'000'000'000}; }});
  }
  // A webhook that is told of some entries, one after the other, and a notice of each.
  static constexpr std::uint64_t kEntries = 4;
  Result<void> step(Outbox& outbox, std::uint64_t number) const {
    const auto known = outbox.webhooks();
    if (!known) return std::unexpected(known.error());
    if (known->empty()) {
      const std::pair<std::string, std::uint64_t> ends[] = {{"ledger", 0}};
      const auto made = outbox.create({"operator:alice", ""}, "https://example.com/hook", {"*"}, ends);
      if (!made) return std::unexpected(made.error());
      return step(outbox, number);
    }
    const std::string& id = known->front().id.text;
    const std::string name = std::to_string(number);
    if (auto said = outbox.notice({.key = name, .type = "model.down", .subject = name}); !said) return said;
    const OutboxPosition sent{.next = number, .until = number + 1};
    if (auto moved = outbox.move(id, "ledger", sent); !moved) return moved;
    const auto noted = outbox.note(id, sent,
                                   {.source = "ledger",
                                    .event = name,
                                    .type = "call.billed",
                                    .next = number + 1,
                                    .status = 200,
                                    .is_delivered = true,
                                    .why = ""});
    return noted ? Result<void>() : std::unexpected(noted.error());
  }
  static bool is_clear(const Error& error) {
    return error.reason == "database.io" || error.reason == "database.full" || error.reason.starts_with("file.");
  }
  // In a child. It says how many entries were noted; what failed is tried once more.
  int run_with_fault(int calls, int out) const {
    FailingCalls::fail_after(calls, GetParam());
    auto outbox = opened();
    if (!outbox) {
      if (!is_clear(outbox.error())) return kUnclear;
      outbox = opened();
    }
    for (std::uint64_t number = 0; outbox && number < kEntries; ++number) {
      auto done = step(**outbox, number);
      if (!done && !is_clear(done.error())) return kUnclear;
      if (!done) done = step(**outbox, number);
      if (!done) return kFault;
      if (::write(out, "x", 1) != 1) return kUnclear;
    }
    return FailingCalls::failed() > 0 ? kFault : kNoFault;
  }

  const registry::TestFolder folder_;
};

TEST_P(OutboxDisk, AtAnyCallRemembersWhatItNoted) {
  int calls = 0;
  for (;; ++calls) {
    SCOPED_TRACE("call " + std::to_string(calls));
    ASSERT_LT(calls, kCallsMost) << "never without a fault";
    for (const auto& entry : fs::directory_iterator(folder_.path())) fs::remove_all(entry);
    std::uint64_t noted = 0;
    int outcome = kUnclear;
    {
      registry::TestChild child([&](int out) -> int { return run_with_fault(calls, out); });
      noted = child.said_within(std::chrono::seconds(60)).size();
      outcome = child.wait();
    }
    ASSERT_NE(outcome, kUnclear);
    const auto outbox = opened();
    ASSERT_TRUE(outbox) << outbox.error().message;
    const auto webhooks = (*outbox)->webhooks();
    ASSERT_TRUE(webhooks);
    ASSERT_LE(webhooks->size(), 1u);
    ASSERT_TRUE(noted == 0 || webhooks->size() == 1);
    const std::uint64_t next =
        webhooks->empty() ? 0 : (*outbox)->position(webhooks->front().id.text, "ledger", 0)->next;
    ASSERT_GE(next, noted);
    ASSERT_LE(next, noted + 1);
    for (std::uint64_t number = next; number < kEntries; ++number) ASSERT_TRUE(step(**outbox, number));
    ASSERT_EQ((*outbox)->notices(0, 100)->size(), kEntries);
    if (outcome == kNoFault) break;
  }
  std::printf("%s: at each of %d calls\n", GetParam().name, calls);
  EXPECT_GE(calls, 20);
}

INSTANTIATE_TEST_SUITE_P(Faults, OutboxDisk, testing::ValuesIn(registry::kDiskFaults),
                         &registry::name_of_row<testing::TestParamInfo<registry::DiskFault>>);

}  // namespace
}  // namespace stoa::licensing
