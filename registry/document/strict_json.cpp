// strict_json.cpp: the shape checks every document passes, and the typed access to its objects.
// SPDX-License-Identifier: Apache-2.0
#include "registry/document/strict_json.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace stoa::registry {
namespace {

constexpr std::size_t kDepthMax = 16;
constexpr std::size_t kKeysMax = 256;

std::string escaped(std::string_view key) {  // RFC 6901, section 3
  std::string out;
  for (const char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

// Walks the tokens once before the document is built, keeping the pointer of where it is.
class ShapeCheck final : public nlohmann::json_sax<Json> {
 public:
  explicit ShapeCheck(DocumentVerdict& verdict) : verdict_(verdict) {}

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(number_integer_t) override { return value(); }
  bool number_unsigned(number_unsigned_t) override { return value(); }
  bool number_float(number_float_t, const string_t&) override { return value(); }
  bool string(string_t& text) override { return has_no_nul(text) && value(); }
  bool binary(binary_t&) override { return value(); }
  bool start_object(std::size_t) override { return open(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    auto& level = levels_.back();
    level.step = escaped(name);
    if (!has_no_nul(name)) return false;
    if (!level.keys.insert(name).second) return refuse("duplicate_key", "occurs twice in its object");
    if (level.keys.size() > kKeysMax) return refuse("too_many_keys", "object has more than 256 keys");
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& why) override {
    // The library's text starts with its own error number and class; the part after the last "; " says what is wrong.
    const std::string_view text = why.what();
    const auto cut = text.rfind("; last read");
    const auto from = text.find(": ", text.find("at line"));
    std::string detail(text.substr(from == std::string_view::npos ? 0 : from + 2));
    if (cut != std::string_view::npos && from < cut) detail = text.substr(from + 2, cut - from - 2);
    verdict_.refuse("", "json", "is not JSON: byte " + std::to_string(position) + ": " + printable(detail));
    return false;
  }

 private:
  struct Level {
    std::string step;  // the key or index being read
    std::size_t index = 0;
    std::unordered_set<std::string> keys;
  };

  bool refuse(std::string_view rule, std::string_view message) {
    std::string pointer;
    for (const auto& level : levels_) pointer += "/" + (level.step.empty() ? std::to_string(level.index) : level.step);
    verdict_.refuse(pointer, rule, message);
    return false;
  }
  bool has_no_nul(const std::string& text) {
    return text.find('\0') == std::string::npos || refuse("nul_character", "has a NUL character in a string");
  }
  bool value() {
    if (!levels_.empty()) ++levels_.back().index;
    return true;
  }
  bool open() {
    levels_.emplace_back();
    return levels_.size() <= kDepthMax || refuse("too_deep", "is nested deeper than 16 levels");
  }
  bool close() {
    levels_.pop_back();
    return value();
  }

  DocumentVerdict& verdict_;
  std::vector<Level> levels_;
};

}  // namespace

Result<Json> parse_strict_json(std::string_view text) {
  DocumentVerdict verdict;
  ShapeCheck check(verdict);
  if (text.starts_with("\xef\xbb\xbf")) {  // the library would skip it; JSON text has none (RFC 8259, section 8.1)
    verdict.refuse("", "json", "is not JSON: it starts with a byte order mark");
    return std::unexpected(verdict.error());
  }
  if (!Json::sax_parse(text, &check)) return std::unexpected(verdict.error());
  return Json::parse(text);
}

std::string json_text(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 80)) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  if (text.size() > 80) out += "...";
  return out;
}

void DocumentVerdict::refuse(std::string_view pointer, std::string_view rule, std::string_view message) {
  if (error_) return;
  const auto where = pointer.empty()        ? std::string("document")
                     : pointer.size() > 200 ? std::string(pointer.substr(0, 200))
                                            : std::string(pointer);
  std::string safe;
  for (const char c : where) safe += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  error_ = Error{Code::invalid_argument, "manifest." + std::string(rule), safe + ": " + std::string(message), 0};
}

JsonObject::JsonObject(const Json& value, std::string pointer, DocumentVerdict& verdict,
                       std::initializer_list<std::string_view> known)
    : value_(value), pointer_(std::move(pointer)), verdict_(verdict) {
  if (!value_.is_object()) {
    verdict_.refuse(pointer_, "type", "must be an object, is " + std::string(value_.type_name()));
    return;
  }
  for (const auto& [key, member] : value_.items())
    if (std::ranges::find(known, key) == known.end())
      verdict_.refuse(this->pointer(key), "unknown_key", "is no key of this object");
}

const Json* JsonObject::find(std::string_view key) const {
  if (!value_.is_object()) return nullptr;
  const auto at = value_.find(std::string(key));
  return at == value_.end() ? nullptr : &*at;
}

const Json* JsonObject::require(std::string_view key) {
  const auto* member = find(key);
  if (!member) refuse(key, "missing_key", "is required");
  return member;
}

std::string JsonObject::text(std::string_view key, TextLength length) {
  const auto* member = require(key);
  return member ? element_text(*member, pointer(key), verdict_, length) : std::string();
}

std::string JsonObject::text_or_empty(std::string_view key, TextLength length) {
  return has(key) ? text(key, length) : std::string();
}

std::uint64_t JsonObject::number(std::string_view key, NumberRange range) {
  const auto* member = require(key);
  if (!member) return range.min;
  if (!member->is_number_unsigned()) {
    refuse(key, "type", "must be a whole number that is not negative, is " + printable(json_text(*member)));
    return range.min;
  }
  const auto value = member->get<std::uint64_t>();
  if (value < range.min || value > range.max) {
    refuse(key, "range",
           "is " + std::to_string(value) + ", must lie in " + std::to_string(range.min) + " to " +
               std::to_string(range.max));
    return range.min;
  }
  return value;
}

std::optional<std::uint64_t> JsonObject::optional_number(std::string_view key, NumberRange range) {
  if (!has(key)) return std::nullopt;
  return number(key, range);
}

bool JsonObject::flag_or_false(std::string_view key) {
  const auto* member = find(key);
  if (!member) return false;
  if (!member->is_boolean()) {
    refuse(key, "type", "must be true or false, is " + std::string(member->type_name()));
    return false;
  }
  return member->get<bool>();
}

double JsonObject::decimal_or(std::string_view key, double fallback) {
  const auto* member = find(key);
  if (!member) return fallback;
  if (!member->is_number()) {
    refuse(key, "type", "must be a number, is " + std::string(member->type_name()));
    return fallback;
  }
  const auto value = member->get<double>();
  if (!(value >= 0 && std::isfinite(value))) refuse(key, "range", "must not be negative");
  return value;
}

std::span<const Json> JsonObject::array(std::string_view key, ArrayLength length) {
  const auto* member = length.min == 0 ? find(key) : require(key);
  if (!member) return {};
  if (!member->is_array()) {
    refuse(key, "type", "must be an array, is " + std::string(member->type_name()));
    return {};
  }
  if (member->size() < length.min || member->size() > length.max) {
    refuse(key, "length",
           "has " + std::to_string(member->size()) + " elements, must have " + std::to_string(length.min) + " to " +
               std::to_string(length.max));
    return {};
  }
  return member->get_ref<const Json::array_t&>();
}

std::string JsonObject::object_text(std::string_view key) {
  const auto* member = find(key);
  if (!member) return {};
  if (!member->is_object()) refuse(key, "type", "must be an object, is " + std::string(member->type_name()));
  return json_text(*member);
}

std::string JsonObject::pointer(std::string_view key) const { return pointer_ + "/" + escaped(key); }

void JsonObject::refuse(std::string_view key, std::string_view rule, std::string_view message) {
  verdict_.refuse(pointer(key), rule, message);
}

std::string element_text(const Json& value, const std::string& pointer, DocumentVerdict& verdict, TextLength length) {
  if (!value.is_string()) {
    verdict.refuse(pointer, "type", "must be a string, is " + std::string(value.type_name()));
    return {};
  }
  const auto& text = value.get_ref<const std::string&>();
  if (text.size() < length.min || text.size() > length.max) {
    verdict.refuse(pointer, "length",
                   "has " + std::to_string(text.size()) + " bytes, must have " + std::to_string(length.min) + " to " +
                       std::to_string(length.max));
    return {};
  }
  return text;
}

}  // namespace stoa::registry
