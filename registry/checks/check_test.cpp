// check_test.cpp: the chain as a whole, and a table for each check that looks at who, what and when.
// SPDX-License-Identifier: Apache-2.0
#include "registry/checks/check.hpp"

#include <gtest/gtest.h>

#include "registry/checks/test_submission.hpp"

namespace stoa::registry {
namespace {

class CheckChain : public SubmissionTest {
 protected:
  std::string told_of(std::string_view check, const Submission& submission) const {
    return told(outcome_of(run_checks(submission, host()), check));
  }
};

constexpr std::string_view kOrder[] = {"container", "manifest", "signature", "digests", "namespace", "size",  "version",
                                       "replay",    "abi",      "licence",   "exports", "secrets",   "golden"};

TEST_F(CheckChain, AGoodPackagePassesEveryCheckInTheOrderOfThePage) {
  const auto outcomes = run_checks(submission(draft()), host());
  ASSERT_EQ(outcomes.size(), std::size(kOrder));
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].name, kOrder[i]);
    EXPECT_EQ(told(outcomes[i]), "passed") << outcomes[i].name << ": " << outcomes[i].message;
    EXPECT_FALSE(outcomes[i].message.empty()) << outcomes[i].name;
    EXPECT_GE(outcomes[i].took_us, 0);
  }
  EXPECT_EQ(first_failure(outcomes), nullptr);
}

TEST_F(CheckChain, AfterAFailureThatEndsItTheRestIsNotReached) {
  auto made = submission(draft());
  made.publisher = "rival";
  made.keys[1] = key_of("rival", key);
  const auto outcomes = run_checks(made, host());
  ASSERT_EQ(outcomes.size(), std::size(kOrder));
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    EXPECT_EQ(told(outcomes[i]), i < 4    ? "passed"
                                 : i == 4 ? "failed namespace.foreign"
                                          : "skipped check.not_reached")
        << outcomes[i].name;
}

TEST_F(CheckChain, AnAuthorHearsOfEveryMistakeAtOnce) {
  auto made = draft();
  made.manifest["licences"]["code"] = "LicenseRef-nobody-may";
  made.manifest["abi"] = {{"min", 7}, {"max", 9}};
  made.with_asset("assets/notes.txt",
                  "token: gh"
                  "p_a8Kd03nsPq7ZxVb2LmRt5WyUc9HeJf1GoT4i\n");
  auto sent = submission(made);
  sent.policy.licences.code = *LicenceRules::parse({.denied = {"LicenseRef-nobody-*"}});
  sent.versions = {{"1.2.0", {}, {}, false}};
  bool has_run = false;
  auto checks = host();
  checks.run_golden = [&](const Package&) {
    has_run = true;
    return Result<std::string>("");
  };
  const auto outcomes = run_checks(sent, checks);
  EXPECT_EQ(told(outcome_of(outcomes, "replay")), "failed replay.other_bytes");
  EXPECT_EQ(told(outcome_of(outcomes, "abi")), "failed abi.too_new");
  EXPECT_EQ(told(outcome_of(outcomes, "licence")), "failed licence.code_denied");
  EXPECT_EQ(told(outcome_of(outcomes, "secrets")), "failed secret.found");
  EXPECT_EQ(told(outcome_of(outcomes, "golden")), "skipped check.not_reached");
  EXPECT_FALSE(has_run) << "nothing of partner code runs where anything failed before";
  EXPECT_EQ(first_failure(outcomes), &outcome_of(outcomes, "replay"));
}

TEST_F(CheckChain, WhatTheReaderRefusesIsToldAtTheCheckItFailed) {
  const struct {
    const char* check;
    const char* reason;
    std::function<void(PackageDraft&)> spoil;
  } rows[] = {
      {"container", "package.truncated", [](auto& d) { d.patch = [](auto& b) { b.resize(b.size() - 512); }; }},
      {"manifest", "manifest.version", [](auto& d) { d.manifest["version"] = "1.2.x"; }},
      {"manifest", "package.missing_entry", [](auto& d) { d.edit_entries = [](auto& e) { e.pop_back(); }; }},
      {"signature", "signature.other_manifest", [](auto& d) { d.edit_entries = [](auto& e) { e[0].bytes += " "; }; }},
      {"digests", "package.digest_mismatch", [](auto& d) { d.edit_entries = [](auto& e) { e[3].bytes[0] = 'x'; }; }},
  };
  for (const auto& row : rows) {
    auto made = draft();
    row.spoil(made);
    const auto outcomes = run_checks(submission(made), host());
    ASSERT_EQ(outcomes.size(), std::size(kOrder)) << row.reason;
    bool is_before = true;
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const bool is_it = outcomes[i].name == row.check;
      EXPECT_EQ(outcomes[i].name, kOrder[i]);
      EXPECT_EQ(told(outcomes[i]), is_it       ? "failed " + std::string(row.reason)
                                   : is_before ? "passed"
                                               : "skipped check.not_reached")
          << row.reason << " at " << outcomes[i].name;
      is_before &= !is_it;
    }
  }
}

