// answer_store.hpp: which calls with a key were answered, in one SQLite file beside the answers themselves.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "registry/database/sqlite_store.hpp"
#include "registry/document/digest.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

using registry::Sha256;

// What became of a call with a key.
struct KeyedCall {
  Sha256 request{};
  std::optional<std::uint64_t> entry = {};   // of the ledger; none: it costs nothing
  std::optional<std::uint64_t> answer = {};  // its first record; none: it was charged, and nobody saw an answer
  friend bool operator==(const KeyedCall&, const KeyedCall&) = default;
};
struct KeyedRow {
  Sha256 call_key{};
  KeyedCall call;
};

// How far the two journals are in it: everything before these numbers.
struct AnswerPositions {
  std::uint64_t answers = 0, ledger = 0;
};

// A projection: it can be thrown away and made again.
// Rationale: a row has the hash of its key and not the key: all are equally long, and the file tells nobody's keys.
Result<void> make_answer_table(database::Connection& connection);
Result<AnswerPositions> read_positions(database::Connection& connection);
Result<std::optional<KeyedCall>> find_call(database::Connection& connection, const Sha256& call_key);
// All of it or nothing. A row that is there already gets what is given of entry and answer, and keeps the rest.
Result<void> write_calls(database::Connection& connection, std::span<const KeyedRow> rows,
                         const AnswerPositions& reached);

}  // namespace stoa::licensing
