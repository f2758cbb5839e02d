// entry_codec.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/ledger/entry_codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "licensing/ledger/chart.hpp"

namespace stoa::licensing {
namespace {

constexpr char kFormat = 1;
constexpr std::uint8_t kHasUsage = 1, kHasRefers = 2, kFlags = 3;
constexpr std::size_t kListMax = 64, kTextMax = 4096, kNumberBytesMax = 10;

bool is_private(const Posting& posting) {
  const auto kind = kind_of_account(posting.account);
  return !kind || (*kind)->is_private;
}

// Into memory that has room for all of it. Rationale: a text that grows by a byte asks at each whether it has to.
class Writer {
 public:
  explicit Writer(char* out) : out_(out) {}
  char* at() const { return out_; }
  void byte(std::uint8_t value) { *out_++ = static_cast<char>(value); }
  void number(std::uint64_t value) {
    for (; value >= 128; value >>= 7) byte(static_cast<std::uint8_t>(value | 128));
    byte(static_cast<std::uint8_t>(value));
  }
  void amount(std::int64_t value) {
    number(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
  }
  void text(std::string_view value) {
    number(value.size());
    bytes(value);
  }
  void bytes(std::string_view value) { copy(value.data(), value.size()); }
  void bytes(std::span<const std::uint8_t> value) { copy(value.data(), value.size()); }
  // What was written further on.
  void moved(const char* from, const char* to) {
    std::memmove(out_, from, static_cast<std::size_t>(to - from));
    out_ += to - from;
  }

 private:
  // Rationale: what std::copy becomes for two kinds of bytes is a loop.
  void copy(const void* from, std::size_t size) {
    if (size > 0) std::memcpy(out_, from, size);
    out_ += size;
  }

  char* out_;
};

std::size_t bytes_at_most(const EntryView& entry) {
  std::size_t bytes = 1 + 2 * sizeof(Salt) + 20 * kNumberBytesMax + entry.reason.size();
  for (const PostingView& posting : entry.postings) bytes += posting.account.size() + 2 * kNumberBytesMax;
  if (const Usage* const usage = entry.usage) {
    bytes += sizeof usage->package;
    for (const std::string* text : {&usage->model, &usage->version, &usage->payer, &usage->price, &usage->agreement})
      bytes += text->size() + kNumberBytesMax;
    for (const Quantity& quantity : usage->quantities) bytes += quantity.meter.size() + 2 * kNumberBytesMax;
  }
  if (const CallParty* const party = entry.party) {
    bytes += sizeof party->body;
    for (const std::string* text : {&party->customer, &party->key, &party->request, &party->idempotency_key})
      bytes += text->size() + kNumberBytesMax;
  }
  return bytes;
}

// The first thing that is wrong ends it: from then on it reads zeros.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}
  void refuse(std::string_view why) {
    if (wrong_.empty()) wrong_ = why;
    in_ = {};
  }
  std::uint8_t byte() {
    if (in_.empty()) {
      refuse("it ends too early");
      return 0;
    }
    const auto value = static_cast<std::uint8_t>(in_.front());
    in_.remove_prefix(1);
    return value;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t part = byte();
      value |= std::uint64_t{part & 127u} << shift;
      if (part >= 128) continue;
      if ((part == 0 && shift > 0) || (shift == 63 && part > 1)) break;
      return value;
    }
    refuse("a number is not in its shortest form");
    return 0;
  }
  std::int64_t amount() {
    const std::uint64_t value = number();
    return static_cast<std::int64_t>(value >> 1 ^ (0 - (value & 1)));
  }
  std::int64_t time() {
    const std::uint64_t value = number();
    if (value > static_cast<std::uint64_t>(INT64_MAX)) refuse("a time is out of range");
    return static_cast<std::int64_t>(value);
  }
  std::string_view bytes(std::uint64_t size) {
    if (size > in_.size()) {
      refuse("it ends too early");
      return {};
    }
    const std::string_view value = in_.substr(0, size);
    in_.remove_prefix(size);
    return value;
  }
  std::string text() {
    const std::uint64_t size = number();
    if (size > kTextMax) refuse("a text is too long");
    return std::string(bytes(size));
  }
  Sha256 digest() {
    Sha256 value{};
    std::ranges::copy(bytes(value.size()), value.begin());
    return value;
  }
  std::size_t count() {
    const std::uint64_t value = number();
    if (value > kListMax) refuse("a list is too long");
    return wrong_.empty() ? value : 0;
  }
  std::string_view rest() { return bytes(in_.size()); }
  Result<void> end() {
    if (wrong_.empty() && !in_.empty()) wrong_ = "it does not end where it should";
    if (wrong_.empty()) return {};
    return failure(Code::data_loss, "entry.form", fmt::format("entry: {}", wrong_));
  }

