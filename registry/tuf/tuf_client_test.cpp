// tuf_client_test.cpp: a table of what an attacker between repository and follower can serve, each refused for its
// reason. SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/tuf_client.hpp"

#include <gtest/gtest.h>

#include "registry/tuf/test_attack.hpp"

namespace stoa::registry {
namespace {

class Attack : public TufTest {
 protected:
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(served()))
      if (entry.path().extension() == ".json") out[entry.path().filename().string()] = file_bytes(entry.path());
    return out;
  }
  static FetchMetadata fetch_of(const std::map<std::string, std::string>& from) {
    return [&from](std::string_view name, std::uint64_t) -> Result<std::string> {
      const auto found = from.find(std::string(name));
      if (found == from.end()) return failure(Code::not_found, "http.not_found", "no " + std::string(name));
      return found->second;
    };
  }
  static std::string outcome(TufClient& client, TufTime now) {
    if (auto ok = client.refresh(now); !ok) return ok.error().reason;
    return reason_of(client.find(kPath, now));
  }
};

struct AttackRow {
  const char* name;
  const char* reason;
  std::function<void(Served&)> spoil;
};

const std::vector<PrivateKey>& strangers() {
  static const auto keys = [] {
    std::vector<PrivateKey> out;
    for (int i = 0; i < 3; ++i) out.push_back(PrivateKey::generate());
    return out;
  }();
  return keys;
}

