// disk_full_test.cpp: a disk that is full at any write of a publish: a clear error of that request, everything as
// before, and the same request does what it says when there is room again (B3). SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <set>

#include "registry/database/test_contents.hpp"
#include "registry/upkeep/diagnosis.hpp"
#include "registry/upkeep/test_process.hpp"
#include "registry/upkeep/test_registry_folder.hpp"

namespace stoa::registry {
namespace {

// What a publisher and a reviewer ask for, in this order.
enum class Step : std::uint8_t { announce, send_first, send_rest, submit, check, review, alias, drop };
constexpr const char* kNames[] = {"announce", "send",   "send the rest", "submit",
                                  "check",    "review", "move an alias", "drop"};
constexpr std::size_t kSteps = std::size(kNames);
// Far more than any of them has.
constexpr std::uint64_t kWritesMax = 500;

std::string rows_of(const RegistryFolder& on) {
  std::string rows;
  for (const auto& [table, lines] : contents_of(on.path() / "catalogue.db")) rows += table + "\n" + lines;
  return rows;
}

// Names of blobs, of what is on its way and of uploads.
std::string files_of(const RegistryFolder& on) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(on.path() / "blobs"))
    if (entry.is_regular_file()) names.insert(entry.path());
  std::string all;
  for (const std::string& name : names) all += name + "\n";
  return all;
}

class Publish {
 public:
  explicit Publish(RegistryFolder& on) : on_(on) {}

  Result<void> take(Step step) {
    switch (step) {
      case Step::announce: {
        auto announced = on_.announce("1.1.0");
        if (!announced) return std::unexpected(announced.error());
        release_ = announced->release.id;
        upload_ = announced->upload;
        return {};
      }
      case Step::send_first:
        return sent(bytes_.size() / 2);
      case Step::send_rest:
        return sent(bytes_.size());
      case Step::submit:
        return done(on_->submit(on_.acme, release_, upload_->id));
      case Step::check:
        return done(on_->check(release_));
      case Step::review:
        return done(on_.reviewed(release_, Verdict::accept));
      case Step::alias: {
        auto moved = on_->with_catalogue([&](Catalogue& catalogue) {
          return catalogue.move_alias(on_.admin, {"acme/classify", "champion", {{"1.1.0"}}, "so"});
        });
        return moved ? Result<void>() : std::unexpected(moved.error());
      }
      case Step::drop: {
        auto other = on_.announce("1.2.0");  // with room, the first time; the same again needs none
        if (!other) return std::unexpected(other.error());
        return on_->drop_draft(on_.acme, other->release.id);
      }
    }
    return {};
  }

  // What the next request stands on: what is in the catalogue, and how far the bytes have come.
  std::string view(Step step) {
    std::string seen;
    // Checks that were not ended begin anew: between the two it makes no difference which.
    const auto release = on_->with_catalogue([&](Catalogue& catalogue) { return catalogue.release(release_); });
    if (step == Step::check)
      seen = release->checked_ms                                                                       ? "checked"
             : release->state == ReleaseState::validating || release->state == ReleaseState::submitted ? "to be checked"
                                                                                                       : "other";
    else
      seen = rows_of(on_);
    Uploads uploads(on_->blobs(), {});
    for (const UploadStatus& one : *uploads.list()) seen += "\n" + one.id.text() + " " + std::to_string(one.offset);
    return seen;
  }

 private:
  Result<void> sent(std::size_t until) {
    const auto sent = on_.send(*upload_, bytes_, until - upload_->offset);
    if (!sent) return std::unexpected(sent.error());
    upload_ = *sent;
    return {};
  }
  static Result<void> done(const Result<ReleaseRecord>& release) {
    return release ? Result<void>() : std::unexpected(release.error());
  }

  RegistryFolder& on_;
  const std::string bytes_ = on_.package("1.1.0");
  ReleaseId release_;
  std::optional<UploadStatus> upload_;
};

enum Outcome : int { kDone, kRefused, kNotOpened, kBefore, kUnclear, kChanged, kNotAfterwards, kNotServed, kAiling };

int fail(Outcome outcome, const std::string& what) {
  std::fprintf(stderr, "child: %s\n", what.c_str());
  return outcome;
}

// In a child: the whole way, with the disk full during one of its steps.
int run(RegistryFolder& on, Step full) {
  if (!on.try_open()) return kNotOpened;
  Publish publish(on);
  bool is_refused = false;
  for (std::size_t i = 0; i < kSteps; ++i) {
    const auto step = static_cast<Step>(i);
    on.now_ms += 10;
    if (step != full) {
      if (auto taken = publish.take(step); !taken)
        return fail(is_refused ? kNotAfterwards : kBefore, taken.error().message);
      continue;
    }
    if (step == Step::drop && !on.announce("1.2.0")) return kBefore;
    const std::string before = step == Step::announce ? rows_of(on) + files_of(on) : publish.view(step);
    tell_tracer(Tracing::disk_is_full);
    const auto taken = publish.take(step);
    tell_tracer(Tracing::disk_has_room);
    if (taken) continue;
    is_refused = true;
    const std::set<std::string> clear{"file.no_space", "database.full"};
    if (!clear.contains(taken.error().reason))
      return fail(kUnclear, taken.error().reason + ": " + taken.error().message);
    const std::string after = step == Step::announce ? rows_of(on) + files_of(on) : publish.view(step);
    if (after != before) return fail(kChanged, before + "\nbecame\n" + after);
    if (auto again = publish.take(step); !again) return fail(kNotAfterwards, again.error().message);
  }
  if (!on->verified_package(sha256_of(on.package("1.1.0")))) return kNotServed;
  const auto found = examine_registry(on.path(), {.now_ms = on.now_ms + 1, .grace_ms = 0});
  if (!found || !found->ailments.empty()) return fail(kAiling, found ? diagnosis_json(*found) : found.error().message);
  return is_refused ? kRefused : kDone;
}

TEST(FullDisk, AtAnyWriteOfAPublishIsAClearErrorAndEverythingIsAsBefore) {
  TestFolder folder;
  RegistryFolder on(folder.path());
  on.open();
  on.add_acme();
  on.published("1.0.0");
  on.close();
  for (const char* version : {"1.1.0", "1.2.0"}) (void)on.package(version);
  std::filesystem::copy(on.path(), folder / "begin", std::filesystem::copy_options::recursive);
  int all = 0;
  for (std::size_t i = 0; i < kSteps; ++i) {
    std::uint64_t writes = 0;
    for (;; ++writes) {
      SCOPED_TRACE(std::string(kNames[i]) + ", room for " + std::to_string(writes) + " writes");
      ASSERT_LT(writes, kWritesMax) << "never done";
      std::filesystem::remove_all(on.path());
      std::filesystem::copy(folder / "begin", on.path(), std::filesystem::copy_options::recursive);
      TracedChild child([&](int) { return run(on, static_cast<Step>(i)); });
      const auto failed = child.fill_disk_after(writes);
      if (child.result() == TracedChild::kNotTraced) GTEST_SKIP() << "nobody may be traced here";
      ASSERT_LE(child.result(), kRefused);
      ASSERT_GE(child.result(), 0);
      if (failed == 0) break;
      ASSERT_EQ(child.result(), kRefused) << "a write failed, and nobody heard of it";
      ++all;
    }
    EXPECT_GT(writes, 0u) << kNames[i] << " writes nothing";
    std::printf("%s: %llu writes\n", kNames[i], static_cast<unsigned long long>(writes));
  }
  std::printf("figure registry.full_disk %d writes target >=1 unclear_errors=0 changed=0\n", all);
}

}  // namespace
}  // namespace stoa::registry
