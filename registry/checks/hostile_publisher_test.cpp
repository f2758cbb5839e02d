// hostile_publisher_test.cpp: what somebody who means harm hands in, each refused for its own reason; and every reason
// that a publisher may read stands on the page. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "registry/checks/test_submission.hpp"
#include "registry/names/name_policy.hpp"

namespace stoa::registry {
namespace {

constexpr const char* kLibrary = "lib/linux-x86_64/plugin.so";
constexpr const char* kWeights = "assets/weights.bin";

// Acme has published 1.0.0, which is revoked, and 1.2.0. Mallory has an account as "rival", a key of its own, and
// copies of everything.
class HostilePublisher : public SubmissionTest {
 protected:
  HostilePublisher() : stranger(PrivateKey::generate()) {}

  struct Row {
    const char* name;
    const char* check;
    const char* reason;
    std::function<void(PackageDraft&)> make = [](auto&) {};
    std::function<void(Submission&)> hand_in = [](auto&) {};
    std::function<void(HostChecks&)> host = [](auto&) {};
  };

  CheckOutcome first_refusal(const Row& row) {
    auto made = draft();
    made.manifest["version"] = "1.3.0";
    row.make(made);
    auto sent = submission(made);
    sent.versions = {{"1.0.0", sha256_of("1.0.0"), sha256_of("c1"), true},
                     {"1.2.0", sha256_of("1.2.0"), sha256_of("c2"), false}};
    row.hand_in(sent);
    auto checks = host();
    row.host(checks);
    const auto outcomes = run_checks(sent, checks);
    for (const auto& outcome : outcomes)
      for (const char c : outcome.message) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << row.name;
    const auto* failure = first_failure(outcomes);
    return failure ? *failure : CheckOutcome{"none", CheckVerdict::passed, "accepted", "", 0};
  }

