// test_attack.hpp: the files of a repository in the hands of somebody between it and its followers.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "registry/tuf/release_bins.hpp"
#include "registry/tuf/test_repository.hpp"

namespace stoa::registry {

// What the attacker serves: the files of a repository, changed at will. Also: keys, for those who stole some.
struct Served {
  std::map<std::string, std::string> files;
  RoleKeys& keys;
  TufTime& now;
  std::string bin;  // the bin of kPath, its file's name without version

  template <class Role>
  static std::string file_of(const Role& role, const std::vector<PrivateKey>& keys, std::size_t signatures = 99) {
    const auto bytes = signed_bytes_of(role);
    std::vector<MetadataSignature> made;
    for (const auto& key : keys)
      if (made.size() < signatures) made.push_back({tuf_key_id(key.public_key()), key.sign(bytes)});
    return metadata_file(bytes, made);
  }
  TimestampRole timestamp() const { return parse_timestamp(files.at("timestamp.json")).value().role; }
  SnapshotRole snapshot() const { return parse_snapshot(files.at(snapshot_name())).value().role; }
  RootRole root() const { return parse_root(files.at("1.root.json")).value().role; }
  TargetsRole targets() const { return parse_targets(files.at("1.targets.json")).value().role; }
  TargetsRole releases() const { return parse_targets(files.at(bin_name())).value().role; }
  std::string snapshot_name() const { return versioned_name(timestamp().snapshot.version, "snapshot"); }
  std::string bin_name() const { return versioned_name(snapshot().files.at(bin).version, bin); }

  void put(const TimestampRole& role, const std::vector<PrivateKey>& by) {
    files["timestamp.json"] = file_of(role, by);
  }
  // A snapshot of the attacker's making, under a timestamp of the attacker's making: both keys are stolen.
  void put(SnapshotRole role, const std::vector<PrivateKey>& by) {
    role.version += 1;
    const auto name = versioned_name(role.version, "snapshot");
    files[name] = file_of(role, by);
    auto next = timestamp();
    next.version += 1;
    next.snapshot = {role.version, files[name].size(), sha256_of(files[name])};
    put(next, keys.timestamp);
  }
  void put_root(RootRole role, std::size_t signatures = 2) {
    files["2.root.json"] = file_of(role, keys.root, signatures);
  }
  // The bin's file with new content, which snapshot and timestamp name.
  void put_releases(TargetsRole role, const std::vector<PrivateKey>& by) {
    role.version += 1;
    files[versioned_name(role.version, bin)] = file_of(role, by);
    auto next = snapshot();
    next.files[bin].version = role.version;
    put(next, keys.snapshot);
  }
  void put_targets(TargetsRole role, const std::vector<PrivateKey>& by) {
    role.version += 1;
    const auto json = files[versioned_name(role.version, "targets")] = file_of(role, by);
    auto next = snapshot();
    next.files["targets"] = {role.version, json.size(), sha256_of(json)};
    put(next, keys.snapshot);
  }
  void replace(const std::string& name, const std::string& what, const std::string& by) {
    auto& json = files.at(name);
    const auto at = json.find(what);
    ASSERT_NE(at, json.npos) << name << " has no " << what;
    json.replace(at, what.size(), by);
  }
};

}  // namespace stoa::registry
