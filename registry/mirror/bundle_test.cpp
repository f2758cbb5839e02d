// bundle_test.cpp: what goes into a bundle comes out of it; what was tampered with, or is too old, is refused for its
// reason. SPDX-License-Identifier: Apache-2.0
#include "registry/mirror/bundle.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <map>

#include "registry/evaluation/test_outcomes.hpp"
#include "registry/mirror/bundle_index.hpp"
#include "registry/package/container.hpp"
#include "registry/tuf/test_repository.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

using Packages = std::map<std::string, std::string>;  // bytes by path

class Mirror : public TufTest {
 protected:
  Mirror() {
    put(kPath, "one");
    put("acme/vision/1.1.0.stoa", std::string(700, 'a'));
    put("acme/voice/1.0.0.stoa", std::string(700, 'b'));
    put("zeta/big/1.0.0.stoa", std::string(3'000'001, 'z'));
  }
  void put(const std::string& path, const std::string& bytes) {
    write_file(folder / "blobs" / to_hex(sha256_of(bytes)), bytes);
    if (path != kPath) publish(path, bytes);
  }
  OpenBlob blobs() const {
    return [this](const Sha256& sha256) { return open_regular(folder / "blobs" / to_hex(sha256)); };
  }
  Result<BundleCounts> write(const std::string& name, const std::vector<std::string>& paths) const {
    const std::string root = first_root();
    return export_bundle(folder / name,
                         {.first_root = root,
                          .fetch = fetch_from(served()),
                          .target_paths = paths,
                          .open = blobs(),
                          .evaluations = said},
                         now);
  }
  std::string bundle_bytes(const std::vector<std::string>& paths = kSelection) const {
    const auto made = write("made.tar", paths);
    EXPECT_TRUE(made.has_value()) << made.error().message;
    return file_bytes(folder / "made.tar");
  }
  // The outcome's reason; what was handed over goes to received.
  std::string import(const std::string& bytes, const std::string& state, TufTime time) {
    write_file(folder / "brought.tar", bytes);
    received.clear();
    heard.clear();
    const auto root = first_root();
    const auto done =
        import_bundle(folder / "brought.tar", {root, folder / state}, time,
                      {.package =
                           [&](const BundlePackage& package) {
                             auto& into = received[std::string(package.path)];
                             return package.read([&](std::span<const std::byte> chunk) -> Result<void> {
                               into.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
                               return {};
                             });
                           },
                       .evaluation =
                           [&](std::string_view path, const BundleEvaluation& evaluation) {
                             heard.push_back(std::string(path) + " " + evaluation.said_by);
                             return Result<void>();
                           },
                       .known = known,
                       .hear =
                           [&](const std::string& path, const Target* target) {
                             heard.push_back(path + " " + (target == nullptr ? "?" : target->facts.at("state")));
                             return Result<void>();
                           }});
    if (done) EXPECT_EQ(done->packages, received.size());
    return reason_of(done);
  }

  static inline const std::vector<std::string> kSelection = {kPath, "acme/vision/1.1.0.stoa", "acme/voice/1.0.0.stoa"};
  const Packages kExpected = {{kPath, "one"},
                              {"acme/vision/1.1.0.stoa", std::string(700, 'a')},
                              {"acme/voice/1.0.0.stoa", std::string(700, 'b')}};
  Packages received;
  std::vector<BundleEvaluation> said;
  std::vector<std::string> known, heard;
};

TEST_F(Mirror, WhatGoesInComesOut) {
  EXPECT_EQ(import(bundle_bytes(), "state", now), "accepted");
  EXPECT_EQ(received, kExpected);
  EXPECT_EQ(bundle_bytes(), bundle_bytes()) << "the same state makes the same bytes";
  EXPECT_EQ(import(bundle_bytes({"zeta/big/1.0.0.stoa"}), "state", now), "accepted");
  EXPECT_EQ(received["zeta/big/1.0.0.stoa"], std::string(3'000'001, 'z'));
}

