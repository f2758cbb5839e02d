// file_lease_test.cpp: seats of floating licences that came as files: given by the book like its own, and never one
// more. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <map>
#include <thread>

#include "licensing/book/lease_desk.hpp"
#include "licensing/book/test_book.hpp"
#include "licensing/terms/api_key.hpp"

namespace stoa::licensing {
namespace {

using Kind = LeaseWish::Kind;

class FileLeases : public ::testing::Test {
 protected:
  // A licence with two seats for a customer that the book knows, and for one that only the file names.
  FileLeases() {
    of_northwind = licence_for(on.northwind.id.text);
    stranger_key = new_api_key();
    of_stranger = licence_for("cus_of_a_file");
    of_stranger.licence.subject.keys = {hash_of_api_key(stranger_key)};
    give({of_northwind, of_stranger});
  }
  HeldLicence licence_for(const std::string& customer) {
    HeldLicence held;
    held.licence = TestBook::terms_for({customer}, 2);
    held.licence.id = new_id<LicenceTag>(on.now_ms);
    held.licence.issuer = "acme";
    held.licence.issued_ms = on.now_ms;
    held.is_from_file = true;
    return held;
  }
  void give(std::vector<HeldLicence> held) {
    on.files.node = "this";
    on.files.licences = std::make_shared<const std::vector<HeldLicence>>(std::move(held));
  }
  std::string take(const Actor& by, const HeldLicence& held) {
    auto outcome = on->do_lease(by, TestBook::take(held.licence.id));
    if (outcome) last = *outcome;
    return outcome ? "done" : outcome.error().reason;
  }
  std::string renew(const Actor& by, const LeaseId& id) {
    const auto outcome = on->do_lease(by, TestBook::about(Kind::renew, id));
    return outcome ? "done" : outcome.error().reason;
  }