TEST_F(CheckChain, SignatureAsksWhoseKeyItIsAndWhetherItCountedThen) {
  const auto before = kNowMs - kHourMs, received = before;
  const struct {
    const char* name;
    const char* told;
    std::function<void(Submission&)> change;
  } rows[] = {
      {"active", "passed", [](auto&) {}},
      {"the operator's own key", "passed", [](auto& s) { s.keys[0].publisher = "*"; }},
      {"not known", "failed signature.unknown_key", [](auto& s) { s.keys.erase(s.keys.begin()); }},
      {"of another publisher", "failed signature.other_publisher", [](auto& s) { s.keys[0].publisher = "rival"; }},
      {"handed in by another", "failed signature.other_publisher", [](auto& s) { s.publisher = "rival"; }},
      {"of both", "passed",
       [](auto& s) {
         auto second = s.keys[0];
         second.publisher = "rival";
         s.keys.insert(s.keys.begin(), second);
       }},
      {"role", "failed signature.key_role", [](auto& s) { s.keys[0].may_sign_releases = false; }},
      {"counts later", "failed signature.key_not_yet_valid", [&](auto& s) { s.keys[0].valid_from_ms = received + 1; }},
      {"counts from this instant", "passed", [&](auto& s) { s.keys[0].valid_from_ms = received; }},
      {"expired before", "failed signature.key_expired", [&](auto& s) { s.keys[0].valid_until_ms = received - 1; }},
      {"expired at that instant", "failed signature.key_expired",
       [&](auto& s) { s.keys[0].valid_until_ms = received; }},
      {"rotated since", "passed", [&](auto& s) { s.keys[0].valid_until_ms = received + 1; }},
      {"revoked before", "failed signature.key_revoked", [&](auto& s) { s.keys[0].revoked_from_ms = received - 5; }},
      {"revoked at that instant", "failed signature.key_revoked",
       [&](auto& s) { s.keys[0].revoked_from_ms = received; }},
      {"revoked from a later date on", "warned signature.key_revoked_since",
       [&](auto& s) { s.keys[0].revoked_from_ms = received + 1; }},
      {"will be revoked", "passed", [](auto& s) { s.keys[0].revoked_from_ms = kNowMs + 1; }},
      {"rotated, and revoked before that", "failed signature.key_revoked",
       [&](auto& s) { s.keys[0].valid_until_ms = received - 1, s.keys[0].revoked_from_ms = received - 2; }},
  };
  for (const auto& row : rows) {
    auto made = submission(draft());
    row.change(made);
    EXPECT_EQ(told_of("signature", made), row.told) << row.name;
  }
}

TEST_F(CheckChain, VersionsRiseWithinTheirLine) {
  const struct {
    const char* version;
    std::vector<const char*> taken;
    const char* told;
    const char* with_backports;
  } rows[] = {
      {"1.2.0", {}, "passed", "passed"},
      {"1.2.0", {"1.1.9"}, "passed", "passed"},
      {"1.2.0", {"1.1.9", "2.0.0"}, "passed", "passed"},
      {"1.2.0", {"2.0.0"}, "passed", "passed"},
      {"1.2.0", {"1.3.0"}, "failed version.behind", "warned version.backport"},
      {"1.2.5", {"1.2.4", "1.3.0"}, "failed version.behind", "warned version.backport"},
      {"1.2.0-rc.1", {"1.2.0"}, "failed version.behind", "warned version.backport"},
      {"1.2.0-rc.2", {"1.2.0-rc.1"}, "passed", "passed"},
      {"1.2.0-rc.10", {"1.2.0-rc.2"}, "passed", "passed"},
      {"1.2.0-rc.2", {"1.2.0-rc.10"}, "failed version.behind", "warned version.backport"},
      {"1.2.0", {"1.2.0-rc.1"}, "passed", "passed"},
      {"1.10.0", {"1.9.0"}, "passed", "passed"},
      {"0.3.1", {"0.4.0"}, "passed", "passed"},
      {"0.3.1", {"0.3.2"}, "failed version.behind", "warned version.backport"},
      {"1.2.0+b", {"1.2.0+a"}, "failed version.build_metadata", "failed version.build_metadata"},
      {"1.2.0+b", {"1.2.0"}, "failed version.build_metadata", "failed version.build_metadata"},
      {"1.2.0", {"1.2.0+a", "1.3.0"}, "failed version.build_metadata", "failed version.build_metadata"},
      {"1.2.0", {"not a version"}, "passed", "passed"},
      {"99999999999999999999.0.0", {"9.0.0"}, "passed", "passed"},
  };
  for (const auto& row : rows) {
    auto made = draft();
    made.manifest["version"] = row.version;
    auto sent = submission(made);
    for (const auto* taken : row.taken) sent.versions.push_back({taken, {}, {}, false});
    EXPECT_EQ(told_of("version", sent), row.told) << row.version;
    sent.policy.allows_backports = true;
    EXPECT_EQ(told_of("version", sent), row.with_backports) << row.version;
  }
}

