// metadata_test.cpp: typed roles come back from their files, delegations match as they should, thresholds count keys.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/metadata.hpp"

#include <gtest/gtest.h>

#include "registry/tuf/target_file.hpp"
#include "registry/tuf/test_repository.hpp"

namespace stoa::registry {
namespace {

// The canonical form is written out here by hand, from section 4.2 of the specification.
TEST(Metadata, KeyIdsAreTheDigestOfTheCanonicalKey) {
  Ed25519Point raw{};
  for (std::size_t i = 0; i < raw.size(); ++i) raw[i] = static_cast<std::uint8_t>(i * 7 + 3);
  const auto key = PublicKey::from_raw(raw);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(tuf_key_id(*key), to_hex(sha256_of(R"({"keytype":"ed25519","keyval":{"public":")" + to_hex(raw) +
                                               R"("},"scheme":"ed25519"})")));
}

struct TimeRow {
  const char* text;
  bool is_time;
};

TEST(Metadata, TimesHaveOneForm) {
  const TimeRow rows[] = {
      {"2026-01-31T23:59:59Z", true},  {"1970-01-01T00:00:00Z", true},    {"2024-02-29T00:00:00Z", true},
      {"2025-02-29T00:00:00Z", false}, {"2026-13-01T00:00:00Z", false},   {"2026-01-01T24:00:00Z", false},
      {"2026-01-01T00:60:00Z", false}, {"2026-01-01T00:00:60Z", false},   {"2026-01-01T00:00:00", false},
      {"2026-01-01 00:00:00Z", false}, {"2026-01-01T00:00:00.5Z", false}, {"", false},
      {"2026-+1-01T00:00:00Z", false}};
  for (const auto& row : rows) {
    const auto time = time_from_text(row.text);
    EXPECT_EQ(time.has_value(), row.is_time) << row.text;
    if (time) EXPECT_EQ(time_text(*time), row.text);
  }
  EXPECT_EQ(time_text(kStart), "2027-01-15T08:00:00Z");
}

struct PatternRow {
  const char* pattern;
  const char* path;
  bool is_match;
};

TEST(Metadata, PatternsMatchAsTheSpecificationSays) {
  const PatternRow rows[] = {
      {"targets/*.tgz", "targets/foo.tgz", true},
      {"targets/*.tgz", "targets/foo.txt", false},
      {"foo-version-?.tgz", "foo-version-2.tgz", true},
      {"foo-version-?.tgz", "foo-version-alpha.tgz", false},
      {"*.tgz", "foo.tgz", true},
      {"*.tgz", "targets/foo.tgz", false},
      {"foo.tgz", "foo.tgz", true},
      {"foo.tgz", "foo.tg", false},
      {"acme/*/*", "acme/vision/1.0.0.stoa", true},
      {"acme/*/*", "acme2/vision/1.0.0.stoa", false},
      {"acme/*", "acme/vision/1.0.0.stoa", false},
      {"*/*/*", "a/b", false},
      {"a*b*c", "aXbXbXc", true},
      {"a*b*c", "aXbXbX", false},
      {"*****************************b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
      {"*", "", true},
      {"?", "", false},
  };
  for (const auto& row : rows)
    EXPECT_EQ(speaks_for({.name = "x", .path_patterns = {row.pattern}}, row.path, ""), row.is_match)
        << row.pattern << " " << row.path;
}

struct NameRow {
  std::string text;
  bool is_name;
};

TEST(Metadata, NamesOfRolesAndTargetsAreFitForFiles) {
  const NameRow roles[] = {{"bin-0a3", true},
                           {"a", true},
                           {"x.y_z", true},
                           {"", false},
                           {"root", false},
                           {"targets", false},
                           {"../x", false},
                           {"a/b", false},
                           {".x", false},
                           {"x.", false},
                           {"X", false},
                           {"snapshot", false},
                           {std::string(64, 'a'), true},
                           {std::string(65, 'a'), false},
                           {"a b", false},
                           {"timestamp", false}};
  for (const auto& row : roles) EXPECT_EQ(is_role_name(row.text), row.is_name) << row.text;
  const NameRow paths[] = {{"acme/vision/1.0.0.stoa", true},
                           {"a", true},
                           {"", false},
                           {"/a", false},
                           {"a/", false},
                           {"a//b", false},
                           {"a/../b", false},
                           {"a/.b", false},
                           {"a\\b", false},
                           {"a/1.0.0+build.1.stoa", true},
                           {std::string(101, 'a'), false}};
  for (const auto& row : paths) EXPECT_EQ(is_target_path(row.text), row.is_name) << row.text;
}

TEST(Metadata, ThresholdsCountKeysAndNotIds) {
  const auto one = PrivateKey::generate(), two = PrivateKey::generate();
  const std::string bytes = "{}";
  // One key under a second id, as a hostile writer of keys might name it.
  const TufKeys keys = {{"a", one.public_key()}, {"b", one.public_key()}, {"c", two.public_key()}};
  const MetadataSignature a{"a", one.sign(bytes)}, b{"b", one.sign(bytes)}, c{"c", two.sign(bytes)},
      bad{"c", one.sign(bytes)};
  const RoleRule rule{{"a", "b", "c"}, 2};
  const auto reason = [&](std::vector<MetadataSignature> signatures) {
    return reason_of(verify_threshold("x", keys, rule, bytes, signatures));
  };
  EXPECT_EQ(reason({a, c}), "accepted");
  EXPECT_EQ(reason({a, b}), "metadata.threshold");
  EXPECT_EQ(reason({a, bad}), "metadata.threshold");
  EXPECT_EQ(reason({bad}), "metadata.signature");
  EXPECT_EQ(reason({}), "metadata.signature");
  EXPECT_EQ(reason_of(verify_threshold("x", keys, {{"a"}, 1}, bytes, std::vector{c})), "metadata.signature");
}

class MetadataFile : public TufTest {};

TEST_F(MetadataFile, WhatIsWrittenIsReadBack) {
  for (const auto& entry : std::filesystem::directory_iterator(served())) {
    const auto name = entry.path().filename().string();
    if (!name.ends_with(".json")) continue;
    const auto json = file_bytes(entry.path());
    if (name.ends_with("root.json")) EXPECT_EQ(signed_bytes_of(parse_root(json)->role), parse_root(json)->signed_bytes);
    if (name.starts_with("timestamp"))
      EXPECT_EQ(signed_bytes_of(parse_timestamp(json)->role), parse_timestamp(json)->signed_bytes);
    if (name.ends_with("snapshot.json"))
      EXPECT_EQ(signed_bytes_of(parse_snapshot(json)->role), parse_snapshot(json)->signed_bytes);
    if (name.ends_with("targets.json") || name.find("bin") != name.npos)
      EXPECT_EQ(signed_bytes_of(parse_targets(json)->role), parse_targets(json)->signed_bytes);
  }
}

TEST_F(MetadataFile, UnknownFieldsAreSignedAndMeanNothing) {
  const auto root = parse_root(first_root());
  std::string bytes = root->signed_bytes;
  bytes.insert(bytes.size() - 1, R"(,"x-later":{"a":[1,"two",null]})");
  std::vector<MetadataSignature> signatures;
  for (const auto& key : keys.root) signatures.push_back({tuf_key_id(key.public_key()), key.sign(bytes)});
  const auto later = parse_root(metadata_file(bytes, signatures));
  ASSERT_TRUE(later.has_value()) << later.error().message;
  EXPECT_EQ(
      reason_of(verify_threshold("root", later->role.keys, later->role.root, later->signed_bytes, later->signatures)),
      "accepted");
}

TEST(TargetFile, HasItsDigestInItsName) {
  const auto digest = sha256_of("x");
  EXPECT_EQ(target_file_name("acme/vision/1.0.0.stoa", digest), "acme/vision/" + to_hex(digest) + ".1.0.0.stoa");
  EXPECT_EQ(target_file_name("x", digest), to_hex(digest) + ".x");
}

TEST(TargetFile, IsPlacedWholeAndVerifiedOrNotAtAll) {
  const TestFolder folder;
  write_file(folder / "source", "bytes");
  const auto source = open_regular(folder / "source");
  const std::string path = "acme/vision/1.0.0.stoa";
  const auto place = [&](const Target& target) {
    return reason_of(place_target(folder / "targets", path, target, *source));
  };
  EXPECT_EQ(place(target_of("bytez")), "target.digest");
  EXPECT_EQ(place(target_of("byte")), "target.length");
  EXPECT_EQ(place(target_of("bytes!")), "target.length");
  EXPECT_FALSE(std::filesystem::exists(folder / "targets" / target_file_name(path, sha256_of("bytez"))));
  EXPECT_EQ(place(target_of("bytes")), "accepted");
  EXPECT_EQ(file_bytes(folder / "targets" / target_file_name(path, sha256_of("bytes"))), "bytes");
  EXPECT_EQ(reason_of(place_target(folder / "targets", "../x", target_of("bytes"), *source)), "target.path");
}

}  // namespace
}  // namespace stoa::registry
