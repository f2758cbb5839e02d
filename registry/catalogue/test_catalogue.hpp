// test_catalogue.hpp: a catalogue on a real file with a clock that is moved by hand, and packages of any version.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "registry/catalogue/catalogue.hpp"
#include "registry/package/test_folder.hpp"

namespace stoa::registry {

class TestCatalogue {
 public:
  explicit TestCatalogue(CataloguePolicy policy = {}) : policy_(policy), registry_key_(PrivateKey::generate()) {
    open();
  }

  // What a restart does.
  void open() {
    catalogue_.reset();
    CatalogueOptions with{.file = folder / "catalogue.db",
                          .now_ms = [this] { return now_ms; },
                          .policy = policy_,
                          .publisher_name = {},
                          .plugin_name = {}};
    auto signing = PrivateKey::from_pem(registry_key_.pem());
    auto opened = Catalogue::open(std::move(with), std::move(*signing));
    if (!opened) throw std::runtime_error(opened.error().message);
    catalogue_ = std::move(*opened);
  }
  Catalogue* operator->() { return catalogue_.get(); }
  Catalogue& operator*() { return *catalogue_; }

  // Publisher acme with `key`, ready to publish.
  void add_acme() {
    const auto made = catalogue_->create_publisher(admin, "acme", "Acme Inc.");
    ASSERT_TRUE(made) << made.error().message;
    add_key(key);
  }
  void add_key(const PrivateKey& added) {
    const PublicKey point = added.public_key();
    const auto kept = catalogue_->add_key(acme, "acme", point, added.sign(key_possession_text("acme", point.id())));
    ASSERT_TRUE(kept) << kept.error().message;
  }

  // Packed and signed; publisher and version take the place of the sample's.
  std::filesystem::path package(const std::string& version, const PrivateKey& signer, std::string_view salt = "") {
    const std::filesystem::path source = folder / ("source-" + version + std::string(salt));
    write_sample(source);
    std::string manifest(kSampleManifest);
    manifest.replace(manifest.find("1.2.0"), 5, version);
    write_file(source / "manifest.json", manifest);
    write_file(source / "assets/weights.bin", "weights of " + version + std::string(salt));
    const std::filesystem::path file = folder / (version + std::string(salt) + ".stoa");
    const auto packed = pack_folder({source, file, &signer});
    EXPECT_TRUE(packed) << packed.error().message;
    return file;
  }

  Result<ReleaseRecord> submit(const std::filesystem::path& file, std::string_view version) {
    TrustStore trust;
    trust.add("acme", key.public_key());
    const auto opened = inspect_package(file, trust);
    if (!opened) return std::unexpected(opened.error());
    const std::string bytes = file_bytes(file);
    auto draft =
        catalogue_->open_draft(acme, {"acme/vision", std::string(version), sha256_of(bytes), bytes.size(), "first"});
    if (!draft) return draft;
    return catalogue_->submit(acme, draft->id, *opened);
  }

  ReleaseRecord checked(const std::string& version) {
    auto release = submit(package(version, key), version);
    EXPECT_TRUE(release) << release.error().message;
    if (!release) return {};
    EXPECT_TRUE(catalogue_->begin_checks(release->id));
    auto done = catalogue_->end_checks(release->id, {{"signature", "passed", "", "", 12}});
    EXPECT_TRUE(done) << done.error().message;
    return *done;
  }
  ReleaseRecord published(const std::string& version) {
    auto release = catalogue_->review(reviewer, checked(version).id, Verdict::accept, "looks good");
    EXPECT_TRUE(release) << release.error().message;
    return release ? *release : ReleaseRecord{};
  }

  TestFolder folder;
  std::int64_t now_ms = 1'790'000'000'000;
  PrivateKey key = PrivateKey::generate();
  const Actor admin{Actor::Kind::operators, "alice", Role::admin},
      reviewer{Actor::Kind::operators, "rita", Role::reviewer}, auditor{Actor::Kind::operators, "otto", Role::auditor},
      finance{Actor::Kind::operators, "fred", Role::finance}, acme{Actor::Kind::publisher, "acme", Role::auditor},
      rival{Actor::Kind::publisher, "rival", Role::auditor};

 private:
  CataloguePolicy policy_;
  PrivateKey registry_key_;
  std::unique_ptr<Catalogue> catalogue_;
};

}  // namespace stoa::registry