  ReadyBook on;
  HeldLicence of_northwind, of_stranger;
  std::string stranger_key;
  LeaseOutcome last;
};

TEST_F(FileLeases, AreNeverMoreThanSeatsAndOutliveARestart) {
  EXPECT_EQ(take(on.customer, of_northwind), "done");
  EXPECT_EQ(last.seats, 2u);
  EXPECT_EQ(last.free_seats, 1u);
  EXPECT_EQ(take(on.customer, of_northwind), "done");
  EXPECT_EQ(take(on.customer, of_northwind), "lease.no_seat");
  on.open();
  EXPECT_EQ(on.held.size(), 3u) << "with the one of the book's licence";
  EXPECT_EQ(take(on.customer, of_northwind), "lease.no_seat");
  EXPECT_TRUE(on->examine());
  on.now_ms += 59'999;
  EXPECT_EQ(renew(on.customer, last.lease.id), "done");
  on.now_ms += 1;  // the other one's ttl is over
  EXPECT_EQ(take(on.customer, of_northwind), "done");
  EXPECT_EQ(take(on.customer, of_northwind), "lease.no_seat");
  EXPECT_EQ(take(on.stranger, of_northwind), "licence.none") << "another customer's";
}

TEST_F(FileLeases, OfANewerFileWithFewerSeatsAreTheFirstOnes) {
  ASSERT_EQ(take(on.customer, of_northwind), "done");
  const LeaseId first = last.lease.id;
  on.now_ms += 1;
  ASSERT_EQ(take(on.customer, of_northwind), "done");
  HeldLicence fewer = of_northwind;
  fewer.licence.serial = 2;
  fewer.licence.floating->seats = 1;
  give({fewer});
  EXPECT_EQ(renew(on.customer, last.lease.id), "lease.unknown");
  EXPECT_EQ(renew(on.customer, first), "done");
  for (int i = 0; i < 2; ++i) {
    on.now_ms += 30'000;  // the other one's ttl is over then
    EXPECT_EQ(renew(on.customer, first), "done");
  }
  EXPECT_EQ(TestBook::good(on->leases({}, held_id(of_northwind), {})).size(), 1u);
  EXPECT_EQ(take(on.customer, of_northwind), "lease.no_seat");
  EXPECT_EQ(take(on.customer, fewer), "lease.no_seat");
}

TEST_F(FileLeases, OfTheModelAreTakenWhereTheBooksAreFull) {
  LeaseWish wish;
  wish.model = "acme/vision";
  int taken = 0;
  while (on->do_lease(on.customer, wish)) ++taken;
  EXPECT_EQ(taken, 3) << "one of the book's two is held already";
}

TEST_F(FileLeases, AreRefusedAsTheFileStandsNow) {
  ASSERT_EQ(take(on.customer, of_northwind), "done");
  struct Row {
    const char* reason;
    void (*change)(HeldLicence& held, std::int64_t now_ms);
  };
  const Row rows[] = {
      {"licence.revoked", [](HeldLicence& held, std::int64_t now_ms) { held.revoked_ms = now_ms; }},
      {"licence.other_node", [](HeldLicence& held, std::int64_t) { held.licence.node = "another"; }},
      {"licence.not_yet", [](HeldLicence& held, std::int64_t now_ms) { held.licence.not_before_ms = now_ms + 1; }},
      {"licence.expired", [](HeldLicence& held, std::int64_t now_ms) { held.licence.expires_ms = now_ms; }},
      {"licence.clock", [](HeldLicence& held, std::int64_t now_ms) { held.licence.issued_ms = now_ms + 3'600'000; }},
      {"licence.offline",
       [](HeldLicence& held, std::int64_t now_ms) {
         held.licence.offline_ms = 1'000;
         held.confirmed_ms = now_ms - 1'000;
       }},
  };
  for (const Row& row : rows) {
    HeldLicence changed = of_northwind;
    row.change(changed, on.now_ms);
    give({changed});
    EXPECT_EQ(take(on.customer, of_northwind), row.reason);
    EXPECT_EQ(renew(on.customer, last.lease.id), row.reason);
  }
  give({});
  EXPECT_EQ(take(on.customer, of_northwind), "licence.none");
  EXPECT_EQ(renew(on.customer, last.lease.id), "licence.unknown") << "its file is gone";
  EXPECT_TRUE(on->examine());
}

TEST_F(FileLeases, OfAKeyThatOnlyAFileNamesAreOfThatFileAlone) {
  const Actor actor = on.actor_of(stranger_key);
  HeldLicence unnamed = licence_for("cus_of_a_file");  // whoever signs could name any customer
  give({of_northwind, of_stranger, unnamed});
  EXPECT_EQ(take(actor, of_stranger), "done");
  EXPECT_EQ(renew(actor, last.lease.id), "done");
  EXPECT_EQ(take(actor, unnamed), "licence.none");
  EXPECT_EQ(take(actor, of_northwind), "licence.none");
  EXPECT_EQ(renew(on.customer, last.lease.id), "lease.other_customer");
  const auto key_of = [&](const std::string& text) {
    const auto holder = on->authenticate(text);
    return holder ? "known" : holder.error().reason;
  };
  EXPECT_EQ(key_of(stranger_key), "known");
  of_northwind.licence.subject.keys = {hash_of_api_key(stranger_key)};
  give({of_northwind});
  EXPECT_EQ(key_of(stranger_key), "key.unknown") << "the keys of a customer of the book's are the book's";
  give({});
  EXPECT_EQ(key_of(stranger_key), "key.unknown");
}

// Whoever signs a licence file may name any key in it, for a customer of its own or for one that the book knows.
TEST_F(FileLeases, OfAKeyNamedForSeveralCustomersAreThoseOfEachIssuer) {
  HeldLicence before = licence_for("a_customer"), known = licence_for(on.northwind.id.text);
  before.licence.issuer = known.licence.issuer = "aaa";
  before.licence.subject.keys = known.licence.subject.keys = of_stranger.licence.subject.keys;
  of_stranger.licence.issuer = "platform";
  ASSERT_EQ((give({of_stranger}), take(on.actor_of(stranger_key), of_stranger)), "done");
  const LeaseId first = last.lease.id;
  give({known, before, of_stranger});
  const Actor actor = on.actor_of(stranger_key);
  EXPECT_EQ(actor.customer.text, "cus_of_a_file") << "the platform's word first";
  EXPECT_EQ(renew(actor, first), "done");
  EXPECT_EQ(take(actor, before), "done");
  EXPECT_EQ(last.lease.customer.text, "a_customer") << "whose seat admission looks for";
  EXPECT_EQ(renew(actor, last.lease.id), "done");
  EXPECT_EQ(take(actor, known), "licence.none") << "the keys of a customer of the book's are the book's";
  EXPECT_EQ(TestBook::good(on->own_licences(actor, false, {})).size(), 2u);
  EXPECT_EQ(renew(on.stranger, last.lease.id), "lease.other_customer");
}

// As a host left them that counted a publisher's licence by its bare id.
class OldFileLeases : public FileLeases {
 protected:
  OldFileLeases() : bare(of_northwind.licence.id) {
    EXPECT_EQ(take(on.customer, of_northwind), "done");
    first = last.lease.id;
    on.close();
    registry::run_on(on.file(), "INSERT INTO leases SELECT '" + over.text +
                                    "', zeroblob(32), licence, customer, api_key, " +
                                    "holder, taken_ms, renewed_ms, 1 FROM leases WHERE id = '" + first.text + "'");
    registry::run_on(on.file(),
                     "UPDATE leases SET licence = '" + bare.text + "' WHERE licence = 'acme/" + bare.text + "'");
    on.open();
  }
  std::vector<Lease> rows(const LicenceId& licence) { return TestBook::good(on->leases({}, licence, {})); }