TEST_F(Mirror, FactsComeAlong) {
  publish("acme/voice/1.0.0.stoa", std::string(700, 'b'), "yanked");
  write_file(folder / "brought.tar", bundle_bytes());
  const auto root = first_root();
  const auto done = import_bundle(
      folder / "brought.tar", {root, folder / "state"}, now, {.package = [&](const BundlePackage& package) {
        EXPECT_EQ(package.target.facts.at("state"), package.path == "acme/voice/1.0.0.stoa" ? "yanked" : "published");
        return Result<void>();
      }});
  EXPECT_EQ(reason_of(done), "accepted");
}

TEST_F(Mirror, ExportRefusesAndLeavesNothing) {
  const auto reason = [&](const std::vector<std::string>& paths) { return reason_of(write("refused.tar", paths)); };
  EXPECT_EQ(reason({}), "mirror.selection");
  EXPECT_EQ(reason({kPath, kPath}), "mirror.selection");
  EXPECT_EQ(reason({"../x"}), "mirror.selection");
  EXPECT_EQ(reason({"acme/nothing/1.0.0.stoa"}), "target.unknown");
  const auto blob = folder / "blobs" / to_hex(sha256_of("one"));
  write_file(blob, "two");
  EXPECT_EQ(reason({kPath}), "target.digest");
  write_file(blob, "three");
  EXPECT_EQ(reason({kPath}), "target.length");
  fs::remove(blob);
  EXPECT_EQ(reason({kPath}), "file.not_found");
  now += kDay;
  EXPECT_EQ(reason({kSelection[1]}), "metadata.expired");
  for (const auto& entry : fs::directory_iterator(folder.path()))
    EXPECT_EQ(entry.path().filename().string().find("refused"), std::string::npos) << entry.path();
}

TEST_F(Mirror, WhatTheReceiverAnswersEndsTheImport) {
  write_file(folder / "brought.tar", bundle_bytes());
  const auto root = first_root();
  int calls = 0;
  const auto done =
      import_bundle(folder / "brought.tar", {root, folder / "state"}, now, {.package = [&](const BundlePackage&) {
                      ++calls;
                      return failure(Code::resource_exhausted, "blob.quota", "full");
                    }});
  EXPECT_EQ(reason_of(done), "blob.quota");
  EXPECT_EQ(calls, 1);
}

TEST_F(Mirror, ABundleThatChangesWhileItIsHandedOverIsNoticed) {
  write_file(folder / "brought.tar", bundle_bytes({kPath}));
  const auto root = first_root();
  const auto done = import_bundle(
      folder / "brought.tar", {root, folder / "state"}, now, {.package = [&](const BundlePackage& package) {
        std::fstream(folder / "brought.tar", std::ios::in | std::ios::out | std::ios::binary)
            .seekp(static_cast<std::streamoff>(package.offset))
            .write("two", 3);
        return package.read([](std::span<const std::byte>) { return Result<void>(); });
      }});
  EXPECT_EQ(reason_of(done), "target.digest");
}

// A bundle taken apart, to be put together otherwise.
struct Parts {
  struct Part {
    std::string path, bytes;
  };
  std::vector<Part> parts;

  static Parts of(const fs::path& file) {
    Parts out;
    const auto opened = open_regular(file);
    for (const auto& entry :
         read_container(*opened, size_of_file(*opened).value(), {kBundleBytesMax, kBundleEntriesMax}).value())
      out.parts.push_back({entry.path, read_entry(*opened, entry).value()});
    return out;
  }
  std::string& at(std::string_view path) { return std::ranges::find(parts, path, &Part::path)->bytes; }
  std::string& package(std::string_view bytes) { return at(package_entry(sha256_of(bytes))); }
  std::string metadata(std::string_view suffix) const {
    return std::ranges::find_if(parts, [&](const auto& part) { return part.path.ends_with(suffix); })->path;
  }
  void remove(std::string_view path) {
    std::erase_if(parts, [&](const auto& part) { return part.path == path; });
  }
  std::string bytes(const fs::path& scratch) const {
    std::ofstream(scratch, std::ios::binary | std::ios::trunc).flush();
    {
      const File file(::open(scratch.c_str(), O_WRONLY | O_CLOEXEC));
      auto writer = ContainerWriter::create(file).value();
      for (const auto& part : parts) EXPECT_TRUE(writer.add(part.path, part.bytes).has_value());
      EXPECT_TRUE(writer.finish().has_value());
    }
    return file_bytes(scratch);
  }
};

