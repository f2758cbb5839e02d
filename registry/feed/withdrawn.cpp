// withdrawn.cpp: "acme/vision 1.2.0 DIGEST", line by line. SPDX-License-Identifier: Apache-2.0
#include "registry/feed/withdrawn.hpp"

#include <fmt/format.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "registry/document/file.hpp"
#include "registry/document/staging.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kWithdrawnBytesMax = std::size_t{256} << 20;  // more than a million lines

Result<SignedVersion> parse_line(std::string_view line) {
  const auto first = line.find(' '), last = line.rfind(' ');
  const auto digest = last == line.npos ? std::nullopt : sha256_from_hex(line.substr(last + 1));
  if (!digest || first == 0 || first + 1 >= last)
    return failure(Code::data_loss, "feed.withdrawn",
                   fmt::format("'{}' is no line of it, want PLUGIN VERSION DIGEST", line.substr(0, 200)));
  return SignedVersion{std::string(line.substr(0, first)), std::string(line.substr(first + 1, last - first - 1)),
                       *digest};
}

}  // namespace

SignedVersion version_of(const PublicRelease& release) {
  return {release.plugin, release.version, release.package_sha256};
}

Result<std::vector<SignedVersion>> read_withdrawn(const std::filesystem::path& metadata) {
  std::vector<SignedVersion> versions;
  const auto text = read_small_file(metadata / kWithdrawnFile, kWithdrawnBytesMax);
  if (!text && text.error().code == Code::not_found) return versions;
  if (!text) return std::unexpected(text.error());
  for (std::string_view rest = *text; !rest.empty();) {
    // A file is replaced whole: without its end it is damaged.
    const auto end = rest.find('\n');
    auto version = end == rest.npos ? parse_line("") : parse_line(rest.substr(0, end));
    if (!version) return std::unexpected(version.error());
    versions.push_back(std::move(*version));
    rest.remove_prefix(end + 1);
  }
  return versions;
}

Result<void> keep_withdrawn(const std::filesystem::path& metadata, const std::vector<SignedVersion>& versions) {
  if (versions.empty()) return {};
  const auto file = metadata / kWithdrawnFile;
  auto known = read_withdrawn(metadata);
  if (!known) return std::unexpected(known.error());
  std::unordered_map<std::string, Sha256> digests;
  std::string text;
  bool is_new = false;
  const auto add = [&](const SignedVersion& one) {
    std::string name = one.plugin + " " + one.version;
    text += fmt::format("{} {}\n", name, to_hex(one.package_sha256));
    digests[std::move(name)] = one.package_sha256;
  };
  for (const SignedVersion& one : *known) add(one);
  for (const SignedVersion& one : versions) {
    const auto before = digests.find(one.plugin + " " + one.version);
    if (before != digests.end() && before->second == one.package_sha256) continue;
    add(one);
    is_new = true;
  }
  if (!is_new) return {};
  auto staging = StagingFile::create(file, 0644);
  if (!staging) return std::unexpected(staging.error());
  if (auto written = write_all(staging->file(), std::as_bytes(std::span(text))); !written) return written;
  return staging->publish();
}

}  // namespace stoa::registry
