// model_path.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/model_path.hpp"

#include <array>
#include <memory>
#include <string>
#include <utility>

namespace stoa::api {
namespace {

constexpr std::size_t kSegmentsMax = 6;  // publisher, model, "versions", version, "trace", "setting"

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Appends.
bool decode(std::string_view segment, std::string& out) {
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
                 "path: want /v2/models/{publisher}/{model}[/versions/{version}][/{action}], got '" +
                     std::string(rest.substr(0, 128)) + "'");
}

using Segments = std::array<std::string_view, kSegmentsMax>;

// Two neighbours and the slash between them.
std::string_view join(std::string_view first, std::string_view second) {
  return {first.data(), static_cast<std::size_t>(second.data() + second.size() - first.data())};
}

// What the segments mean, decoded or not. False: nothing that has a meaning here.
bool interpret(const Segments& segments, std::size_t count, ModelPath& path) {
  std::size_t next = 1;
  path.name = segments[0];
  if (count > 1 && !path.name.contains('/')) path.name = join(path.name, segments[next++]);
  if (next + 1 < count && segments[next] == "versions") {
    path.version = segments[next + 1];
    next += 2;
  }
  if (next < count) path.action = segments[next++];
  if (path.action == "trace" && next + 1 == count) path.action = join(path.action, segments[next++]);
  if (next != count) return false;
  const std::size_t at = path.name.rfind('@');
  if (at == std::string_view::npos) return true;
  if (!path.version.empty()) return false;
  path.version = path.name.substr(at + 1);
  path.name = path.name.substr(0, at);
  return true;
}

}  // namespace

Result<ModelPath> parse_model_path(std::string_view rest) {
  Segments segments;
  std::size_t count = 0;
  for (std::string_view left = rest;;) {
    const std::size_t slash = left.find('/');
    if (count == kSegmentsMax || slash == 0 || left.empty()) return unknown(rest);
    segments[count++] = left.substr(0, slash);
    if (slash == std::string_view::npos) break;
    left.remove_prefix(slash + 1);
  }
  ModelPath path;
  if (rest.contains('%')) {
    auto decoded = std::make_shared<std::string>();
    decoded->reserve(rest.size());  // never longer than that: views into it stay
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) *decoded += '/';
      const std::size_t begin = decoded->size();
      if (!decode(segments[i], *decoded)) return unknown(rest);
      segments[i] = std::string_view(*decoded).substr(begin);
    }
    path.decoded = std::move(decoded);
  }
  if (!interpret(segments, count, path)) return unknown(rest);
  return path;
}

}  // namespace stoa::api