 private:
  std::string_view in_;
  std::string wrong_;
};

void write_postings(Writer& out, const EntryView& entry, bool private_ones) {
  out.number(static_cast<std::uint64_t>(std::ranges::count(entry.postings, private_ones, &PostingView::is_private)));
  for (const PostingView& posting : entry.postings) {
    if (posting.is_private != private_ones) continue;
    out.text(posting.account);
    out.amount(posting.amount);
  }
}

void read_postings(Reader& in, Entry& entry, bool private_ones) {
  for (std::size_t left = in.count(); left > 0; --left) {
    Posting posting{in.text(), in.amount()};
    if (is_private(posting) != private_ones) in.refuse("a posting stands in the other half");
    entry.postings.push_back(std::move(posting));
  }
}

void write_usage(Writer& out, const Usage& usage) {
  out.text(usage.model);
  out.text(usage.version);
  out.bytes(usage.package);
  out.byte(static_cast<std::uint8_t>(usage.outcome));
  out.number(usage.quantities.size());
  for (const Quantity& quantity : usage.quantities) {
    out.text(quantity.meter);
    out.number(quantity.units);
  }
  out.text(usage.payer);
  out.number(usage.payer_terms);
  out.text(usage.price);
  out.text(usage.agreement);
  out.amount(usage.gross);
  out.amount(usage.tax);
}

Usage read_usage(Reader& in) {
  Usage usage;
  usage.model = in.text();
  usage.version = in.text();
  usage.package = in.digest();
  const std::uint8_t outcome = in.byte();
  if (outcome < 1 || outcome > static_cast<std::uint8_t>(Outcome::cancelled)) in.refuse("there is no such outcome");
  usage.outcome = static_cast<Outcome>(outcome);
  for (std::size_t left = in.count(); left > 0; --left) {
    std::string meter = in.text();
    usage.quantities.push_back({std::move(meter), in.number()});
  }
  usage.payer = in.text();
  const std::uint64_t payer_terms = in.number();
  if (payer_terms > UINT32_MAX) in.refuse("a version is out of range");
  usage.payer_terms = static_cast<std::uint32_t>(payer_terms);
  usage.price = in.text();
  usage.agreement = in.text();
  usage.gross = in.amount();
  usage.tax = in.amount();
  return usage;
}

void write_public(Writer& out, const EntryView& entry) {
  out.byte(static_cast<std::uint8_t>(entry.kind));
  for (const char c : entry.currency.code()) out.byte(static_cast<std::uint8_t>(c));
  out.number(static_cast<std::uint64_t>(entry.booked_ms));
  out.number(static_cast<std::uint64_t>(entry.happened_ms));
  out.byte(static_cast<std::uint8_t>((entry.usage ? kHasUsage : 0) | (entry.refers ? kHasRefers : 0)));
  if (entry.usage) write_usage(out, *entry.usage);
  if (entry.refers) out.number(*entry.refers);
  out.text(entry.reason);
  write_postings(out, entry, false);
}

Result<Entry> read_public(Reader& in) {
  const std::uint8_t kind = in.byte();
  const auto currency = Currency::parse(in.bytes(3));
  if (!currency) return failure(Code::data_loss, "entry.form", "entry: " + currency.error().message);
  Entry entry{.currency = *currency};
  if (kind < 1 || kind > static_cast<std::uint8_t>(EntryKind::expiry)) in.refuse("there is no such kind");
  entry.kind = static_cast<EntryKind>(kind);
  entry.booked_ms = in.time();
  entry.happened_ms = in.time();
  const std::uint8_t flags = in.byte();
  if ((flags & ~kFlags) != 0) in.refuse("it has flags that mean nothing");
  if ((flags & kHasUsage) != 0) entry.usage = read_usage(in);
  if ((flags & kHasRefers) != 0) entry.refers = in.number();
  entry.reason = in.text();
  read_postings(in, entry, false);
  if (auto end = in.end(); !end) return std::unexpected(end.error());
  return entry;
}

void write_private(Writer& out, const EntryView& entry) {
  out.byte(entry.party ? 1 : 0);
  if (const CallParty* const party = entry.party) {
    for (const std::string* text : {&party->customer, &party->key, &party->request, &party->idempotency_key})
      out.text(*text);
    out.bytes(party->body);
  }
  write_postings(out, entry, true);
}

Result<void> read_private(Reader& in, Entry& entry) {
  const std::uint8_t has_party = in.byte();
  if (has_party > 1) in.refuse("it has flags that mean nothing");
  if (has_party == 1) {
    CallParty& party = entry.party.emplace();
    for (std::string* text : {&party.customer, &party.key, &party.request, &party.idempotency_key}) *text = in.text();
    party.body = in.digest();
  }
  read_postings(in, entry, true);
  return in.end();
}

std::string begun_hash(std::string_view tag, const Salt& salt) {
  std::string bytes(tag);
  bytes += '\0';
  bytes.append(salt.begin(), salt.end());
  return bytes;
}

}  // namespace

