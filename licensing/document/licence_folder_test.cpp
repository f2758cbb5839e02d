// licence_folder_test.cpp: what holds of the files in a folder; and that nothing old brings back what was taken.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/document/licence_folder.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "licensing/document/test_documents.hpp"
#include "licensing/terms/standing.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;

class LicenceFolderTest : public ::testing::Test {
 protected:
  LicenceFolder open() {
    auto opened = LicenceFolder::open(root_ / "licensing", issuers_.trusted);
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  fs::path file(const std::string& name) { return root_ / "licensing" / "licences" / name; }
  void put(const std::string& name, const std::string& text) { registry::write_file(file(name), text); }
  FolderScan scan() {
    LicenceFolder folder = open();
    auto scanned = folder.scan();
    EXPECT_TRUE(scanned) << scanned.error().message;
    return std::move(*scanned);
  }
  std::string by_platform(const Licence& licence) { return sign_licence(licence, issuers_.platform); }
  std::string by_platform(const RevocationList& list) { return sign_revocations(list, issuers_.platform); }
  // The reason for which a file of a scan does not count; "": it does, or is not there.
  static std::string refusal_of(const FolderScan& scan, const std::string& name) {
    for (const RefusedFile& one : scan.refused)
      if (one.file == name) return one.error.reason;
    return "";
  }

  registry::TestFolder root_;
  TestIssuers issuers_;
};

constexpr std::int64_t kMonth = 30 * kTestDay;

Licence serial(std::uint32_t number) {
  Licence licence = plain_licence();
  licence.serial = number;
  return licence;
}

Licence with_id(char last) {
  Licence licence = plain_licence();
  licence.id.text.back() = last;
  return licence;
}

RevocationList list_number(std::uint64_t number, std::vector<Revocation> revoked) {
  return {"platform", number, kTestStart + static_cast<std::int64_t>(number) * kTestDay, kTestStart + 90 * kTestDay,
          std::move(revoked)};
}

Revocation revocation_to(std::uint32_t serials_to) { return {plain_licence().id, serials_to, kTestStart, "unpaid"}; }

TEST_F(LicenceFolderTest, HoldsWhatIsGood) {
  EXPECT_TRUE(scan().licences.empty());
  put("a.stoa-licence", by_platform(plain_licence()));
  put("b.stoa-licence", sign_licence(full_licence(), issuers_.acme));  // the same id
  put("c.stoa-licence", by_platform(with_id('c')));
  put("notes.txt", "not ours");
  put(".hidden.stoa-licence", "not ours");
  fs::create_directory(file("folder.stoa-licence"));
  const FolderScan found = scan();
  ASSERT_EQ(found.licences.size(), 3u);
  EXPECT_EQ(found.licences[0].licence.issuer, "acme");
  EXPECT_EQ(found.licences[1].licence.issuer, "platform");
  EXPECT_EQ(found.licences[2].licence.id, with_id('c').id);
  EXPECT_TRUE(found.licences[2].is_from_file);
  EXPECT_EQ(found.licences[2].confirmed_ms, kTestStart);
  EXPECT_EQ(refusal_of(found, "folder.stoa-licence"), "file.not_regular");
  EXPECT_EQ(found.refused.size(), 1u);
}

// Whoever comes first with an id, which is no secret, keeps nobody else's licence out, and neither revokes nor replaces
// it.
TEST_F(LicenceFolderTest, OneIdOfTwoIssuersIsALicenceOfEach) {
  const auto by_acme = [&](std::uint32_t number) {
    Licence licence = serial(number);
    licence.issuer = "acme";
    return sign_licence(licence, issuers_.acme);
  };
  RevocationList list = list_number(1, {revocation_to(9)});
  list.issuer = "acme";
  for (const bool is_acme_first : {true, false}) {
    for (const bool is_imported : {true, false}) {
      SCOPED_TRACE(testing::Message() << is_acme_first << is_imported);
      std::error_code ignored;
      fs::remove_all(root_ / "licensing", ignored);
      LicenceFolder folder = open();
      const auto bring = [&](const std::string& name, const std::string& text) {
        if (!is_imported) return put(name, text);
        const auto imported = folder.import_file(text);
        EXPECT_TRUE(imported) << imported.error().message;
      };
      const auto serials = [&] {
        const FolderScan found = scan();
        EXPECT_TRUE(found.refused.empty()) << found.refused[0].file << ' ' << found.refused[0].error.reason;
        std::vector<std::uint32_t> seen;
        for (const HeldLicence& held : found.licences) seen.push_back(held.licence.serial);
        return seen;  // acme's, the platform's
      };
      const auto bring_both = [&](std::uint32_t of_acme, std::uint32_t of_platform) {
        if (is_acme_first) bring("acme.stoa-licence", by_acme(of_acme));
        bring("b.stoa-licence", by_platform(serial(of_platform)));
        if (!is_acme_first) bring("acme.stoa-licence", by_acme(of_acme));
      };
      bring_both(7, 1);
      EXPECT_EQ(serials(), (std::vector<std::uint32_t>{7, 1}));
      bring_both(8, 2);
      EXPECT_EQ(serials(), (std::vector<std::uint32_t>{8, 2}));
      bring("acme.stoa-revocations", sign_revocations(list, issuers_.acme));
      EXPECT_EQ(serials().size(), 2u);
      EXPECT_TRUE(scan().licences[0].revoked_ms);
      EXPECT_FALSE(scan().licences[1].revoked_ms);
      bring("b.stoa-licence", by_platform(serial(3)));
      EXPECT_EQ(serials(), (std::vector<std::uint32_t>{8, 3}));
      EXPECT_EQ(registry::count_of(file("")), 3u) << "no older serial is left lying";
    }
  }
}

TEST_F(LicenceFolderTest, AHigherSerialReplaces) {
  LicenceFolder folder = open();
  put("a.stoa-licence", by_platform(serial(1)));
  EXPECT_EQ(folder.scan()->licences[0].licence.serial, 1u);
  put("b.stoa-licence", by_platform(serial(3)));
  ASSERT_TRUE(folder.has_changed());
  FolderScan found = *folder.scan();
  ASSERT_EQ(found.licences.size(), 1u);
  EXPECT_EQ(found.licences[0].licence.serial, 3u);
  EXPECT_EQ(refusal_of(found, "a.stoa-licence"), "licence_file.replaced");
  EXPECT_FALSE(folder.has_changed());
  // The newer one is taken away: the older one does not come back, here or after a restart.
  fs::remove(file("b.stoa-licence"));
  ASSERT_TRUE(folder.has_changed());
  EXPECT_TRUE(folder.scan()->licences.empty());
  EXPECT_TRUE(scan().licences.empty());
  put("c.stoa-licence", by_platform(serial(2)));
  EXPECT_EQ(refusal_of(scan(), "c.stoa-licence"), "licence_file.replaced");
  // The same serial with other terms is no licence that was ever issued.
  Licence other = serial(3);
  other.calls_at_once = 1'000;
  put("d.stoa-licence", by_platform(other));
  EXPECT_EQ(refusal_of(scan(), "d.stoa-licence"), "licence_file.other_content");
  put("e.stoa-licence", by_platform(serial(3)));
  EXPECT_EQ(scan().licences.size(), 1u) << "what was seen may come again";
}

TEST_F(LicenceFolderTest, WhatIsRevokedStaysSo) {
  put("a.stoa-licence", by_platform(serial(1)));
  put("l.stoa-revocations", by_platform(list_number(5, {revocation_to(1)})));
  FolderScan found = scan();
  ASSERT_EQ(found.licences.size(), 1u);
  EXPECT_EQ(found.licences[0].revoked_ms, kTestStart);
  EXPECT_EQ(found.licences[0].revoked_because, "unpaid");
  EXPECT_EQ(found.licences[0].confirmed_ms, kTestStart + 5 * kTestDay);
  ASSERT_EQ(found.lists.size(), 1u);
  EXPECT_EQ(found.lists[0].number, 5u);
  // The list is taken away, an older one put in its place, a newer one that forgot.
  fs::remove(file("l.stoa-revocations"));
  EXPECT_TRUE(scan().licences[0].revoked_ms);
  put("l.stoa-revocations", by_platform(list_number(4, {})));
  found = scan();
  EXPECT_EQ(refusal_of(found, "l.stoa-revocations"), "revocation_list.older");
  EXPECT_TRUE(found.licences[0].revoked_ms);
  put("l.stoa-revocations", by_platform(list_number(5, {})));
  EXPECT_EQ(refusal_of(scan(), "l.stoa-revocations"), "revocation_list.other_content");
  put("l.stoa-revocations", by_platform(list_number(6, {})));
  found = scan();
  EXPECT_EQ(refusal_of(found, "l.stoa-revocations"), "");
  EXPECT_TRUE(found.licences[0].revoked_ms);
  // A higher serial is a new word of the issuer.
  put("b.stoa-licence", by_platform(serial(2)));
  EXPECT_FALSE(scan().licences[0].revoked_ms);
}

TEST_F(LicenceFolderTest, AListSpeaksOfItsIssuersLicencesAlone) {
  put("a.stoa-licence", by_platform(serial(1)));
  RevocationList list = list_number(9, {revocation_to(9)});
  list.issuer = "acme";
  put("acme.stoa-revocations", sign_revocations(list, issuers_.acme));
  put("platform.stoa-revocations", sign_revocations(list_number(9, {revocation_to(9)}), issuers_.acme));
  const FolderScan found = scan();
  EXPECT_FALSE(found.licences[0].revoked_ms);
  EXPECT_EQ(found.licences[0].confirmed_ms, kTestStart);
  EXPECT_EQ(refusal_of(found, "platform.stoa-revocations"), "signature.other_issuer");
}

TEST_F(LicenceFolderTest, DoesNotDependOnTheNamesOfFiles) {
  const std::string one = by_platform(serial(1)), two = by_platform(serial(2)), three = by_platform(serial(3));
  const std::string older = by_platform(list_number(1, {})), newer = by_platform(list_number(2, {revocation_to(3)}));
  std::vector<std::string> texts = {one, two, three};
  std::ranges::sort(texts);
  do {
    std::error_code ignored;
    fs::remove_all(root_ / "licensing", ignored);
    open();
    for (std::size_t i = 0; i < texts.size(); ++i) put(std::to_string(i) + ".stoa-licence", texts[i]);
    put("0.stoa-revocations", texts[0] == one ? newer : older);
    put("1.stoa-revocations", texts[0] == one ? older : newer);
    const FolderScan found = scan();
    ASSERT_EQ(found.licences.size(), 1u);
    EXPECT_EQ(found.licences[0].licence.serial, 3u);
    EXPECT_TRUE(found.licences[0].revoked_ms);
    EXPECT_EQ(found.refused.size(), 3u);
  } while (std::ranges::next_permutation(texts).found);
}

TEST_F(LicenceFolderTest, ImportsWhatItWouldHold) {
  LicenceFolder folder = open();
  const std::string good = by_platform(serial(2));
  auto imported = folder.import_file(good);
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(imported->file, plain_licence().id.text + ".stoa-licence");
  EXPECT_EQ(registry::file_bytes(file(imported->file)), good);
  EXPECT_EQ(fs::status(file(imported->file)).permissions(), fs::perms(0600));
  ASSERT_TRUE(folder.import_file(by_platform(list_number(1, {}))));
  EXPECT_TRUE(fs::exists(file("platform.stoa-revocations")));
  struct Row {
    std::string text;
    const char* reason;
  };
  const Row rows[] = {
      {by_platform(serial(1)), "licence_file.replaced"},
      {sign_licence(serial(3), issuers_.stranger), "signature.unknown_key"},
      {sign_licence(serial(3), issuers_.acme), "signature.other_issuer"},
      {by_platform(list_number(1, {revocation_to(1)})), "revocation_list.other_content"},
      {"", "signature.envelope"},
      {"{}\n", "signature.envelope"},
  };
  for (const Row& row : rows) {
    const auto refused = folder.import_file(row.text);
    ASSERT_FALSE(refused) << row.reason;
    EXPECT_EQ(refused.error().reason, row.reason);
  }
  EXPECT_EQ(registry::file_bytes(file(imported->file)), good);
  EXPECT_EQ(registry::count_of(file("")), 2u) << "a refused file leaves nothing";
}

// What a host with a folder answers: the table of refusals, from files alone.
TEST_F(LicenceFolderTest, AHostAnswersFromItAsTheTableSays) {
  struct Row {
    const char* what;
    std::function<void(Licence&)> change;
    std::vector<RevocationList> lists;
    std::int64_t now_ms;
    Refusal refusal;
  };
  const auto as_it_is = [](Licence&) {};
  const auto offline = [](Licence& licence) { licence.offline_ms = kMonth; };
  const Row rows[] = {
      {"good", as_it_is, {}, kTestStart, Refusal::none},
      {"not yet", [](Licence& l) { l.not_before_ms += 1; }, {}, kTestStart, Refusal::licence_not_yet},
      {"expired", as_it_is, {}, kTestStart + 365 * kTestDay, Refusal::licence_expired},
      {"other node", [](Licence& l) { l.node = std::string(64, 'b'); }, {}, kTestStart, Refusal::licence_other_node},
      {"this node", [](Licence& l) { l.node = kTestNode; }, {}, kTestStart, Refusal::none},
      {"revoked", as_it_is, {list_number(1, {revocation_to(1)})}, kTestStart + kTestDay, Refusal::licence_revoked},
      {"an older serial revoked",
       [](Licence& l) { l.serial = 2; },
       {list_number(1, {revocation_to(1)})},
       kTestStart + kTestDay,
       Refusal::none},
      {"another revoked",
       as_it_is,
       {list_number(1, {{with_id('c').id, 9, kTestStart, ""}})},
       kTestStart + kTestDay,
       Refusal::none},
      {"no word for long", offline, {}, kTestStart + kMonth, Refusal::licence_offline},
      {"newer word", offline, {list_number(1, {})}, kTestStart + kMonth, Refusal::none},
      {"that is old, too", offline, {list_number(1, {})}, kTestStart + kMonth + kTestDay, Refusal::licence_offline},
      {"an overdue list still revokes",
       as_it_is,
       {list_number(1, {revocation_to(1)})},
       kTestStart + 100 * kTestDay,
       Refusal::licence_revoked},
      {"a clock before its issue", as_it_is, {}, kTestStart - kTestDay, Refusal::licence_clock},
      {"a clock before its issuer's list",
       as_it_is,
       {list_number(3, {})},
       kTestStart + kTestDay,
       Refusal::licence_clock},
  };
  for (const Row& row : rows) {
    std::error_code ignored;
    fs::remove_all(root_ / "licensing", ignored);
    LicenceFolder folder = open();
    Licence licence = plain_licence();
    row.change(licence);
    ASSERT_TRUE(folder.import_file(by_platform(licence))) << row.what;
    for (const RevocationList& list : row.lists) ASSERT_TRUE(folder.import_file(by_platform(list))) << row.what;
    const HostFacts host{.node = kTestNode, .trusted_floor_ms = folder.trusted_floor_ms()};
    const Standing standing = standing_of(folder.scan()->licences.at(0), host, row.now_ms);
    EXPECT_EQ(standing.refusal, row.refusal) << row.what;
  }
}

TEST_F(LicenceFolderTest, WhatExpiredStaysExpiredWhenTheClockIsSetBack) {
  constexpr std::int64_t kEnd = kTestStart + 365 * kTestDay;
  for (const Policy on_clock : {Policy::deny, Policy::advisory}) {
    std::error_code ignored;
    fs::remove_all(root_ / "licensing", ignored);
    Licence licence = plain_licence();
    licence.on_clock = on_clock;
    {
      LicenceFolder folder = open();
      ASSERT_TRUE(folder.import_file(by_platform(licence)));
      folder.read_clock({kEnd, 0});  // the clock is set forward, or a year has passed
      ASSERT_TRUE(folder.keep_clock());
    }
    LicenceFolder folder = open();
    const ClockReading reading = folder.read_clock({kTestStart + kTestDay, 0});  // and back, over a restart
    EXPECT_TRUE(reading.is_behind);
    const HostFacts host{.node = {}, .trusted_floor_ms = folder.trusted_floor_ms()};
    EXPECT_EQ(standing_of(folder.scan()->licences.at(0), host, kTestStart + kTestDay).refusal,
              on_clock == Policy::deny ? Refusal::licence_clock : Refusal::licence_expired);
  }
}

// A publisher may sign what it wants: its own licences alone suffer.
TEST_F(LicenceFolderTest, APublishersClockStopsNobodyElse) {
  LicenceFolder folder = open();
  Licence far = full_licence();
  far.id = with_id('f').id;
  far.node.clear();
  far.issued_ms = kTestStart + 300 * kTestDay;
  far.on_clock = Policy::deny;
  ASSERT_TRUE(folder.import_file(by_platform(plain_licence())));
  ASSERT_TRUE(folder.import_file(sign_licence(far, issuers_.acme)));
  const HostFacts host{.node = {}, .trusted_floor_ms = folder.trusted_floor_ms()};
  const FolderScan found = *folder.scan();
  EXPECT_EQ(standing_of(found.licences.at(0), host, kTestStart).refusal, Refusal::none);
  EXPECT_EQ(standing_of(found.licences.at(1), host, kTestStart).refusal, Refusal::licence_clock);
}

TEST_F(LicenceFolderTest, WhatItRemembersIsWholeOrToldOf) {
  put("a.stoa-licence", by_platform(serial(1)));
  put("l.stoa-revocations", by_platform(list_number(5, {revocation_to(1)})));
  scan();
  const fs::path seen = root_ / "licensing" / "seen.json";
  const std::string text = registry::file_bytes(seen);
  EXPECT_NE(text.find("\"because\":\"unpaid\""), text.npos) << text;
  for (const std::string& damaged : {std::string(), text.substr(0, text.size() / 2), text + "\n", " " + text,
                                     std::string("{}\n"), std::string(100'000, '[')}) {
    registry::write_file(seen, damaged);
    const auto opened = LicenceFolder::open(root_ / "licensing", issuers_.trusted);
    ASSERT_FALSE(opened) << damaged;
    EXPECT_EQ(opened.error().reason, "licence_memory.file");
  }
}

// Killed at any moment: what an import acknowledged holds, and what is there is whole.
TEST_F(LicenceFolderTest, OutlivesKillAtAnyMoment) {
  std::uint32_t acknowledged = 0;
  for (int round = 0; round < 60; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      auto folder = LicenceFolder::open(root_ / "licensing", issuers_.trusted);
      for (std::uint32_t next = acknowledged + 1; folder; ++next) {
        if (!folder->import_file(by_platform(serial(next)))) break;
        if (::write(pipe[1], &next, sizeof next) != sizeof next) break;
      }
      ::_exit(1);
    }
    ::close(pipe[1]);
    std::uint32_t last = acknowledged;
    for (int i = 0; i < 1 + round % 3; ++i)
      if (::read(pipe[0], &last, sizeof last) != sizeof last) break;
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    for (std::uint32_t more = 0; ::read(pipe[0], &more, sizeof more) == sizeof more;) last = more;
    ::close(pipe[0]);
    acknowledged = last;
    const FolderScan found = scan();
    ASSERT_EQ(found.licences.size(), acknowledged == 0 ? found.licences.size() : 1u) << "round " << round;
    if (!found.licences.empty()) last = found.licences[0].licence.serial;
    ASSERT_GE(last, acknowledged) << "round " << round;
    ASSERT_TRUE(found.refused.empty()) << "round " << round;
    acknowledged = last;
  }
}

}  // namespace
}  // namespace stoa::licensing
