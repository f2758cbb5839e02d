// collection_test.cpp: what is collected and what is not, and what a check finds and puts in order.
// SPDX-License-Identifier: Apache-2.0
#include "registry/blobs/collection.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "registry/blobs/test_store.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr UploadPolicy kCollected{.idle_ns_max = 1000};
constexpr UploadQuota kRoomy{.bytes_max = 1'000'000, .stored_bytes = 0, .uploads_max = 100};

struct AgeRow {
  const char* name;
  std::int64_t stored_ns, renewed_ns;
  bool is_live;
  bool is_removed;
};

// At 1000 with a grace of 100.
TEST(Collection, RemovesWhatIsNeitherLiveNorYoung) {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min() / 2;
  const AgeRow rows[] = {
      {"old", 899, 0, false, true},
      {"as old as the grace", 900, 0, false, false},
      {"young", 950, 0, false, false},
      {"from the future", 5000, 0, false, false},
      {"ancient", kMin, 0, false, true},
      {"old, live", 899, 0, true, false},
      {"young, live", 950, 0, true, false},
      {"old, renewed", 10, 950, false, false},
      {"old, renewed long ago", 10, 20, false, true},
  };
  for (const bool is_dry_run : {true, false}) {
    TestStore store;
    const Uploads uploads(*store, kCollected);
    std::set<Sha256> live, removed;
    for (const auto& row : rows) {
      const auto blob = store->put(bytes_of(row.name), row.stored_ns).value();
      if (row.renewed_ns != 0) ASSERT_TRUE(store->renew(blob.digest, row.renewed_ns).has_value());
      if (row.is_live) live.insert(blob.digest);
      if (row.is_removed) removed.insert(blob.digest);
    }
    live.insert(sha256_of("live, but not there"));
    const auto collection = collect(*store, uploads, {live, 1000, 100, is_dry_run}).value();
    EXPECT_TRUE(std::ranges::equal(collection.removed, removed, {}, &Blob::digest));
    EXPECT_EQ(collection.bytes, std::string("oldancientold, renewed long ago").size());
    EXPECT_EQ(collection.kept_live, 2u);
    EXPECT_EQ(collection.kept_young, 4u);
    for (const auto& row : rows)
      EXPECT_EQ(reason_of(store->verify(sha256_of(row.name))), row.is_removed && !is_dry_run ? "blob.not_found" : "")
          << row.name;
  }
}

TEST(Collection, LeavesWhatIsInUse) {
  TestStore store;
  Uploads uploads(*store, kCollected);
  const auto blob = store->put(bytes_of("read"), 1).value();
  auto reader = store->read(blob.digest).value();
  auto writer = store->begin_put().value();
  ASSERT_TRUE(writer.write(bytes_of("written")).has_value());
  const auto upload = uploads.begin({"acme", 3, {}}, kRoomy, 1).value();
  const auto appending = store->uploads().open(upload.id.text() + ".bytes", StoreFolder::Access::read).value();
  ASSERT_TRUE(try_lock_exclusive(appending).value());

  const auto collection = collect(*store, uploads, {{}, 9999, 0, false}).value();
  EXPECT_EQ(collection.kept_in_use, 1u);
  EXPECT_TRUE(collection.removed.empty() && collection.expired.empty() && collection.leftovers.empty());
  EXPECT_EQ(reader.next().value().size(), 4u);
  EXPECT_EQ(writer.finish(std::nullopt, 1).value().digest, sha256_of("written"));
}