TEST_F(CheckChain, ReplayLooksAtFileVersionAndContent) {
  auto sent = submission(draft());
  const auto file = sent.package_sha256, content = content_digest(sent.package->manifest());
  const Sha256 other = sha256_of("other");
  const struct {
    const char* name;
    std::vector<TakenVersion> taken;
    const char* told;
  } rows[] = {
      {"nothing there", {}, "passed"},
      {"others there", {{"1.1.0", other, other, false}, {"1.0.0", other, other, true}}, "passed"},
      {"the same again", {{"1.2.0", file, content, false}}, "failed replay.same_package"},
      {"the same under another version", {{"1.1.0", file, content, false}}, "failed replay.same_package"},
      {"same version, other bytes", {{"1.2.0", other, other, false}}, "failed replay.other_bytes"},
      {"same version, only the manifest differs", {{"1.2.0", other, content, false}}, "failed replay.other_bytes"},
      {"same content", {{"1.1.0", other, content, false}}, "warned replay.same_content"},
      {"same content as a revoked one", {{"1.1.0", other, content, true}}, "failed replay.revoked_content"},
      {"both", {{"1.1.0", other, content, false}, {"1.0.0", other, content, true}}, "failed replay.revoked_content"},
  };
  for (const auto& row : rows) {
    sent.versions = row.taken;
    EXPECT_EQ(told_of("replay", sent), row.told) << row.name;
  }
}

TEST_F(CheckChain, ContentIsLibrariesAndAssetsAlone) {
  const auto digest_of = [&](const PackageDraft& made) { return content_digest(submission(made).package->manifest()); };
  auto renamed = draft(), changed = draft();
  renamed.manifest["version"] = "9.9.9";
  renamed.manifest["description"] = "more";
  changed.files[1].bytes[3] = 'x';
  changed.settle();
  EXPECT_EQ(digest_of(draft()), digest_of(renamed));
  EXPECT_NE(digest_of(draft()), digest_of(changed));
}

TEST_F(CheckChain, NamespaceIsTheSubmittersAndPluginsLookDifferent) {
  const struct {
    std::vector<std::string> others;
    const char* told;
  } rows[] = {{{}, "passed"},
              {{"ocr", "vision-2"}, "passed"},
              {{"v1sion"}, "warned name.look_alike"},
              {{"vis-ion"}, "warned name.separators"},
              {{"vision"}, "warned name.taken"}};
  for (const auto& row : rows) {
    auto sent = submission(draft());
    sent.other_plugins = row.others;
    EXPECT_EQ(told_of("namespace", sent), row.told);
  }
}

TEST_F(CheckChain, AbiMeetsTheHosts) {
  const struct {
    std::uint32_t min, max;
    std::vector<AbiRange> hosts;
    const char* told;
  } rows[] = {{1, 1, {{1, 1}}, "passed"},
              {1, 3, {{2, 2}}, "passed"},
              {2, 3, {{1, 2}, {3, 5}}, "passed"},
              {2, 2, {{1, 2}, {3, 5}}, "warned abi.some_hosts"},
              {4, 5, {{1, 3}}, "failed abi.too_new"},
              {1, 2, {{3, 4}}, "failed abi.too_old"},
              {3, 3, {{1, 2}, {4, 5}}, "failed abi.no_host"},
              {1, 1, {}, "skipped abi.no_hosts"}};
  for (const auto& row : rows) {
    auto made = draft();
    made.manifest["abi"] = {{"min", row.min}, {"max", row.max}};
    auto sent = submission(made);
    sent.policy.host_abis = row.hosts;
    EXPECT_EQ(told_of("abi", sent), row.told) << row.min << "-" << row.max;
  }
}

