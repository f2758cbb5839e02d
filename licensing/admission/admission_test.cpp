// admission_test.cpp: who is admitted, which reason is told, and what asking costs. SPDX-License-Identifier: Apache-2.0
#include "licensing/admission/admission.hpp"

#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include "licensing/admission/test_access.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STOA_IS_SANITIZED 1
#endif
#endif

namespace stoa::licensing {
namespace {

constexpr std::int64_t kNow = TestAccess::kNowMs;
constexpr Moment kMoment{1'000'000'000'000, kNow};
constexpr CalledModel kVision{"acme/vision", "1.4.0", 1};

Admitted ask(TestAccess& world, const ShownCredentials& shown, const Moment& now = kMoment,
             const CalledModel& model = kVision) {
  CallerMemo memo = read_shown(shown);
  Admitted out;
  world.admission.admit(memo, model, now, out);
  return out;
}

// One way to be refused: what is changed before the snapshot, and after it.
struct Condition {
  Refusal refusal;
  // Two of one field cannot hold together.
  const char* field;
  std::function<void(TestAccess&, ShownCredentials&)> before = [](TestAccess&, ShownCredentials&) {};
  std::function<void(TestAccess&)> after = [](TestAccess&) {};
};

void make_floating(TestAccess& world) { world.licence().floating = Floating{3, 60}; }

// Texts that a view is shown of.
const std::string kUnknownKey = new_api_key();
std::string lease_text;

void show_lease(TestAccess& world, ShownCredentials& shown, std::string text) {
  make_floating(world);
  lease_text = std::move(text);
  shown.lease = lease_text;
}

const std::vector<Condition>& conditions() {
  static const std::vector<Condition> rows = {
      {Refusal::key_in_url, "flaw", [](TestAccess&, ShownCredentials& s) { s.flaw = Refusal::key_in_url; }},
      {Refusal::key_repeated, "flaw", [](TestAccess&, ShownCredentials& s) { s.flaw = Refusal::key_repeated; }},
      {Refusal::key_missing, "flaw", [](TestAccess&, ShownCredentials& s) { s.flaw = Refusal::key_missing; }},
      {Refusal::key_malformed, "key", [](TestAccess&, ShownCredentials& s) { s.key = "sk_short"; }},
      {Refusal::key_unknown, "key", [](TestAccess&, ShownCredentials& s) { s.key = kUnknownKey; }},
      {Refusal::key_revoked, "revoked", [](TestAccess& w, ShownCredentials&) { w.first_key().revoked_ms = kNow; }},
      {Refusal::key_rotated, "rotated",
       [](TestAccess& w, ShownCredentials&) { w.first_key().rotated_until_ms = kNow; }},
      {Refusal::key_expired, "key expiry", [](TestAccess& w, ShownCredentials&) { w.first_key().expires_ms = kNow; }},
      {Refusal::customer_suspended, "customer",
       [](TestAccess& w, ShownCredentials&) { w.holdings.customers[0].state = CustomerState::suspended; }},
      {Refusal::customer_closed, "customer",
       [](TestAccess& w, ShownCredentials&) { w.holdings.customers[0].state = CustomerState::closed; }},
      {Refusal::key_scope, "scope", [](TestAccess& w, ShownCredentials&) { w.first_key().scopes = 2; }},
      {Refusal::key_model, "key model",
       [](TestAccess& w, ShownCredentials&) { w.first_key().models = {"acme/other"}; }},
      {Refusal::licence_none, "covers",
       [](TestAccess& w, ShownCredentials&) { w.licence().covers = {{"acme/other", "*"}}; }},
      {Refusal::licence_version, "covers",
       [](TestAccess& w, ShownCredentials&) { w.licence().covers[0].versions = "^2"; }},
      {Refusal::licence_revoked, "licence",
       [](TestAccess& w, ShownCredentials&) { w.holdings.licences[0].revoked_ms = kNow; }},
      {Refusal::licence_other_node, "node", [](TestAccess& w, ShownCredentials&) { w.licence().node = "node-b"; }},
      {Refusal::licence_clock, "clock",
       [](TestAccess& w, ShownCredentials&) { w.host.trusted_floor_ms = kNow + 2 * kClockToleranceMs; }},
      {Refusal::licence_not_yet, "time",
       [](TestAccess& w, ShownCredentials&) { w.licence().not_before_ms = kNow + 10 * kClockToleranceMs; }},
      {Refusal::licence_expired, "time", [](TestAccess& w, ShownCredentials&) { w.licence().expires_ms = kNow; }},
      {Refusal::licence_offline, "offline",
       [](TestAccess& w, ShownCredentials&) {
         w.licence().offline_ms = 60'000;
         w.holdings.licences[0].confirmed_ms = kNow - 60'000;
       }},
      {Refusal::lease_missing, "lease", [](TestAccess& w, ShownCredentials&) { make_floating(w); }},
      {Refusal::lease_malformed, "lease", [](TestAccess& w, ShownCredentials& s) { show_lease(w, s, "sl_short"); }},
      {Refusal::lease_unknown, "lease",
       [](TestAccess& w, ShownCredentials& s) { show_lease(w, s, new_lease_token()); }},
      {Refusal::lease_expired, "lease",
       [](TestAccess& w, ShownCredentials& s) { show_lease(w, s, w.add_lease(kNow)); }},
      {Refusal::lease_other_customer, "lease",
       [](TestAccess& w, ShownCredentials& s) { show_lease(w, s, w.add_lease(kNow + 1, "cus_2", "lic_2")); }},
      {Refusal::licence_used_up, "quota",
       [](TestAccess& w, ShownCredentials&) { w.licence().quotas = {{"call", 0, Period::day}}; }},
      {Refusal::key_budget, "budget",
       [](TestAccess& w, ShownCredentials&) { w.first_key().budget = Quota{"call", 0, Period::day}; }},
      {Refusal::licence_rate, "rate", [](TestAccess& w, ShownCredentials&) { w.licence().rate = Rate{1, 60'000}; },
       [](TestAccess& w) {
         RateLimiter::Change unused;
         w.admission.current()->licences[0].rate->take(kMoment.ns, unused);
       }},
      {Refusal::key_rate, "key rate", [](TestAccess& w, ShownCredentials&) { w.first_key().rate = Rate{1, 60'000}; },
       [](TestAccess& w) {
         RateLimiter::Change unused;
         w.admission.current()->keys[0].rate->take(kMoment.ns, unused);
       }},
      {Refusal::licence_busy, "places", [](TestAccess& w, ShownCredentials&) { w.licence().calls_at_once = 1; },
       [](TestAccess& w) { w.admission.current()->licences[0].under_way->calls = 1; }},
  };
  return rows;
}

Refusal told(std::initializer_list<const Condition*> held) {
  TestAccess world;
  ShownCredentials shown{.key = world.key, .lease = {}};
  for (const Condition* one : held) one->before(world, shown);
  world.publish();
  for (const Condition* one : held) one->after(world);
  return ask(world, shown).refusal;
}

TEST(Refusals, EachIsToldWhereItHolds) {
  ASSERT_EQ(told({}), Refusal::none);
  ASSERT_EQ(conditions().size(), refusals().size());
  for (const Condition& one : conditions()) EXPECT_EQ(row_of(told({&one})).reason, row_of(one.refusal).reason);
}

TEST(Refusals, OfTwoTheEarlierIsTold) {
  int pairs = 0;
  for (const Condition& first : conditions())
    for (const Condition& second : conditions()) {
      if (std::string_view(first.field) == second.field || first.refusal > second.refusal) continue;
      ++pairs;
      EXPECT_EQ(row_of(told({&first, &second})).reason, row_of(first.refusal).reason)
          << "with " << row_of(second.refusal).reason;
      EXPECT_EQ(row_of(told({&second, &first})).reason, row_of(first.refusal).reason);
    }
  EXPECT_GT(pairs, 350);
}

TEST(Refusals, OfSeveralLicencesTheFurthestSpeaks) {
  TestAccess world;
  world.holdings.licences[0].revoked_ms = kNow;
  Licence expired = TestAccess::licence_for("cus_1", "acme/*", "*");
  expired.expires_ms = kNow - 1;
  world.add_licence(expired);
  world.publish();
  EXPECT_EQ(ask(world, {.key = world.key, .lease = {}}).refusal, Refusal::licence_expired);
  world.add_licence(TestAccess::licence_for("cus_1", "acme/*", "1.4.0"));
  world.publish();
  EXPECT_EQ(ask(world, {.key = world.key, .lease = {}}).refusal, Refusal::none);
}

TEST(Refusals, TouchNothing) {
  TestAccess world;
  world.licence().rate = Rate{5, 60'000};
  world.licence().quotas = {{"call", 7, Period::day}};
  world.licence().calls_at_once = 4;
  world.first_key().budget = Quota{"call", 9, Period::day};
  world.first_key().rate = Rate{2, 60'000};
  world.publish();
  const ShownCredentials shown{.key = world.key, .lease = {}};
  const auto snapshot = world.admission.current();
  const LicenceAccess& licence = snapshot->licences[0];
  {
    const Admitted first = ask(world, shown), second = ask(world, shown);
    ASSERT_EQ(first.refusal, Refusal::none);
    ASSERT_EQ(second.refusal, Refusal::none);
    for (int i = 0; i < 100; ++i) {
      const Admitted refused = ask(world, shown);
      ASSERT_EQ(refused.refusal, Refusal::key_rate);
      EXPECT_EQ(refused.retry_after_ms, 30'000u);
    }
    EXPECT_EQ(licence.rate->left(kMoment.ns), 3u);
    EXPECT_EQ(licence.meters.now->calls->used(), 2u);
    EXPECT_EQ(snapshot->keys[0].budget.now->calls->used(), 2u);
    EXPECT_EQ(licence.under_way->calls, 2u);
  }
  // Both went without an answer: their calls come back, their places are free, and the rate knows that they came.
  EXPECT_EQ(licence.meters.now->calls->used(), 0u);
  EXPECT_EQ(snapshot->keys[0].budget.now->calls->used(), 0u);
  EXPECT_EQ(licence.under_way->calls, 0u);
  EXPECT_EQ(licence.rate->left(kMoment.ns), 3u);
}

// Where it looks goes by eight bytes of a hash, which tell nothing of the key; then all of it is compared at once.
TEST(AccessSnapshot, AKeyIsFoundByItsWholeHash) {
  AccessSnapshot snapshot;
  for (int i = 0; i < 1'000; ++i) snapshot.keys.emplace_back().hash = registry::sha256_of("key " + std::to_string(i));
  Sha256 twin = snapshot.keys[7].hash;
  twin[31] ^= 1;
  snapshot.keys.emplace_back().hash = twin;
  snapshot.index();
  EXPECT_EQ(snapshot.find_key(twin), &snapshot.keys.back());
  for (const KeyAccess& key : snapshot.keys) {
    ASSERT_EQ(snapshot.find_key(key.hash), &key);
    for (std::size_t i = 0; i < key.hash.size(); ++i) {
      Sha256 other = key.hash;
      other[i] ^= 2;
      ASSERT_EQ(snapshot.find_key(other), nullptr);
    }
  }
}

TEST(Admission, AnAnsweredCallCountsWithWhatItUsed) {
  TestAccess world;
  world.licence().quotas = {{"call", 10, Period::none}, {"token.out", 3, Period::month}};
  world.publish();
  const ShownCredentials shown{.key = world.key, .lease = {}};
  const auto snapshot = world.admission.current();
  const MeterSet& meters = *snapshot->licences[0].meters.now;
  Admitted first = ask(world, shown);
  const MeterUse uses[] = {{"token.out", 2'500'000}, {"call", 7'000'000}, {"image", 1}};
  first.ticket.settle(uses);
  EXPECT_EQ(meters.rows[0].count->used(), 1u);
  EXPECT_EQ(meters.rows[1].count->used(), 2'500'000u);
  Admitted second = ask(world, shown);
  ASSERT_EQ(second.refusal, Refusal::none) << "some is left";
  second.ticket.settle(uses);
  EXPECT_EQ(ask(world, shown).refusal, Refusal::licence_used_up);
}

TEST(Admission, WhatOutlivesASnapshotIsNotForgotten) {
  TestAccess world;
  world.licence().rate = Rate{3, 86'400'000};
  world.licence().quotas = {{"call", 2, Period::none}};
  world.publish();
  const ShownCredentials shown{.key = world.key, .lease = {}};
  ask(world, shown).ticket.settle({});
  world.publish();
  Admitted held = ask(world, shown);
  ASSERT_EQ(held.refusal, Refusal::none);
  world.publish();
  EXPECT_EQ(ask(world, shown).refusal, Refusal::licence_used_up);
  EXPECT_EQ(world.admission.current()->licences[0].rate->left(kMoment.ns), 1u);
}

TEST(Admission, ARepeatedHeadSeesEveryChange) {
  TestAccess world;
  world.publish();
  CallerMemo memo = read_shown({.key = world.key, .lease = {}});
  const auto again = [&](const CalledModel& model = kVision, const Moment& now = kMoment) {
    Admitted out;
    world.admission.admit(memo, model, now, out);
    return out.refusal;
  };
  EXPECT_EQ(again(), Refusal::none);
  EXPECT_EQ(again({"acme/vision", "2.0.0", 2}), Refusal::licence_version);
  EXPECT_EQ(again({"acme/vision", "1.3.0-rc.1", 3}), Refusal::licence_version);
  EXPECT_EQ(again({"acme/other", "1.4.0", 4}), Refusal::licence_none);
  EXPECT_EQ(again(), Refusal::none);
  world.first_key().revoked_ms = kNow;
  world.publish();
  EXPECT_EQ(again(), Refusal::key_revoked);
  world.first_key().revoked_ms.reset();
  world.licence().expires_ms = kNow + 1'000;
  world.publish();
  EXPECT_EQ(again(), Refusal::none);
  // Time needs no snapshot.
  EXPECT_EQ(again(kVision, {kMoment.ns, kNow + 999}), Refusal::none);
  EXPECT_EQ(again(kVision, {kMoment.ns, kNow + 1'000}), Refusal::licence_expired);
  world.holdings.keys.clear();
  world.publish();
  EXPECT_EQ(again(), Refusal::key_unknown);
}

TEST(Admission, APolicyThatServesSaysSo) {
  TestAccess world;
  world.licence().expires_ms = kNow - 1;
  world.licence().on_expiry = Policy::grace;
  world.licence().grace_ms = 10;
  world.publish();
  const Admitted warned = ask(world, {.key = world.key, .lease = {}});
  EXPECT_EQ(warned.refusal, Refusal::none);
  EXPECT_EQ(warned.warned_of, Refusal::licence_expired);
  EXPECT_FALSE(warned.warning.empty());
  EXPECT_EQ(ask(world, {.key = world.key, .lease = {}}, {kMoment.ns, kNow + 9}).refusal, Refusal::licence_expired);
  TestAccess over;
  over.licence().quotas = {{"call", 0, Period::none}};
  over.licence().on_quota = Policy::advisory;
  over.publish();
  EXPECT_EQ(ask(over, {.key = over.key, .lease = {}}).warned_of, Refusal::licence_used_up);
}

TEST(Admission, ALicenceFileBringsItsKeysToAHostWithoutCustomers) {
  TestAccess world;
  world.holdings.customers.clear();
  world.holdings.keys.clear();
  const std::string key = new_api_key();
  world.licence().subject.keys = {hash_of_api_key(key)};
  world.publish();
  EXPECT_EQ(ask(world, {.key = key, .lease = {}}).refusal, Refusal::none);
  EXPECT_EQ(ask(world, {.key = world.key, .lease = {}}).refusal, Refusal::key_unknown);
}

// A publisher signs for its own models, and could name any customer in it.
TEST(Admission, AKeyOfALicenceFileOpensWhatTheFileCovers) {
  TestAccess world;
  world.holdings.customers.clear();
  world.holdings.keys.clear();
  const std::string owners = new_api_key(), publishers = new_api_key();
  world.licence().subject.keys = {hash_of_api_key(owners)};
  Licence other = TestAccess::licence_for("cus_1", "other/*", "*");
  other.issuer = "other";
  other.subject.keys = {hash_of_api_key(publishers)};
  world.add_licence(other);
  world.publish();
  EXPECT_EQ(ask(world, {.key = owners, .lease = {}}).refusal, Refusal::none);
  EXPECT_EQ(ask(world, {.key = publishers, .lease = {}}).refusal, Refusal::key_model);
  // And a customer the book knows has the keys that the book gave it.
  world.holdings.customers.push_back({.id = {"cus_1"}, .name = "northwind", .display_name = {}, .state_because = {}});
  world.publish();
  EXPECT_EQ(ask(world, {.key = owners, .lease = {}}).refusal, Refusal::key_unknown);
}

// Whoever signs a licence file may name any key in it, for a customer of its own.
TEST(Admission, AKeyNamedForSeveralCustomersOpensWhatEachIssuerGave) {
  TestAccess world;
  world.holdings.customers.clear();
  world.holdings.keys.clear();
  const std::string key = new_api_key();
  world.licence().subject.keys = {hash_of_api_key(key)};
  world.licence().id.text = "lic_7";
  Licence evil = TestAccess::licence_for("a_evil", "evil/*", "*");
  evil.id.text = "lic_0";
  evil.issuer = "evil";
  evil.subject.keys = {hash_of_api_key(key)};
  Licence acmes = TestAccess::licence_for("a_acme", "acme/vision", "*");
  acmes.issuer = "acme";
  acmes.subject.keys = {hash_of_api_key(key)};
  acmes.floating = Floating{1, 60};
  for (const Licence& licence : {evil, acmes}) world.add_licence(licence);
  const CalledModel x{"evil/x", "1.0.0", 2}, other{"other/x", "1.0.0", 3};
  std::reverse(world.holdings.licences.begin(), world.holdings.licences.end());
  const std::string lease = world.add_lease(kNow + 1000, "a_acme", acmes.id.text);
  for (const bool is_expired : {false, true}) {
    if (is_expired) world.holdings.licences.back().licence.expires_ms = kNow;
    world.publish();
    const Admitted vision = ask(world, {.key = key, .lease = {}});
    EXPECT_EQ(vision.refusal, is_expired ? Refusal::lease_missing : Refusal::none) << "what comes furthest";
    EXPECT_EQ(vision.customer, "cus_1") << "the platform's word first";
    EXPECT_EQ(ask(world, {.key = key, .lease = lease}).refusal, Refusal::none);
    const Admitted evils = ask(world, {.key = key, .lease = {}}, kMoment, x);
    EXPECT_EQ(evils.refusal, Refusal::none);
    EXPECT_EQ(evils.customer, "a_evil");
    EXPECT_EQ(ask(world, {.key = key, .lease = {}}, kMoment, other).refusal, Refusal::key_model);
    CallerMemo memo = read_shown({.key = key, .lease = lease});
    EXPECT_EQ(world.admission.identify(memo, kMoment).customer, "cus_1");
    EXPECT_EQ(world.admission.identify_for(memo, "evil/x", kMoment).customer, "a_evil");
    EXPECT_EQ(world.admission.see_key(memo, "evil/x", kMoment), Refusal::none);
    EXPECT_EQ(world.admission.see_key(memo, "other/x", kMoment), Refusal::key_model);
    std::uint64_t licence = evils.licence;
    EXPECT_EQ(world.admission.see_release(memo, x, kMoment, licence), Refusal::none);
    EXPECT_EQ(licence, evils.licence);
    EXPECT_EQ(world.admission.see_release(memo, kVision, kMoment, licence), Refusal::none);
    EXPECT_EQ(licence, 0u) << "another's covers it";
  }
}

TEST(Admission, ManyThreadsTakeExactlyWhatThereIsWhileSnapshotsChange) {
  TestAccess world;
  constexpr std::uint64_t kCalls = 4'000, kThreads = 4;
  world.licence().rate = Rate{kCalls, 86'400'000};
  world.licence().quotas = {{"call", kCalls / 2, Period::none}};
  world.licence().calls_at_once = 3;
  world.publish();
  std::atomic<std::uint64_t> admitted{0}, at_once{0}, most{0}, running{kThreads};
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < kThreads; ++i)
    threads.emplace_back([&] {
      CallerMemo memo = read_shown({.key = world.key, .lease = {}});
      for (;;) {
        Admitted out;
        world.admission.admit(memo, kVision, kMoment, out);
        if (out.refusal == Refusal::licence_used_up) break;
        if (out.is_to_wait || out.refusal != Refusal::none) continue;
        const std::uint64_t now = ++at_once;
        for (std::uint64_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
        }
        ++admitted;
        --at_once;
        out.ticket.settle({});
      }
      --running;
    });
  while (running > 0) world.publish();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admitted, kCalls / 2);
  EXPECT_LE(most, 3u);
  EXPECT_EQ(world.admission.current()->licences[0].under_way->calls, 0u);
}

std::atomic<std::uint64_t> allocations{0};

#ifndef STOA_IS_SANITIZED
// All that a call can meet at once. Runs after the child may do nothing but leave: any other system call kills it.
TEST(Admission, AsksTheKernelNothingAndAllocatesNothing) {
  TestAccess world;
  world.licence().rate = Rate{1'000'000, 1'000};
  world.licence().quotas = {{"call", 1'000'000'000, Period::day}, {"token.out", 1'000'000'000, Period::month}};
  world.licence().calls_at_once = 100;
  world.first_key().rate = Rate{1'000'000, 1'000};
  world.first_key().budget = Quota{"call", 1'000'000'000, Period::day};
  const std::string lease = world.add_lease(kNow + 1'000'000);
  make_floating(world);
  // And more licences before it than are known by a bit each, the last of which admits it.
  Licence last = world.licence();
  for (int i = 0; i < 100; ++i) {
    Licence& busy = i == 0 ? world.licence() : world.holdings.licences.emplace_back().licence;
    busy = TestAccess::licence_for("cus_1", "acme/vision", i % 2 == 0 ? "^9" : "^1.2");
    busy.rate = Rate{1, 86'400'000};
  }
  world.add_licence(last);
  world.publish();
  for (const LicenceAccess& licence : world.admission.current()->licences) {
    RateLimiter::Change unused;
    if (!licence.is_floating) licence.rate->take(kMoment.ns, unused);
  }
  const ShownCredentials shown{.key = world.key, .lease = lease}, unknown{.key = kUnknownKey, .lease = {}};
  CallerMemo warm = read_shown(shown);
  Admitted first;
  world.admission.admit(warm, kVision, kMoment, first);
  ASSERT_EQ(first.refusal, Refusal::none);
  first = {};
  const pid_t child = ::fork();
  if (child == 0) {
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0) ::_exit(2);
    const std::uint64_t before = allocations;
    long failures = 0;
    for (std::uint64_t i = 0; i < 10; ++i) {
      CallerMemo memo = read_shown(shown), other = read_shown(unknown);
      Admitted out, refused;
      const Moment now{kMoment.ns + i * 1'000'000, kNow};
      world.admission.admit(memo, kVision, now, out);
      world.admission.admit(other, kVision, now, refused);
      failures += out.refusal == Refusal::none && refused.refusal == Refusal::key_unknown ? 0 : 1;
      const MeterUse uses[] = {{"token.out", 5}};
      out.ticket.settle(uses);
    }
    ::syscall(SYS_exit, failures != 0 ? 3 : allocations != before ? 4 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status) << ": it asked the kernel";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}
#endif

}  // namespace

std::atomic<std::uint64_t>& allocations_here() { return allocations; }

}  // namespace stoa::licensing

#ifndef STOA_IS_SANITIZED
void* operator new(std::size_t size) {
  stoa::licensing::allocations_here().fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
#endif