const AttackRow kAttacks[] = {
    {"nothing", "accepted", [](Served&) {}},
    // Roots.
    {"root by strangers", "metadata.signature",
     [](Served& s) {
       auto root = s.root();
       root.version = 2;
       s.files["2.root.json"] = Served::file_of(root, strangers());
     }},
    {"root by one key of two", "metadata.threshold",
     [](Served& s) {
       auto root = s.root();
       root.version = 2;
       s.put_root(root, 1);
     }},
    {"root with new keys that the old ones did not sign", "metadata.signature",
     [](Served& s) {
       auto root = s.root();
       root.version = 2;
       root.root.key_ids.clear();
       for (const auto& key : strangers()) {
         root.root.key_ids.push_back(tuf_key_id(key.public_key()));
         root.keys.emplace(root.root.key_ids.back(), key.public_key());
       }
       s.files["2.root.json"] = Served::file_of(root, strangers());
     }},
    {"root with new keys that did not sign it", "metadata.signature",
     [](Served& s) {
       auto root = s.root();
       root.version = 2;
       root.root.key_ids.clear();
       for (const auto& key : strangers()) {
         root.root.key_ids.push_back(tuf_key_id(key.public_key()));
         root.keys.emplace(root.root.key_ids.back(), key.public_key());
       }
       s.put_root(root);
     }},
    {"root rolled back", "metadata.rollback", [](Served& s) { s.files["2.root.json"] = s.files["1.root.json"]; }},
    {"root that skips a version", "metadata.version",
     [](Served& s) {
       auto root = s.root();
       root.version = 3;
       s.put_root(root);
     }},
    {"root expired", "metadata.expired",
     [](Served& s) {
       auto root = s.root();
       root.version = 2, root.expires = s.now;
       s.put_root(root);
     }},
    {"root too long", "metadata.length",
     [](Served& s) { s.files["2.root.json"] = std::string(kRootBytesMax + 1, ' '); }},
    {"root changed in one byte", "metadata.signature",
     [](Served& s) {
       auto root = s.root();
       root.version = 2;
       s.put_root(root);
       s.replace("2.root.json", "\"threshold\":2", "\"threshold\":1");
     }},
    {"one key under two ids", "metadata.key_id",
     [](Served& s) {
       auto root = s.root();
       root.version = 2;
       s.put_root(root);
       const auto id = root.timestamp.key_ids[0];
       auto other = id;
       other[0] = other[0] == 'a' ? 'b' : 'a';
       s.replace("2.root.json", '"' + id + "\":", '"' + other + "\":");
     }},
    // Timestamps.
    {"timestamp by a stranger", "metadata.signature", [](Served& s) { s.put(s.timestamp(), strangers()); }},
    {"timestamp by the key of another role", "metadata.signature",
     [](Served& s) { s.put(s.timestamp(), s.keys.snapshot); }},
    {"timestamp without a signature", "metadata.signature", [](Served& s) { s.put(s.timestamp(), {}); }},
    {"timestamp signed twice by one key", "metadata.duplicate_signature",
     [](Served& s) {
       const auto bytes = signed_bytes_of(s.timestamp());
       const auto& key = s.keys.timestamp[0];
       const MetadataSignature signature{tuf_key_id(key.public_key()), key.sign(bytes)};
       s.files["timestamp.json"] = metadata_file(bytes, std::vector{signature, signature});
     }},
    {"timestamp expired: frozen", "metadata.expired", [](Served& s) { s.now += kDay; }},
    {"timestamp in another role's place", "metadata.role",
     [](Served& s) { s.files["timestamp.json"] = s.files[s.snapshot_name()]; }},
    {"timestamp too long", "metadata.length",
     [](Served& s) { s.files["timestamp.json"].append(kTimestampBytesMax, ' '); }},
    {"timestamp missing", "metadata.missing", [](Served& s) { s.files.erase("timestamp.json"); }},
    {"timestamp with a duplicate key", "metadata.duplicate_key",
     [](Served& s) { s.replace("timestamp.json", "\"version\":", "\"version\":1,\"version\":"); }},
    {"timestamp of another specification", "metadata.spec_version",
     [](Served& s) { s.replace("timestamp.json", "\"spec_version\":\"1.", "\"spec_version\":\"2."); }},
    {"timestamp that is no JSON", "metadata.json", [](Served& s) { s.files["timestamp.json"] = "<html>"; }},
    {"timestamp with a version of its own", "metadata.signature",
     [](Served& s) { s.replace("timestamp.json", "\"version\":", "\"version\":9"); }},
    // Snapshots.
    {"snapshot missing", "metadata.missing", [](Served& s) { s.files.erase(s.snapshot_name()); }},
    {"snapshot cut short", "metadata.length", [](Served& s) { s.files[s.snapshot_name()].pop_back(); }},
    {"snapshot with more behind it", "metadata.length", [](Served& s) { s.files[s.snapshot_name()] += ' '; }},
    {"snapshot changed in one byte", "metadata.mix",
     [](Served& s) { s.replace(s.snapshot_name(), "\"version\":1", "\"version\":2"); }},
    {"snapshot of another state", "metadata.mix",
     [](Served& s) {
       auto timestamp = s.timestamp();
       timestamp.version += 1;
       const auto& older = s.files.at("1.snapshot.json");
       timestamp.snapshot = {timestamp.snapshot.version, older.size(), sha256_of(older)};
       s.files[s.snapshot_name()] = older;
       s.put(timestamp, s.keys.timestamp);
     }},
    {"snapshot by a stranger, named by a stolen timestamp key", "metadata.signature",
     [](Served& s) { s.put(s.snapshot(), strangers()); }},
    {"snapshot expired", "metadata.expired",
     [](Served& s) {
       auto snapshot = s.snapshot();
       snapshot.expires = s.now;
       s.put(snapshot, s.keys.snapshot);
     }},
    {"snapshot without targets", "metadata.field",
     [](Served& s) {
       auto snapshot = s.snapshot();
       snapshot.files.erase("targets");
       s.put(snapshot, s.keys.snapshot);
     }},
    {"snapshot that names a file outside of the state folder", "metadata.role_name",
     [](Served& s) {
       auto snapshot = s.snapshot();
       snapshot.files["../../evil"] = {};
       s.put(snapshot, s.keys.snapshot);
     }},
    {"snapshot without the bin", "metadata.missing",
     [](Served& s) {
       auto snapshot = s.snapshot();
       snapshot.files.erase(s.bin);
       s.put(snapshot, s.keys.snapshot);
     }},
    // Targets and bins.
    {"targets by a stranger", "metadata.signature", [](Served& s) { s.put_targets(s.targets(), strangers()); }},
    {"targets by the bins' key", "metadata.signature", [](Served& s) { s.put_targets(s.targets(), s.keys.releases); }},
    {"targets expired", "metadata.expired",
     [](Served& s) {
       s.now += std::chrono::days(365);
       auto root = s.root();
       root.version = 2, root.expires = s.now + kDay;
       s.put_root(root);
       auto snapshot = s.snapshot();
       snapshot.expires = s.now + kDay;
       s.put(snapshot, s.keys.snapshot);
       auto timestamp = s.timestamp();
       timestamp.expires = s.now + kDay;
       s.put(timestamp, s.keys.timestamp);
     }},
    {"targets changed in one byte", "metadata.mix",
     [](Served& s) { s.replace("1.targets.json", "\"terminating\":true", "\"terminating\":tru "); }},
    {"targets that delegate to a name outside of the state folder", "metadata.role_name",
     [](Served& s) {
       auto targets = s.targets();
       for (auto& delegation : targets.delegations) delegation.name = "../" + delegation.name;
       s.put_targets(targets, s.keys.targets);
     }},
    {"targets that delegate to root", "metadata.role_name",
     [](Served& s) {
       auto targets = s.targets();
       targets.delegations[0].name = "root";
       s.put_targets(targets, s.keys.targets);
     }},
    {"bin missing", "metadata.missing", [](Served& s) { s.files.erase(s.bin_name()); }},
    {"bin by a stranger", "metadata.signature", [](Served& s) { s.put_releases(s.releases(), strangers()); }},
    {"bin by the targets' key", "metadata.signature", [](Served& s) { s.put_releases(s.releases(), s.keys.targets); }},
    {"bin of an older state", "metadata.mix",
     [](Served& s) { s.files[s.bin_name()] = s.files.at(versioned_name(1, s.bin)); }},
    {"bin of other paths", "metadata.mix",
     [](Served& s) {
       const auto other = s.bin == "bin-0" ? "bin-1" : "bin-0";
       s.files[s.bin_name()] = s.files.at(versioned_name(1, other));
     }},
    {"bin expired", "metadata.expired",
     [](Served& s) {
       auto bin = s.releases();
       bin.expires = s.now;
       s.put_releases(bin, s.keys.releases);
     }},
    {"bin too long", "metadata.length", [](Served& s) { s.files[s.bin_name()].append(kTargetsBytesMax, ' '); }},
    {"bin with a target outside of the folder", "metadata.target_path",
     [](Served& s) {
       auto bin = s.releases();
       bin.targets["../evil"] = target_of("evil");
       s.put_releases(bin, s.keys.releases);
     }},
    {"bin without the target", "target.unknown",
     [](Served& s) {
       auto bin = s.releases();
       bin.targets.clear();
       s.put_releases(bin, s.keys.releases);
     }},
};