struct DamageRow {
  const char* name;
  const char* reason;
  std::function<void(Parts&)> edit = [](Parts&) {};
  std::function<void(std::string&)> patch = [](std::string&) {};  // of the file's bytes
};

std::function<void(Parts&)> unedited() {
  return [](Parts&) {};
}

TEST_F(Mirror, EachBrokenBundleIsRefusedForItsOwnReason) {
  const auto one = std::string("one"), a = std::string(700, 'a'), b = std::string(700, 'b');
  const DamageRow rows[] = {
      {"nothing", "accepted"},
      // The file.
      {"empty", "mirror.truncated", unedited(), [](auto& f) { f.clear(); }},
      {"cut in the last package", "mirror.truncated", unedited(), [](auto& f) { f.resize(f.size() - 1536); }},
      {"cut in the trailer", "mirror.truncated", unedited(), [](auto& f) { f.resize(f.size() - 1); }},
      {"cut in half", "mirror.truncated", unedited(), [](auto& f) { f.resize(f.size() / 2); }},
      {"with more behind it", "mirror.trailing_bytes", unedited(), [](auto& f) { f.append(512, 'x'); }},
      {"gzip", "mirror.compressed", unedited(), [](auto& f) { f.replace(0, 2, "\x1f\x8b"); }},
      {"text", "mirror.not_an_archive", unedited(), [](auto& f) { f.assign(4096, 'x'); }},
      {"a header with another time", "mirror.damaged_header", unedited(), [](auto& f) { f[512 * 2 + 140] = '7'; }},
      {"padding that is not zero", "mirror.not_canonical", unedited(), [](auto& f) { f[f.size() - 1025] = 'x'; }},
      // The index.
      {"no index", "mirror.index", [](Parts& p) { p.parts.erase(p.parts.begin()); }},
      {"index of another form", "mirror.index",
       [](Parts& p) { p.at(kIndexPath) = R"({"packages":["a"],"stoa_mirror":2})"; }},
      {"index that is no JSON", "mirror.index", [](Parts& p) { p.at(kIndexPath) = "{"; }},
      {"index without packages", "mirror.index", [](Parts& p) { p.at(kIndexPath) = index_json({}); }},
      {"index with numbers", "mirror.index",
       [](Parts& p) { p.at(kIndexPath) = R"({"packages":[1],"stoa_mirror":1})"; }},
      {"index with a package twice", "mirror.index", [](Parts& p) { p.at(kIndexPath) = index_json({kPath, kPath}); }},
      {"index with a path out of the folder", "mirror.index",
       [](Parts& p) { p.at(kIndexPath) = index_json({"../x"}); }},
      {"index that forgets a package", "mirror.unknown_entry",
       [](Parts& p) { p.at(kIndexPath) = index_json({kSelection[0], kSelection[1]}); }},
      {"an entry of another kind", "mirror.unknown_entry", [](Parts& p) { p.parts.push_back({"notes.txt", "x"}); }},
      {"a package nobody named", "mirror.unknown_entry",
       [](Parts& p) { p.parts.push_back({package_entry(sha256_of("x")), "x"}); }},
      // Packages.
      {"a package missing", "mirror.missing", [&](Parts& p) { p.remove(package_entry(sha256_of(a))); }},
      {"two packages swapped", "target.digest", [&](Parts& p) { std::swap(p.package(a), p.package(b)); }},
      {"a package changed in one byte", "target.digest", [&](Parts& p) { p.package(a)[699] = 'c'; }},
      {"a package cut short", "target.length", [&](Parts& p) { p.package(a).pop_back(); }},
      {"a package with more", "target.length", [&](Parts& p) { p.package(one) += "!"; }},
      // Evaluations.
      {"an evaluation under another name", "mirror.evaluation",
       [](Parts& p) { p.parts.push_back({"evaluations/" + to_hex(sha256_of("x")), "y"}); }},
      {"an evaluation that is none", "mirror.evaluation",
       [](Parts& p) { p.parts.push_back({"evaluations/" + to_hex(sha256_of("{}")), "{}"}); }},
      // Metadata.
      {"a bin left out", "metadata.missing", [](Parts& p) { p.remove(p.metadata(".bin-0.json")); }},
      {"no timestamp", "metadata.missing", [](Parts& p) { p.remove("metadata/timestamp.json"); }},
      {"no snapshot", "metadata.missing", [](Parts& p) { p.remove(p.metadata(".snapshot.json")); }},
      {"no targets", "metadata.missing", [](Parts& p) { p.remove(p.metadata(".targets.json")); }},
      {"a timestamp changed in one byte", "metadata.signature",
       [](Parts& p) {
         auto& json = p.at("metadata/timestamp.json");
         json.replace(json.find("\"version\":"), 11, "\"version\":9");
       }},
      {"a snapshot changed in one byte", "metadata.mix",
       [](Parts& p) {
         auto& json = p.at(p.metadata(".snapshot.json"));
         json.replace(json.find("\"version\":"), 11, "\"version\":9");
       }},
      {"metadata that is no JSON", "metadata.json", [](Parts& p) { p.at("metadata/timestamp.json") = "x"; }},
      {"a timestamp that is too long", "metadata.length",
       [](Parts& p) { p.at("metadata/timestamp.json").append(kTimestampBytesMax, ' '); }},
  };
  bundle_bytes();
  int number = 0;
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    auto parts = Parts::of(folder / "made.tar");
    row.edit(parts);
    auto bytes = parts.bytes(folder / "scratch.tar");
    row.patch(bytes);
    EXPECT_EQ(import(bytes, "state-" + std::to_string(++number), now), row.reason);
    EXPECT_EQ(received, row.reason == std::string("accepted") ? kExpected : Packages()) << "all or nothing";
  }
  // What is known already is not fetched again; a byte of it that is another is noticed all the same.
  EXPECT_EQ(import(file_bytes(folder / "made.tar"), "state-known", now), "accepted");
  for (const char* role : {".targets.json", ".snapshot.json", ".bin-0.json"}) {
    auto parts = Parts::of(folder / "made.tar");
    auto& json = parts.at(parts.metadata(role));
    json[json.size() / 2] ^= 1;
    EXPECT_EQ(import(parts.bytes(folder / "scratch.tar"), "state-known", now), "metadata.mix") << role;
    EXPECT_EQ(received, Packages()) << role;
  }
}

