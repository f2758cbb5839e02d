// json_walk.cpp: strict reading on top of simdjson's on-demand cursor. SPDX-License-Identifier: Apache-2.0
#include "host/api/json_walk.hpp"

#include <algorithm>

namespace stoa::api {
namespace {

constexpr std::size_t kTokenTextMax = 40;

Result<void> validate_number(od::value v, const FieldPath& where) {
  od::number number;
  if (v.get_number().get(number) == simdjson::SUCCESS) return {};
  double as_double = 0;  // an integer beyond 64 bits is still a JSON number
  if (auto error = v.get_double().get(as_double)) return bad_json(where, error);
  return {};
}

Result<void> validate_array(od::array array, const FieldPath& where, int depth) {
  std::uint64_t index = 0;
  for (auto item : array) {
    const FieldPath path(where, index++);
    od::value value;
    if (auto error = item.get(value)) return bad_json(path, error);
    if (auto done = validate(value, path, depth + 1); !done) return done;
  }
  return {};
}

}  // namespace

std::unexpected<Error> bad_json(const FieldPath& where, simdjson::error_code error) {
  const std::string what = error == simdjson::NUMBER_ERROR
                               ? std::string("a number that is not JSON, or out of range")
                               : std::string("not valid JSON (") + simdjson::error_message(error) + ")";
  return wrong(where, what, "request.bad_json");
}

bool SeenKeys::is_new(std::string_view key) {
  if (sorted_.empty()) {
    for (std::size_t i = 0; i < count_; ++i)
      if (few_[i] == key) return false;
    if (count_ < kFewKeys) {
      few_[count_++] = key;
      return true;
    }
    sorted_.assign(few_.begin(), few_.end());
    std::ranges::sort(sorted_);
  }
  const auto at = std::ranges::lower_bound(sorted_, key);
  if (at != sorted_.end() && *at == key) return false;
  sorted_.insert(at, key);
  return true;
}

Result<void> validate(od::value v, const FieldPath& where, int depth) {
  if (depth > kJsonDepthMax)
    return wrong(where, "nested deeper than " + std::to_string(kJsonDepthMax) + " levels", "request.too_deep");
  od::json_type type;
  if (auto error = v.type().get(type)) return bad_json(where, error);
  switch (type) {
    case od::json_type::array: {
      od::array array;
      if (auto error = v.get_array().get(array)) return bad_json(where, error);
      return validate_array(array, where, depth);
    }
    case od::json_type::object: {
      od::object object;
      if (auto error = v.get_object().get(object)) return bad_json(where, error);
      return for_each_field(object, where, [&](std::string_view, od::value value, const FieldPath& path) {
        return validate(value, path, depth + 1);
      });
    }
    case od::json_type::number:
      return validate_number(v, where);
    case od::json_type::string: {
      std::string_view text;
      if (auto error = v.get_string().get(text)) return bad_json(where, error);
      return {};
    }
    case od::json_type::boolean: {
      bool flag = false;
      if (auto error = v.get_bool().get(flag)) return bad_json(where, error);
      return {};
    }
    case od::json_type::null: {
      bool is_null = false;
      if (auto error = v.is_null().get(is_null)) return bad_json(where, error);
      if (!is_null) return bad_json(where, simdjson::N_ATOM_ERROR);
      return {};
    }
  }
  return bad_json(where, simdjson::TAPE_ERROR);
}

Result<void> check_json(std::string_view bytes, const FieldPath& where) {
  const simdjson::padded_string copy(bytes);
  od::parser parser;
  od::document document;
  if (auto error = parser.iterate(copy).get(document)) return bad_json(where, error);
  bool is_scalar = false;
  if (auto error = document.is_scalar().get(is_scalar)) return bad_json(where, error);
  if (is_scalar) {  // a lone number, string or literal: the DOM parser validates it whole
    simdjson::dom::parser whole;
    const auto error = whole.parse(copy).error();
    if (error == simdjson::SUCCESS) return {};
    double big = 0;  // an integer beyond 64 bits is still a JSON number
    if (error == simdjson::NUMBER_ERROR && document.get_double().get(big) == simdjson::SUCCESS) return {};
    return bad_json(where, error);
  }
  od::value value;
  if (auto error = document.get_value().get(value)) return bad_json(where, error);
  if (auto valid = validate(value, where, 1); !valid) return valid;
  if (document.current_location().error() == simdjson::OUT_OF_BOUNDS) return {};
  return wrong(where, "more follows the document", "request.bad_json");
}

std::string token_text(od::value v) {
  if (v.current_location().error()) return "the end of the text";
  const std::string_view raw = v.raw_json_token();
  const std::size_t end = raw.find_last_not_of(" \t\r\n");
  std::string text(raw.substr(0, end == std::string_view::npos ? 0 : end + 1));
  if (text.size() > kTokenTextMax) {
    std::size_t cut = kTokenTextMax;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80) --cut;  // never inside a UTF-8 sequence
    text = text.substr(0, cut) + "...";
  }
  return text;
}

Result<od::object> root_object(od::document& document) {
  const FieldPath body("body");
  od::object object;
  const auto error = document.get_object().get(object);
  if (!error) return object;
  if (error == simdjson::INCORRECT_TYPE)
    return wrong(body, "must be a JSON object, begins with something else", "request.bad_json");
  // The cursor looks at the last token before it goes in.
  return wrong(body, "begins a JSON object but does not end with its '}'", "request.bad_json");
}

Result<std::string_view> read_string(od::value v, const FieldPath& where) {
  std::string_view text;
  const auto error = v.get_string().get(text);
  if (error == simdjson::INCORRECT_TYPE) return wrong(where, "must be a string, is " + token_text(v));
  if (error) return bad_json(where, error);
  return text;
}

Result<bool> read_bool(od::value v, const FieldPath& where) {
  bool flag = false;
  if (v.get_bool().get(flag)) return wrong(where, "must be true or false, is " + token_text(v));
  return flag;
}

Result<std::uint64_t> read_uint64(od::value v, const FieldPath& where) {
  std::uint64_t number = 0;
  if (v.get_uint64().get(number)) return wrong(where, "must be an integer from 0 to 2^64-1, is " + token_text(v));
  return number;
}

Result<od::array> read_array(od::value v, const FieldPath& where) {
  od::array array;
  const auto error = v.get_array().get(array);
  if (error == simdjson::INCORRECT_TYPE) return wrong(where, "must be an array, is " + token_text(v));
  if (error) return bad_json(where, error);
  return array;
}

Result<od::object> read_object(od::value v, const FieldPath& where) {
  od::object object;
  const auto error = v.get_object().get(object);
  if (error == simdjson::INCORRECT_TYPE) return wrong(where, "must be an object, is " + token_text(v));
  if (error) return bad_json(where, error);
  return object;
}

}  // namespace stoa::api
