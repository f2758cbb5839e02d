// saved_book.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/billing/saved_book.hpp"

#include <fmt/format.h>

#include <span>
#include <string_view>
#include <utility>

#include "licensing/billing/state_bytes.hpp"
#include "licensing/billing/teller.hpp"
#include "registry/document/digest.hpp"
#include "registry/document/staging.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kMagic("SBOOK\0\0\1", 8);
constexpr std::size_t kBytesMax = std::size_t{1} << 30, kDigestBytes = sizeof(Sha256);
constexpr unsigned kMode = 0600;

std::string digest_bytes(const Sha256& digest) { return {digest.begin(), digest.end()}; }

// Of the last of so many entries. Entries are salted: no other journal, and no other course of this one, has it.
Result<std::string> last_digest(const Journal& journal, std::uint64_t entries) {
  Sha256 digest{};
  if (entries > 0) {
    const auto read = journal.read(entries - 1, [&](std::uint64_t, std::string_view record) {
      digest = registry::sha256_of(record);
      return false;
    });
    if (!read) return std::unexpected(read.error());
  }
  return digest_bytes(digest);
}

std::unexpected<Error> refuse(const std::filesystem::path& file, std::string_view why) {
  return failure(Code::data_loss, "book.state", fmt::format("{}: {}", file.string(), why));
}

}  // namespace

Result<void> write_saved_book(const std::filesystem::path& file, const SavedBook& book, const Journal& journal) {
  if (book.entries > journal.durable())
    return failure(Code::failed_precondition, "book.not_durable",
                   fmt::format("{} entries are in the book, {} on the disk", book.entries, journal.durable()));
  const auto last = last_digest(journal, book.entries);
  if (!last) return std::unexpected(last.error());
  StateWriter numbers, size;
  numbers.number(static_cast<std::uint64_t>(journal.id()));
  numbers.number(book.entries);
  size.number(book.state.size());
  std::string bytes(kMagic);
  bytes.append(numbers.take()).append(*last).append(size.take()).append(book.state);
  bytes += digest_bytes(registry::sha256_of(bytes));
  auto staged = registry::StagingFile::create(file, kMode);
  if (!staged) return std::unexpected(staged.error());
  if (auto written = registry::write_all(staged->file(), std::as_bytes(std::span(bytes))); !written) return written;
  return staged->publish();
}

Result<SavedBook> read_saved_book(const std::filesystem::path& file, const Journal& journal) {
  const auto bytes = registry::read_small_file(file, kBytesMax);
  if (!bytes) return std::unexpected(bytes.error());
  std::string_view rest = *bytes;
  if (rest.size() < kMagic.size() + kDigestBytes || !rest.starts_with(kMagic))
    return refuse(file, "is no saved book of a format that is known");
  const std::string_view digest = rest.substr(rest.size() - kDigestBytes);
  rest.remove_suffix(kDigestBytes);
  if (digest_bytes(registry::sha256_of(rest)) != digest) return refuse(file, "is damaged");
  StateReader in(rest.substr(kMagic.size()));
  const std::uint64_t id = in.number();
  SavedBook book{in.number(), {}};
  const std::string_view last = in.bytes(kDigestBytes);
  book.state = in.text();
  if (!in.is_at_end()) return refuse(file, "is damaged");
  if (id != static_cast<std::uint64_t>(journal.id())) return refuse(file, "is of another journal");
  if (book.entries > journal.durable())
    return refuse(file, fmt::format("holds {} entries, the journal {}", book.entries, journal.durable()));
  const auto ours = last_digest(journal, book.entries);
  if (!ours) return std::unexpected(ours.error());
  if (*ours != last) return refuse(file, fmt::format("the journal's entry {} is another", book.entries - 1));
  return book;
}

Result<std::unique_ptr<Teller>> open_from_saved(const std::filesystem::path& file, Journal& journal,
                                                const BillingTerms& terms, std::function<std::int64_t()> now_ms,
                                                const std::function<void(const Error&)>& told) {
  const auto saved = read_saved_book(file, journal);
  if (saved) {
    auto teller = Teller::open(journal, terms, now_ms, &*saved);
    if (teller || teller.error().reason != "book.state") return teller;
    told(teller.error());
  } else if (saved.error().reason != "file.not_found") {
    told(saved.error());
  }
  return Teller::open(journal, terms, std::move(now_ms));
}

}  // namespace stoa::licensing
