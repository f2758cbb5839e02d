// json_walk.hpp: what simdjson's on-demand reader leaves to its caller: whole-document validation, duplicate keys,
// a depth limit, and errors that name the field. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <simdjson.h>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/api/field_path.hpp"
#include "host/api/v2_request.hpp"

namespace stoa::api {

namespace od = simdjson::ondemand;

// Text in memory of ours with 64 more bytes behind it, as http::Body has. The first of them is part of the reading: the
// cursor checks an array's comma by looking at the next byte, and at the end of a truncated document that byte is
// whatever lies there (a sender's binary tensor, say), from where it would go on over indexes of an earlier document.
class PaddedText {
 public:
  PaddedText(char* data, std::size_t size) : data_(data), size_(size) {}
  explicit PaddedText(std::span<std::byte> body) : PaddedText(reinterpret_cast<char*>(body.data()), body.size()) {}
  std::size_t size() const { return size_; }
  std::string_view text() const { return {data_, size_}; }
  simdjson::padded_string_view view() const {
    return simdjson::padded_string_view(data_, size_, size_ + simdjson::SIMDJSON_PADDING);
  }

 private:
  friend class EndMark;
  char* data_;
  std::size_t size_;
};

// Puts a NUL, which is no JSON, behind the text for as long as it is read.
class EndMark {
 public:
  explicit EndMark(PaddedText text) : at_(text.data_ + text.size_), saved_(*at_) { *at_ = '\0'; }
  ~EndMark() { *at_ = saved_; }
  EndMark(const EndMark&) = delete;
  EndMark& operator=(const EndMark&) = delete;

 private:
  char* at_;
  char saved_;
};

// simdjson's error as ours. Reason "request.bad_json".
std::unexpected<Error> bad_json(const FieldPath& where, simdjson::error_code error);

// Visits every value below v, so that what we do not know is still JSON: numbers, literals and strings are parsed,
// keys are unique in their object, nesting stays within kJsonDepthMax. depth: how deep v itself lies.
Result<void> validate(od::value v, const FieldPath& where, int depth);

// Whether bytes are one JSON document, whole and within the limits of validate(). Copies them. The error says where and
// why not; it begins with where.
Result<void> check_json(std::string_view bytes, const FieldPath& where);

// Keys of one object: refuses one seen before. Linear and without allocation up to 16, the usual handful; then sorted,
// with a bound that keeps insertion cheap (a body of a million keys must not cost a million moves each).
class SeenKeys {
 public:
  static constexpr std::size_t kKeysMax = 1024;
  bool is_new(std::string_view key);
  bool is_full() const { return sorted_.size() >= kKeysMax; }

 private:
  static constexpr std::size_t kFewKeys = 16;
  std::array<std::string_view, kFewKeys> few_;
  std::size_t count_ = 0;  // of few_
  std::vector<std::string_view> sorted_;
};

// Walks an object: on_field(key, value, path of the field) for each field, duplicates refused.
template <class OnField>
Result<void> for_each_field(od::object object, const FieldPath& where, OnField&& on_field) {
  SeenKeys seen;
  for (auto item : object) {
    std::string_view key;
    if (auto error = item.unescaped_key().get(key)) return bad_json(where, error);
    const FieldPath path(where, key);
    od::value value;
    if (auto error = item.value().get(value)) return bad_json(path, error);
    if (seen.is_full()) return wrong(where, "has more than 1024 keys", "request.too_many_keys");
    if (!seen.is_new(key)) return wrong(path, "appears twice", "request.duplicate_key");
    if (Result<void> done = on_field(key, value, path); !done) return done;
  }
  return {};
}

// The object a request's document is; the error says whether it is another value or has no end.
Result<od::object> root_object(od::document& document);

// Typed leaves; the error names the field and the type it wants.
Result<std::string_view> read_string(od::value v, const FieldPath& where);  // valid until the parser is used again
Result<bool> read_bool(od::value v, const FieldPath& where);
Result<std::uint64_t> read_uint64(od::value v, const FieldPath& where);
Result<od::array> read_array(od::value v, const FieldPath& where);
Result<od::object> read_object(od::value v, const FieldPath& where);

// The text of a scalar token, cut to what fits an error message.
std::string token_text(od::value v);

}  // namespace stoa::api
