// test_submission.hpp: what the tests of this module share: a submission that passes, to be spoilt in one place.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <fcntl.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "registry/checks/check.hpp"
#include "registry/package/container.hpp"
#include "registry/package/test_package.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::registry {

inline constexpr std::int64_t kNowMs = 1'800'000'000'000, kHourMs = 3'600'000;

// Canonical, and signed over what it says, however wrong that is; the patch spoils the bytes afterwards.
struct PackageDraft {
  struct Entry {
    std::string path, bytes;
  };
  nlohmann::ordered_json manifest;
  std::vector<Entry> files;                                                      // libraries, then assets
  const PrivateKey* signer = nullptr;                                            // nullptr: unsigned
  std::function<void(std::string& manifest_json)> edit_json = [](auto&) {};      // before it is signed
  std::function<void(std::vector<Entry>& entries)> edit_entries = [](auto&) {};  // manifest and envelope among them
  std::function<void(std::string& bytes)> patch = [](auto&) {};

  // Puts the files' digests and sizes into the manifest.
  void settle() {
    std::size_t i = 0;
    for (auto* rows : {&manifest["platforms"], &manifest["assets"]})
      for (auto& row : *rows) {
        row["sha256"] = to_hex(sha256_of(files[i].bytes));
        row["size"] = files[i++].bytes.size();
      }
  }
  PackageDraft& with_asset(const std::string& path, std::string bytes) {
    manifest["assets"].push_back({{"path", path}, {"media_type", "application/octet-stream"}});
    files.push_back({path, std::move(bytes)});
    settle();
    return *this;
  }
};

// The header at offset, valid again after a change.
inline void fix_tar_checksum(std::string& bytes, std::size_t offset) {
  bytes.replace(offset + 148, 8, 8, ' ');
  unsigned sum = 0;
  for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(bytes[offset + i]);
  std::snprintf(&bytes[offset + 148], 8, "%06o", sum);
  bytes[offset + 155] = ' ';
}

inline std::size_t tar_header_of(const std::string& bytes, const std::string& path) {
  for (std::size_t at = 0; at + 512 <= bytes.size(); at += 512)
    if (bytes.compare(at, path.size() + 1, path.c_str(), path.size() + 1) == 0) return at;
  ADD_FAILURE() << "no header of " << path;
  return 0;
}

// Overwrites part of an entry's header.
inline std::function<void(std::string&)> patched_header(std::string path, std::size_t at, std::string text) {
  return [=](std::string& bytes) {
    const auto header = tar_header_of(bytes, path);
    bytes.replace(header + at, text.size(), text);
    fix_tar_checksum(bytes, header);
  };
}

class SubmissionTest : public ::testing::Test {
 protected:
  SubmissionTest() : key(PrivateKey::generate()), other_key(PrivateKey::generate()) {}

  PackageDraft draft() const {
    PackageDraft out;
    out.manifest = nlohmann::ordered_json::parse(kSampleManifest);
    out.manifest["licences"] = {{"code", "Apache-2.0"}, {"weights", "CC-BY-4.0"}};
    out.manifest["source_sha256"] = std::string(64, '0');
    out.files = {{"lib/linux-x86_64/plugin.so", "library"},
                 {"assets/weights.bin", std::string(700, 'w')},
                 {"assets/golden/boot.png", "png"}};
    out.signer = &key;
    out.settle();
    return out;
  }

  std::filesystem::path write(const PackageDraft& draft) const {
    auto json = draft.manifest.dump();
    draft.edit_json(json);
    std::vector<PackageDraft::Entry> entries = {{std::string(kManifestPath), json}};
    if (draft.signer)
      entries.push_back({std::string(kEnvelopePath), serialise_envelope(sign_manifest(json, *draft.signer), json)});
    entries.insert(entries.end(), draft.files.begin(), draft.files.end());
    draft.edit_entries(entries);
    const auto path = folder / "submitted.stoa";
    {
      const File file(::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600));
      auto writer = ContainerWriter::create(file);
      EXPECT_TRUE(writer.has_value());
      for (const auto& entry : entries) EXPECT_TRUE(writer->add(entry.path, std::string_view(entry.bytes)).has_value());
      EXPECT_TRUE(writer->finish().has_value());
    }
    auto bytes = file_bytes(path);
    draft.patch(bytes);
    write_file(path, bytes);
    return path;
  }

  SubmissionKey key_of(const std::string& publisher, const PrivateKey& private_key) const {
    return {publisher, private_key.public_key(), true, kNowMs - 1000 * kHourMs, std::nullopt, std::nullopt};
  }

  // By acme, whose key is `key`; other_key is rival's.
  Submission submission(const PackageDraft& draft) const {
    const auto path = write(draft);
    Submission out;
    out.keys = {key_of("acme", key), key_of("rival", other_key)};
    out.package = inspect_submission(path, out.keys);
    out.package_sha256 = sha256_of(file_bytes(path));
    out.publisher = "acme";
    out.policy.host_abis = {{1, 1}};
    out.received_ms = kNowMs - kHourMs;
    out.now_ms = kNowMs;
    return out;
  }

  // A host that is content with everything.
  HostChecks host() const {
    return {[](const auto&, const auto&) { return Result<void>(); },
            [](const Package& package) {
              return Result<std::string>(std::to_string(package.manifest().golden.size()) + " cases in 1 ms");
            },
            folder.path()};
  }

  TestFolder folder;
  PrivateKey key, other_key;
};

inline const CheckOutcome& outcome_of(const std::vector<CheckOutcome>& outcomes, std::string_view name) {
  const auto found = std::ranges::find(outcomes, name, &CheckOutcome::name);
  if (found != outcomes.end()) return *found;
  static const CheckOutcome none;
  ADD_FAILURE() << "no check " << name;
  return none;
}

// "passed", or "warned version.backport".
inline std::string told(const CheckOutcome& outcome) {
  return std::string(name_of(outcome.verdict)) + (outcome.reason.empty() ? "" : " " + outcome.reason);
}

}  // namespace stoa::registry
