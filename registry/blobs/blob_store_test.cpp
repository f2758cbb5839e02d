// blob_store_test.cpp: putting, reading, ranges, damage, links.
// SPDX-License-Identifier: Apache-2.0
#include "registry/blobs/blob_store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "registry/blobs/test_store.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kChunk = BlobReader::kChunkBytes;

TEST(BlobStore, GivesBackWhatWasPut) {
  TestStore store;
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{4096}, kChunk - 1, kChunk, kChunk + 1,
                                 3 * kChunk, 5 * kChunk + 17}) {
    const auto text = random_bytes(size, static_cast<unsigned>(size));
    const auto blob = store->put(bytes_of(text), 7);
    ASSERT_TRUE(blob.has_value()) << blob.error().message;
    EXPECT_EQ(blob->digest, sha256_of(text));
    EXPECT_EQ(blob->size, size);
    EXPECT_EQ(store->find(blob->digest).value().stored_ns, 7);
    store.reopen();
    EXPECT_TRUE(read_all(store->read(blob->digest)) == text) << size;
    EXPECT_EQ(store->verify(blob->digest).value().size, size);
    EXPECT_EQ(fs::status(store.file_of(blob->digest)).permissions(), fs::perms(0444));
  }
  EXPECT_EQ(leftovers_in(store), 0u);
}

