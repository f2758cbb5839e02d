// licensed_key_test.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/licensed_key.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "licensing/sealed/tried_keys.hpp"
#include "licensing/sealed/wrapped_key.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000, kDay = 86'400'000;

struct Given {
  ContentKey key = ContentKey::generate();
  HostKey host = HostKey::generate(), other_host = HostKey::generate();
  KeyWanted wanted{key.id(), "acme/vision", "1.2.0"};
  mutable TriedKeys tried;
  mutable int reads = 0;  // of the host's private key, by what asks whether a key would be given

  HeldLicence licence(const HostKey& for_host) const {
    HeldLicence held;
    held.is_from_file = true;
    held.confirmed_ms = kNow - kDay;
    Licence& licence = held.licence;
    licence.id = new_id<LicenceTag>(kNow);
    licence.issuer = "acme";
    licence.covers = {{"acme/vision", "^1"}};
    licence.issued_ms = licence.not_before_ms = kNow - kDay;
    licence.expires_ms = kNow + kDay;
    licence.content_keys = {wrap(key, for_host.public_key(), {licence.id, licence.serial})};
    return held;
  }
  std::string told(std::span<const HeldLicence> held, std::int64_t now_ms = kNow) const {
    const HostFacts facts{.node = host.id(), .trusted_floor_ms = std::nullopt};
    const auto given = licensed_key(held, wanted, host, facts, now_ms);
    const auto found = may_open(held, wanted, facts, now_ms, [&](const WrappedKey& wrapped, const WrappedFor& licence) {
      return tried.opens(wrapped, licence, [&] { return ++reads, HostKey::from_pem(host.pem()); });
    });
    if (!given) {
      EXPECT_EQ(found ? "given" : found.error().reason, given.error().reason);
      return given.error().reason;
    }
    EXPECT_TRUE(found);
    return std::ranges::equal(given->bytes(), key.bytes()) ? "given" : "another";
  }
};

TEST(LicensedKey, IsGivenUnderALicenceThatStandsAndElseTheReasonIsTold) {
  const Given given;
  struct Row {
    const char* told;
    std::function<void(HeldLicence&)> change;
    std::int64_t now_ms = kNow;
  };
  const Row rows[] = {
      {"given", [](auto&) {}},
      {"given", [](auto& h) { h.licence.covers = {{"acme/*", "*"}}; }},
      {"licence.none", [](auto& h) { h.licence.covers = {{"acme/other", "*"}}; }},
      {"licence.none", [](auto& h) { h.licence.covers = {{"umbrella/*", "*"}}; }},
      {"licence.version", [](auto& h) { h.licence.covers = {{"acme/vision", "^2"}}; }},
      {"given", [](auto& h) { h.licence.covers = {{"acme/vision", "^2"}, {"acme/vision", "^1.2"}}; }},
      {"content_key.none", [](auto& h) { h.licence.content_keys.clear(); }},
      {"content_key.none", [](auto& h) { h.licence.content_keys[0].content_key = "0123456789abcdef"; }},
      {"licence.revoked", [](auto& h) { h.revoked_ms = kNow - 1; }},
      {"licence.other_node", [](auto& h) { h.licence.node = std::string(64, '0'); }},
      {"licence.not_yet", [](auto& h) { h.licence.not_before_ms = kNow + 1; }},
      {"licence.expired", [](auto&) {}, kNow + 2 * kDay},
      {"content_key.wrapped", [](auto& h) { h.licence.serial = 2; }},
      {"content_key.wrapped", [](auto& h) { h.licence.id = new_id<LicenceTag>(kNow); }},
  };
  for (const Row& row : rows) {
    HeldLicence held = given.licence(given.host);
    row.change(held);
    EXPECT_EQ(given.told({&held, 1}, row.now_ms), row.told);
  }
  EXPECT_EQ(given.told({}), "licence.none");
  const HeldLicence other = given.licence(given.other_host);
  EXPECT_EQ(given.told({&other, 1}), "content_key.other_host");
}

TEST(LicensedKey, OfSeveralLicencesTheOneThatComesFurthestSpeaks) {
  const Given given;
  HeldLicence version = given.licence(given.host), expired = given.licence(given.host);
  version.licence.covers = {{"acme/vision", "^2"}};
  expired.licence.expires_ms = kNow - 1;
  const HeldLicence other = given.licence(given.other_host), good = given.licence(given.host);
  EXPECT_EQ(given.told(std::vector{version, other}), "content_key.other_host");
  EXPECT_EQ(given.told(std::vector{expired, other, version}), "licence.expired");
  EXPECT_EQ(given.told(std::vector{expired, other, version, good}), "given");
}

