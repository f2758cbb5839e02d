// test_repository.hpp: what the tests of TUF share: keys of every role, a repository in a folder, a client over it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "registry/package/test_package.hpp"
#include "registry/tuf/tuf_client.hpp"
#include "registry/tuf/tuf_commit.hpp"
#include "registry/tuf/tuf_repository.hpp"

namespace stoa::registry {

inline constexpr TufTime kStart{std::chrono::seconds(1'800'000'000)};
inline constexpr std::chrono::days kDay{1};
inline constexpr const char* kPath = "acme/vision/1.0.0.stoa";  // published in every TufTest

class RoleKeys {
 public:
  RoleKeys() {
    for (auto* keys : {&root, &timestamp, &snapshot, &targets, &releases}) keys->push_back(PrivateKey::generate());
    root.push_back(PrivateKey::generate());
    root.push_back(PrivateKey::generate());
  }
  static SigningRule rule(const std::vector<PrivateKey>& keys, std::uint64_t threshold = 1) {
    SigningRule out{.keys = {}, .threshold = threshold};
    for (const auto& key : keys) out.keys.push_back(key.public_key());
    return out;
  }
  SigningRules rules() const { return {rule(root, 2), rule(timestamp), rule(snapshot), rule(targets), rule(releases)}; }
  std::vector<const PrivateKey*> all() const {
    std::vector<const PrivateKey*> out;
    for (const auto* keys : {&root, &timestamp, &snapshot, &targets, &releases})
      for (const auto& key : *keys) out.push_back(&key);
    return out;
  }
  std::vector<const PrivateKey*> online() const { return {&timestamp[0], &snapshot[0], &releases[0]}; }

  std::vector<PrivateKey> root, timestamp, snapshot, targets, releases;  // root: three, of which two must sign
};

inline Target target_of(std::string_view bytes, std::string state = "published") {
  return {bytes.size(), sha256_of(bytes), {{"state", std::move(state)}}};
}

inline std::string reason_of(const Result<void>& result) { return result ? "accepted" : result.error().reason; }
template <class T>
std::string reason_of(const Result<T>& result) {
  return result ? "accepted" : result.error().reason;
}

inline FetchMetadata fetch_from(std::filesystem::path folder) {
  return [folder](std::string_view name, std::uint64_t bytes_max) { return read_small_file(folder / name, bytes_max); };
}

class TufTest : public ::testing::Test {
 protected:
  TufTest() : repository(make()) { publish(kPath, "one"); }

  TufRepository make() {
    auto made = TufRepository::create(folder / "repository", keys.rules(), 16, {}, keys.all(), now);
    EXPECT_TRUE(made.has_value()) << made.error().message;
    return std::move(made.value());
  }
  void publish(const std::string& path, std::string_view bytes, std::string state = "published") {
    const TargetChange change{path, target_of(bytes, std::move(state))};
    const auto done = repository.publish({&change, 1}, keys.online(), now);
    EXPECT_TRUE(done.has_value()) << done.error().message;
  }
  std::filesystem::path served() const { return folder / "repository"; }
  std::string first_root() const { return file_bytes(served() / "1.root.json"); }
  TufClient client(const std::string& state = "client") { return client_of(fetch_from(served()), state); }
  TufClient client_of(FetchMetadata fetch, const std::string& state = "client") {
    auto made = TufClient::open(folder / state, first_root(), std::move(fetch));
    EXPECT_TRUE(made.has_value()) << made.error().message;
    return std::move(made.value());
  }

  TestFolder folder;
  RoleKeys keys;
  TufTime now = kStart;
  TufRepository repository;
};

}  // namespace stoa::registry
