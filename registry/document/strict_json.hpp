// strict_json.hpp: strict reading of a JSON document, where the first broken rule is the answer.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::registry {

// Ordered: what `stoa pack` writes keeps the author's order.
using Json = nlohmann::ordered_json;

// Refuses what a document must not have whatever it means: duplicate keys, depth over 16, more than 256 keys in one
// object (ordered_json looks keys up one by one), a NUL in a string. Reasons manifest.json, .duplicate_key, .too_deep,
// .too_many_keys, .nul_character.
Result<Json> parse_strict_json(std::string_view text);

// The value's JSON text; indent -1: on one line; what is not UTF-8 becomes U+FFFD. Here, and not where it is needed:
// the library's writer, like its parser, is compiled anew in every file that calls it.
std::string json_text(const Json& value, int indent = -1);

// Text fit for a terminal: control characters become '?', the length at most 80.
std::string printable(std::string_view text);

// The first refusal of a document. Readers go on with empty values after it, so that they need not check each step.
class DocumentVerdict {
 public:
  void refuse(std::string_view pointer, std::string_view rule, std::string_view message);
  bool is_refused() const { return error_.has_value(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

struct TextLength {
  std::size_t min = 1, max = 256;
};
struct NumberRange {
  std::uint64_t min = 0, max = 0;
};
struct ArrayLength {
  std::size_t min = 0, max = 0;
};

// Of an element of the list that `list` points to (RFC 6901).
inline std::string item_pointer(std::string_view list, std::size_t index) {
  return std::string(list) + "/" + std::to_string(index);
}

// One JSON object being read. Lifetime: views the document and the verdict.
class JsonObject {
 public:
  // Refuses when value is no object or has a key outside known.
  JsonObject(const Json& value, std::string pointer, DocumentVerdict& verdict,
             std::initializer_list<std::string_view> known);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  // nullptr where the key is absent; nothing is refused.
  const Json* find(std::string_view key) const;
  // nullptr where the key is absent, which is refused.
  const Json* require(std::string_view key);

  std::string text(std::string_view key, TextLength length);
  std::string text_or_empty(std::string_view key, TextLength length);
  std::uint64_t number(std::string_view key, NumberRange range);
  std::optional<std::uint64_t> optional_number(std::string_view key, NumberRange range);
  bool flag_or_false(std::string_view key);
  double decimal_or(std::string_view key, double fallback);
  // An empty array where the key is absent and length.min is 0.
  std::span<const Json> array(std::string_view key, ArrayLength length);
  // JSON text of an object, "" where the key is absent.
  std::string object_text(std::string_view key);

  std::string pointer(std::string_view key) const;
  std::string pointer(std::string_view list, std::size_t index) const { return item_pointer(pointer(list), index); }
  const std::string& pointer() const { return pointer_; }
  void refuse(std::string_view key, std::string_view rule, std::string_view message);

 private:
  const Json& value_;
  std::string pointer_;
  DocumentVerdict& verdict_;
};

// A string inside an array; refuses other types and lengths.
std::string element_text(const Json& value, const std::string& pointer, DocumentVerdict& verdict, TextLength length);

}  // namespace stoa::registry
