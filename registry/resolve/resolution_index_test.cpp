// resolution_index_test.cpp: a catalogue of a few releases, what each reference means in it, and how it changes.
// SPDX-License-Identifier: Apache-2.0
#include "registry/resolve/resolution_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

namespace stoa::registry {
namespace {

using enum Availability;
using Index = std::shared_ptr<const ResolutionIndex>;
using Platforms = std::shared_ptr<const std::vector<PlatformDeclaration>>;

constexpr std::int64_t kNow = 1'000'000;

Platforms platforms(const std::vector<std::string>& arches, std::vector<std::string> cpu = {}) {
  std::vector<PlatformDeclaration> made;
  for (const auto& arch : arches) {
    auto& platform = made.emplace_back();
    platform.os = "linux", platform.arch = arch, platform.libc = "glibc", platform.libc_min = "2.36";
    platform.cpu = cpu;
  }
  return std::make_shared<const std::vector<PlatformDeclaration>>(std::move(made));
}

Machine x86() {
  Machine machine;
  machine.os = "linux", machine.arch = "x86_64", machine.libc = "glibc", machine.libc_version = "2.36";
  machine.x86_64_level = 3;
  return machine;
}

// The id says the version, so that rows of a table can: "rel-1.2.0".
IndexedRelease release(const std::string& version, Availability availability = published,
                       std::vector<std::string> models = {"acme/classify"}) {
  static const Platforms both = platforms({"aarch64", "x86_64"});
  return {"rel-" + version, version, std::move(models), availability, 0, both};
}

Index with(const Index& from, const std::vector<IndexedRelease>& releases,
           const std::vector<IndexedAlias>& aliases = {}) {
  ResolutionIndex::Edit edit(from);
  for (const auto& one : releases) EXPECT_TRUE(edit.put(one).has_value());
  for (const auto& one : aliases) EXPECT_TRUE(edit.put(one).has_value());
  return edit.finish();
}

Index index_of(const std::vector<IndexedRelease>& releases, const std::vector<IndexedAlias>& aliases = {}) {
  return with(std::make_shared<const ResolutionIndex>(), releases, aliases);
}

// The version that answers, or the reason why none does.
std::string answer(const Index& index, const std::string& text, std::uint32_t share_ppm = 0,
                   std::string* message = nullptr) {
  static const Machine here = x86();
  const auto reference = parse_model_reference(text);
  if (!reference) return reference.error().reason;
  const auto found = index->resolve(*reference, {&here, kNow, share_ppm});
  if (message && !found) *message = found.error().message;
  if (!found) return found.error().reason;
  EXPECT_EQ(found->release, "rel-" + found->version) << text;
  EXPECT_EQ(found->platform, 1u) << text;
  return found->version + (found->is_deprecated ? " deprecated" : "");
}

Index catalogue() {
  auto cooling = release("1.4.0");
  cooling.cool_until_ms = kNow + 61'000;
  auto arm_only = release("1.3.9");
  arm_only.platforms = platforms({"aarch64"});
  auto demanding = release("3.0.0", published, {"acme/demanding"});
  demanding.platforms = platforms({"x86_64"}, {"x86-64-v4"});
  return index_of({release("1.2.0"), release("1.3.0"), release("1.3.1", deprecated), arm_only, cooling,
                   release("0.9.0", yanked), release("0.8.0", revoked), release("2.0.0-rc.1"), release("2.0.0-rc.2"),
                   release("0.1.0-beta", published, {"acme/young"}), release("0.2.0-beta", deprecated, {"acme/young"}),
                   release("5.0.0", deprecated, {"acme/old"}), release("4.0.0", deprecated, {"acme/old"}),
                   release("1.0.0", yanked, {"acme/gone"}), release("1.1.0", revoked, {"acme/gone"}),
                   release("1.0.0", withheld, {"acme/secret"}), demanding},
                  {{"acme/classify", "champion", {{"1.2.0"}}},
                   {"acme/classify", "newest", {{"1.4.0"}}},
                   {"acme/classify", "preview", {{"2.0.0-rc.2"}}},
                   {"acme/classify", "canary", {{"1.2.0", 900'000}, {"1.3.0", 100'000}}},
                   {"acme/classify", "half", {{"0.8.0", 500'000}, {"1.3.0", 500'000}}},
                   {"acme/classify", "old", {{"0.9.0"}}},
                   {"acme/classify", "dead", {{"0.8.0"}}},
                   {"acme/classify", "lost", {{"7.0.0"}}},
                   {"acme/secret", "only", {{"1.0.0"}}}});
}

TEST(Resolution, EveryReferenceHasOneMeaning) {
  const struct {
    const char* reference;
    std::uint32_t share_ppm;
    const char* expected;
  } rows[] = {
      // without a version: the highest published that fits, cooled down
      {"acme/classify", 0, "1.3.0"},
      {"acme/classify@latest", 0, "1.3.0"},
      {"acme/young", 0, "0.1.0-beta"},  // nothing but pre-releases
      {"acme/old", 0, "5.0.0 deprecated"},
      {"acme/nothing", 0, "model.unknown"},
      {"acme/secret", 0, "model.unknown"},
      {"acme/secret@only", 0, "model.unknown"},
      {"acme/gone", 0, "release.yanked"},
      {"acme/demanding", 0, "platform.none"},
      // exact
      {"acme/classify@1.2.0", 0, "1.2.0"},
      {"acme/classify@1.2.0+any.build", 0, "1.2.0"},
      {"acme/classify@1.3.1", 0, "1.3.1 deprecated"},
      {"acme/classify@1.4.0", 0, "1.4.0"},  // whoever names it need not wait
      {"acme/classify@2.0.0-rc.1", 0, "2.0.0-rc.1"},
      {"acme/classify@1.2.1", 0, "version.unknown"},
      {"acme/classify@2.0.0", 0, "version.unknown"},
      {"acme/classify@0.9.0", 0, "0.9.0"},
      {"acme/classify@0.8.0", 0, "release.revoked"},
      {"acme/classify@1.3.9", 0, "platform.none"},
      {"acme/demanding@3.0.0", 0, "platform.none"},
      // range
      {"acme/classify@^1.2", 0, "1.3.0"},
      {"acme/classify@*", 0, "1.3.0"},
      {"acme/classify@1.2", 0, "1.2.0"},
      {"acme/classify@>1.3.0 <1.3.9", 0, "1.3.1 deprecated"},
      {"acme/classify@>=1.3.1 <1.4", 0, "1.3.1 deprecated"},
      {"acme/classify@>=1.3.2", 0, "platform.none"},
      {"acme/classify@>1.3.9", 0, "release.cooling"},
      {"acme/classify@^2.0.0-rc", 0, "2.0.0-rc.2"},
      {"acme/classify@2", 0, "range.unmatched"},
      {"acme/classify@0.9", 0, "release.yanked"},
      {"acme/classify@<0.9", 0, "release.revoked"},
      {"acme/young@*", 0, "range.unmatched"},
      {"acme/old@<5", 0, "4.0.0 deprecated"},
      // alias
      {"acme/classify@champion", 0, "1.2.0"},
      {"acme/classify@newest", 0, "1.4.0"},
      {"acme/classify@preview", 0, "2.0.0-rc.2"},
      {"acme/classify@nobody", 0, "alias.unknown"},
      {"acme/classify@old", 0, "0.9.0"},  // set before the yank
      {"acme/classify@dead", 0, "release.revoked"},
      {"acme/classify@lost", 0, "alias.target"},
      {"acme/classify@canary", 0, "1.2.0"},
      {"acme/classify@canary", 899'999, "1.2.0"},
      {"acme/classify@canary", 900'000, "1.3.0"},
      {"acme/classify@canary", 999'999, "1.3.0"},
      {"acme/classify@half", 0, "1.3.0"},  // its own half was revoked
      {"acme/classify@half", 999'999, "1.3.0"},
  };
  const auto index = catalogue();
  for (const auto& row : rows)
    EXPECT_EQ(answer(index, row.reference, row.share_ppm), row.expected)
        << row.reference << ", share " << row.share_ppm;
}

TEST(Resolution, RefusalsSayWhatThereIsInstead) {
  const char* rows[][3] = {
      {"acme/nothing", "model.unknown", "no model 'acme/nothing'"},
      {"acme/classify@1.2.1", "version.unknown", "no release 1.2.1; the nearest published: 1.2.0, 1.3.0, 1.3.1"},
      {"acme/classify@9.0.0", "version.unknown", "the nearest published: 2.0.0-rc.1, 2.0.0-rc.2"},
      {"acme/classify@^0.1", "range.unmatched", "no release in '^0.1'; the nearest published: 1.2.0, 1.3.0"},
      {"acme/gone@2", "range.unmatched", "nothing is published"},
      {"acme/classify@nobody", "alias.unknown", "no alias 'nobody'; there are: champion, newest"},
      {"acme/classify@lost", "alias.target", "points at 7.0.0, which is not there; the nearest published: 2.0.0-rc.1"},
      {"acme/classify@>1.3.9", "release.cooling", "1.4.0 is taken without being named only in 61 s"},
      {"acme/classify@1.3.9", "platform.none", "offered: linux-aarch64-glibc >= 2.36 is for aarch64"},
      {"acme/demanding", "platform.none", "needs a processor with x86-64-v4"},
      {"acme/classify@0.8.0", "release.revoked", "acme/classify 0.8.0 was revoked"},
      {"acme/classify@0.9", "release.yanked", "acme/classify 0.9.0 was withdrawn: its version still names it"},
  };
  const auto index = catalogue();
  for (const auto& [reference, reason, words] : rows) {
    std::string message;
    EXPECT_EQ(answer(index, reference, 0, &message), reason);
    EXPECT_TRUE(message.contains(words)) << reference << ": " << message;
  }
}

TEST(Resolution, CoolDownEndsByTheAskersClock) {
  const auto index = catalogue();
  const auto here = x86();
  const auto reference = *parse_model_reference("acme/classify");
  EXPECT_EQ(index->resolve(reference, {&here, kNow + 60'999, 0})->version, "1.3.0");
  EXPECT_EQ(index->resolve(reference, {&here, kNow + 61'000, 0})->version, "1.4.0");
}

// No time says when a trial ends, so none is told.
TEST(Resolution, OnTrialIsForThoseWhoNameIt) {
  IndexedRelease tried = release("1.1.0"), cooling = release("1.2.0");
  tried.is_on_trial = true;
  cooling.cool_until_ms = kNow + 61'000;
  const auto index = index_of({release("1.0.0"), tried, cooling}, {{"acme/classify", "preview", {{"1.1.0"}}}});
  const std::pair<const char*, const char*> rows[] = {{"acme/classify", "1.0.0"},
                                                      {"acme/classify@^1", "1.0.0"},
                                                      {"acme/classify@1.1.0", "1.1.0"},
                                                      {"acme/classify@preview", "1.1.0"},
                                                      {"acme/classify@~1.2", "release.cooling"},
                                                      {"acme/classify@>=1.1.0", "release.on_trial"}};
  for (const auto& [reference, expected] : rows) EXPECT_EQ(answer(index, reference), expected) << reference;
  std::string message;
  EXPECT_EQ(answer(index, "acme/classify@~1.1", 0, &message), "release.on_trial");
  EXPECT_TRUE(message.contains("1.1.0 is on trial") && !message.contains(" s;")) << message;
}

TEST(Resolution, DelistedIsForThoseWhoNameIt) {
  const auto index = index_of({release("1.0.0"), release("1.1.0", delisted), release("1.2.0", yanked)},
                              {{"acme/classify", "pinned", {{"1.1.0"}}}});
  const std::pair<const char*, const char*> rows[] = {{"acme/classify", "1.0.0"},
                                                      {"acme/classify@^1", "1.0.0"},
                                                      {"acme/classify@1.1.0", "1.1.0"},
                                                      {"acme/classify@pinned", "1.1.0"},
                                                      {"acme/classify@>1.0.0", "release.delisted"},
                                                      {"acme/classify@~1.2", "release.yanked"}};
  for (const auto& [reference, expected] : rows) EXPECT_EQ(answer(index, reference), expected) << reference;
}

TEST(Resolution, WithoutAMachineEveryPlatformWillDo) {
  EXPECT_EQ(catalogue()->resolve(*parse_model_reference("acme/demanding"), {nullptr, kNow, 0})->version, "3.0.0");
}

TEST(ResolutionIndex, AnEditLeavesTheIndexBeforeAsItWas) {
  const auto before = catalogue();
  const auto after = with(before,
                          {release("1.3.0", yanked), release("1.5.0"), release("1.0.0", published, {"acme/secret"}),
                           release("5.0.0", withheld, {"acme/old"}), release("4.0.0", withheld, {"acme/old"})},
                          {{"acme/classify", "champion", {{"1.5.0"}}}, {"acme/classify", "old", {}}});
  EXPECT_EQ(answer(after, "acme/classify"), "1.5.0");
  EXPECT_EQ(answer(after, "acme/classify@1.3"), "1.3.1 deprecated");
  EXPECT_EQ(answer(after, "acme/classify@champion"), "1.5.0");
  EXPECT_EQ(answer(after, "acme/classify@old"), "alias.unknown");
  EXPECT_EQ(answer(after, "acme/secret"), "1.0.0");
  EXPECT_EQ(answer(after, "acme/secret@only"), "1.0.0");
  EXPECT_EQ(answer(after, "acme/old"), "model.unknown");
  EXPECT_EQ(answer(after, "acme/young"), "0.1.0-beta");

  EXPECT_EQ(answer(before, "acme/classify"), "1.3.0");
  EXPECT_EQ(answer(before, "acme/classify@champion"), "1.2.0");
  EXPECT_EQ(answer(before, "acme/classify@old"), "0.9.0");
  EXPECT_EQ(answer(before, "acme/secret"), "model.unknown");
  EXPECT_EQ(answer(before, "acme/old"), "5.0.0 deprecated");
  EXPECT_EQ(after->model_count(), before->model_count() - 1);
}

TEST(ResolutionIndex, ReleasesOfSeveralModelsMoveTogether) {
  const std::vector<std::string> models = {"acme/a", "acme/b", "acme/c"};
  auto index = index_of({release("1.0.0", published, models)});
  for (const auto& model : models) EXPECT_EQ(answer(index, model), "1.0.0");
  index = with(index, {release("1.0.0", revoked, models)});
  for (const auto& model : models) EXPECT_EQ(answer(index, model), "release.revoked");
}

TEST(ResolutionIndex, TwoReleasesOfOneVersionAreRefused) {
  auto rival = release("1.0.0+rebuilt"), gone = release("1.0.0", withheld);
  const auto index = index_of({release("1.0.0")});
  ResolutionIndex::Edit edit(index);
  const auto conflict = edit.put(rival);
  ASSERT_FALSE(conflict.has_value());
  EXPECT_EQ(conflict.error().reason, "index.conflict");
  EXPECT_TRUE(conflict.error().message.contains("acme/classify 1.0.0 is offered by the releases rel-1.0.0 and "));
  const auto reference = *parse_model_reference("acme/classify");
  EXPECT_EQ(with(index, {gone, rival})->resolve(reference, {})->release, rival.id) << "the one before was taken out";
  rival.availability = withheld;
  EXPECT_EQ(answer(with(index, {rival}), "acme/classify"), "1.0.0") << "what was never in takes nothing out";
}

TEST(ResolutionIndex, RefusesWhatIsNoVersion) {
  ResolutionIndex::Edit edit(std::make_shared<const ResolutionIndex>());
  const auto bad = edit.put(release("1.0"));
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().reason, "version.syntax");
  EXPECT_TRUE(bad.error().message.starts_with("release rel-1.0: version '1.0' ")) << bad.error().message;
  const auto alias = edit.put(IndexedAlias{"acme/classify", "champion", {{"^1.0"}}});
  ASSERT_FALSE(alias.has_value());
  EXPECT_TRUE(alias.error().message.starts_with("alias acme/classify@champion: version '^1.0' "));
}

// Any order of putting, in one edit or many, comes to the same index.
TEST(ResolutionIndex, HoweverItIsBuiltItMeansTheSame) {
  std::vector<IndexedRelease> releases;
  for (int model = 0; model < 40; ++model)
    for (int version = 0; version < 12; ++version)
      releases.push_back(release("1." + std::to_string(version) + "." + std::to_string(model), published,
                                 {"acme/m" + std::to_string(model), "acme/shared-" + std::to_string(model % 3)}));
  const auto whole = index_of(releases);
  std::mt19937 random(3);  // NOLINT: the same orders every time
  for (int round = 0; round < 5; ++round) {
    std::ranges::shuffle(releases, random);
    auto index = std::make_shared<const ResolutionIndex>();
    for (std::size_t at = 0; at < releases.size();) {
      const auto count = std::min<std::size_t>(1 + random() % 50, releases.size() - at);
      index = with(index, {releases.begin() + static_cast<std::ptrdiff_t>(at),
                           releases.begin() + static_cast<std::ptrdiff_t>(at + count)});
      at += count;
    }
    EXPECT_EQ(index->model_count(), whole->model_count());
    for (int model = 0; model < 40; ++model)
      for (const auto* selector : {"", "@^1.2", "@1.5.x", "@<1.3", "@1.7.0", "@2"})
        for (const auto& name : {"acme/m" + std::to_string(model), "acme/shared-" + std::to_string(model % 3)})
          EXPECT_EQ(answer(index, name + selector), answer(whole, name + selector)) << name << selector;
  }
}

// Two aliases that always move together: a reader who sees them apart has seen half a change.
TEST(CurrentIndex, AReaderNeverSeesHalfAChange) {
  const auto moved_to = [](const std::string& version) {
    return std::vector<IndexedAlias>{{"acme/a", "champion", {{version}}}, {"acme/b", "champion", {{version}}}};
  };
  CurrentIndex current;
  const std::vector<std::string> models = {"acme/a", "acme/b"};
  current.set(with(current.get(), {release("1.0.0", published, models), release("2.0.0", published, models)},
                   moved_to("1.0.0")));
  std::atomic<bool> is_over = false;
  std::atomic<std::size_t> apart = 0, reads = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i)
    readers.emplace_back([&] {
      while (!is_over || reads == 0) {
        const auto index = current.get();
        apart += answer(index, "acme/a@champion") != answer(index, "acme/b@champion");
        ++reads;
      }
    });
  for (int i = 0; i < 2000; ++i) current.set(with(current.get(), {}, moved_to(i % 2 == 0 ? "2.0.0" : "1.0.0")));
  is_over = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(apart, 0u);
  EXPECT_EQ(answer(current.get(), "acme/a@champion"), "1.0.0");
}

}  // namespace
}  // namespace stoa::registry
