// projection_disk_test.cpp: what is made of the journal, with the disk failing at each write and sync: the next start
// goes on from what is whole, and comes to the same. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "licensing/billing/saved_book.hpp"
#include "licensing/billing/test_busy_ledger.hpp"
#include "licensing/projection/projection.hpp"
#include "registry/document/test_child.hpp"
#include "registry/document/test_failing_calls.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;
using registry::DiskFault;
using registry::FailingCalls;

constexpr int kCallsMost = 2'000;
enum Ending : int { kNoFault, kFault, kUnclear };

bool is_clear(const Error& error) {
  return error.reason == "database.io" || error.reason == "database.full" || error.reason.starts_with("file.");
}

class ProjectionDisk : public testing::TestWithParam<DiskFault> {
 protected:
  ProjectionDisk() {
    {
      BusyLedger ledger(folder_ / "journal");
      ledger.act(300);
      EXPECT_TRUE(write_saved_book(book(), *ledger.teller->save(), *ledger.journal));
      first_ = file_of_book();
      ledger.act(300);
      EXPECT_TRUE(write_saved_book(book(), *ledger.teller->save(), *ledger.journal));
      second_ = file_of_book();
      EXPECT_TRUE(build_projection(worked_out(), *ledger.journal, ledger.journal->durable(),
                                   [](std::uint64_t) { return true; }));
    }
  }
  fs::path book() const { return folder_ / "book.saved"; }
  fs::path tables() const { return folder_ / "projection.db"; }
  fs::path worked_out() const { return folder_ / "worked_out.db"; }
  std::string file_of_book() const { return registry::file_bytes(book()); }

  // In a child: each is tried once more after an error.
  int run_with_fault(int calls) {
    BusyLedger ledger(folder_ / "journal");
    FailingCalls::fail_after(calls, GetParam());
    for (int tries = 0; tries < 2; ++tries) {
      auto done = follow(*ledger.journal);
      if (done) done = write_saved_book(book(), *ledger.teller->save(), *ledger.journal);
      if (!done && !is_clear(done.error())) return kUnclear;
      if (done) break;
    }
    return FailingCalls::failed() > 0 ? kFault : kNoFault;
  }
  Result<void> follow(const Journal& journal) {
    auto projection = Projection::open(tables(), journal, [](const Error&) {});
    if (!projection) return std::unexpected(projection.error());
    for (;;) {
      const auto taken = (*projection)->advance(250);
      if (!taken) return std::unexpected(taken.error());
      if (*taken == 0) return {};
    }
  }
  void check() {
    BusyLedger ledger(folder_ / "journal");
    const auto anew = [](const Error& error) { ADD_FAILURE() << "made anew: " << error.message; };
    {
      const auto projection = Projection::open(tables(), *ledger.journal, anew);
      ASSERT_TRUE(projection) << projection.error().message;
      while (*(*projection)->advance() > 0) {
      }
    }
    const auto same = compare_projections(tables(), worked_out());
    ASSERT_TRUE(same) << same.error().message;
    const std::string bytes = file_of_book();
    ASSERT_TRUE(bytes == first_ || bytes == second_) << "neither the one before nor the new one";
    const auto teller = open_from_saved(book(), *ledger.journal, ledger.terms, [] { return kNowMs; }, anew);
    ASSERT_TRUE(teller) << teller.error().message;
    ASSERT_EQ((*teller)->save()->state, ledger.teller->save()->state);
  }

  const registry::TestFolder folder_;
  std::string first_, second_;  // saved books
};

TEST_P(ProjectionDisk, AtAnyCallIsWhatTheEntriesComeTo) {
  int calls = 0;
  for (;; ++calls) {
    SCOPED_TRACE("call " + std::to_string(calls));
    ASSERT_LT(calls, kCallsMost) << "never without a fault";
    for (const char* const end : {"", "-wal", "-shm"}) fs::remove(tables().string() + end);
    registry::write_file(book(), first_);
    const int outcome = registry::TestChild([&](int) -> int { return run_with_fault(calls); }).wait();
    ASSERT_NE(outcome, kUnclear);
    ASSERT_NO_FATAL_FAILURE(check());
    if (outcome == kNoFault) break;
  }
  std::printf("%s: at each of %d calls\n", GetParam().name, calls);
  EXPECT_GE(calls, 20);
}

INSTANTIATE_TEST_SUITE_P(Faults, ProjectionDisk, testing::ValuesIn(registry::kDiskFaults),
                         &registry::name_of_row<testing::TestParamInfo<registry::DiskFault>>);

}  // namespace
}  // namespace stoa::licensing
