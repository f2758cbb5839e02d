// canonical_json.cpp: one pass that refuses over the tokens, and the writer of the canonical bytes.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/canonical_json.hpp"

#include <algorithm>
#include <optional>
#include <unordered_set>
#include <vector>

#include "registry/document/strict_json.hpp"

namespace stoa::registry {
namespace {

constexpr std::int64_t kIntegerMax = (std::int64_t{1} << 53) - 1;  // Number.MAX_SAFE_INTEGER of the other clients

class TokenCheck final : public nlohmann::json_sax<SortedJson> {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t value) override {
    return value >= -kIntegerMax || refuse("integer", std::to_string(value) + " is below -(2^53 - 1)");
  }
  bool number_unsigned(number_unsigned_t value) override {
    return value <= static_cast<std::uint64_t>(kIntegerMax) ||
           refuse("integer", std::to_string(value) + " is above 2^53 - 1");
  }
  bool number_float(number_float_t, const string_t& text) override {
    return refuse("float", "'" + printable(text) + "' is no integer");
  }
  bool string(string_t& text) override {
    return text.find('\0') == std::string::npos || refuse("nul_character", "a string has a NUL character");
  }
  bool binary(binary_t&) override { return refuse("json", "is not JSON"); }
  bool start_object(std::size_t) override { return open(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (!std::ranges::all_of(name, [](unsigned char c) { return c >= 0x20 && c < 0x7f; }))
      return refuse("key", "key '" + printable(name) + "' is not printable ASCII");
    if (!levels_.back().insert(name).second)
      return refuse("duplicate_key", "key '" + printable(name) + "' occurs twice in its object");
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    return refuse("json", "is not JSON from byte " + std::to_string(position));
  }

  std::optional<Error> error;

 private:
  bool refuse(std::string_view rule, std::string message) {
    if (!error) error = Error{Code::invalid_argument, "metadata." + std::string(rule), std::move(message), 0};
    return false;
  }
  bool open() {
    levels_.emplace_back();
    return levels_.size() <= kMetadataDepthMax ||
           refuse("too_deep", "is nested deeper than " + std::to_string(kMetadataDepthMax) + " levels");
  }
  bool close() {
    levels_.pop_back();
    return true;
  }

  std::vector<std::unordered_set<std::string>> levels_;
};

void write_string(const std::string& text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

// Recursion: bounded by kMetadataDepthMax.
void write_value(const SortedJson& value, std::string& out) {
  char separator = 0;
  const auto separate = [&] {
    if (separator) out += separator;
    separator = ',';
  };
  if (value.is_object()) {
    out += '{';
    for (const auto& [key, member] : value.get_ref<const SortedJson::object_t&>()) {
      separate();
      write_string(key, out);
      out += ':';
      write_value(member, out);
    }
    out += '}';
  } else if (value.is_array()) {
    out += '[';
    for (const auto& element : value) {
      separate();
      write_value(element, out);
    }
    out += ']';
  } else if (value.is_string()) {
    write_string(value.get_ref<const std::string&>(), out);
  } else {
    out += value.dump();
  }
}

}  // namespace

Result<SortedJson> parse_canonical_json(std::string_view text) {
  TokenCheck check;
  if (text.starts_with("\xef\xbb\xbf"))
    return failure(Code::invalid_argument, "metadata.json", "starts with a byte order mark");
  if (!SortedJson::sax_parse(text, &check)) return std::unexpected(*check.error);
  return SortedJson::parse(text);
}

std::string canonical_json(const SortedJson& value) {
  std::string out;
  write_value(value, out);
  return out;
}

}  // namespace stoa::registry
