// reading_test.cpp: a second connection that reads sees whole states only, while the catalogue writes.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "registry/catalogue/alias_store.hpp"
#include "registry/catalogue/examination_store.hpp"
#include "registry/catalogue/test_acts.hpp"

namespace stoa::registry {
namespace {

std::int64_t revision_of(database::Connection& connection) {
  auto rows = connection.query("SELECT revision FROM catalogue");
  return rows.next() ? rows.integer(0) : -1;
}

TEST(Reading, SeesWholeStatesWhileActsAreWritten) {
  ReadyCatalogue on;
  auto reader = database::Connection::open(on.file(), database::Access::read);
  ASSERT_TRUE(reader);
  std::vector<ReleaseId> releases;
  for (int i = 0; i < 4; ++i) releases.push_back(on.checked("3." + std::to_string(i) + ".0").id);
  const std::int64_t first = *on->revision();
  std::atomic<bool> is_done = false;
  std::thread writer([&] {
    for (int round = 0; round < 4; ++round)
      for (const ReleaseId& id : releases) {
        if (round == 0)
          (void)on->review(on.reviewer, id, Verdict::accept, "");
        else if (round % 2 == 1)
          (void)on->deprecate(on.acme, id, "old");
        else
          (void)on->restore(on.acme, id, "");
        (void)on->move_alias(on.reviewer, {"acme/classify", "beta", {{on->release(id)->version}}, ""});
      }
    (void)on->revoke_key(on.acme, "acme", on.key.public_key().id(), 0, "lost");
    is_done = true;
  });
  std::int64_t seen = first, states = 0;
  const PublicKey key = on->public_key();
  for (bool is_last = false; !is_last;) {
    is_last = is_done;
    const auto snapshot = database::Snapshot::begin(*reader);
    EXPECT_TRUE(snapshot);
    const std::int64_t revision = revision_of(*reader);
    EXPECT_GE(revision, seen);
    const auto log = verify_audit(*reader);
    EXPECT_TRUE(log) << log.error().message;
    const auto steps = verify_alias_steps(*reader, key);
    EXPECT_TRUE(steps) << steps.error().message;
    const auto rows = examine_rows(*reader);
    EXPECT_TRUE(rows) << rows.error().message;
    EXPECT_EQ(revision_of(*reader), revision) << "one state from the first look to the last";
    states += revision != seen ? 1 : 0;
    seen = revision;
  }
  writer.join();
  EXPECT_EQ(seen, *on->revision());
  EXPECT_GT(states, 0);
  EXPECT_FALSE(reader->run("DELETE FROM audit"));
}

TEST(Reading, GivesResolutionWhatItNeeds) {
  ReadyCatalogue on;
  ASSERT_TRUE(on->set_plugin_state(on.acme, "acme/vision", "delisted", ""));
  const auto input = on->read_for_resolution();
  ASSERT_TRUE(input) << input.error().message;
  EXPECT_EQ(input->revision, *on->revision());
  ASSERT_EQ(input->facts.size(), 1u) << "all releases have the same";
  EXPECT_EQ(input->facts[0].models, (std::vector<std::string>{"acme/classify", "acme/talk"}));
  EXPECT_EQ(input->facts[0].platforms, (std::vector<PlatformFacts>{{"linux", "x86_64", "glibc", "2.36"}}));
  EXPECT_EQ(input->facts[0].permissions, std::vector<std::string>{"scratch:64MiB"});
  ASSERT_EQ(input->releases.size(), 5u) << "two published, one deprecated, one yanked, one revoked";
  for (const ResolvableRelease& release : input->releases) {
    const auto record = on->release(release.id);
    ASSERT_TRUE(record);
    EXPECT_EQ(release.plugin, "acme/vision");
    EXPECT_EQ(release.version, record->version);
    EXPECT_EQ(release.state, record->state);
    EXPECT_EQ(release.facts, 0u);
    EXPECT_FALSE(release.is_listed);
    EXPECT_EQ(release.published_ms, record->published_ms);
    EXPECT_EQ(release.cool_until_ms, record->cool_until_ms);
    EXPECT_EQ(release.package_sha256, record->package_sha256);
  }
  ASSERT_EQ(input->aliases.size(), 1u);
  EXPECT_EQ(input->aliases[0].alias, "champion");
}

}  // namespace
}  // namespace stoa::registry