TEST(Collection, RemovesWhatDeadProcessesLeft) {
  TestStore store;
  Uploads uploads(*store, kCollected);
  const auto id = UploadId::generate().value().text();
  write_file(store.root() / "staging" / id, "12345");
  write_file(store.root() / "uploads" / (id + ".bytes"), "1234");
  write_file(store.root() / "uploads" / (id + ".new"), "123");
  write_file(store.root() / "uploads/no upload", "12");
  ASSERT_TRUE(uploads.begin({"acme", 3, {}}, kRoomy, 8000).has_value());
  write_file(store.root() / "uploads" / (id + ".bytes"), "1234");  // begin() has swept them
  write_file(store.root() / "uploads" / (id + ".new"), "123");
  const auto expected = std::vector{"uploads/" + id + ".bytes", "uploads/" + id + ".new", "staging/" + id};
  for (const bool is_dry_run : {true, false}) {
    const auto collection = collect(*store, uploads, {{}, 9000, 0, is_dry_run}).value();
    EXPECT_EQ(collection.leftovers, expected);
    EXPECT_EQ(collection.bytes, 12u);
    EXPECT_EQ(collection.expired.size(), 0u);
    EXPECT_EQ(leftovers_in(store), is_dry_run ? 6u : 3u) << "an upload of two files, and a stray, which is not ours";
  }
}

struct FindingRow {
  const char* name;
  std::function<void(const TestStore& store, const fs::path& blob)> spoil;
  BlobFinding::Kind kind;
};

TEST(BlobCheck, FindsAndPutsInOrder) {
  using Kind = BlobFinding::Kind;
  const std::string id(32, 'a');
  const FindingRow rows[] = {
      {"flipped", [](auto&, auto& blob) { flip_byte(blob, 2); }, Kind::damaged},
      {"cut", [](auto&, auto& blob) { resize(blob, 2); }, Kind::damaged},
      {"emptied", [](auto&, auto& blob) { resize(blob, 0); }, Kind::damaged},
      {"a link",
       [](auto& store, auto& blob) {
         fs::rename(blob, store.folder / "x"), fs::create_symlink(store.folder / "x", blob);
       },
       Kind::stray},
      {"a folder", [](auto&, auto& blob) { fs::remove(blob), fs::create_directory(blob); }, Kind::stray},
      {"a fifo", [](auto&, auto& blob) { fs::remove(blob), ::mkfifo(blob.c_str(), 0600); }, Kind::stray},
      {"another name", [](auto&, auto& blob) { fs::rename(blob, blob.parent_path() / "name"); }, Kind::stray},
      {"another folder", [](auto& store, auto& blob) { fs::rename(blob, store.root() / "blobs/00" / blob.filename()); },
       Kind::stray},
      {"not in a folder", [](auto& store, auto& blob) { fs::rename(blob, store.root() / "blobs" / blob.filename()); },
       Kind::stray},
      {"its folder is a link",
       [](auto& store, auto& blob) {
         fs::rename(blob.parent_path(), store.folder / "x"), fs::create_symlink(store.folder / "x", blob.parent_path());
       },
       Kind::stray},
      {"its folder is a file",
       [](auto&, auto& blob) { fs::remove_all(blob.parent_path()), write_file(blob.parent_path(), "x"); }, Kind::stray},
      {"a folder of another kind",
       [](auto& store, auto& blob) { fs::remove(blob), write_file(store.root() / "blobs/zz/file", "x"); }, Kind::stray},
      {"a dead put", [&](auto& store, auto& blob) { fs::remove(blob), write_file(store.root() / "staging/x", "x"); },
       Kind::leftover},
      {"a link in staging",
       [&](auto& store, auto& blob) {
         fs::rename(blob, store.folder / "x"), fs::create_symlink(store.folder / "x", store.root() / "staging/x");
       },
       Kind::stray},
      {"a dead begin", [&](auto& store, auto& blob) { fs::rename(blob, store.root() / "uploads" / (id + ".bytes")); },
       Kind::leftover},
      {"half-written terms",
       [&](auto& store, auto& blob) { fs::rename(blob, store.root() / "uploads" / (id + ".new")); }, Kind::leftover},
      {"damaged terms", [&](auto& store, auto& blob) { fs::rename(blob, store.root() / "uploads" / (id + ".terms")); },
       Kind::stray},
      {"no upload", [&](auto& store, auto& blob) { fs::rename(blob, store.root() / "uploads/x"); }, Kind::stray},
      {"bytes that are a folder",
       [&](auto& store, auto& blob) {
         fs::remove(blob), fs::create_directory(store.root() / "uploads" / (id + ".bytes"));
       },
       Kind::leftover},
  };
  for (const auto& row : rows) {
    TestStore store;
    Uploads uploads(*store, kCollected);
    const auto blob = store->put(bytes_of("some bytes"), 1).value(), sound = store->put(bytes_of("sound"), 1).value();
    ASSERT_NE(blob.digest[0], sound.digest[0]);
    EXPECT_EQ(check_blobs(*store, uploads, {9999, true}).value().findings.size(), 0u);
    row.spoil(store, store.file_of(blob.digest));
    for (const bool is_fix : {false, true}) {
      const auto check = check_blobs(*store, uploads, {9999, is_fix});
      ASSERT_TRUE(check.has_value()) << row.name << check.error().message;
      EXPECT_EQ(check->blobs, 1u) << row.name;
      EXPECT_EQ(check->bytes, 5u) << row.name;
      ASSERT_EQ(check->findings.size(), 1u) << row.name << is_fix;
      if (std::string(row.name) != "bytes that are a folder" || !is_fix)
        EXPECT_EQ(check->findings[0].kind, row.kind) << row.name;
      EXPECT_EQ(check->findings[0].is_fixed, is_fix) << row.name;
    }
    EXPECT_EQ(check_blobs(*store, uploads, {9999, false}).value().findings.size(), 0u) << row.name;
    const auto moved = std::distance(fs::directory_iterator(store.root() / "damaged"), fs::directory_iterator());
    EXPECT_EQ(moved, row.kind == Kind::leftover && std::string(row.name) != "bytes that are a folder" ? 0 : 1)
        << row.name;
    ASSERT_TRUE(store->put(bytes_of("some bytes"), 2).has_value()) << row.name;
    EXPECT_EQ(check_blobs(*store, uploads, {9999, false}).value().blobs, 2u) << row.name;
  }
}

