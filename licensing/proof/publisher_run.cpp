// publisher_run.cpp: the file is a magic word, the head's size and digest, the head; then the owners, and each
// publisher's rows. SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/publisher_run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "licensing/billing/state_bytes.hpp"
#include "registry/document/staging.hpp"

namespace stoa::licensing {
namespace {

using registry::Sha256;

constexpr std::string_view kMagic = "stoarun1";
constexpr std::size_t kFrontBytes = 8 + 8 + 32, kOwnerBytes = 4, kRowBytes = 16;
constexpr std::uint64_t kHeadBytesMax = 1u << 30;

std::string_view text_of(const Sha256& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

Sha256 digest_in(StateReader& in) {
  Sha256 digest{};
  const std::string_view bytes = in.bytes(digest.size());
  std::ranges::copy(bytes, reinterpret_cast<char*>(digest.data()));
  return digest;
}

std::string owner_bytes(const PublisherRun& run) {
  std::string bytes;
  bytes.reserve(run.owners.size() * kOwnerBytes);
  for (const std::uint32_t owner : run.owners)
    for (unsigned bit = 0; bit < 32; bit += 8) bytes.push_back(static_cast<char>(owner >> bit));
  return bytes;
}

std::string row_bytes(const PublisherRun::Publisher& publisher) {
  StateWriter out;
  for (const PublisherRow& row : publisher.rows) {
    out.number(row.number);
    out.amount(row.total);
  }
  return out.take();
}

std::string head_bytes(const PublisherRunHead& head) {
  StateWriter out;
  out.number(head.first);
  out.number(head.entries);
  out.bytes(text_of(head.root));
  out.bytes(text_of(head.owners));
  out.number(head.publishers.size());
  for (const PublisherRunHead::Publisher& publisher : head.publishers) {
    out.text(publisher.name);
    out.number(publisher.before);
    out.number(publisher.rows);
    out.bytes(text_of(publisher.digest));
    out.number(publisher.owed.size());
    for (const auto& [currency, owed] : publisher.owed) {
      out.text(currency.code());
      out.amount(owed);
    }
  }
  return out.take();
}

PublisherRunHead::Publisher publisher_in(StateReader& in) {
  PublisherRunHead::Publisher publisher;
  publisher.name = in.text();
  publisher.before = in.number();
  publisher.rows = in.number();
  publisher.digest = digest_in(in);
  for (std::uint64_t left = in.count(); left > 0; --left) {
    const auto currency = Currency::parse(in.text());
    const Nano owed = in.amount();
    if (currency) publisher.owed.emplace(*currency, owed);
  }
  return publisher;
}

std::optional<PublisherRunHead> read_head(std::string_view bytes) {
  StateReader in(bytes);
  PublisherRunHead head;
  head.first = in.number();
  head.entries = in.number();
  head.root = digest_in(in);
  head.owners = digest_in(in);
  for (std::uint64_t left = in.count(); left > 0; --left) head.publishers.push_back(publisher_in(in));
  return in.is_at_end() ? std::optional(std::move(head)) : std::nullopt;
}

std::unexpected<Error> broken(const std::filesystem::path& file, std::string_view why) {
  return failure(Code::data_loss, "publishers.broken", fmt::format("{}: {}", file.string(), why));
}

Result<std::string> read_piece(const registry::File& file, std::uint64_t offset, std::uint64_t size) {
  std::string bytes(size, '\0');
  auto read = registry::read_at(file, offset, std::as_writable_bytes(std::span(bytes)));
  if (!read) return std::unexpected(read.error());
  return bytes;
}

}  // namespace

PublisherRunHead head_of(const PublisherRun& run) {
  PublisherRunHead head{.first = run.first, .entries = run.owners.size()};
  for (const PublisherRun::Publisher& one : run.publishers)
    head.publishers.push_back({{one.name, one.before, one.owed}, one.rows.size(), {}});
  return head;
}

Result<void> write_run(const std::filesystem::path& file, const PublisherRun& run, const Sha256& root) {
  PublisherRunHead head = head_of(run);
  head.root = root;
  std::string body = owner_bytes(run);
  head.owners = registry::sha256_of(body);
  for (std::size_t at = 0; at < run.publishers.size(); ++at) {
    const std::string rows = row_bytes(run.publishers[at]);
    head.publishers[at].digest = registry::sha256_of(rows);
    body += rows;
  }
  const std::string front = head_bytes(head);
  StateWriter out;
  out.bytes(kMagic);
  out.number(front.size());
  out.bytes(text_of(registry::sha256_of(front)));
  auto staging = registry::StagingFile::create(file, 0600);
  if (!staging) return std::unexpected(staging.error());
  for (const std::string& part : {out.take(), front, body})
    if (auto written = registry::write_all(staging->file(), std::as_bytes(std::span(part))); !written) return written;
  return staging->publish();
}

Result<PublisherRunFile> PublisherRunFile::open(const std::filesystem::path& path) {
  auto file = registry::open_regular(path);
  if (!file) return std::unexpected(file.error());
  const auto size = registry::size_of_file(*file);
  if (!size) return std::unexpected(size.error());
  if (*size < kFrontBytes) return broken(path, "is too short");
  const auto front = read_piece(*file, 0, kFrontBytes);
  if (!front) return std::unexpected(front.error());
  StateReader in(*front);
  if (in.bytes(kMagic.size()) != kMagic) return broken(path, "is no run of publishers");
  const std::uint64_t head_size = in.number();
  if (head_size > std::min(kHeadBytesMax, *size - kFrontBytes)) return broken(path, "is too short");
  const Sha256 digest = digest_in(in);
  const auto bytes = read_piece(*file, kFrontBytes, head_size);
  if (!bytes) return std::unexpected(bytes.error());
  auto head = registry::sha256_of(*bytes) == digest ? read_head(*bytes) : std::nullopt;
  if (!head) return broken(path, "its head was changed");
  std::uint64_t rows = 0;
  for (const PublisherRunHead::Publisher& publisher : head->publishers) rows += publisher.rows;
  if (*size != kFrontBytes + head_size + head->entries * kOwnerBytes + rows * kRowBytes)
    return broken(path, "has another size than its head says");
  return PublisherRunFile(path, std::move(*file), std::move(*head), kFrontBytes + head_size);
}

Result<std::string> PublisherRunFile::piece(std::uint64_t offset, std::uint64_t size, const Sha256& digest) const {
  auto bytes = read_piece(file_, body_ + offset, size);
  if (bytes && registry::sha256_of(*bytes) != digest) return broken(path_, "was changed");
  return bytes;
}

Result<std::vector<PublisherRow>> PublisherRunFile::rows(std::size_t place) const {
  std::uint64_t offset = head_.entries * kOwnerBytes;
  for (std::size_t at = 0; at < place; ++at) offset += head_.publishers[at].rows * kRowBytes;
  const PublisherRunHead::Publisher& publisher = head_.publishers[place];
  const auto bytes = piece(offset, publisher.rows * kRowBytes, publisher.digest);
  if (!bytes) return std::unexpected(bytes.error());
  std::vector<PublisherRow> rows(publisher.rows);
  StateReader in(*bytes);
  for (PublisherRow& row : rows) {
    row.number = in.number();
    row.total = in.amount();
  }
  return rows;
}

Result<std::vector<std::uint32_t>> PublisherRunFile::owners() const {
  const auto bytes = piece(0, head_.entries * kOwnerBytes, head_.owners);
  if (!bytes) return std::unexpected(bytes.error());
  std::vector<std::uint32_t> owners(head_.entries);
  for (std::size_t i = 0; i < bytes->size(); ++i)
    owners[i / kOwnerBytes] |= static_cast<std::uint32_t>(static_cast<std::uint8_t>((*bytes)[i]))
                               << (8 * (i % kOwnerBytes));
  return owners;
}

}  // namespace stoa::licensing