// A follower that comes for the first time, and one that knows the state before the attack: both refuse, leave nothing
// of it in their folder, and are whole when the repository is.
TEST_F(Attack, EachIsRefusedForItsOwnReason) {
  publish("acme/vision/0.9.0.stoa", "zero");
  publish(kPath, "one", "deprecated");
  const auto honest = files();
  int number = 0;
  for (const auto& row : kAttacks) {
    SCOPED_TRACE(row.name);
    auto later = now;
    Served served{honest, keys, later, bin_of(repository.targets().delegations, kPath).name};
    row.spoil(served);
    std::map<std::string, std::string> shown = served.files;
    auto beginner = client_of(fetch_of(shown), "beginner-" + std::to_string(++number));
    EXPECT_EQ(outcome(beginner, later), row.reason);
    if (row.reason == std::string("accepted") || row.reason == std::string("target.unknown")) continue;
    shown = honest;
    EXPECT_EQ(reason_of(beginner.find("acme/nothing/1.0.0.stoa", now)),
              std::string(row.name).starts_with("bin") || std::string(row.name).starts_with("snapshot without the bin")
                  ? "target.unknown"
                  : "metadata.not_refreshed");
  }
  EXPECT_GE(number, 45);
}

// Followers that know more than a beginner.
struct RollbackRow {
  const char* name;
  const char* reason;
  std::function<void(Served&)> spoil;
  // Of the honest repository, afterwards. A stolen timestamp key can run ahead of it, until it is rotated (see below).
  const char* afterwards = "accepted";
};