TEST_F(Mirror, ABundleOfAnotherRepositoryIsRefused) {
  const RoleKeys others;
  auto strange = TufRepository::create(folder / "strange", others.rules(), 16, {}, others.all(), now);
  const TargetChange change{kPath, target_of("one")};
  ASSERT_EQ(reason_of(strange->publish({&change, 1}, others.online(), now)), "accepted");
  const std::string root = file_bytes(folder / "strange" / "1.root.json");
  const std::vector<std::string> paths{kPath};
  const auto made = export_bundle(
      folder / "strange.tar",
      {.first_root = root, .fetch = fetch_from(folder / "strange"), .target_paths = paths, .open = blobs()}, now);
  ASSERT_TRUE(made.has_value()) << made.error().message;
  EXPECT_EQ(import(file_bytes(folder / "strange.tar"), "state", now), "metadata.signature");
}

BundleEvaluation said_of(const std::string& version, const std::string& bytes, const PrivateKey& key) {
  Evaluation evaluation = evaluation_of(labels({{"cat", "cat"}, {"cat", "dog"}}));
  evaluation.version = version;
  evaluation.package_sha256 = sha256_of(bytes);
  return {.envelope = sign_evaluation(evaluation, key),
          .public_key = key.public_key().pem(),
          .said_by = "publisher:acme",
          .is_publishers_key = true};
}

