// examination_test.cpp: whatever somebody changes in the file behind the catalogue's back is found.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "registry/catalogue/alias_store.hpp"
#include "registry/catalogue/test_acts.hpp"

namespace stoa::registry {
namespace {

struct TamperRow {
  std::string name, sql, reason;
};

// Each change alone, on a catalogue that was whole.
void expect_found(ReadyCatalogue& on, const AuditHead& remembered, const std::vector<TamperRow>& rows) {
  for (const auto& [name, sql, reason] : rows) {
    on.close();
    run_on(on.file(), "PRAGMA foreign_keys=OFF; " + sql);
    on.open();
    const auto found = on->examine(remembered);
    EXPECT_EQ(found ? "nothing" : found.error().reason, reason) << name << (found ? "" : ": " + found.error().message);
    if (!found) EXPECT_EQ(found.error().code, Code::data_loss);
    on.put_back();
  }
}

TEST(Examination, FindsEveryChangeOfTheAuditLog) {  // C3
  ReadyCatalogue on;
  const auto whole = on->examine();
  ASSERT_TRUE(whole) << whole.error().message;
  const std::string last = std::to_string(whole->audit.lines),
                    copy = "line, at_ms, actor, action, subject, detail, before_sha256, sha256 FROM audit";
  std::vector<TamperRow> rows{
      {"nothing", "SELECT 1", "nothing"},
      {"removed", "DELETE FROM audit WHERE line = 5", "audit.broken"},
      {"the first removed", "DELETE FROM audit WHERE line = 1", "audit.broken"},
      {"removed and closed up", "DELETE FROM audit WHERE line = 5; UPDATE audit SET line = line - 1 WHERE line > 5",
       "audit.broken"},
      {"swapped",
       "UPDATE audit SET line = 0 WHERE line = 5; UPDATE audit SET line = 5 WHERE line = 6; UPDATE audit SET line = 6 "
       "WHERE line = 0",
       "audit.broken"},
      {"inserted behind the end",
       "INSERT INTO audit SELECT line + 1, at_ms, actor, action, subject, detail, sha256, "
       "before_sha256 FROM audit WHERE line = " +
           last,
       "audit.broken"},
      {"inserted before the first",
       "INSERT INTO audit SELECT 0, at_ms, actor, action, subject, detail, before_sha256, "
       "sha256 FROM audit WHERE line = 1",
       "audit.broken"},
      {"inserted in the middle",
       "UPDATE audit SET line = -line WHERE line > 5; UPDATE audit SET line = 1 - line WHERE line < 0; INSERT INTO "
       "audit "
       "SELECT 6, at_ms, actor, action, subject, detail, before_sha256, sha256 FROM audit WHERE line = 5",
       "audit.broken"},
      {"the last cut", "DELETE FROM audit WHERE line = " + last, "audit.broken"},
      {"the tail cut", "DELETE FROM audit WHERE line > 10", "audit.broken"},
      {"all gone", "DELETE FROM audit", "audit.broken"},
      {"a word moved over a border",
       "UPDATE audit SET action = action || substr(subject, 1, 1), subject = substr(subject, 2) WHERE line = 5",
       "audit.broken"},
  };
  for (const std::string& column : {"at_ms", "actor", "action", "subject", "detail", "before_sha256", "sha256"})
    for (const std::string& line : {std::string("1"), std::string("7"), last})
      rows.push_back({column + " of line " + line,
                      "UPDATE audit SET " + column + " = " +
                          (column == "at_ms"           ? "at_ms + 1"
                           : column.contains("sha256") ? "zeroblob(31) || x'01'"
                                                       : column + " || 'x'") +
                          " WHERE line = " + line,
                      "audit.broken"});
  expect_found(on, whole->audit, rows);
}

TEST(Examination, FindsACutTailOnlyByARememberedHead) {
  ReadyCatalogue on;
  const auto head = on->examine()->audit;
  EXPECT_TRUE(on->examine(head));
  ASSERT_TRUE(on->require_approvals(on.admin, "acme/talk", 0));
  EXPECT_TRUE(on->examine(head)) << "the log may grow";
  const auto grown = on->examine()->audit;
  on.put_back();
  EXPECT_TRUE(on->examine()) << "an old copy is whole in itself";
  EXPECT_EQ(on->examine(grown).error().reason, "audit.broken") << "and older than what is remembered";
  ASSERT_TRUE(on->require_approvals(on.admin, "acme/classify", 1));
  EXPECT_EQ(on->examine(grown).error().reason, "audit.broken") << "another log of the same length";
}

TEST(Examination, FindsEveryChangeOfTheAliasHistory) {  // C3
  ReadyCatalogue on;
  ASSERT_TRUE(
      on->move_alias(on.reviewer, {"acme/classify", "beta", {{"1.0.0", 400'000}, {"1.9.0", 600'000}}, "third"}));
  ASSERT_TRUE(on->move_alias(on.reviewer, {"acme/classify", "gone", {{"1.0.0"}}, ""}));
  ASSERT_TRUE(on->move_alias(on.reviewer, {"acme/classify", "gone", {}, ""}));
  on.keep();
  const auto whole = on->examine();
  ASSERT_TRUE(whole && whole->alias_steps == 5);
  std::vector<TamperRow> rows{
      {"the last cut", "DELETE FROM alias_steps WHERE step = 5", "alias.broken"},
      {"the last cut and the alias put back",
       "DELETE FROM alias_steps WHERE step = 5; INSERT INTO aliases SELECT model, alias, step, targets FROM "
       "alias_steps "
       "WHERE step = 4",
       "catalogue.broken"},
      {"all gone", "DELETE FROM alias_steps", "alias.broken"},
      {"all gone, aliases too", "DELETE FROM alias_steps; DELETE FROM aliases", "catalogue.broken"},
      {"removed", "DELETE FROM alias_steps WHERE step = 2", "alias.broken"},
      {"swapped",
       "UPDATE alias_steps SET step = 9 WHERE step = 1; UPDATE alias_steps SET step = 1 WHERE step = 2; UPDATE "
       "alias_steps SET step = 2 WHERE step = 9",
       "alias.broken"},
      {"an alias put elsewhere", "UPDATE aliases SET targets = '1.0.0' WHERE alias = 'champion'", "alias.broken"},
      {"an alias at another step", "UPDATE aliases SET step = 1 WHERE alias = 'champion'", "alias.broken"},
      {"an alias removed", "DELETE FROM aliases WHERE alias = 'beta'", "alias.broken"},
      {"an alias invented", "INSERT INTO aliases VALUES('acme/talk', 'beta', 1, '1.0.0')", "alias.broken"},
      {"a removed one back", "INSERT INTO aliases VALUES('acme/classify', 'gone', 4, '1.0.0')", "alias.broken"},
      {"no targets", "UPDATE alias_steps SET targets = 'x' WHERE step = 3", "alias.broken"},
      {"no shares", "UPDATE alias_steps SET targets = '1.0.0:1' WHERE step = 3", "alias.broken"},
      {"a signature too short", "UPDATE alias_steps SET signature = x'00' WHERE step = 3", "alias.broken"},
  };
  for (const std::string& column :
       {"model", "alias", "actor", "approved_by", "note", "at_ms", "before_sha256", "sha256", "signature"})
    rows.push_back({column,
                    "UPDATE alias_steps SET " + column + " = " +
                        (column == "at_ms"           ? "at_ms + 1"
                         : column == "signature"     ? "zeroblob(64)"
                         : column.contains("sha256") ? "zeroblob(32)"
                                                     : column + " || 'x'") +
                        " WHERE step = 2",
                    "alias.broken"});
  expect_found(on, whole->audit, rows);
}

TEST(Examination, FindsAHistoryThatSomebodyElseSigned) {
  ReadyCatalogue on;
  auto forger = PrivateKey::generate();
  on.close();
  {
    auto connection = database::Connection::open(on.file(), database::Access::write);
    ASSERT_TRUE(connection);
    auto last = read_alias_steps(*connection, "acme/classify", "champion", 1);
    ASSERT_TRUE(last && connection->run("DELETE FROM alias_steps WHERE step = 2"));
    AliasStep forged = last->front();
    forged.targets = {{"1.0.0", 1'000'000}};
    ASSERT_TRUE(append_alias_step(*connection, forged, forger));
  }
  on.open();
  const auto found = on->examine();
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().message.find("is not signed by the registry"), std::string::npos) << found.error().message;
}

TEST(Examination, HoldsRollOutsAgainstTheLogAndTheReleases) {  // D2
  ReadyCatalogue on;
  ASSERT_TRUE(on->start_rollout(on.reviewer, {.model = "acme/classify", .version = "1.1.0", .steps_ppm = {1}}));
  ASSERT_TRUE(on->roll_back(on.reviewer, "acme/classify", ""));
  ++on.now_ms;
  ASSERT_TRUE(on->forgive(on.reviewer, "acme/classify", "1.1.0"));
  ASSERT_TRUE(on->start_rollout(on.reviewer, {.model = "acme/classify", .version = "1.1.0", .steps_ppm = {1}}));
  on.keep();
  const auto whole = on->examine();
  ASSERT_TRUE(whole) << whole.error().message;
  const std::vector<TamperRow> rows{
      {"of another release", "UPDATE rollouts SET version = '1.2.0' WHERE state = 'running'", "catalogue.broken"},
      {"one removed", "DELETE FROM rollouts WHERE state = 'running'", "catalogue.broken"},
      {"all removed", "DELETE FROM rollouts", "catalogue.broken"},
      {"of another model", "UPDATE rollouts SET model = 'acme/talk'", "catalogue.broken"},
      {"a verdict invented",
       "INSERT INTO verdicts VALUES(9, 'acme/classify', '1.9.0', 'rolled_back', '', '', '', 'registry', 7, NULL)",
       "catalogue.broken"},
      {"a verdict forgiven by nobody", "UPDATE verdicts SET forgiven_ms = 7 WHERE forgiven_ms IS NULL",
       "catalogue.broken"},
      {"a forgiven one removed", "DELETE FROM verdicts WHERE forgiven_ms IS NOT NULL", "catalogue.broken"},
  };
  expect_found(on, whole->audit, rows);
}

TEST(Examination, HoldsReleasesAgainstTheLogAndTheRules) {  // C2
  ReadyCatalogue on;
  std::vector<TamperRow> rows{
      {"a version changed", "UPDATE releases SET version = '3.0.0' WHERE version = '1.0.0'", "catalogue.broken"},
      {"another plugin",
       "INSERT INTO plugins VALUES('acme/b', 'acme', 'listed', NULL, 0); UPDATE releases SET plugin = "
       "'acme/b' WHERE version = '1.0.0'",
       "catalogue.broken"},
      {"other bytes", "UPDATE releases SET package_sha256 = zeroblob(32) WHERE version = '1.0.0'", "catalogue.broken"},
      {"another key",
       "UPDATE releases SET key_id = (SELECT MAX(key_id) FROM publisher_keys WHERE key_id <> "
       "releases.key_id) WHERE version = '1.0.0'",
       "catalogue.broken"},
      {"an older line",
       "UPDATE releases SET state = 'submitted', audit_line = (SELECT line FROM audit WHERE subject = "
       "'acme/vision 1.3.0' AND action = 'release.submit') WHERE version = '1.3.0'",
       "catalogue.broken"},
      {"a published one gone",
       "DELETE FROM release_models WHERE release = (SELECT id FROM releases WHERE version = "
       "'1.0.0'); DELETE FROM releases WHERE version = '1.0.0'",
       "catalogue.broken"},
      {"no manifest", "UPDATE release_documents SET manifest = ''", "catalogue.broken"},
      {"no documents", "DELETE FROM release_documents", "catalogue.broken"},
      {"no models", "DELETE FROM release_models", "catalogue.broken"},
      {"no facts", "UPDATE releases SET facts = NULL", "catalogue.broken"},
      {"never checked", "UPDATE releases SET checked_ms = NULL WHERE version = '1.0.0'", "catalogue.broken"},
      {"no time of publication", "UPDATE releases SET published_ms = NULL WHERE version = '1.1.0'", "catalogue.broken"},
      {"its key revoked", "UPDATE publisher_keys SET revoked_from_ms = 0", "catalogue.broken"},
      {"its key another's", "UPDATE publisher_keys SET publisher = 'rival'", "catalogue.broken"},
      {"its key ended before", "UPDATE publisher_keys SET valid_until_ms = valid_from_ms", "catalogue.broken"},
      {"its key younger", "UPDATE publisher_keys SET valid_from_ms = valid_from_ms + 1", "catalogue.broken"},
      {"signed by nobody", "UPDATE releases SET key_id = '' WHERE version = '1.0.0'", "catalogue.broken"},
      {"more revisions than lines", "UPDATE catalogue SET revision = revision + 1000", "catalogue.broken"},
      {"an index that lacks a row",
       "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema WHERE name = 'releases_key'; "
       "PRAGMA writable_schema=OFF",
       "database.corrupt"},
  };
  for (std::size_t from = 0; from < kReleaseStates; ++from)
    for (std::size_t to = 0; to < kReleaseStates; ++to)
      if (from != to) {
        const std::string_view is = name_of(static_cast<ReleaseState>(from)),
                               becomes = name_of(static_cast<ReleaseState>(to));
        rows.push_back({std::string(is) + " made " + std::string(becomes),
                        "UPDATE releases SET state = '" + std::string(becomes) + "' WHERE version = '" +
                            on.versions.at(static_cast<ReleaseState>(from)) + "'",
                        "catalogue.broken"});
      }
  expect_found(on, {}, rows);
}

}  // namespace
}  // namespace stoa::registry