TEST_F(Attack, WhoKnowsANewerStateIsNotLedBack) {
  const auto old = files();
  publish(kPath, "one", "deprecated");
  publish("acme/vision/2.0.0.stoa", "two");
  ASSERT_EQ(reason_of(repository.refresh(keys.online(), now)), "accepted");
  const auto today = files();
  const RollbackRow rows[] = {
      {"the same state", "accepted", [](Served&) {}},
      {"the whole repository of before", "metadata.rollback", [&](Served& s) { s.files = old; }},
      {"its timestamp", "metadata.rollback", [&](Served& s) { s.files["timestamp.json"] = old.at("timestamp.json"); }},
      {"its snapshot under a new timestamp", "metadata.rollback",
       [&](Served& s) {
         auto next = s.timestamp();
         next.version += 1;
         next.snapshot = parse_timestamp(old.at("timestamp.json"))->role.snapshot;
         s.put(next, s.keys.timestamp);
       }},
      {"a new snapshot with the bin of before", "metadata.rollback",
       [](Served& s) {
         auto snapshot = s.snapshot();
         snapshot.files[s.bin].version -= 1;
         s.put(snapshot, s.keys.snapshot);
       },
       "metadata.rollback"},
      {"a new snapshot without a bin", "metadata.rollback",
       [](Served& s) {
         auto snapshot = s.snapshot();
         snapshot.files.erase(s.bin);
         s.put(snapshot, s.keys.snapshot);
       },
       "metadata.rollback"},
      {"a timestamp of the same version for another snapshot", "accepted",  // discarded, as the specification says
       [](Served& s) {
         auto next = s.timestamp();
         next.snapshot.version += 7;
         s.put(next, s.keys.timestamp);
       }},
      {"nothing new until it expires", "metadata.expired", [](Served& s) { s.now += kDay; }},
  };
  int number = 0;
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    auto later = now;
    Served served{today, keys, later, bin_of(repository.targets().delegations, kPath).name};
    auto shown = today;
    const auto state = "knower-" + std::to_string(++number);
    {
      auto follower = client_of(fetch_of(shown), state);
      ASSERT_EQ(outcome(follower, now), "accepted");
      row.spoil(served);
      shown = served.files;
      EXPECT_EQ(outcome(follower, later), row.reason);
      EXPECT_EQ(follower.find(kPath, now)->facts.at("state"), "deprecated") << "what was known is known";
    }
    auto again = client_of(fetch_of(shown), state);  // the memory is on the disk
    EXPECT_EQ(outcome(again, later), row.reason);
    shown = today;
    EXPECT_EQ(outcome(again, now), row.afterwards);
  }
}