TEST_F(Mirror, WhatWasSaidComesAlongWithItsSignature) {
  const PrivateKey key = PrivateKey::generate(), other = PrivateKey::generate();
  said = {said_of("1.0.0", "one", key), said_of("3.0.0", "of none of these", key)};
  EXPECT_EQ(import(bundle_bytes(), "state", now), "accepted");
  EXPECT_EQ(heard, (std::vector<std::string>{std::string(kPath) + " publisher:acme"}));
  said = {said_of("1.0.0", "one", key)};
  said[0].public_key = other.public_key().pem();
  EXPECT_EQ(reason_of(write("made.tar", kSelection)), "signature.unknown_key");
  // As somebody would put them in who makes the bundle himself.
  const auto with = [&](const BundleEvaluation& evaluation) {
    said.clear();
    bundle_bytes();
    auto parts = Parts::of(folder / "made.tar");
    const std::string json = evaluation_json(evaluation);
    parts.parts.push_back({std::string(kEvaluationsFolder) + to_hex(sha256_of(json)), json});
    return import(parts.bytes(folder / "scratch.tar"), "state", now);
  };
  BundleEvaluation forged = said_of("1.0.0", "one", key);
  EXPECT_EQ(with(forged), "accepted");
  forged.public_key = other.public_key().pem();
  EXPECT_EQ(with(forged), "signature.unknown_key");
  EXPECT_EQ(with(said_of("3.0.0", "of none of these", key)), "mirror.evaluation");
  EXPECT_EQ(with(said_of("1.1.0", "one", key)), "mirror.evaluation") << "the version is another package's";
  EXPECT_TRUE(received.empty()) << "all or nothing";
}

TEST_F(Mirror, WhatWasRevokedSinceIsHeardWhateverTheBundleHolds) {
  known = {kPath, "acme/voice/1.0.0.stoa", "acme/vision/7.0.0.stoa"};
  EXPECT_EQ(import(bundle_bytes(), "state", now), "accepted");
  EXPECT_EQ(heard, (std::vector<std::string>{std::string(kPath) + " published", "acme/voice/1.0.0.stoa published",
                                             "acme/vision/7.0.0.stoa ?"}));
  publish("acme/voice/1.0.0.stoa", std::string(700, 'b'), "revoked");
  EXPECT_EQ(import(bundle_bytes({"zeta/big/1.0.0.stoa"}), "state", now), "accepted");
  EXPECT_EQ(heard[1], "acme/voice/1.0.0.stoa revoked");
}

TEST_F(Mirror, AnOlderBundleAfterANewerOneIsRefused) {
  const auto older = bundle_bytes();
  publish("acme/vision/2.0.0.stoa", "two");
  const auto newer = bundle_bytes();
  EXPECT_EQ(import(older, "state", now), "accepted");
  EXPECT_EQ(import(newer, "state", now), "accepted");
  EXPECT_EQ(import(older, "state", now), "metadata.rollback");
  EXPECT_EQ(import(newer, "state", now), "accepted");
}

TEST_F(Mirror, ABundleMayTravelForThirtyDays) {
  const auto bundle = bundle_bytes();
  const auto expires = repository.timestamp().expires;
  EXPECT_EQ(import(bundle, "in-time", expires + std::chrono::days(30) - std::chrono::seconds(1)), "accepted");
  EXPECT_EQ(import(bundle, "late", expires + std::chrono::days(30)), "metadata.expired");
}

TEST_F(Mirror, AnImporterFollowsARotationOfTheRoot) {
  EXPECT_EQ(import(bundle_bytes(), "state", now), "accepted");
  const auto old_root = std::exchange(keys.root, {});
  for (int i = 0; i < 3; ++i) keys.root.push_back(PrivateKey::generate());
  auto signers = keys.all();
  for (const auto& key : old_root) signers.push_back(&key);
  ASSERT_EQ(reason_of(repository.rotate({.root = RoleKeys::rule(keys.root, 2)}, signers, now)), "accepted");
  publish("acme/vision/2.0.0.stoa", "two");
  EXPECT_EQ(import(bundle_bytes(), "state", now), "accepted");
  EXPECT_EQ(received, kExpected);
  EXPECT_EQ(import(bundle_bytes(), "fresh", now), "accepted");
}

// Wherever one byte is another: refused, or the very same packages (a signature beyond the threshold may be broken).
TEST_F(Mirror, NoChangedByteChangesAPackage) {
  const auto bundle = bundle_bytes();
  std::size_t refused = 0, tried = 0;
  for (std::size_t at = 7; at < bundle.size(); at += bundle.size() / 150) {
    auto changed = bundle;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    const auto reason = import(changed, "state-" + std::to_string(++tried), now);
    if (reason != "accepted") ++refused;
    EXPECT_EQ(received, reason == "accepted" ? kExpected : Packages()) << "byte " << at << ": " << reason;
  }
  EXPECT_GT(refused, tried * 3 / 4);
}

}  // namespace
}  // namespace stoa::registry
