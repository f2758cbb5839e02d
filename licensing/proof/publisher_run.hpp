// publisher_run.hpp: of a stretch of entries, whose they are and what was owed after each; in memory and as a file.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "licensing/money/amount.hpp"
#include "registry/document/digest.hpp"
#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// One entry that a publisher may see.
struct PublisherRow {
  std::uint64_t number = 0;
  Nano total = 0;  // owed in the entry's currency, after it
  friend bool operator==(const PublisherRow&, const PublisherRow&) = default;
};

// What is known of a publisher at the end of a stretch.
struct PublisherState {
  std::string name;
  std::uint64_t before = 0;  // its rows in earlier stretches
  std::map<Currency, Nano> owed = {};
};

struct PublisherRun {
  struct Publisher : PublisherState {
    std::vector<PublisherRow> rows = {};
  };
  std::uint64_t first = 0;
  std::vector<Publisher> publishers = {};  // all that had an entry by its end, in the order of their first; [0] nobody
  std::vector<std::uint32_t> owners = {};  // of each entry, a place in publishers
  std::uint64_t end() const { return first + owners.size(); }
};

// What stands at the front of its file: enough to find a row, and to go on from its end.
struct PublisherRunHead {
  struct Publisher : PublisherState {
    std::uint64_t rows = 0;
    registry::Sha256 digest = {};  // of its rows as they are written
  };
  std::uint64_t first = 0, entries = 0;
  registry::Sha256 root = {};  // of the log with so many entries as its end: what it was made from
  registry::Sha256 owners = {};
  std::vector<Publisher> publishers = {};
  std::uint64_t end() const { return first + entries; }
};

PublisherRunHead head_of(const PublisherRun& run);  // without root and digests

// Appears whole. Errors: file.*.
Result<void> write_run(const std::filesystem::path& file, const PublisherRun& run, const registry::Sha256& root);

// A run on the disk, read piece by piece; each piece is checked. Thread: any.
class PublisherRunFile {
 public:
  // Errors: file.*; data_loss "publishers.broken".
  static Result<PublisherRunFile> open(const std::filesystem::path& file);
  const PublisherRunHead& head() const { return head_; }
  // All of one publisher, which has some. Errors: file.*; data_loss "publishers.broken".
  Result<std::vector<PublisherRow>> rows(std::size_t place) const;
  Result<std::vector<std::uint32_t>> owners() const;

 private:
  PublisherRunFile(std::filesystem::path path, registry::File file, PublisherRunHead head, std::uint64_t body)
      : path_(std::move(path)), file_(std::move(file)), head_(std::move(head)), body_(body) {}
  Result<std::string> piece(std::uint64_t offset, std::uint64_t size, const registry::Sha256& digest) const;

  std::filesystem::path path_;
  registry::File file_;
  PublisherRunHead head_;
  std::uint64_t body_;  // where it begins
};

}  // namespace stoa::licensing