TEST(BlobStore, FileStreamAndBytesAreOneBlob) {
  TestStore store;
  const auto text = random_bytes(3 * kChunk + 5, 1);
  write_file(store.folder / "source", text);
  const auto from_file = store->put_file(store.folder / "source", 1).value();
  EXPECT_EQ(store->put(bytes_of(text), 2).value().digest, from_file.digest);
  auto writer = store->begin_put().value();
  for (std::size_t done = 0; done < text.size(); done += 100'003)
    ASSERT_TRUE(writer.write(bytes_of(std::string_view(text).substr(done, 100'003))).has_value());
  EXPECT_EQ(writer.finish(from_file.digest, 3).value().digest, from_file.digest);
  ASSERT_EQ(store->list().value().size(), 1u);
  EXPECT_EQ(store->list().value().front().stored_ns, 3) << "put again, it is new again";
  EXPECT_EQ(leftovers_in(store), 0u);
}

TEST(BlobStore, WhatIsNotFinishedLeavesNothing) {
  TestStore store;
  {
    auto writer = store->begin_put().value();
    ASSERT_TRUE(writer.write(bytes_of("abc")).has_value());
    EXPECT_EQ(leftovers_in(store), 1u);
  }
  {
    auto writer = store->begin_put().value();
    ASSERT_TRUE(writer.write(bytes_of("abc")).has_value());
    EXPECT_EQ(reason_of(writer.finish(sha256_of("abd"), 1)), "blob.digest_mismatch");
  }
  EXPECT_EQ(leftovers_in(store), 0u);
  EXPECT_TRUE(store->list().value().empty());
}

TEST(BlobStore, ListsInTheOrderOfDigestsAndRemoves) {
  TestStore store;
  std::set<Sha256> expected;
  for (unsigned i = 0; i < 300; ++i) expected.insert(store->put(bytes_of(std::to_string(i)), i).value().digest);
  const auto blobs = store->list().value();
  ASSERT_EQ(blobs.size(), expected.size());
  EXPECT_TRUE(std::ranges::equal(blobs, expected, {}, &Blob::digest));
  const auto gone = *expected.begin();
  ASSERT_TRUE(store->remove(gone).has_value());
  EXPECT_EQ(reason_of(store->remove(gone)), "blob.not_found");
  EXPECT_EQ(reason_of(store->find(gone)), "blob.not_found");
  EXPECT_EQ(reason_of(store->read(gone)), "blob.not_found");
  EXPECT_EQ(reason_of(store->renew(gone, 1)), "blob.not_found");
  EXPECT_EQ(reason_of(store->verify(gone)), "blob.not_found");
  EXPECT_EQ(store->list().value().size(), 299u);
}

TEST(BlobStore, ABlobThatIsReadIsNotRemoved) {
  TestStore store;
  const auto blob = store->put(bytes_of("abc"), 1).value();
  {
    const auto reader = store->read(blob.digest);
    ASSERT_TRUE(reader.has_value());
    EXPECT_EQ(reason_of(store->remove(blob.digest)), "blob.in_use");
    EXPECT_FALSE(store->remove_if_before(blob.digest, 100).value());
  }
  EXPECT_FALSE(store->remove_if_before(blob.digest, 1).value()) << "not older than that";
  ASSERT_TRUE(store->renew(blob.digest, 50).has_value());
  EXPECT_FALSE(store->remove_if_before(blob.digest, 50).value());
  EXPECT_TRUE(store->remove_if_before(blob.digest, 51).value());
}

struct RangeRow {
  std::uint64_t offset, bytes;
  const char* reason = "";
};

TEST(BlobRanges, AreTheBytesOfTheBlobOrRefused) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  constexpr std::uint64_t kSize = 5 * kChunk + 100;
  const RangeRow rows[] = {
      {0, 1},
      {0, kChunk},
      {1, kChunk},
      {kChunk, kChunk},
      {kChunk - 1, 2},
      {kChunk / 2, 3 * kChunk},
      {kSize - 1, 1},
      {kSize, 0},
      {0, 0},
      {kChunk, 0},
      {100, kSize - 100},
      {0, kSize},
      {0, kSize + 1, "blob.range"},
      {kSize, 1, "blob.range"},
      {kSize + 1, 0, "blob.range"},
      {1, kMax, "blob.range"},
      {kMax, 1, "blob.range"},
      {kMax, kMax, "blob.range"},
  };
  TestStore store;
  const auto text = random_bytes(kSize, 2);
  const auto blob = store->put(bytes_of(text), 1).value();
  for (const auto& row : rows) {
    for (const bool is_first : {true, false}) {
      if (is_first) store.reopen();
      const auto read = read_all(store->read(blob.digest, {row.offset, row.bytes}));
      ASSERT_EQ(reason_of(read), row.reason) << row.offset << "+" << row.bytes;
      if (read) EXPECT_TRUE(*read == text.substr(row.offset, row.bytes)) << row.offset << "+" << row.bytes;
    }
  }
}

TEST(BlobRanges, ManyAtOnceShareOnePass) {
  TestStore store;
  const auto text = random_bytes(8 * kChunk, 3);
  const auto blob = store->put(bytes_of(text), 1).value();
  std::vector<std::thread> readers;
  std::array<bool, 8> are_right{};
  for (std::size_t i = 0; i < are_right.size(); ++i)
    readers.emplace_back([&, i] {
      const auto read = read_all(store->read(blob.digest, {i * kChunk, kChunk}));
      are_right[i] = read && *read == text.substr(i * kChunk, kChunk);
    });
  for (auto& reader : readers) reader.join();
  EXPECT_TRUE(std::ranges::all_of(are_right, std::identity()));
}

// Every byte of a small blob and some of a large one, before and after the store has read it.
TEST(DamagedBlob, IsNeverDeliveredWhole) {
  for (const std::size_t size : {std::size_t{40}, 5 * kChunk + 9}) {
    const auto text = random_bytes(size, 4);
    const std::size_t step = size < 100 ? 1 : kChunk / 2 + 7;
    TestStore store;
    for (std::size_t at = 0; at < size; at += step) {
      for (const bool was_read : {false, true}) {
        store.reopen();
        const auto blob = store->put(bytes_of(text), 1).value();
        if (was_read) ASSERT_TRUE(read_all(store->read(blob.digest, {1, 5})).has_value());
        flip_byte(store.file_of(blob.digest), at);
        EXPECT_EQ(reason_of(read_all(store->read(blob.digest))), "blob.damaged") << at;
        EXPECT_EQ(reason_of(store->verify(blob.digest)), "blob.damaged") << at;
        EXPECT_EQ(reason_of(read_all(store->read(blob.digest, {at, 1}))), "blob.damaged") << at;
        ASSERT_TRUE(store->put(bytes_of(text), 2).has_value());
        EXPECT_TRUE(read_all(store->read(blob.digest)) == text) << "the next put heals it";
      }
    }
  }
}

TEST(DamagedBlob, KeepsGivingItsError) {
  TestStore store;
  const auto blob = store->put(bytes_of(random_bytes(3 * kChunk, 5)), 1).value();
  flip_byte(store.file_of(blob.digest), 2 * kChunk + 1);
  auto reader = store->read(blob.digest).value();
  EXPECT_EQ(reader.next().value().size(), kChunk);
  EXPECT_EQ(reader.next().value().size(), kChunk);
  EXPECT_EQ(reason_of(reader.next()), "blob.damaged");
  EXPECT_EQ(reason_of(reader.next()), "blob.damaged");
}

TEST(DamagedBlob, OneThatChangesWhileItIsReadIsNoticed) {
  TestStore store;
  const auto text = random_bytes(4 * kChunk, 6);
  const auto blob = store->put(bytes_of(text), 1).value();
  for (const bool was_read : {false, true}) {
    if (was_read) ASSERT_TRUE(read_all(store->read(blob.digest, {1, 5})).has_value());
    auto reader = store->read(blob.digest).value();
    ASSERT_TRUE(reader.next().has_value());
    flip_byte(store.file_of(blob.digest), 3 * kChunk);
    ASSERT_TRUE(reader.next().has_value());
    ASSERT_TRUE(reader.next().has_value());
    EXPECT_EQ(reason_of(reader.next()), "blob.damaged");
    flip_byte(store.file_of(blob.digest), 3 * kChunk);
  }
}

struct SpoiltRow {
  const char* name;
  std::function<void(const fs::path& mine, const fs::path& other)> spoil;
  const char* read;      // the reason of every read
  const char* put = "";  // and of putting it again
};

void make_fifo(const fs::path& path) {
  fs::remove(path);
  ::mkfifo(path.c_str(), 0600);
}

TEST(SpoiltStore, IsRefusedForItsOwnReason) {
  const SpoiltRow rows[] = {
      {"swapped", [](auto& mine, auto& other) { fs::rename(other, mine); }, "blob.damaged"},
      {"truncated", [](auto& mine, auto&) { resize(mine, fs::file_size(mine) - 1); }, "blob.damaged"},
      {"cut in the middle", [](auto& mine, auto&) { resize(mine, 3); }, "blob.damaged"},
      {"longer", [](auto& mine, auto&) { resize(mine, fs::file_size(mine) + 1); }, "blob.damaged"},
      {"8 GiB of holes", [](auto& mine, auto&) { resize(mine, std::uintmax_t{8} << 10); }, "blob.damaged"},
      {"removed", [](auto& mine, auto&) { fs::remove(mine); }, "blob.not_found"},
      {"a link to the same bytes",
       [](auto& mine, auto& other) { fs::rename(mine, other), fs::create_symlink(other, mine); }, "file.not_regular"},
      {"a link to nothing", [](auto& mine, auto&) { fs::remove(mine), fs::create_symlink("/nowhere", mine); },
       "file.not_regular"},
      {"a link to itself", [](auto& mine, auto&) { fs::remove(mine), fs::create_symlink(mine, mine); },
       "file.not_regular"},
      {"a fifo", [](auto& mine, auto&) { make_fifo(mine); }, "file.not_regular"},
      {"a folder", [](auto& mine, auto&) { fs::remove(mine), fs::create_directory(mine); }, "file.not_regular",
       "file.io"},
      {"its folder is a link",
       [](auto& mine, auto& other) {
         const auto folder = mine.parent_path();
         fs::rename(folder, other.parent_path() / "moved");
         fs::create_directory_symlink(other.parent_path() / "moved", folder);
       },
       "file.not_folder", "file.not_folder"},
      {"its folder is a file",
       [](auto& mine, auto&) { fs::remove_all(mine.parent_path()), write_file(mine.parent_path(), "x"); },
       "file.not_folder", "file.not_folder"},
      {"its folder is gone", [](auto& mine, auto&) { fs::remove_all(mine.parent_path()); }, "file.not_found",
       "file.not_found"},
  };
  for (const auto& row : rows) {
    TestStore store;
    const auto mine = store->put(bytes_of("mine"), 1).value(), other = store->put(bytes_of("other"), 1).value();
    row.spoil(store.file_of(mine.digest), store.file_of(other.digest));
    for (const bool is_again : {false, true}) {
      EXPECT_EQ(reason_of(read_all(store->read(mine.digest))), row.read) << row.name;
      EXPECT_EQ(reason_of(read_all(store->read(mine.digest, {1, 2}))), row.read) << row.name;
      EXPECT_EQ(reason_of(store->verify(mine.digest)), row.read) << row.name;
      if (!is_again) EXPECT_EQ(reason_of(store->put(bytes_of("mine"), 2)), row.put) << row.name;
      if (*row.put == '\0') break;
    }
    if (*row.put == '\0') EXPECT_EQ(read_all(store->read(mine.digest)), "mine") << row.name;
    EXPECT_EQ(std::distance(fs::directory_iterator(store.root() / "staging"), fs::directory_iterator()), 0) << row.name;
  }
}

TEST(SpoiltStore, RootsThatAreNoneAreRefused) {
  const TestFolder folder;
  write_file(folder / "file", "x");
  EXPECT_EQ(reason_of(BlobStore::open(folder / "file")), "file.not_found");
  fs::create_directories(folder / "store");
  fs::create_directory_symlink(folder / "elsewhere", folder / "store/staging");
  EXPECT_EQ(reason_of(BlobStore::open(folder / "store")), "file.not_folder");
  EXPECT_FALSE(fs::exists(folder / "elsewhere"));
}

TEST(BlobStore, AnAbsentSourceIsAnError) {
  TestStore store;
  EXPECT_EQ(reason_of(store->put_file(store.folder / "none", 1)), "file.not_found");
  EXPECT_EQ(reason_of(store->put_file(store.folder.path(), 1)), "file.not_regular");
  EXPECT_EQ(leftovers_in(store), 0u);
}

// Readers, putters and one who removes, all on the same few blobs: whoever gets bytes gets the right ones.
TEST(BlobStore, ThreadsDoNotDisturbEachOther) {
  TestStore store;
  std::array<std::string, 3> texts;
  for (unsigned i = 0; i < texts.size(); ++i) texts[i] = random_bytes(70'000 + i, i);
  std::atomic<int> wrong{0};
  std::atomic<bool> is_over{false};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 2; ++t)
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < 60; ++i)
        if (!store->put(bytes_of(texts[(i + t) % texts.size()]), 1)) ++wrong;
      is_over = true;
    });
  threads.emplace_back([&] {
    for (unsigned i = 0; !is_over; ++i) {
      const auto read = read_all(store->read(sha256_of(texts[i % texts.size()])));
      if (read ? *read != texts[i % texts.size()] : read.error().reason != "blob.not_found") ++wrong;
    }
  });
  threads.emplace_back([&] {
    for (unsigned i = 0; !is_over; ++i) {
      const auto removed = store->remove(sha256_of(texts[i % texts.size()]));
      if (!removed && removed.error().reason != "blob.not_found" && removed.error().reason != "blob.in_use") ++wrong;
    }
  });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(leftovers_in(store), 0u);
}

}  // namespace
}  // namespace stoa::registry