std::string encode(const Entry& entry, const Salts& salts) {
  std::vector<PostingView> postings;
  for (const Posting& posting : entry.postings)
    postings.push_back({posting.account, is_private(posting), posting.amount});
  std::string record;
  encode({.kind = entry.kind,
          .booked_ms = entry.booked_ms,
          .happened_ms = entry.happened_ms,
          .currency = entry.currency,
          .postings = postings,
          .usage = entry.usage ? &*entry.usage : nullptr,
          .party = entry.party ? &*entry.party : nullptr,
          .refers = entry.refers,
          .reason = entry.reason},
         salts, record);
  return record;
}

void encode(const EntryView& entry, const Salts& salts, std::string& record) {
  record.resize_and_overwrite(bytes_at_most(entry), [&](char* const begin, std::size_t) {
    // The public half's length, which stands before it, is known only behind it.
    char* const public_half = begin + 1 + 2 * sizeof(Salt) + kNumberBytesMax;
    Writer behind(public_half);
    write_public(behind, entry);
    Writer out(begin);
    out.byte(kFormat);
    out.bytes(salts.of_public);
    out.bytes(salts.of_private);
    out.number(static_cast<std::uint64_t>(behind.at() - public_half));
    out.moved(public_half, behind.at());
    write_private(out, entry);
    return out.at() - begin;
  });
}

Entry to_entry(const EntryView& view) {
  Entry entry{.currency = view.currency};
  entry.kind = view.kind;
  entry.booked_ms = view.booked_ms;
  entry.happened_ms = view.happened_ms;
  for (const PostingView& posting : view.postings)
    entry.postings.push_back({std::string(posting.account), posting.amount});
  if (view.usage) entry.usage = *view.usage;
  if (view.party) entry.party = *view.party;
  entry.refers = view.refers;
  entry.reason = view.reason;
  return entry;
}

Result<Record> open_record(std::string_view record) {
  Reader in(record);
  Record opened;
  if (in.byte() != kFormat) in.refuse("it is of an unknown format");
  std::ranges::copy(in.bytes(opened.salts.of_public.size()), opened.salts.of_public.begin());
  std::ranges::copy(in.bytes(opened.salts.of_private.size()), opened.salts.of_private.begin());
  opened.public_half = in.bytes(in.number());
  opened.private_half = in.rest();
  if (auto end = in.end(); !end) return std::unexpected(end.error());
  return opened;
}

Result<Entry> decode_public(std::string_view public_half) {
  Reader in(public_half);
  return read_public(in);
}

Result<Entry> decode_halves(std::string_view public_half, std::string_view private_half) {
  auto entry = decode_public(public_half);
  if (!entry) return entry;
  Reader in(private_half);
  if (auto read = read_private(in, *entry); !read) return std::unexpected(read.error());
  return entry;
}

Result<Entry> decode(std::string_view record) {
  const auto opened = open_record(record);
  if (!opened) return std::unexpected(opened.error());
  return decode_halves(opened->public_half, opened->private_half);
}

Sha256 private_commitment(const Salt& salt, std::string_view private_half) {
  std::string bytes = begun_hash("stoa.entry.private/1", salt);
  bytes += private_half;
  return registry::sha256_of(bytes);
}

Sha256 entry_commitment(const Salt& salt, std::string_view public_half, const Sha256& hidden) {
  std::string bytes = begun_hash("stoa.entry/1", salt);
  bytes += public_half;
  bytes.append(hidden.begin(), hidden.end());
  return registry::sha256_of(bytes);
}

Sha256 entry_commitment(const Record& record) {
  return entry_commitment(record.salts.of_public, record.public_half,
                          private_commitment(record.salts.of_private, record.private_half));
}

}  // namespace stoa::licensing
