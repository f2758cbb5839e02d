// release_facts.cpp: facts to text and back. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/release_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace stoa::registry {
namespace {

constexpr std::string_view kNothing = "-";  // no value of a manifest is a single hyphen

std::string_view written(const std::string& word) { return word.empty() ? kNothing : std::string_view(word); }
std::string read(std::string_view word) { return std::string(word == kNothing ? std::string_view() : word); }

// Up to the mark, which is taken away too.
std::string_view take(std::string_view& text, char mark) {
  const std::string_view part = text.substr(0, text.find(mark));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

std::optional<std::uint32_t> number_of(std::string_view word) {
  std::uint32_t number = 0;
  const auto [end, bad] = std::from_chars(word.data(), word.data() + word.size(), number);
  return bad == std::errc() && end == word.data() + word.size() ? std::optional(number) : std::nullopt;
}

bool read_line(std::string_view line, ReleaseFacts& facts) {
  const std::string_view what = take(line, ' ');
  std::array<std::string_view, 4> words{};
  std::size_t count = 0;
  while (!line.empty() && count < words.size()) words[count++] = take(line, ' ');
  if (!line.empty()) return false;
  if (what == "abi" && count == 2) {
    const auto min = number_of(words[0]), max = number_of(words[1]);
    if (min && max) facts.abi_min = *min, facts.abi_max = *max;
    return min && max;
  }
  if (what == "isolation" && count == 1) return facts.min_isolation = read(words[0]), true;
  if (what == "permission" && count == 1) return facts.permissions.emplace_back(words[0]), true;
  if (what == "model" && count == 1) return facts.models.emplace_back(words[0]), true;
  if (what != "platform" || count != 4) return false;
  facts.platforms.push_back({read(words[0]), read(words[1]), read(words[2]), read(words[3])});
  return true;
}

}  // namespace

ReleaseFacts facts_of(const Manifest& manifest) {
  ReleaseFacts facts{.models = {},
                     .platforms = {},
                     .permissions = manifest.permissions,
                     .min_isolation = manifest.min_isolation,
                     .abi_min = manifest.abi_min,
                     .abi_max = manifest.abi_max};
  for (const ModelDeclaration& model : manifest.models) facts.models.push_back(manifest.publisher + "/" + model.name);
  for (const PlatformDeclaration& platform : manifest.platforms)
    facts.platforms.push_back({platform.os, platform.arch, platform.libc, platform.libc_min});
  return facts;
}

std::string text_of(const ReleaseFacts& facts) {
  std::string text =
      fmt::format("abi {} {}\nisolation {}\n", facts.abi_min, facts.abi_max, written(facts.min_isolation));
  for (const PlatformFacts& one : facts.platforms)
    text += fmt::format("platform {} {} {} {}\n", written(one.os), written(one.arch), written(one.libc),
                        written(one.libc_min));
  for (const std::string& permission : facts.permissions) text += fmt::format("permission {}\n", permission);
  for (const std::string& model : facts.models) text += fmt::format("model {}\n", model);
  return text;
}

Result<ReleaseFacts> parse_facts(std::string_view text) {
  ReleaseFacts facts;
  while (!text.empty()) {
    const std::string_view line = take(text, '\n');
    if (!read_line(line, facts))
      return failure(Code::data_loss, "facts.syntax", fmt::format("facts: '{}' is no line", line.substr(0, 200)));
  }
  return facts;
}

}  // namespace stoa::registry