TEST(LicensedKey, AWrappedKeyThatDoesNotOpenHidesNoOther) {
  const Given given;
  HeldLicence copied = given.licence(given.host);
  const HeldLicence good = given.licence(given.host);
  copied.licence.id = new_id<LicenceTag>(kNow);
  HeldLicence changed = given.licence(given.host);
  changed.licence.content_keys[0].wrapped = "AAAA";
  EXPECT_EQ(given.told(std::vector{copied, changed}), "content_key.wrapped");
  EXPECT_EQ(given.told(std::vector{copied, changed, good}), "given");
  EXPECT_EQ(given.told(std::vector{good, copied}), "given");
  HeldLicence revoked = good;
  revoked.revoked_ms = kNow - 1;
  EXPECT_EQ(given.told(std::vector{revoked, copied}), "content_key.wrapped") << "what opened it is gone";
}

TEST(LicensedKey, WhetherItOpensIsTriedOnceForEachLicence) {
  const Given given;
  HeldLicence changed = given.licence(given.host);
  changed.licence.content_keys[0].wrapped = "AAAA";
  const std::vector held = {changed, given.licence(given.host)};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(given.told(held), "given");
  EXPECT_EQ(given.reads, 2);
  std::vector renewed = held;
  renewed[1] = given.licence(given.host);
  EXPECT_EQ(given.told(renewed), "given");
  EXPECT_EQ(given.reads, 3);
  const auto failing = given.tried.opens({"a", given.host.id(), "AAAA"}, {renewed[1].licence.id, 1}, [] {
    return Result<HostKey>(failure(Code::not_found, "file.not_found", "it is gone"));
  });
  EXPECT_EQ(failing.error().reason, "file.not_found");
  EXPECT_EQ(given.tried
                .opens({"a", given.host.id(), "AAAA"}, {renewed[1].licence.id, 1},
                       [&] { return HostKey::from_pem(given.host.pem()); })
                .error()
                .reason,
            "content_key.wrapped");
}

TEST(LicensedKey, OfAnotherHostKeyNothingIsRemembered) {
  const Given given;
  const HeldLicence held = given.licence(given.host);
  const WrappedFor licence{held.licence.id, held.licence.serial};
  const auto told = [&](const HostKey& there) {
    const auto found =
        given.tried.opens(held.licence.content_keys[0], licence, [&] { return HostKey::from_pem(there.pem()); });
    return found ? "given" : found.error().reason;
  };
  EXPECT_EQ(told(given.other_host), "content_key.other_host");
  EXPECT_EQ(told(given.host), "given") << "the right key is back";
  EXPECT_EQ(told(given.other_host), "given");
}

TEST(LicensedKey, WhatCannotBeSeenIsNoRefusalAndHidesNoOtherLicence) {
  const Given given;
  const HostFacts facts{.node = given.host.id(), .trusted_floor_ms = std::nullopt};
  HeldLicence dead = given.licence(given.host);
  dead.licence.content_keys[0].wrapped = "AAAA";
  const HeldLicence known = given.licence(given.host), renewed = given.licence(given.host);
  ASSERT_EQ(given.told(std::vector{dead, known}), "given");
  struct Row {
    Code code;
    const char* reason;
  };
  for (const Row& row : {Row{Code::unavailable, "file.io"},
                         {Code::not_found, "file.not_found"},
                         {Code::permission_denied, "file.permission"}}) {
    const auto told = [&](const std::vector<HeldLicence>& held) {
      return may_open(held, given.wanted, facts, kNow, [&](const WrappedKey& wrapped, const WrappedFor& licence) {
        return given.tried.opens(wrapped, licence,
                                 [&] { return Result<HostKey>(failure(row.code, row.reason, "it cannot be read")); });
      });
    };
    EXPECT_TRUE(told({dead, renewed, known})) << row.reason;
    for (const auto& held : {std::vector{dead, renewed}, std::vector{renewed, dead}}) {
      const auto unseen = told(held);
      ASSERT_FALSE(unseen);
      EXPECT_EQ(unseen.error().reason, row.reason);
      EXPECT_NE(unseen.error().code, Code::permission_denied);
    }
    EXPECT_EQ(told({dead}).error().reason, "content_key.wrapped") << "which was seen before";
  }
}

TEST(LicensedKey, WithoutALicenceTheMessageSaysWhatToDo) {
  const Given given;
  const HostFacts facts{.node = given.host.id(), .trusted_floor_ms = std::nullopt};
  const auto refused = licensed_key({}, given.wanted, given.host, facts, kNow);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::permission_denied);
  for (const std::string& word : {std::string("stoa licences import"), given.host.id(), given.key.id().hex})
    EXPECT_NE(refused.error().message.find(word), std::string::npos) << refused.error().message;
}

}  // namespace
}  // namespace stoa::licensing
