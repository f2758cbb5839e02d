// model_path.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/model_path.hpp"

#include <array>

namespace stoa::api {
namespace {

constexpr std::size_t kSegmentsMax = 5;  // publisher, model, "versions", version, action

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool decode(std::string_view segment, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (segment[i] != '%') {
      out += segment[i];
      continue;
    }
    if (segment.size() - i < 3) return false;
    const int high = hex_digit(segment[i + 1]), low = hex_digit(segment[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return false;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return true;
}

std::unexpected<Error> unknown(std::string_view rest) {
  return failure(Code::not_found, "route.unknown",
                 "no such path: want /v2/models/{publisher}/{model}[/versions/{version}][/{action}], got '" +
                     std::string(rest.substr(0, 128)) + "'");
}

}  // namespace

Result<ModelPath> parse_model_path(std::string_view rest) {
  std::array<std::string, kSegmentsMax> segments;
  std::size_t count = 0;
  for (std::string_view left = rest;;) {
    const std::size_t slash = left.find('/');
    const std::string_view segment = left.substr(0, slash);
    if (count == kSegmentsMax || segment.empty() || !decode(segment, segments[count])) return unknown(rest);
    ++count;
    if (slash == std::string_view::npos) break;
    left.remove_prefix(slash + 1);
  }
  ModelPath path;
  std::size_t next = 1;
  path.name = std::move(segments[0]);
  if (path.name.find('/') == std::string::npos && count > 1) path.name.append("/").append(segments[next++]);
  if (next + 1 < count && segments[next] == "versions") {
    path.version = std::move(segments[next + 1]);
    next += 2;
  }
  if (next < count) path.action = std::move(segments[next++]);
  if (next != count) return unknown(rest);
  if (const std::size_t at = path.name.rfind('@'); at != std::string::npos) {
    if (!path.version.empty()) return unknown(rest);
    path.version = path.name.substr(at + 1);
    path.name.resize(at);
  }
  return path;
}

}  // namespace stoa::api