TEST_F(CheckChain, SizesHaveTheirLimits) {
  const auto size = submission(draft()).package->file_size();
  const struct {
    const char* name;
    const char* told;
    std::function<void(Submission&)> change;
  } rows[] = {
      {"at the limit", "passed", [&](auto& s) { s.policy.package_bytes_max = size; }},
      {"package", "failed size.package", [&](auto& s) { s.policy.package_bytes_max = size - 1; }},
      {"entry at the limit", "passed", [](auto& s) { s.policy.entry_bytes_max = 700; }},
      {"entry", "failed size.entry", [](auto& s) { s.policy.entry_bytes_max = 699; }},
      {"entries at the limit", "passed", [](auto& s) { s.policy.entries_max = 3; }},
      {"entries", "failed size.entries", [](auto& s) { s.policy.entries_max = 2; }},
      {"quota filled", "passed", [&](auto& s) { s.publisher_bytes = 10, s.publisher_bytes_max = 10 + size; }},
      {"quota", "failed size.quota", [&](auto& s) { s.publisher_bytes = 11, s.publisher_bytes_max = 10 + size; }},
      {"quota lowered", "failed size.quota", [&](auto& s) { s.publisher_bytes = 11, s.publisher_bytes_max = 10; }},
      {"quota near the end of numbers", "failed size.quota",
       [](auto& s) { s.publisher_bytes = UINT64_MAX - 1, s.publisher_bytes_max = UINT64_MAX; }},
  };
  for (const auto& row : rows) {
    auto sent = submission(draft());
    row.change(sent);
    EXPECT_EQ(told_of("size", sent), row.told) << row.name;
  }
}

TEST_F(CheckChain, AHostReadsEveryLibraryAsAFileThatLeavesNothing) {
  std::vector<std::string> seen;
  auto checks = host();
  checks.lint_library = [&](const std::filesystem::path& library, const PlatformDeclaration& platform) {
    seen.push_back(platform.library + " " + platform.libc_min + " " + file_bytes(library));
    return Result<void>();
  };
  const auto sent = submission(draft());
  const auto files = count_of(folder.path());
  EXPECT_EQ(told(outcome_of(run_checks(sent, checks), "exports")), "passed");
  EXPECT_EQ(seen, std::vector<std::string>{"lib/linux-x86_64/plugin.so 2.36 library"});
  EXPECT_EQ(count_of(folder.path()), files);
}

TEST_F(CheckChain, WhatAHostSaysIsTheOutcome) {
  const auto lint = [](Code code, const char* reason, const char* message) {
    return [=](HostChecks& h) {
      h.lint_library = [=](const auto&, const auto&) { return Result<void>(failure(code, reason, message)); };
    };
  };
  const struct {
    const char* check;
    const char* told;
    std::function<void(HostChecks&)> change;
  } rows[] = {
      {"exports", "skipped exports.no_host", [](auto& h) { h.lint_library = nullptr; }},
      {"exports", "failed plugin.lint.exports",
       lint(Code::failed_precondition, "plugin.lint.exports", "exports \x1b[2J")},
      {"exports", "warned exports.other_machine", lint(Code::unimplemented, "plugin.lint.machine", "aarch64")},
      {"exports", "failed file.not_found", [](auto& h) { h.scratch /= "nowhere"; }},
      {"golden", "skipped golden.no_host", [](auto& h) { h.run_golden = nullptr; }},
      {"golden", "failed golden.failed",
       [](auto& h) {
         h.run_golden = [](const auto&) {
           return Result<std::string>(failure(Code::internal, "golden.mismatch", "got\n\x1b[2J"));
         };
       }},
  };
  for (const auto& row : rows) {
    auto checks = host();
    row.change(checks);
    const auto outcomes = run_checks(submission(draft()), checks);
    EXPECT_EQ(told(outcome_of(outcomes, row.check)), row.told);
    for (const auto& outcome : outcomes)
      for (const char c : outcome.message) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << outcome.name;
  }
}

TEST_F(CheckChain, WithoutGoldenCasesAReviewerIsTold) {
  auto made = draft();
  made.manifest.erase("golden");
  auto sent = submission(made);
  EXPECT_EQ(told_of("golden", sent), "warned golden.none");
  sent.policy.demands_golden = true;
  EXPECT_EQ(told_of("golden", sent), "failed golden.none");
}

// Who has no licence cannot run them, which is nobody's failure.
TEST_F(CheckChain, EncryptedAssetsThatThisHostMayNotOpenAreNoFailure) {
  auto made = draft();
  made.manifest["assets"][0]["encrypted"] = {{"content_key", "0123456789abcdef"}, {"plain_size", 100}};
  auto sent = submission(made);
  auto checks = host();
  checks.run_golden = [](const auto&) {
    return Result<std::string>(failure(Code::permission_denied, "licence.none", "no licence"));
  };
  EXPECT_EQ(told(outcome_of(run_checks(sent, checks), "golden")), "skipped golden.no_licence");
  sent.policy.demands_golden = true;
  EXPECT_EQ(told(outcome_of(run_checks(sent, checks), "golden")), "failed golden.no_licence");
  checks.run_golden = [](const auto&) {
    return Result<std::string>(failure(Code::data_loss, "sealed.chunk", "changed"));
  };
  EXPECT_EQ(told(outcome_of(run_checks(sent, checks), "golden")), "failed golden.failed");
}

}  // namespace
}  // namespace stoa::registry
