// test_registry_folder.hpp: a registry's folder with releases that went the whole way, for what looks after it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "registry/evaluation/test_outcomes.hpp"
#include "registry/package/test_package.hpp"
#include "registry/publishing/publishing.hpp"

namespace stoa::registry {

class RegistryFolder {
 public:
  explicit RegistryFolder(const std::filesystem::path& parent) : parent_(parent) {}

  Result<void> try_open() {
    publishing_.reset();
    PublishingOptions options{.folder = path(), .now_ms = [this] { return now_ms; }};
    options.checks.host_abis = {{1, 1}};
    options.host = {.lint_library = [](const auto&, const auto&) { return Result<void>(); },
                    .run_golden = [](const Package&) { return Result<std::string>("2 cases in 1 ms"); },
                    .scratch = parent_};
    auto opened = Publishing::open(std::move(options));
    if (!opened) return std::unexpected(opened.error());
    publishing_ = std::move(*opened);
    return {};
  }
  void open() {
    if (auto opened = try_open(); !opened) throw std::runtime_error(opened.error().message);
  }
  void close() { publishing_.reset(); }
  std::filesystem::path path() const { return parent_ / "registry"; }
  Publishing* operator->() { return publishing_.get(); }
  Publishing& operator*() { return *publishing_; }

  void add_acme() {
    publishing_->with_catalogue([&](Catalogue& catalogue) {
      const auto made = catalogue.create_publisher(admin, "acme", "");
      if (!made) throw std::runtime_error(made.error().message);
      const PublicKey point = key.public_key();
      const auto kept = catalogue.add_key(acme, "acme", point, key.sign(key_possession_text("acme", point.id())));
      if (!kept) throw std::runtime_error(kept.error().message);
    });
  }

  // The sample plugin as one that passes every check.
  std::string package(const std::string& version) {
    const std::filesystem::path source = parent_ / ("source-" + version + salt),
                                file = parent_ / (version + salt + ".stoa");
    if (std::filesystem::exists(file)) return file_bytes(file);
    write_sample(source);
    auto manifest = nlohmann::ordered_json::parse(kSampleManifest);
    manifest["version"] = version;
    manifest["licences"] = {{"code", "Apache-2.0"}, {"weights", "CC-BY-4.0"}};
    write_file(source / "manifest.json", manifest.dump());
    write_file(source / "assets/weights.bin", "weights of " + version + salt);
    const auto packed = pack_folder({source, file, &key});
    if (!packed) throw std::runtime_error(packed.error().message);
    return file_bytes(file);
  }
  static NewRelease announcement(const std::string& version, const std::string& bytes) {
    return {"acme/vision", version, sha256_of(bytes), bytes.size(), "first"};
  }
  Result<Announced> announce(const std::string& version) {
    return publishing_->announce(acme, announcement(version, package(version)));
  }
  // What is still missing of it, at most so many bytes.
  Result<UploadStatus> send(const UploadStatus& upload, const std::string& bytes, std::size_t most) {
    const auto rest =
        std::span(bytes).subspan(upload.offset, std::min<std::size_t>(most, bytes.size() - upload.offset));
    return publishing_->append(acme, upload.id, {upload.offset, std::as_bytes(rest)});
  }
  Result<ReleaseRecord> submitted(const std::string& version) {
    const std::string bytes = package(version);
    auto announced = announce(version);
    if (!announced) return std::unexpected(announced.error());
    std::optional<UploadId> upload;
    if (announced->upload) {
      if (auto sent = send(*announced->upload, bytes, bytes.size()); !sent) return std::unexpected(sent.error());
      upload = announced->upload->id;
    }
    return publishing_->submit(acme, announced->release.id, upload);
  }
  Result<ReleaseRecord> reviewed(const ReleaseId& id, Verdict verdict) {
    return publishing_->with_catalogue(
        [&](Catalogue& catalogue) { return catalogue.review(admin, id, verdict, "looked at"); });
  }
  ReleaseRecord published(const std::string& version) {
    auto release = submitted(version);
    if (release) release = publishing_->check(release->id);
    if (release) release = reviewed(release->id, Verdict::accept);
    if (!release) throw std::runtime_error(release.error().message);
    return *release;
  }
  std::filesystem::path blob(const std::string& version) { return blob(sha256_of(package(version))); }
  std::filesystem::path blob(const Sha256& digest) {
    const std::string name = to_hex(digest);
    return path() / "blobs/blobs" / name.substr(0, 2) / name;
  }
  // An evaluation of it with its outcomes, which have this digest.
  Sha256 evaluated(const ReleaseRecord& release) {
    const Outcomes outcomes{.task = EvaluationTask::classification,
                            .rows = {{.id = "1", .label = "cat", .answer = "cat", .failure = {}, .took_us = 5}}};
    const std::string kept = write_outcomes(outcomes);
    Evaluation said = evaluation_of(outcomes);
    said.plugin = release.plugin;
    said.version = release.version;
    said.model = release.models.front().name;
    said.package_sha256 = release.package_sha256;
    const std::string text = sign_evaluation(said, key);
    if (auto put = publishing_->blobs().put(std::as_bytes(std::span(kept)), now_ms * 1'000'000); !put)
      throw std::runtime_error(put.error().message);
    publishing_->with_catalogue([&](Catalogue& catalogue) {
      const auto kept_as = catalogue.attach_evaluation(acme, release.id, *open_evaluation(text), {});
      if (!kept_as) throw std::runtime_error(kept_as.error().message);
      if (auto marked = catalogue.keep_outcomes(acme, kept_as->id); !marked)
        throw std::runtime_error(marked.error().message);
    });
    return said.outcomes->sha256;
  }

  std::string salt;  // for another package of the same version
  std::int64_t now_ms = 1'790'000'000'000;
  const PrivateKey key = PrivateKey::generate();
  const Actor admin{Actor::Kind::operators, "alice", Role::admin}, acme{Actor::Kind::publisher, "acme", Role::auditor};

 private:
  const std::filesystem::path parent_;
  std::unique_ptr<Publishing> publishing_;
};

}  // namespace stoa::registry