  PrivateKey stranger;
};

std::string page() {
  const char* source = std::getenv("STOA_SOURCE_DIR");
  return source ? file_bytes(std::filesystem::path(source) / "docs/reference/publishing-checks.md") : "";
}

std::string nested_json(std::size_t depth) {
  return R"({"stoa": 1, "config": )" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

TEST_F(HostilePublisher, EachIsRefusedForItsOwnReason) {
  using Entries = std::vector<PackageDraft::Entry>;
  const auto sign_with = [](const PrivateKey& k) { return [&k](PackageDraft& d) { d.signer = &k; }; };
  const auto manifest = [](std::function<void(nlohmann::ordered_json&)> edit) {
    return [edit](PackageDraft& d) { edit(d.manifest); };
  };
  const auto json = [](std::function<void(std::string&)> edit) {
    return [edit](PackageDraft& d) { d.edit_json = edit; };
  };
  const auto entries = [](std::function<void(Entries&)> edit) {
    return [edit](PackageDraft& d) { d.edit_entries = edit; };
  };
  const auto bytes = [](std::function<void(std::string&)> edit) { return [edit](PackageDraft& d) { d.patch = edit; }; };
  const auto nothing = [](PackageDraft&) {};
  const auto secret = [](std::string text) { return [text](PackageDraft& d) { d.with_asset("assets/a.txt", text); }; };

  const Row rows[] = {
      // Speaking for others.
      {"foreign namespace, own key", "namespace", "namespace.foreign", sign_with(other_key),
       [](auto& s) { s.publisher = "rival"; }},
      {"foreign namespace, its owner's old package", "signature", "signature.other_publisher", nothing,
       [](auto& s) { s.publisher = "rival"; }},
      {"own namespace, stolen key of another", "signature", "signature.other_publisher", sign_with(other_key)},
      {"a key that nobody registered", "signature", "signature.unknown_key", sign_with(stranger)},
      {"no signature", "signature", "signature.missing", [](auto& d) { d.signer = nullptr; }},
      {"a key that may not sign releases", "signature", "signature.key_role", nothing,
       [](auto& s) { s.keys[0].may_sign_releases = false; }},
      // Keys out of their time.
      {"expired key", "signature", "signature.key_expired", nothing,
       [](auto& s) { s.keys[0].valid_until_ms = s.received_ms; }},
      {"key not yet valid", "signature", "signature.key_not_yet_valid", nothing,
       [](auto& s) { s.keys[0].valid_from_ms = s.received_ms + 1; }},
      {"key revoked before the package came", "signature", "signature.key_revoked", nothing,
       [](auto& s) { s.keys[0].revoked_from_ms = s.received_ms - 1; }},
      {"revoked key, said to have expired later", "signature", "signature.key_revoked", nothing,
       [](auto& s) { s.keys[0].revoked_from_ms = 0, s.keys[0].valid_until_ms = s.now_ms * 2; }},
      // Signatures that are none.
      {"signature of another manifest", "signature", "signature.other_manifest",
       entries([](auto& e) { e[0].bytes.insert(1, " "); })},
      {"signature of other bytes under the right payload", "signature", "signature.invalid",
       entries([&](auto& e) { e[1].bytes = serialise_envelope(sign_manifest("{}", key), e[0].bytes); })},
      {"envelope in another form", "signature", "signature.envelope", entries([](auto& e) { e[1].bytes += "\n"; })},
      {"envelope of 3 MiB", "signature", "signature.envelope",
       entries([](auto& e) { e[1].bytes.resize(3 << 20, ' '); })},
      // Things that were here before.
      {"replayed old package", "replay", "replay.same_package", nothing,
       [](auto& s) { s.versions = {{"1.3.0", s.package_sha256, {}, false}}; }},
      {"the same bytes, recorded as another version", "replay", "replay.same_package", nothing,
       [](auto& s) { s.versions = {{"1.1.0", s.package_sha256, {}, false}}; }},
      {"same version, other bytes", "replay", "replay.other_bytes", nothing,
       [](auto& s) { s.versions = {{"1.3.0", sha256_of("x"), {}, false}}; }},
      {"a revoked release under a new version", "replay", "replay.revoked_content", nothing,
       [](auto& s) { s.versions[0].content_sha256 = content_digest(s.package->manifest()); }},
      {"same version with build metadata", "version", "version.build_metadata",
       manifest([](auto& m) { m["version"] = "1.2.0+patched"; })},
      {"an old vulnerable version again", "version", "version.behind",
       manifest([](auto& m) { m["version"] = "1.1.0"; })},
      {"a pre-release of what is out", "version", "version.behind",
       manifest([](auto& m) { m["version"] = "1.2.0-rc.9"; })},
      // Other content than was signed.
      {"swapped blobs", "manifest", "package.size_mismatch",
       entries([](auto& e) { std::swap(e[3].bytes, e[4].bytes); })},
      {"swapped blobs of one size", "digests", "package.digest_mismatch",
       [](auto& d) {
         d.files[2].bytes = std::string(700, 'g');
         d.settle();
         d.edit_entries = [](auto& e) { std::swap(e[3].bytes, e[4].bytes); };
       }},
      {"library changed in one byte", "digests", "package.digest_mismatch",
       entries([](auto& e) { e[2].bytes[0] ^= 1; })},
      {"a second library that nobody signed", "manifest", "package.unlisted_entry",
       entries([](auto& e) { e.push_back({"lib/linux-x86_64/extra.so", "x"}); })},
      {"asset left out", "manifest", "package.missing_entry", entries([](auto& e) { e.pop_back(); })},
      {"entries in another order", "manifest", "package.entry_order", entries([](auto& e) { std::swap(e[2], e[3]); })},
      {"two manifests", "container", "package.duplicate_entry", entries([](auto& e) { e.push_back(e[0]); })},
      {"manifest not first", "manifest", "package.no_manifest", entries([](auto& e) { std::swap(e[0], e[2]); })},
      // Tricks with archives.
      {"zip", "container", "package.compressed", bytes([](auto& b) { b.replace(0, 4, "PK\x03\x04"); })},
      {"gzip bomb", "container", "package.compressed", bytes([](auto& b) { b.replace(0, 2, "\x1f\x8b"); })},
      {"no archive", "container", "package.not_an_archive", bytes([](auto& b) { b.assign(8192, 'x'); })},
      {"leads out of the folder", "container", "package.parent_path",
       bytes(patched_header(kWeights, 0, "../../evil/file.so"))},
      {"absolute path", "container", "package.absolute_path", bytes(patched_header(kWeights, 0, "/etc/ld.so.preload"))},
      {"control character in a path", "container", "package.unclean_path",
       bytes(patched_header(kWeights, 7, "\x1b[2Jxxxx.bin"))},
      {"symbolic link", "container", "package.link", bytes([](auto& b) {
         patched_header(kWeights, 157, "/etc/passwd")(b);
         patched_header(kWeights, 156, "2")(b);
       })},
      {"device", "container", "package.special_file", bytes(patched_header(kWeights, 156, "3"))},
      {"set-uid bit", "container", "package.not_canonical", bytes(patched_header(kLibrary, 100, "004755"))},
      {"size that lies", "container", "package.truncated", bytes(patched_header(kWeights, 124, "77777777777"))},
      {"a second archive behind the end", "container", "package.trailing_bytes", bytes([](auto& b) { b += b; })},
      {"data in the padding", "container", "package.not_canonical",
       bytes([](auto& b) { b[tar_header_of(b, kWeights) + 512 + 700] = 'x'; })},
      {"5,000 entries", "container", "package.too_many_entries", entries([](auto& e) {
         for (int i = 0; i < 5000; ++i) e.push_back({"assets/n" + std::to_string(i), ""});
       })},
      // Manifests.
      {"huge manifest", "manifest", "manifest.too_large", json([](auto& j) { j.resize((1 << 20) + 1, ' '); })},
      {"deep JSON", "manifest", "manifest.too_deep", json([](auto& j) { j = nested_json(100'000); })},
      {"bad UTF-8", "manifest", "manifest.json",
       json([](auto& j) { j.replace(j.find("sees"), 4, "\xc0\xaf\xff\xfe"); })},
      {"key twice", "manifest", "manifest.duplicate_key",
       json([](auto& j) { j.insert(1, R"("id": "evil/vision", )"); })},
      {"unknown key", "manifest", "manifest.unknown_key", manifest([](auto& m) { m["hooks"] = "rm"; })},
      {"NUL in a name", "manifest", "manifest.nul_character",
       manifest([](auto& m) { m["description"] = std::string("a\0b", 3); })},
      {"publisher in Unicode", "manifest", "manifest.id", manifest([](auto& m) { m["id"] = "\xd0\xb0\x63me/vision"; })},
      {"path in the manifest leads out", "manifest", "manifest.path",
       manifest([](auto& m) { m["assets"][0]["path"] = "assets/../../x"; })},
      {"permission that no sandbox has", "manifest", "manifest.permission",
       manifest([](auto& m) { m["permissions"] = {"filesystem:/"}; })},
      {"model named like a route", "manifest", "manifest.name",
       manifest([](auto& m) { m["models"][1]["name"] = "infer"; })},
      // What would not fit here.
      {"ABI of the future", "abi", "abi.too_new", manifest([](auto& m) { m["abi"] = {{"min", 9}, {"max", 9}}; })},
      {"ABI of the past", "abi", "abi.too_old", nothing, [](auto& s) { s.policy.host_abis = {{2, 3}}; }},
      {"GPL code into the host's process", "licence", "licence.code_in_process",
       manifest([](auto& m) { m["licences"]["code"] = "MIT AND GPL-3.0-only", m["min_isolation"] = "T0"; })},
      {"licence that is not taken", "licence", "licence.code_denied",
       manifest([](auto& m) { m["licences"]["code"] = "SSPL-1.0"; }),
       [](auto& s) { s.policy.licences.code = *LicenceRules::parse({.denied = {"SSPL-*"}}); }},
      {"weights that forbid commerce", "licence", "licence.weights_denied",
       manifest([](auto& m) { m["licences"]["weights"] = "CC-BY-NC-4.0"; }),
       [](auto& s) { s.policy.licences.weights = *LicenceRules::parse({.denied = {"CC-BY-NC-*"}}); }},
      {"package over the limit", "size", "size.package", nothing, [](auto& s) { s.policy.package_bytes_max = 4096; }},
      {"entry over the limit", "size", "size.entry", nothing, [](auto& s) { s.policy.entry_bytes_max = 100; }},
      {"too many small entries", "size", "size.entries", nothing, [](auto& s) { s.policy.entries_max = 1; }},
      {"publisher fills the disk", "size", "size.quota", nothing, [](auto& s) { s.publisher_bytes_max = 1; }},
      // Content.
      {"cloud key in an asset", "secrets", "secret.found",
       secret("id=AKI"
              "AQ3EGRDL7ZM2XKWPV")},
      {"signing key in an asset", "secrets", "secret.found",
       secret("-----BEGIN "
              "PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIHkD3o7pQmVx8sWbYtR2nUe5aJf0LgKcZi9MvNhT1qXd\n")},
      {"library that exports more than it may", "exports", "plugin.lint.exports", nothing, [](auto&) {},
       [](auto& h) {
         h.lint_library = [](const auto&, const auto&) {
           return Result<void>(failure(Code::failed_precondition, "plugin.lint.exports", "exports malloc"));
         };
       }},
      {"model that answers otherwise than its golden case", "golden", "golden.failed", nothing, [](auto&) {},
       [](auto& h) {
         h.run_golden = [](const auto&) {
           return Result<std::string>(failure(Code::failed_precondition, "golden.mismatch", "case 'boot' differs"));
         };
       }},
      {"no golden case where one is demanded", "golden", "golden.none", manifest([](auto& m) { m.erase("golden"); }),
       [](auto& s) { s.policy.demands_golden = true; }},
  };
  EXPECT_GE(std::size(rows), 40u);
  const auto documented = page();
  for (const auto& row : rows) {
    const auto outcome = first_refusal(row);
    EXPECT_EQ(outcome.name + ": " + outcome.reason, row.check + std::string(": ") + row.reason)
        << row.name << ": " << outcome.message;
    const std::string reason = row.reason;
    const bool is_readers =
        reason.starts_with("package.") || reason.starts_with("manifest.") || reason.starts_with("plugin.");
    if (!documented.empty() && !is_readers)
      EXPECT_NE(documented.find("`" + reason + "`"), std::string::npos) << reason << " is not on the page";
  }
  EXPECT_EQ(first_refusal({"nothing", "", ""}).reason, "accepted");
}

TEST_F(HostilePublisher, AKeyRevokedAfterThePackageCameIsShownToTheReviewer) {
  auto sent = submission(draft());
  sent.keys[0].revoked_from_ms = sent.received_ms + 1;
  const auto outcomes = run_checks(sent, host());
  EXPECT_EQ(first_failure(outcomes), nullptr);
  EXPECT_EQ(told(outcome_of(outcomes, "signature")), "warned signature.key_revoked_since");
}

// Before there is a package there is a namespace: names that live on another's are held.
TEST_F(HostilePublisher, SquattersAreHeld) {
  NameIndex index(NameScope::namespaces);
  for (const auto* name : {"acme", "northwind-vision", "clarity"}) index.add(name);
  const struct {
    const char *name, *reason;
  } rows[] = {{"Acme", "name.case"},
              {"ac-me", "name.separators"},
              {"northwind_vision", "name.separators"},
              {"northvvind-vision", "name.look_alike"},
              {"c1arity", "name.look_alike"},
              {"darity", "name.look_alike"},
              {"acmes", "name.plural"},
              {"acme-official", "name.affix"},
              {"acmeofficial", "name.affix"},
              {"vision-northwind", "name.word_order"},
              {"clarlty", "name.look_alike"},
              {"claritty", "name.one_edit"},
              {"calrity", "name.one_edit"},
              {"northwindvison", "name.one_edit"},
              {"openai", "name.reserved"},
              {"nvidia-drivers", "name.well_known"},
              {"registry", "name.reserved"},
              {"\xd0\xb0\x63me", "name.foreign_character"},
              {"ac\xe2\x80\x8bme", "name.foreign_character"},
              {"acme\xff", "name.utf8"},
              {"xn--cme-5cd", "name.punycode"},
              {"acme/vision", "name.character"}};
  const auto documented = page();
  for (const auto& row : rows) {
    const auto ruling = index.judge(row.name);
    EXPECT_EQ(ruling ? ruling->reason : ruling.error().reason, row.reason) << row.name;
    if (!documented.empty())
      EXPECT_NE(documented.find("`" + std::string(row.reason) + "`"), std::string::npos) << row.reason;
  }
}

// The page against the code: every reason that the code of these rooms makes, and no other.
TEST(PublishingChecksPage, HasTheReasonsOfTheCode) {
  const char* source = std::getenv("STOA_SOURCE_DIR");
  if (!source) GTEST_SKIP() << "STOA_SOURCE_DIR is not set";
  const auto collect = [](const std::string& text, char quote) {
    std::set<std::string> found;
    for (auto at = text.find(quote); at != std::string::npos; at = text.find(quote, at + 1)) {
      const auto end = text.find(quote, at + 1);
      if (end == std::string::npos) break;
      const auto word = text.substr(at + 1, end - at - 1);
      const auto dot = word.find('.');
      static const std::set<std::string> kRooms = {"abi",       "check",  "exports", "golden",    "licence", "name",
                                                   "namespace", "replay", "secret",  "signature", "size",    "version"};
      if (dot != std::string::npos && dot + 1 < word.size() && kRooms.contains(word.substr(0, dot)) &&
          word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string::npos)
        found.insert(word);
    }
    return found;
  };
  std::set<std::string> made;
  for (const auto* room : {"names", "checks", "package", "signature", "versions"})
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(source) / "registry" / room)) {
      const auto name = entry.path().filename().string();
      if (!name.ends_with(".cpp") || name.ends_with("_test.cpp") || name.ends_with("_fuzz.cpp")) continue;
      made.merge(collect(file_bytes(entry.path()), '"'));
    }
  const auto shown = collect(page(), '`');
  for (const auto& reason : made) EXPECT_TRUE(shown.contains(reason)) << reason << " is not on the page";
  for (const auto& reason : shown)
    EXPECT_TRUE(made.contains(reason)) << "the page has " << reason << ", the code has not";
  EXPECT_GT(made.size(), 40u);
}

}  // namespace
}  // namespace stoa::registry