// The attacker had the keys of timestamp and snapshot, and pushed their versions to the sky.
TEST_F(Attack, RotatedKeysEndAFastForward) {
  auto shown = files();
  Served served{shown, keys, now, bin_of(repository.targets().delegations, kPath).name};
  auto snapshot = served.snapshot();
  snapshot.version += 1'000'000;
  served.put(snapshot, keys.snapshot);
  auto timestamp = served.timestamp();
  timestamp.version += 1'000'000;
  served.put(timestamp, keys.timestamp);
  shown = served.files;
  auto follower = client_of(fetch_of(shown));
  ASSERT_EQ(outcome(follower, now), "accepted");
  shown = files();
  EXPECT_EQ(outcome(follower, now), "metadata.rollback");

  RoleKeys stolen = std::exchange(keys, RoleKeys());
  keys.root.swap(stolen.root), keys.targets.swap(stolen.targets), keys.releases.swap(stolen.releases);
  const RotatedRules rules{.timestamp = RoleKeys::rule(keys.timestamp), .snapshot = RoleKeys::rule(keys.snapshot)};
  ASSERT_EQ(reason_of(repository.rotate(rules, keys.all(), now)), "accepted");
  shown = files();
  EXPECT_EQ(outcome(follower, now), "accepted");
}

TEST_F(Attack, ADamagedStateFolderIsNotAFreshStart) {
  for (const auto* name : {"root.json", "timestamp.json", "snapshot.json"}) {
    const auto state = std::string("damaged-") + name;
    {
      auto follower = client(state);
      ASSERT_EQ(outcome(follower, now), "accepted");
    }
    write_file(folder / state / name, "{");
    auto again = TufClient::open(folder / state, first_root(), fetch_from(served()));
    EXPECT_EQ(again ? reason_of(again->refresh(now)) : again.error().reason, "metadata.state") << name;
  }
  auto first = client("locked");
  EXPECT_EQ(reason_of(TufClient::open(folder / "locked", first_root(), fetch_from(served()))), "metadata.locked");
}

TEST_F(Attack, AFetchThatFailsEndsTheUpdateAndNotTheFollower) {
  bool is_down = false;
  const auto honest = fetch_from(served());
  auto follower = client_of([&](std::string_view name, std::uint64_t max) -> Result<std::string> {
    if (is_down) return failure(Code::unavailable, "network.down", "no route");
    return honest(name, max);
  });
  ASSERT_EQ(outcome(follower, now), "accepted");
  is_down = true;
  EXPECT_EQ(reason_of(follower.refresh(now)), "network.down");
  EXPECT_EQ(reason_of(follower.find(kPath, now)), "accepted") << "the bin is on the disk";
  EXPECT_EQ(reason_of(follower.find(kPath, now + kDay)), "metadata.expired") << "but not for ever";
  is_down = false;
  EXPECT_EQ(outcome(follower, now), "accepted");
}

TEST_F(Attack, AStartWithoutTheRepositoryStandsOnWhatIsOnTheDisk) {
  const FetchMetadata down = [](std::string_view, std::uint64_t) -> Result<std::string> {
    return failure(Code::unavailable, "network.down", "no route");
  };
  EXPECT_EQ(reason_of(client_of(down, "empty").resume(now)), "metadata.missing");
  {
    auto follower = client();
    ASSERT_EQ(outcome(follower, now), "accepted");
  }
  {
    auto follower = client_of(down);
    EXPECT_EQ(reason_of(follower.find(kPath, now)), "metadata.not_refreshed");
    ASSERT_EQ(reason_of(follower.resume(now)), "accepted");
    EXPECT_EQ(follower.find(kPath, now), target_of("one"));
    EXPECT_EQ(reason_of(follower.resume(now + kDay)), "metadata.expired");
  }
  // A timestamp that came without its snapshot is no whole state; what it says bounds the next refresh all the same.
  publish("acme/vision/2.0.0.stoa", "two");
  write_file(folder / "client" / "timestamp.json", file_bytes(served() / "timestamp.json"));
  EXPECT_EQ(reason_of(client_of(down).resume(now)), "metadata.missing");
  auto follower = client();
  EXPECT_EQ(outcome(follower, now), "accepted");
}

}  // namespace
}  // namespace stoa::registry
