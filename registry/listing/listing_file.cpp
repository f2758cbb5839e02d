// listing_file.cpp: values one after another, texts and lists with their length in front.
// SPDX-License-Identifier: Apache-2.0
#include "registry/listing/listing_file.hpp"

#include <algorithm>
#include <concepts>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "registry/document/file.hpp"
#include "registry/document/staging.hpp"

namespace stoa::registry {
namespace {

constexpr std::uint64_t kFileBytesMax = std::uint64_t{1} << 30;
// What an entry is made of may change with the program, in form or in meaning. Numbers lie as this machine has them.
constexpr std::string_view kForm = "stoa listing " STOA_VERSION " 1\n";

template <class Part>
constexpr bool kIsNumber = std::integral<std::remove_cvref_t<Part>>;

// Calls act with every member of an entry: the one place that knows them. Pre: entry is a SearchEntry.
template <class Entry, class Act>
void for_each_member(Entry& entry, Act&& act) {
  static_assert(
      sizeof(SearchEntry) == 8 * sizeof(std::string) + 4 * sizeof(std::vector<int>) + 4 * sizeof(std::uint64_t),
      "a member that is not written here is lost at a restart");
  act(entry.model), act(entry.plugin), act(entry.task), act(entry.description);
  act(entry.inputs), act(entry.outputs);
  act(entry.licence_code), act(entry.licence_weights);
  act(entry.meters), act(entry.prices);
  act(entry.is_streaming);
  act(entry.release), act(entry.version);
  act(entry.is_deprecated), act(entry.published_ms), act(entry.versions);
}

class Writer {
 public:
  template <class Part>
  void operator()(const Part& part) {
    if constexpr (kIsNumber<Part>) {
      bytes_.append(reinterpret_cast<const char*>(&part), sizeof(part));
    } else if constexpr (std::same_as<Part, PriceDeclaration>) {
      (*this)(part.meter), (*this)(part.currency), (*this)(part.nano), (*this)(part.per);
    } else if constexpr (std::same_as<Part, std::string>) {
      (*this)(std::uint64_t{part.size()});
      bytes_ += part;
    } else {
      (*this)(std::uint64_t{part.size()});
      for (const auto& one : part) (*this)(one);
    }
  }
  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

// Whatever the bytes are, it reads none beyond them: is_good() tells whether they were enough.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  template <class Part>
  void operator()(Part& part) {
    if constexpr (std::same_as<Part, bool>) {
      std::uint8_t byte = 0;
      (*this)(byte);
      part = byte != 0;
    } else if constexpr (kIsNumber<Part>) {
      const std::string_view taken = take(sizeof(part));
      if (is_good_) std::memcpy(&part, taken.data(), sizeof(part));
    } else if constexpr (std::same_as<Part, PriceDeclaration>) {
      (*this)(part.meter), (*this)(part.currency), (*this)(part.nano), (*this)(part.per);
    } else if constexpr (std::same_as<Part, std::string>) {
      part = take(length());
    } else {
      for (std::uint64_t left = length(); left > 0 && is_good_; --left) (*this)(part.emplace_back());
    }
  }
  bool is_good() const { return is_good_; }
  bool is_at_end() const { return bytes_.empty(); }

 private:
  std::uint64_t length() {
    std::uint64_t length = 0;
    (*this)(length);
    return length;
  }
  std::string_view take(std::uint64_t count) {
    is_good_ = is_good_ && count <= bytes_.size();
    const std::string_view taken = bytes_.substr(0, is_good_ ? count : 0);
    bytes_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view bytes_;
  bool is_good_ = true;
};

}  // namespace

std::optional<KeptListing> read_listing_file(const std::filesystem::path& file) {
  const auto text = read_small_file(file, kFileBytesMax);
  if (!text || text->size() < kForm.size() + Sha256{}.size() || !text->starts_with(kForm)) return std::nullopt;
  const std::string_view content = std::string_view(*text).substr(0, text->size() - Sha256{}.size());
  const Sha256 digest = sha256_of(content);
  if (std::memcmp(digest.data(), text->data() + content.size(), digest.size()) != 0) return std::nullopt;
  Reader read(content.substr(kForm.size()));
  KeptListing listing;
  read(listing.head.lines);
  for (std::uint8_t& byte : listing.head.sha256) read(byte);
  while (read.is_good() && !read.is_at_end()) {
    auto entry = std::make_shared<SearchEntry>();
    for_each_member(*entry, read);
    listing.entries.push_back(std::move(entry));
  }
  return read.is_good() ? std::optional(std::move(listing)) : std::nullopt;
}

Result<void> keep_listing_file(const std::filesystem::path& file, const KeptListing& listing) {
  Writer write;
  write.bytes() = kForm;
  write(listing.head.lines);
  for (const std::uint8_t byte : listing.head.sha256) write(byte);
  for (const auto& entry : listing.entries) for_each_member(*entry, write);
  const Sha256 digest = sha256_of(write.bytes());
  for (const std::uint8_t byte : digest) write(byte);
  auto staging = StagingFile::create(file, 0600);
  if (!staging) return std::unexpected(staging.error());
  if (auto written = write_all(staging->file(), std::as_bytes(std::span(write.bytes()))); !written) return written;
  return staging->publish();
}

}  // namespace stoa::registry
