// told_mark.cpp: three lines of text. SPDX-License-Identifier: Apache-2.0
#include "registry/feed/told_mark.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "registry/document/file.hpp"
#include "registry/document/staging.hpp"
#include "registry/feed/feed_target.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kBytesMax = 1024;

// Changes by itself with the form in which anything is told: then all of it has to be told anew.
std::string form_of_targets() {
  Sha256Stream hash;
  const auto add = [&](const std::string& path, const Target& target) {
    std::string text = path + to_hex(target.sha256);
    for (const auto& [fact, value] : target.facts) text += fmt::format("\n{}={}", fact, value);
    hash.update(std::as_bytes(std::span(text)));
  };
  PublicRelease release{.id = {"rel_1"}, .plugin = "a/b", .version = "1.0.0", .models = {"a/c", "a/d"}};
  release.published_ms = 1, release.cool_until_ms = 2, release.package_bytes = 3;
  const AliasRecord alias{"a/c", "best", {{"1.0.0", 400'000}, {"2.0.0", 600'000}}, 4};
  RolloutRecord rollout{.id = {"roll_1"}, .plan = {.model = "a/c", .version = "2.0.0", .steps_ppm = {5}}};
  rollout.stable = "1.0.0";
  const VerdictRecord verdict{.id = 6, .model = "a/c", .version = "2.0.0", .state = "failed", .forgiven_ms = 7};
  add(path_of(release), target_of(release));
  add(path_of(alias), target_of(alias));
  add(path_of(rollout), target_of(rollout));
  add(path_of(verdict), target_of(verdict));
  return to_hex(hash.finish());
}

std::string first_lines(const FileFact& snapshot) {
  return fmt::format("form {}\nsnapshot {} {}\n", form_of_targets(), snapshot.version,
                     snapshot.sha256 ? to_hex(*snapshot.sha256) : "");
}

}  // namespace

AuditHead read_told_mark(const std::filesystem::path& file, const FileFact& snapshot) {
  const auto text = read_small_file(file, kBytesMax);
  const std::string first = first_lines(snapshot);
  if (!text || !snapshot.sha256 || !text->starts_with(first)) return {};
  constexpr std::string_view kAudit = "audit ";
  std::string_view rest = std::string_view(*text).substr(first.size());
  if (!rest.starts_with(kAudit) || !rest.ends_with('\n')) return {};
  rest.remove_prefix(kAudit.size());
  rest.remove_suffix(1);
  const auto space = rest.find(' ');
  AuditHead told;
  const auto [end, bad] = std::from_chars(rest.data(), rest.data() + std::min(space, rest.size()), told.lines);
  const auto sha256 = sha256_from_hex(rest.substr(std::min(rest.size(), space + 1)));
  if (space == rest.npos || bad != std::errc() || end != rest.data() + space || !sha256) return {};
  told.sha256 = *sha256;
  return told;
}

Result<void> keep_told_mark(const std::filesystem::path& file, const ToldMark& mark) {
  const std::string text =
      first_lines(mark.snapshot) + fmt::format("audit {} {}\n", mark.told.lines, to_hex(mark.told.sha256));
  auto staging = StagingFile::create(file, 0600);
  if (!staging) return std::unexpected(staging.error());
  if (auto written = write_all(staging->file(), std::as_bytes(std::span(text))); !written) return written;
  return staging->publish();
}

}  // namespace stoa::registry
