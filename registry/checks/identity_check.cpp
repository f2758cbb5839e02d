// identity_check.cpp: what the package calls itself: namespace and plugin, version, and whether it was here before.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "registry/checks/step.hpp"
#include "registry/names/name_policy.hpp"
#include "registry/versions/semver.hpp"

namespace stoa::registry {
namespace {

// Versions that people expect to rise together: 1.x.y, and 0.3.y, where every minor may break (as npm's ^ says).
std::string line_of(const SemanticVersion& version) {
  return version.major == "0" ? "0." + version.minor : version.major;
}

}  // namespace

Finding check_namespace(const Submission& submission, const Package& package) {
  const auto& manifest = package.manifest();
  if (manifest.publisher != submission.publisher)
    return failed("namespace.foreign",
                  "manifest says publisher '" + manifest.publisher + "', handed in by '" + submission.publisher + "'");
  NameIndex names(NameScope::plugins);
  for (const auto& name : submission.other_plugins) names.add(name);
  const auto ruling = names.judge(manifest.plugin);
  if (!ruling) return failed(ruling.error().reason, ruling.error().message);
  if (ruling->verdict == NameVerdict::free) return passed("'" + manifest.id() + "' is in the publisher's namespace");
  return warned(ruling->reason, "plugin's " + ruling->message + ", another one of this publisher");
}

Finding check_version(const Submission& submission, const Package& package) {
  const auto version = parse_semantic_version(package.manifest().version);
  if (!version) return failed(version.error().reason, "version " + version.error().message);
  std::optional<SemanticVersion> latest;
  for (const auto& taken : submission.versions) {
    const auto other = parse_semantic_version(taken.version);
    if (!other) continue;
    // The same text is the next check's, which also looks at the bytes.
    if (compare_precedence(*version, *other) == 0 && version->text() != other->text())
      return failed("version.build_metadata", "version " + version->text() + " differs from release " + taken.version +
                                                  " in build metadata only, which tells no versions apart");
    if (line_of(*other) == line_of(*version) && (!latest || compare_precedence(*other, *latest) > 0)) latest = *other;
  }
  if (!latest) return passed("version " + version->text() + " is the first of its line");
  if (compare_precedence(*version, *latest) >= 0)
    return passed("version " + version->text() + " follows " + latest->text());
  const auto message =
      "version " + version->text() + " is lower than " + latest->text() + ", the latest of line " + line_of(*version);
  return submission.policy.allows_backports ? warned("version.backport", message) : failed("version.behind", message);
}

Finding check_replay(const Submission& submission, const Package& package) {
  const auto& version = package.manifest().version;
  for (const auto& taken : submission.versions) {
    if (taken.package_sha256 == submission.package_sha256)
      return failed("replay.same_package", "this very file is release " + taken.version + " already");
    if (taken.version == version)
      return failed("replay.other_bytes", "version " + version + " is a release already, with SHA-256 " +
                                              to_hex(taken.package_sha256) + "; this file has " +
                                              to_hex(submission.package_sha256));
  }
  const auto content = content_digest(package.manifest());
  const TakenVersion* same = nullptr;
  for (const auto& taken : submission.versions) {
    if (taken.content_sha256 != content) continue;
    if (taken.is_revoked)
      return failed("replay.revoked_content",
                    "libraries and assets are those of release " + taken.version + ", which is revoked");
    same = &taken;
  }
  if (same) return warned("replay.same_content", "libraries and assets are those of release " + same->version);
  return passed("neither the file nor its content was here before");
}

Finding check_abi(const Submission& submission, const Package& package) {
  const auto& manifest = package.manifest();
  const auto& hosts = submission.policy.host_abis;
  const auto range = "ABI " + std::to_string(manifest.abi_min) + " to " + std::to_string(manifest.abi_max);
  if (hosts.empty())
    return skipped("abi.no_hosts", "no host has said which ABI it speaks; the package speaks " + range);
  const auto speaks = [&](const AbiRange& host) {
    return manifest.abi_min <= host.max && manifest.abi_max >= host.min;
  };
  const auto count = std::ranges::count_if(hosts, speaks);
  const auto message = "package speaks " + range + ", as do " + std::to_string(count) + " of " +
                       std::to_string(hosts.size()) + " kinds of hosts";
  if (count == static_cast<std::ptrdiff_t>(hosts.size())) return passed(message);
  if (count > 0) return warned("abi.some_hosts", message);
  if (std::ranges::all_of(hosts, [&](const AbiRange& host) { return manifest.abi_min > host.max; }))
    return failed("abi.too_new", message);
  if (std::ranges::all_of(hosts, [&](const AbiRange& host) { return manifest.abi_max < host.min; }))
    return failed("abi.too_old", message);
  return failed("abi.no_host", message);
}

}  // namespace stoa::registry
