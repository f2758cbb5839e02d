// test_store.hpp: what the tests of this module share: a store that goes away, its bytes, and ways to spoil them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <memory>
#include <random>
#include <span>
#include <string>

#include "registry/blobs/blob_store.hpp"
#include "registry/package/test_package.hpp"

namespace stoa::registry {

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// The same for the same seed.
inline std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (std::size_t at = 0; at < size; at += 8) {
    const auto word = random();
    std::memcpy(bytes.data() + at, &word, std::min<std::size_t>(8, size - at));
  }
  return bytes;
}

class TestStore {
 public:
  TestStore() { reopen(); }
  // What a restart of the process does to everything kept in memory.
  void reopen() {
    auto opened = BlobStore::open(root());
    EXPECT_TRUE(opened.has_value()) << opened.error().message;
    store_ = std::move(opened).value();
  }
  const BlobStore* operator->() const { return store_.get(); }
  const BlobStore& operator*() const { return *store_; }
  std::filesystem::path root() const { return folder / "store"; }
  std::filesystem::path file_of(const Sha256& digest) const {
    const auto name = to_hex(digest);
    return root() / "blobs" / name.substr(0, 2) / name;
  }

  TestFolder folder;

 private:
  std::unique_ptr<BlobStore> store_;
};

inline Result<std::string> read_all(Result<BlobReader> reader) {
  std::string text;
  while (reader) {
    const auto bytes = reader->next();
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) return text;
    text.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
  return std::unexpected(reader.error());
}

template <class T>
std::string reason_of(const Result<T>& result) {
  return result ? std::string() : result.error().reason;
}

// The files below the root but blobs under their own names.
inline std::size_t leftovers_in(const TestStore& store) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(store.root()))
    if (!entry.is_directory() && entry.path().parent_path().parent_path().filename() != "blobs") ++count;
  return count;
}

// Cut or made longer, and one byte changed, without the means of the store.
inline void resize(const std::filesystem::path& file, std::uint64_t size) {
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  std::filesystem::resize_file(file, size);
}

inline void flip_byte(const std::filesystem::path& file, std::uint64_t offset) {
  std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  const auto byte = static_cast<char>(stream.get() ^ 1);
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.put(byte);
}

}  // namespace stoa::registry