  const LicenceId bare;
  const LeaseId over = new_id<LeaseTag>(on.now_ms);  // its time is, and nothing has ended it
  LeaseId first;
};

TEST_F(OldFileLeases, GoByTheirIssuersNameOnceTheFileIsSeen) {
  ASSERT_TRUE(on->note_files(*on.files.licences));
  EXPECT_TRUE(rows(bare).empty());
  ASSERT_EQ(rows(held_id(of_northwind)).size(), 1u);
  const auto seat = std::ranges::find(on.held, first, [](const auto& held) { return held.second.id; });
  ASSERT_NE(seat, on.held.end());
  EXPECT_EQ(seat->second.licence, held_id(of_northwind)) << "where admission looks for it";
  EXPECT_EQ(renew(on.customer, first), "done");
  EXPECT_EQ(take(on.customer, of_northwind), "done");
  EXPECT_EQ(take(on.customer, of_northwind), "lease.no_seat");
  EXPECT_FALSE(contents_of(on.file()).at("leases").contains(over.text)) << "what ran out goes, too";
  const auto lines = [&](const std::string& subject) { return TestBook::good(on->audit(0, 10, subject)).size(); };
  EXPECT_EQ(lines(held_id(of_northwind).text), 1u);
  EXPECT_EQ(lines(over.text), 1u);
  const auto before = contents_of(on.file());
  ASSERT_TRUE(on->note_files(*on.files.licences));
  EXPECT_EQ(contents_of(on.file()), before);
  EXPECT_TRUE(on->examine());
}

// Ids are no secret: nobody comes by another's leases by signing its id.
TEST_F(OldFileLeases, StayWhereAnotherIssuersFileHadTheIdEver) {
  HeldLicence platform = of_northwind, rival = of_northwind;
  platform.licence.issuer = "platform";
  rival.licence.issuer = "rival";
  ASSERT_TRUE(on->note_files(std::vector{of_northwind, rival}));
  EXPECT_EQ(rows(bare).size(), 1u) << "two files of one id";
  ASSERT_TRUE(on->note_files(std::vector{rival}));
  EXPECT_EQ(rows(bare).size(), 1u) << "there was another's before";
  ASSERT_TRUE(on->note_files(std::vector{platform}));
  EXPECT_EQ(rows(bare).size(), 1u) << "the platform's go by their ids";
}

TEST_F(FileLeases, UnderAnIdThatTheBookHasStayTheBooks) {
  HeldLicence same = of_northwind;
  same.licence.id = on.floating.id;
  const auto before = TestBook::good(on->leases({}, on.floating.id, {}));
  ASSERT_TRUE(on->note_files(std::vector{same}));
  const auto after = TestBook::good(on->leases({}, on.floating.id, {}));
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].id, before.at(0).id);
}

TEST_F(FileLeases, OfAnIdThatTheBookHasAreTheBooks) {
  HeldLicence same = of_northwind;
  same.licence.id = on.floating.id;
  same.licence.floating->seats = 50;
  give({same});
  EXPECT_EQ(take(on.customer, same), "done");
  EXPECT_EQ(take(on.customer, same), "lease.no_seat") << "two seats, one of them held before";
}

// Ids are no secret: whoever signs another's takes no seat of it, and gives none.
TEST_F(FileLeases, OfOneIdThatSeveralIssuersWroteAreThoseOfEach) {
  HeldLicence acme = licence_for(on.northwind.id.text), rival = acme, platform = acme;
  rival.licence.issuer = "rival";
  platform.licence.issuer = "platform";
  for (const bool is_books : {false, true}) {
    SCOPED_TRACE(is_books);
    if (is_books) acme.licence.id = rival.licence.id = on.floating.id;
    std::vector<HeldLicence> files = {acme, rival};
    if (!is_books) files.push_back(platform);
    give(files);
    const auto take_of = [&](const std::string& id) {
      const auto outcome = on->do_lease(on.customer, TestBook::take({id}));
      if (outcome) EXPECT_EQ(outcome->lease.licence.text, id);
      return outcome ? "done" : outcome.error().reason;
    };
    const std::string id = acme.licence.id.text;
    for (const std::string& name : {"acme/" + id, id, "rival/" + id}) {
      const int seats = is_books && name == id ? 1 : 2;  // one of the book's was held before
      for (int i = 0; i < seats; ++i) EXPECT_EQ(take_of(name), "done") << name;
      EXPECT_EQ(take_of(name), "lease.no_seat") << name;
    }
    give({rival});  // of the others the files go: their leases are held by nothing
    for (const Lease& lease : TestBook::good(on->leases({}, LicenceId{"rival/" + id}, {})))
      EXPECT_EQ(renew(on.customer, lease.id), "done");
    for (const Lease& lease : TestBook::good(on->leases({}, LicenceId{"acme/" + id}, {})))
      EXPECT_NE(renew(on.customer, lease.id), "done");
    EXPECT_TRUE(on->examine());
  }
}

