// disk_full_test.cpp: every act, with the disk full at every one of its writes. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "licensing/book/test_acts.hpp"
#include "registry/document/test_child.hpp"

namespace stoa::licensing {
namespace {

using registry::limit_files;
using registry::TestChild;

// A frame of the write-ahead log is a page and its head. An odd step cuts frames at another place each time.
constexpr rlim_t kStepBytes = 4'096 + 24 + 511, kMostBytes = 400'000;

enum Outcome : int { kDone, kFull, kOtherError, kChangedSomething, kNotAfterwards, kNotOpened };

bool is_full(const Result<void>& outcome) {
  return !outcome && (outcome.error().reason == "database.full" || outcome.error().reason == "database.io");
}

const Actor& who_may(const ReadyBook& on, const TestAct& act) {
  return act.who.front() == 'o' ? on.alice : act.who.front() == 'p' ? on.acme : on.customer;
}

// In a child: the act on a full disk, and where asked once more when there is room again.
int starve(ReadyBook& on, const TestAct& act, rlim_t limit, bool goes_on) {
  if (!on.try_open()) return kNotOpened;
  const auto before = contents_of(on.file());
  const auto held = on.held.size();
  limit_files(limit);
  const auto outcome = act.run(on, who_may(on, act));
  if (outcome) return kDone;
  if (!is_full(outcome)) return kOtherError;
  if (on.held.size() != held) return kChangedSomething;
  if (!goes_on) return kFull;
  limit_files(RLIM_INFINITY);
  if (contents_of(on.file()) != before) return kChangedSomething;
  return act.run(on, who_may(on, act)) ? kFull : kNotAfterwards;
}

TEST(BookDiskFull, AtAnyWriteOfAnyActChangesNothing) {
  ReadyBook on;
  const auto before = contents_of(on.file());
  for (const TestAct& act : all_acts()) {
    int full = 0;
    for (rlim_t limit = 0;; limit += kStepBytes) {
      SCOPED_TRACE(act.name + ", files limited to " + std::to_string(limit) + " bytes");
      ASSERT_LT(limit, kMostBytes) << "never done";
      const bool goes_on = full % 2 == 1;
      on.close();
      const int outcome = TestChild([&](int) { return starve(on, act, limit, goes_on); }).wait();
      on.open();
      const auto whole = on->examine();
      ASSERT_TRUE(whole) << whole.error().message;
      if (outcome == kDone) break;
      ASSERT_EQ(outcome, kFull);
      ++full;
      if (!goes_on) {
        ASSERT_EQ(contents_of(on.file()), before);
        const auto afterwards = act.run(on, who_may(on, act));
        ASSERT_TRUE(afterwards) << afterwards.error().message;
      }
      on.put_back();
    }
    EXPECT_GE(full, 2) << act.name << ": the limits were too wide to stop it";
    on.put_back();
  }
}

}  // namespace
}  // namespace stoa::licensing
