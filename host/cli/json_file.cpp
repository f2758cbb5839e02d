// json_file.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/json_file.hpp"

#include "host/client/bounded_json.hpp"
#include "registry/document/file.hpp"

namespace stoa::cli {

Result<client::Json> read_json_object(const std::string& file) {
  constexpr std::size_t kFileMax = 1u << 20;
  const auto text = registry::read_small_file(file, kFileMax);
  if (!text) return std::unexpected(text.error());
  client::Json json = client::parse_bounded_json(*text);
  if (!json.is_object()) return failure(Code::invalid_argument, "usage", file + ": is no JSON object");
  return json;
}

}  // namespace stoa::cli
