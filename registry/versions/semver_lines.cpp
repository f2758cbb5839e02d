// semver_lines.cpp: answers what a range means, line by line, for a comparison with npm's semver.
// SPDX-License-Identifier: Apache-2.0
// In: "<range>\t<version>\t<version>…", out: "<range in full>\t<admitted: 0 or 1 for each>\t<highest admitted>", or "!"
// and what is wrong with the range.
#include <iostream>
#include <optional>
#include <string>

#include "registry/versions/version_range.hpp"

namespace {

using namespace stoa::registry;

std::string answer(std::string_view line) {
  const auto take = [&] {
    const auto tab = line.find('\t');
    const auto field = line.substr(0, tab);
    line = tab == std::string_view::npos ? std::string_view() : line.substr(tab + 1);
    return field;
  };
  const auto range = parse_version_range(take());
  if (!range) return "!" + range.error().message;
  std::string admitted;
  std::optional<VersionKey> highest;
  while (!line.empty()) {
    const auto version = parse_version_key(take());
    const bool is_in = version && range->admits(*version);
    admitted += is_in ? '1' : '0';
    if (is_in && (!highest || *version > *highest)) highest = *version;
  }
  return range->text() + "\t" + admitted + "\t" + (highest ? highest->text() : "none");
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(line) << '\n';
}
