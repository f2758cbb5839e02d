// entry_codec.hpp: entries as bytes, in two halves: what a publisher may see, and what it may not.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "licensing/ledger/entry.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// A record of the journal:
//   u8        1, the format
//   32 bytes  salts: of the public half, of the private half
//   varint    bytes of the public half
//   public    kind u8, currency 3 bytes, booked varint, happened varint, flags u8, [usage], [refers varint], reason
//   text,
//             postings of accounts that are not private
//   private   [party], the other postings
//   usage     model text, version text, package digest, outcome u8, quantities (meter text, units varint), payer text,
//             price text, agreement text, gross amount, tax amount
//   party     customer, key, request, idempotency key texts, digest of the body
// Varints are little-endian base 128 in the shortest form, amounts zigzag; a text is its length and its bytes; a digest
// 32 bytes. One entry has one form; the order of postings is kept within each half.
using Salt = std::array<std::uint8_t, 16>;
struct Salts {
  Salt of_public{}, of_private{};
};

std::string encode(const Entry& entry, const Salts& salts);

// An entry that lies about: what is written once and never kept as such. Views all it says.
struct PostingView {
  std::string_view account;
  bool is_private = false;
  Nano amount = 0;
};
struct EntryView {
  EntryKind kind = EntryKind::adjustment;
  std::int64_t booked_ms = 0, happened_ms = 0;
  Currency currency;
  std::span<const PostingView> postings = {};
  const Usage* usage = nullptr;
  const CallParty* party = nullptr;
  std::optional<std::uint64_t> refers = {};
  std::string_view reason = {};
};
// The same; record's memory is used again.
void encode(const EntryView& entry, const Salts& salts, std::string& record);
Entry to_entry(const EntryView& entry);

struct Record {
  Salts salts;
  std::string_view public_half, private_half;  // views the record
};
// Errors, of all below: data_loss "entry.form", with what is wrong.
Result<Record> open_record(std::string_view record);
Result<Entry> decode(std::string_view record);
// Of what a publisher was given: an entry without its party and its private postings.
Result<Entry> decode_public(std::string_view public_half);
Result<Entry> decode_halves(std::string_view public_half, std::string_view private_half);

// What the log holds of an entry: strangers learn nothing from it, and whoever was given the public half, its salt and
// the private half's commitment finds the entry in the log, and no other in its place.
//   private: SHA-256("stoa.entry.private/1" 0 salt private half)
//   entry:   SHA-256("stoa.entry/1" 0 salt public half private commitment)
Sha256 private_commitment(const Salt& salt, std::string_view private_half);
Sha256 entry_commitment(const Salt& salt, std::string_view public_half, const Sha256& private_commitment);
Sha256 entry_commitment(const Record& record);

}  // namespace stoa::licensing