TEST(BlobCheck, KeepsEveryDamagedVersion) {
  TestStore store;
  Uploads uploads(*store, kCollected);
  for (int i = 0; i < 3; ++i) {
    const auto blob = store->put(bytes_of("some bytes"), 1).value();
    flip_byte(store.file_of(blob.digest), static_cast<std::uint64_t>(i));
    EXPECT_EQ(check_blobs(*store, uploads, {1, true}).value().findings.size(), 1u);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(store.root() / "damaged"), fs::directory_iterator()), 3);
}

// One thread publishes and notes what it published, as a catalogue does; the other collects with what is noted. Nothing
// that was noted may be missing.
TEST(Collection, RacesWithPublishing) {
  TestStore store;
  Uploads uploads(*store, kCollected);
  std::atomic<std::int64_t> now_ns{1000};
  std::mutex mutex;
  std::set<Sha256> live;  // Lock: mutex
  std::atomic<bool> is_over{false};
  std::atomic<int> wrong{0};
  std::thread publisher([&] {
    for (unsigned i = 0; i < 150; ++i) {
      const auto text = std::to_string(i % 10);
      const auto published_ns = ++now_ns;
      // Every other time what was put before is used again, if it is still there.
      const auto blob =
          i % 20 < 10 ? store->put(bytes_of(text), published_ns) : store->renew(sha256_of(text), published_ns);
      if (!blob) continue;
      const std::lock_guard lock(mutex);
      live.insert(blob->digest);
      if (i % 3 == 0) live.erase(live.begin());
      for (const auto& digest : live)
        if (!store->find(digest)) ++wrong;
    }
    is_over = true;
  });
  while (!is_over) {
    std::set<Sha256> seen;
    const auto seen_ns = now_ns.load();
    {
      const std::lock_guard lock(mutex);
      seen = live;
    }
    const auto collection = collect(*store, uploads, {seen, seen_ns, 2, false});
    if (!collection) ++wrong;
  }
  publisher.join();
  EXPECT_EQ(wrong, 0);
  for (const auto& digest : live) EXPECT_TRUE(store->verify(digest).has_value());
  EXPECT_EQ(check_blobs(*store, uploads, {1, false}).value().findings.size(), 0u);
}

}  // namespace
}  // namespace stoa::registry
