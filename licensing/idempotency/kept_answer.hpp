// kept_answer.hpp: what a call with a key was answered, as records of a journal. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "registry/document/digest.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

using registry::Sha256;

// Whose key it is and which: SHA-256 of the customer's id, a zero, and what stood in Idempotency-Key.
Sha256 call_key_of(std::string_view customer, std::string_view idempotency_key);

struct KeptAnswer {
  Sha256 call_key{};
  Sha256 request{};                         // of its method, its target and its body
  std::optional<std::uint64_t> entry = {};  // of the ledger, by which it was charged
  bool is_kept = true;                      // false: it was longer than what is kept, and is not here
  std::uint16_t status = 200;
  std::string content_type = {};
  std::vector<std::pair<std::string, std::string>> fields = {};
  std::string body = {};
  friend bool operator==(const KeptAnswer&, const KeptAnswer&) = default;
};

// One answer is one record or more, one after another. Numbers are little-endian:
//   the first   u8 1, u8 flags (1: it has an entry, 2: it is not kept), u16 status, u64 entry, 32 bytes call_key, 32
//   bytes
//               request, u32 bytes of: content type, fields, body; then these, as far as they go in
//   each other  u8 2, then more of them
// Fields are name, a zero, value, a zero. Error: invalid_argument "idempotency.answer_size": more than 2^32 - 1 bytes,
// or a zero in a field.
Result<std::vector<std::string>> records_of(const KeptAnswer& answer);

// Takes an answer's records in their order.
class AnswerReader {
 public:
  // True: the answer is whole. A record that begins an answer makes it forget the one before, whose end was never
  // written. Error: data_loss "idempotency.form".
  Result<bool> add(std::string_view record);
  // Once it is whole.
  KeptAnswer take() { return std::move(answer_); }

 private:
  KeptAnswer answer_;
  std::string bytes_;
  std::size_t type_size_ = 0, fields_size_ = 0, body_size_ = 0;
  bool is_begun_ = false;
};

}  // namespace stoa::licensing
