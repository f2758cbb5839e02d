// bounded_json.cpp SPDX-License-Identifier: Apache-2.0
#include "host/client/bounded_json.hpp"

namespace stoa::client {

bool is_nested_too_deep(std::string_view json) {
  std::size_t levels = 0;
  bool is_in_string = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (is_in_string) {
      if (c == '\\') ++i;
      if (c == '"') is_in_string = false;
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '[' || c == '{') {
      if (++levels > kJsonLevelsMax) return true;
    } else if ((c == ']' || c == '}') && levels > 0) {
      --levels;
    }
  }
  return false;
}

nlohmann::ordered_json parse_bounded_json(std::string_view text) {
  if (is_nested_too_deep(text)) return nlohmann::ordered_json::value_t::discarded;
  return nlohmann::ordered_json::parse(text, nullptr, false);
}

}  // namespace stoa::client
