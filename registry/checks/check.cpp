// check.cpp: the order of the chain, and where going on makes no sense.
// SPDX-License-Identifier: Apache-2.0
#include "registry/checks/check.hpp"

#include <algorithm>
#include <chrono>

#include "registry/checks/step.hpp"

namespace stoa::registry {
namespace {

// What a failure means for the checks behind it.
enum class After : std::uint8_t {
  end,    // nothing can be said of what is no package, or not its publisher's
  go_on,  // an author wants to hear everything at once
};

struct Step {
  std::string_view name;
  After after_failure;
  std::function<Finding(const Package&)> run;
};

// The reader looks at these in this order, stops at the first failure, and its reasons tell at which.
constexpr std::string_view kReaderSteps[] = {"container", "manifest", "signature", "digests"};

std::size_t reader_step_of(const Error& error) {
  const std::string_view reason = error.reason;
  if (reason == "package.digest_mismatch") return 3;
  if (reason.starts_with("signature.")) return 2;
  if (reason.starts_with("manifest.") || reason == "package.unlisted_entry" || reason == "package.missing_entry" ||
      reason == "package.entry_order" || reason == "package.size_mismatch" || reason == "package.no_manifest")
    return 1;
  return 0;
}

class Chain {
 public:
  void run(const Step& step, const Package* package) {
    const auto start = std::chrono::steady_clock::now();
    auto finding = is_over_ ? skipped("check.not_reached", "an earlier check failed") : step.run(*package);
    const auto took = std::chrono::steady_clock::now() - start;
    add(step.name, std::move(finding), std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    if (outcomes_.back().verdict == CheckVerdict::failed && step.after_failure == After::end) is_over_ = true;
  }

  void add(std::string_view name, Finding finding, std::int64_t took_us) {
    outcomes_.push_back(
        {std::string(name), finding.verdict, std::move(finding.reason), std::move(finding.message), took_us});
    has_failed_ |= finding.verdict == CheckVerdict::failed;
  }

  void end() { is_over_ = true; }
  bool has_failed() const { return has_failed_; }
  std::vector<CheckOutcome> outcomes() && { return std::move(outcomes_); }

 private:
  std::vector<CheckOutcome> outcomes_;
  bool is_over_ = false, has_failed_ = false;
};

Finding check_container(const Package& package) {
  return passed(std::to_string(package.file_size()) + " bytes in canonical form");
}

Finding check_manifest(const Package& package) {
  return passed("manifest of " + package.manifest().id() + " " + package.manifest().version + " is sound");
}

Finding check_digests(const Package& package) {
  return passed(std::to_string(package.libraries().size() + package.assets().size()) +
                " files have the manifest's digests");
}

// Where reading the package failed, the step that it failed at has the reader's reason.
void tell_reader_error(Chain& chain, const Error& error) {
  const auto at = reader_step_of(error);
  for (std::size_t i = 0; i < at; ++i) chain.add(kReaderSteps[i], passed("nothing was found here"), 0);
  chain.add(kReaderSteps[at], failed(error.reason, error.message), 0);
  chain.end();
}

}  // namespace

std::string_view name_of(CheckVerdict verdict) {
  switch (verdict) {
    case CheckVerdict::passed:
      return "passed";
    case CheckVerdict::failed:
      return "failed";
    case CheckVerdict::warned:
      return "warned";
    case CheckVerdict::skipped:
      break;
  }
  return "skipped";
}

Result<Package> inspect_submission(const std::filesystem::path& file, const std::vector<SubmissionKey>& keys) {
  TrustStore trust;
  for (const auto& key : keys) trust.add(key.publisher, key.key);
  return inspect_package(file, trust);
}

Sha256 content_digest(const Manifest& manifest) {
  // Length-free joining is sound: digests have one length, and no path holds a line break.
  std::string text;
  for (const auto& platform : manifest.platforms) text += platform.library + "\n" + to_hex(platform.sha256) + "\n";
  for (const auto& asset : manifest.assets) text += asset.path + "\n" + to_hex(asset.sha256) + "\n";
  return sha256_of(text);
}

std::vector<CheckOutcome> run_checks(const Submission& submission, const HostChecks& host) {
  Chain chain;
  const auto with = [&](Finding (*check)(const Submission&, const Package&)) {
    return [&submission, check](const Package& package) { return check(submission, package); };
  };
  // Nothing of partner code runs where anything failed before.
  const auto golden = [&](const Package& package) {
    if (chain.has_failed()) return skipped("check.not_reached", "an earlier check failed");
    return check_golden(submission, host, package);
  };
  const Step steps[] = {
      {"container", After::end, check_container},
      {"manifest", After::end, check_manifest},
      {"signature", After::end, with(check_signature)},
      {"digests", After::end, check_digests},
      {"namespace", After::end, with(check_namespace)},
      {"size", After::end, with(check_size)},
      {"version", After::go_on, with(check_version)},
      {"replay", After::go_on, with(check_replay)},
      {"abi", After::go_on, with(check_abi)},
      {"licence", After::go_on, with(check_licence)},
      {"exports", After::go_on, [&](const Package& package) { return check_exports(host, package); }},
      {"secrets", After::go_on, check_secrets},
      {"golden", After::go_on, golden},
  };
  std::size_t told = 0;
  if (!submission.package) {
    tell_reader_error(chain, submission.package.error());
    told = reader_step_of(submission.package.error()) + 1;
  }
  for (const auto& step : std::span(steps).subspan(told))
    chain.run(step, submission.package ? &*submission.package : nullptr);
  return std::move(chain).outcomes();
}

const CheckOutcome* first_failure(const std::vector<CheckOutcome>& outcomes) {
  const auto found = std::ranges::find(outcomes, CheckVerdict::failed, &CheckOutcome::verdict);
  return found == outcomes.end() ? nullptr : &*found;
}

}  // namespace stoa::registry