TEST_F(FileLeases, AndTheirLicencesAreShownToTheirCustomerBesideTheBooks) {
  using Own = Book::OwnLicence;
  const auto own = [&](const Actor& actor, bool with_what_is_over = false) {
    std::map<std::string, Own> all;
    for (Page page{.after = "", .most = 1};;) {  // a page each: none is left out, none comes twice
      const auto some = TestBook::good(on->own_licences(actor, with_what_is_over, page));
      if (some.empty()) return all;
      page.after = held_id(some.back().held).text;
      EXPECT_TRUE(all.emplace(page.after, some.back()).second) << page.after;
    }
  };
  const auto in_book = TestBook::good(on->licences({.customer = on.northwind.id, .publisher = {}}, {})).size();
  auto mine = own(on.customer);
  EXPECT_EQ(mine.size(), in_book + 1);
  EXPECT_TRUE(mine.at(held_id(of_northwind).text).held.is_from_file);
  EXPECT_EQ(mine.at(held_id(of_northwind).text).refusal, Refusal::none);
  EXPECT_FALSE(mine.contains(held_id(of_stranger).text));

  const Actor by_file = on.actor_of(stranger_key);
  HeldLicence unnamed = licence_for("cus_of_a_file");
  HeldLicence stolen = licence_for(on.northwind.id.text);  // of an id that the book has
  stolen.licence.id = on.floating.id;
  stolen.licence.serial = 50;
  HeldLicence later = stolen;
  later.licence.issuer = "platform";
  of_northwind.licence.node = "another";
  give({of_northwind, of_stranger, unnamed, stolen});
  EXPECT_EQ(own(by_file).size(), 1u) << "by a key that only a file knows those alone that name it";
  mine = own(on.customer);
  EXPECT_EQ(mine.at(held_id(of_northwind).text).refusal, Refusal::licence_other_node);
  EXPECT_FALSE(mine.at(on.floating.id.text).held.is_from_file) << "another issuer's of the same id";
  EXPECT_EQ(mine.at(held_id(stolen).text).held.licence.serial, 50u) << "beside it";
  give({later});
  mine = own(on.customer);
  EXPECT_TRUE(mine.at(on.floating.id.text).held.is_from_file) << "the issuer's own, of a higher serial";
  later.licence.subject.customer = "cus_other";
  give({later});
  EXPECT_FALSE(own(on.customer).contains(on.floating.id.text)) << "by now another's";

  of_northwind.licence.node.clear();
  of_northwind.revoked_ms = on.now_ms;
  give({of_northwind});
  EXPECT_FALSE(own(on.customer).contains(held_id(of_northwind).text));
  EXPECT_EQ(own(on.customer, true).at(held_id(of_northwind).text).refusal, Refusal::licence_revoked);
  give({});
  EXPECT_EQ(own(on.customer).size(), in_book);
}

TEST_F(FileLeases, AndTheirLicencesHaveALineOfTheAuditLogOnce) {
  std::vector<HeldLicence> held{of_northwind, of_stranger};
  const auto lines = [&] {
    std::string text;
    for (const HeldLicence& one : held)
      for (const auto& line : TestBook::good(on->audit(0, 100, one.licence.id.text)))
        text += line.actor + ' ' + line.action + ' ' + line.detail + '\n';
    return text;
  };
  const std::string line = "platform licence.file serial 1 of acme\n";
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(on->note_files(held));
    EXPECT_EQ(lines(), line + line);
    on.open();
  }
  held[0].licence.serial = 2;
  held[1].revoked_ms = on.now_ms;
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(on->note_files(held));
  EXPECT_EQ(lines(), "platform licence.file serial 2 of acme\n" + line +
                         "platform licence.file serial 1 of acme, which it has revoked\n" + line);
  EXPECT_TRUE(on->note_files({}));
}

TEST_F(FileLeases, RacedForByManyThreadsAreExactlyTheSeats) {
  constexpr int kThreads = 32;
  const Actor actor = on.actor_of(stranger_key);
  for (int round = 0; round < 10; ++round) {
    std::atomic<int> taken{0};
    LeaseDesk desk(*on);
    std::latch begin(kThreads);
    std::vector<std::jthread> threads;  // joined before the latch goes
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&] {
        begin.arrive_and_wait();
        EXPECT_TRUE(desk.post(actor, TestBook::take(of_stranger.licence.id), [&](const Result<LeaseOutcome>& outcome) {
          if (outcome) ++taken;
        }));
      });
    threads.clear();
    desk.close();
    EXPECT_EQ(taken, 2);
    on.now_ms += 60'000;
  }
}

}  // namespace
}  // namespace stoa::licensing
