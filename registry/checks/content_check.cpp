// content_check.cpp: how large a package is, and under which licences it comes.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "registry/checks/step.hpp"

namespace stoa::registry {
namespace {

std::string numbers(std::uint64_t found, std::uint64_t limit) {
  return std::to_string(found) + " bytes, limit is " + std::to_string(limit);
}

// What a library may not be linked into: the host's own process. "T0", or silence, leaves that to the operator.
bool may_run_in_process(const Manifest& manifest) {
  return manifest.min_isolation.empty() || manifest.min_isolation == "T0";
}

bool runs_in_process(const CheckPolicy& policy, const Manifest& manifest) {
  return std::ranges::any_of(policy.in_process, [&](const std::string& entry) {
    return entry == manifest.id() || entry == manifest.publisher + "/*";
  });
}

Finding judge_code(const Submission& submission, const Manifest& manifest) {
  const auto found = submission.policy.licences.code.evaluate(manifest.licence_code);
  const auto subject = "code's licence " + found.because;
  switch (found.rule) {
    case LicenceRule::allowed:
      return passed(subject + " is allowed");
    case LicenceRule::denied:
      return failed("licence.code_denied", subject + " is not taken here");
    case LicenceRule::review:
      return warned("licence.code_review", subject + " needs a reviewer's look");
    case LicenceRule::workers_only:
      break;
  }
  if (!may_run_in_process(manifest))
    return passed(subject + " is allowed in workers, and the manifest asks for " + manifest.min_isolation);
  if (manifest.min_isolation == "T0" || runs_in_process(submission.policy, manifest))
    return failed("licence.code_in_process",
                  subject + " is allowed in workers only; min_isolation must be T1 or higher");
  return warned("licence.code_workers_only", subject + " is allowed in workers only; the manifest leaves that open");
}

Finding judge_weights(const Submission& submission, const Manifest& manifest) {
  const auto found = submission.policy.licences.weights.evaluate(manifest.licence_weights);
  const auto subject = "weights' licence " + found.because;
  switch (found.rule) {
    case LicenceRule::allowed:
    case LicenceRule::workers_only:  // weights are data wherever they lie
      return passed(subject + " is allowed");
    case LicenceRule::review:
      return warned("licence.weights_review", subject + " needs a reviewer's look");
    case LicenceRule::denied:
      break;
  }
  return failed("licence.weights_denied", subject + " is not taken here");
}

int weight_of(const Finding& finding) {
  return finding.verdict == CheckVerdict::failed ? 2 : finding.verdict == CheckVerdict::warned ? 1 : 0;
}

}  // namespace

Finding check_size(const Submission& submission, const Package& package) {
  const auto& policy = submission.policy;
  const auto size = package.file_size();
  if (size > policy.package_bytes_max)
    return failed("size.package", "package has " + numbers(size, policy.package_bytes_max));
  const auto count = package.libraries().size() + package.assets().size();
  if (count > policy.entries_max)
    return failed("size.entries", "package has " + std::to_string(count) + " libraries and assets, limit is " +
                                      std::to_string(policy.entries_max));
  for (const auto* entries : {&package.libraries(), &package.assets()})
    for (const auto& entry : *entries)
      if (entry.size > policy.entry_bytes_max)
        return failed("size.entry", "entry '" + entry.path + "' has " + numbers(entry.size, policy.entry_bytes_max));
  const auto max = submission.publisher_bytes_max;
  if (max != 0 && (submission.publisher_bytes > max || size > max - submission.publisher_bytes))
    return failed("size.quota", "publisher stores " + std::to_string(submission.publisher_bytes) +
                                    " bytes, this package has " + numbers(size, max) + " for all together");
  return passed(std::to_string(size) + " bytes in " + std::to_string(count) + " libraries and assets");
}

// The worse of the two is the outcome, the message tells both.
Finding check_licence(const Submission& submission, const Package& package) {
  auto code = judge_code(submission, package.manifest());
  auto weights = judge_weights(submission, package.manifest());
  auto& worse = weight_of(weights) > weight_of(code) ? weights : code;
  worse.message = code.message + "; " + weights.message;
  return std::move(worse);
}

}  // namespace stoa::registry
