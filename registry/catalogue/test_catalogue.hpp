// test_catalogue.hpp: a catalogue on a real file with a clock that is moved by hand, and packages of any version.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "registry/catalogue/catalogue.hpp"
#include "registry/database/test_contents.hpp"
#include "registry/evaluation/test_outcomes.hpp"
#include "registry/package/test_package.hpp"

namespace stoa::registry {

// What of the sample is another in this package.
struct PackageOf {
  std::string version = "1.2.0", plugin = "vision", model = "classify", salt = {};
  std::string description = "sees";
};

class TestCatalogue {
 public:
  explicit TestCatalogue(CataloguePolicy policy = {}) : policy(policy), registry_key(PrivateKey::generate()) { open(); }
  // signer: a PEM, of the key that signs the steps of aliases.
  explicit TestCatalogue(const std::string& signer) : registry_key(std::move(*PrivateKey::from_pem(signer))) { open(); }

  // What a restart does.
  void open() {
    auto opened = try_open();
    if (!opened) throw std::runtime_error(opened.error().message);
  }
  Result<void> try_open() {
    close();
    CatalogueOptions with{.file = file(),
                          .now_ms = [this] { return now_ms; },
                          .policy = policy,
                          .publisher_name = publisher_name,
                          .plugin_name = plugin_name};
    auto opened = Catalogue::open(std::move(with), std::move(*PrivateKey::from_pem(registry_key.pem())));
    if (!opened) return std::unexpected(opened.error());
    catalogue_ = std::move(*opened);
    return {};
  }
  void close() { catalogue_.reset(); }
  std::filesystem::path file() const { return folder / "catalogue.db"; }
  Catalogue* operator->() { return catalogue_.get(); }
  Catalogue& operator*() { return *catalogue_; }

  // Publisher acme with `key`, ready to publish.
  void add_acme() {
    const auto made = catalogue_->create_publisher(admin, "acme", "Acme Inc.");
    ASSERT_TRUE(made) << made.error().message;
    add_key(key);
  }
  void add_key(const PrivateKey& added) {
    const auto kept = try_key(acme, added);
    ASSERT_TRUE(kept) << kept.error().message;
  }
  Result<PublisherKeyRecord> try_key(const Actor& actor, const PrivateKey& added) {
    const PublicKey point = added.public_key();
    return catalogue_->add_key(actor, "acme", point, added.sign(key_possession_text("acme", point.id())));
  }

  // Packed once and signed; nobody: not signed.
  std::filesystem::path package(const PackageOf& of, const PrivateKey* signer) {
    const std::string name =
        of.plugin + "-" + of.version + of.model + of.salt + (signer ? signer->public_key().id().hex : "");
    std::filesystem::path packed = folder / (name + ".stoa");
    if (std::filesystem::exists(packed)) return packed;
    const std::filesystem::path source = folder / ("source-" + name);
    write_sample(source);
    std::string manifest(kSampleManifest);
    const auto put = [&](std::string_view old, const std::string& by) {
      for (std::size_t at = 0; (at = manifest.find(old, at)) != std::string::npos; at += by.size())
        manifest.replace(at, old.size(), by);
    };
    put("\"1.2.0\"", '"' + of.version + '"');
    put("\"acme/vision\"", "\"acme/" + of.plugin + '"');
    put("\"classify\"", '"' + of.model + '"');
    put("\"talk\"", of.plugin == "vision" ? "\"talk\"" : '"' + of.plugin + "-talk\"");
    put("\"image-classification\"", "\"image-classification\", \"description\": \"" + of.description + '"');
    write_file(source / "manifest.json", manifest);
    write_file(source / "assets/weights.bin", "weights of " + name);
    const auto done = pack_folder({source, packed, signer});
    EXPECT_TRUE(done) << done.error().message;
    std::filesystem::remove_all(source);
    return packed;
  }

  NewRelease announcement(const PackageOf& of, const PrivateKey* signer) {
    const std::string bytes = file_bytes(package(of, signer));
    return {"acme/" + of.plugin, of.version, sha256_of(bytes), bytes.size(), "first"};
  }
  Result<ReleaseRecord> draft(const PackageOf& of) { return catalogue_->open_draft(acme, announcement(of, &key)); }
  Result<ReleaseRecord> submit_to(const ReleaseId& id, const PackageOf& of, const PrivateKey* signer) {
    const auto opened = inspect_package(package(of, signer), trust());
    if (!opened) return std::unexpected(opened.error());
    return catalogue_->submit(acme, id, *opened);
  }
  Result<ReleaseRecord> submit_signed(const PackageOf& of, const PrivateKey* signer) {
    auto draft = catalogue_->open_draft(acme, announcement(of, signer));
    return draft ? submit_to(draft->id, of, signer) : draft;
  }
  Result<ReleaseRecord> submit(const PackageOf& of) { return submit_signed(of, &key); }
  Result<ReleaseRecord> submit(const std::string& version) { return submit(PackageOf{.version = version}); }

  Result<ReleaseRecord> check(const Result<ReleaseRecord>& release) {
    if (!release) return release;
    if (auto begun = catalogue_->begin_checks(release->id); !begun) return begun;
    return catalogue_->end_checks(release->id, {{"signature", "passed", "", "", 12}});
  }
  ReleaseRecord checked(const std::string& version) { return good(check(submit(version))); }
  ReleaseRecord published(const std::string& version) { return published(PackageOf{.version = version}); }
  ReleaseRecord published(const PackageOf& of) {
    return good(catalogue_->review(reviewer, good(check(submit(of))).id, Verdict::accept, "looks good"));
  }

  // That the release had every example of a small set right, or so many.
  SignedEvaluation evaluation_of(const ReleaseRecord& release, const PrivateKey& signer, std::size_t right = 3) const {
    Outcomes outcomes;
    for (std::size_t i = 0; i < 3; ++i)
      outcomes.rows.push_back({.id = std::to_string(i),
                               .label = i < 2 ? "cat" : "dog",
                               .answer = i < right ? (i < 2 ? "cat" : "dog") : "bird",
                               .failure = {},
                               .took_us = 100 * (i + 1)});
    Evaluation said = registry::evaluation_of(outcomes);
    said.plugin = release.plugin;
    said.version = release.version;
    said.model = release.models.empty() ? "" : release.models.front().name;
    said.package_sha256 = release.package_sha256;
    said.dataset.sha256 = sha256_of("animals");
    said.run.at_ms = now_ms;
    return *open_evaluation(sign_evaluation(said, signer));
  }
  Result<EvaluationRecord> attach(const Actor& actor, const ReleaseRecord& release, const PrivateKey& signer) {
    return catalogue_->attach_evaluation(actor, release.id, evaluation_of(release, signer), signer.public_key());
  }

  // Whose keys the catalogue knows.
  TrustStore trust() {
    TrustStore known;
    for (const PublisherRecord& publisher : *catalogue_->publishers())
      for (const PublisherKeyRecord& one : *catalogue_->keys(publisher.name)) known.add(publisher.name, one.key);
    return known;
  }

  static ReleaseRecord good(const Result<ReleaseRecord>& release) {
    EXPECT_TRUE(release) << release.error().reason << ": " << release.error().message;
    return release ? *release : ReleaseRecord{};
  }

  // The reason of a refusal that changed nothing; "done" where it was none.
  template <class Act>
  std::string refusal(const Act& act) {
    const auto before = contents_of(file());
    const auto outcome = act();
    if (outcome) return "done";
    EXPECT_EQ(contents_of(file()), before) << "refused with " << outcome.error().reason << ", and changed something";
    return outcome.error().reason;
  }

  TestFolder folder;
  std::int64_t now_ms = 1'790'000'000'000;
  CataloguePolicy policy;
  NameQuestion publisher_name, plugin_name;
  PrivateKey registry_key;
  PrivateKey key = PrivateKey::generate();
  const Actor admin{Actor::Kind::operators, "alice", Role::admin},
      reviewer{Actor::Kind::operators, "rita", Role::reviewer}, auditor{Actor::Kind::operators, "otto", Role::auditor},
      finance{Actor::Kind::operators, "fred", Role::finance}, acme{Actor::Kind::publisher, "acme", Role::auditor},
      rival{Actor::Kind::publisher, "rival", Role::auditor};

 private:
  std::unique_ptr<Catalogue> catalogue_;
};

// Has a release in every state, an alias with two steps, a release that was taken back, a model that asks for a second
// operator, a held publisher and a held plugin; and can be put back to that at any time.
class ReadyCatalogue : public TestCatalogue {
 public:
  ReadyCatalogue() { fill(); }
  explicit ReadyCatalogue(const std::string& signer) : TestCatalogue(signer) { fill(); }

  void fill() {
    (void)(*this)->create_first_admin("alice");
    (void)(*this)->create_operator(admin, "rita", Role::reviewer);
    add_acme();
    add_key(second_key);
    (void)(*this)->create_publisher(admin, "rival", "");
    publisher_name = {.ask = [](std::string_view) { return std::optional<std::string>("looks like acme"); },
                      .tell = {}};
    open();
    (void)(*this)->create_publisher(admin, "acne", "");
    publisher_name = {};
    open();
    using enum ReleaseState;
    for (const auto& [state, version] : versions) ids[state] = release_in(state, version).id;
    spare = release_in(published, "1.9.0").id;
    (void)(*this)->move_alias(reviewer, {"acme/classify", "champion", {{"1.0.0"}}, "first"});
    (void)(*this)->move_alias(reviewer, {"acme/classify", "champion", {{"1.9.0"}}, "second"});
    (void)(*this)->require_approvals(admin, "acme/talk", 1);
    proposal = (*this)->move_alias(reviewer, {"acme/talk", "champion", {{"1.0.0"}}, ""})->proposal->id;
    (void)(*this)->note_rollout({.kind = RolloutNews::Kind::rolled_back,
                                 .model = "acme/classify",
                                 .version = "1.0.0",
                                 .reason = "rollout.errors",
                                 .numbers = "9 of 10",
                                 .back_to = "1.9.0"});
    const auto said = attach(acme, *(*this)->release(ids.at(published)), key);
    EXPECT_TRUE(said) << said.error().message;
    if (said) evaluation = said->id;
    now_ms += 1'000;
    for (const char* version : {"1.8.0", "2.0.0"}) (void)package({.version = version}, &key);  // so that acts need not
    keep();
  }

  // As put_back() will find it.
  void keep() {
    close();
    std::filesystem::copy_file(file(), folder / "ready.db", std::filesystem::copy_options::overwrite_existing);
    open();
  }
  void put_back() {
    close();
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(file().string() + end);
    std::filesystem::copy_file(folder / "ready.db", file());
    open();
  }

  ReleaseRecord release_in(ReleaseState state, const std::string& version) {
    using enum ReleaseState;
    if (state == draft) return good(TestCatalogue::draft({.version = version}));
    if (state == submitted) return good(submit(version));
    if (state == rejected || state == quarantined || state == validating) {
      const ReleaseRecord release = checked(version);
      if (state == validating) return release;
      return good((*this)->review(reviewer, release.id, state == rejected ? Verdict::reject : Verdict::quarantine,
                                  "not like this"));
    }
    const ReleaseRecord release = TestCatalogue::published(version);
    if (state == deprecated) return good((*this)->deprecate(acme, release.id, "old"));
    if (state == yanked) return good((*this)->yank(acme, release.id, "broken"));
    if (state == revoked) return good((*this)->revoke(reviewer, release.id, "harmful"));
    return release;
  }

  PrivateKey second_key = PrivateKey::generate();
  const std::map<ReleaseState, std::string> versions{
      {ReleaseState::published, "1.0.0"},  {ReleaseState::deprecated, "1.1.0"}, {ReleaseState::yanked, "1.2.0"},
      {ReleaseState::revoked, "1.3.0"},    {ReleaseState::rejected, "1.4.0"},   {ReleaseState::quarantined, "1.5.0"},
      {ReleaseState::validating, "1.6.0"}, {ReleaseState::submitted, "1.7.0"},  {ReleaseState::draft, "1.8.0"}};
  std::map<ReleaseState, ReleaseId> ids;
  ReleaseId spare;
  ProposalId proposal;
  EvaluationId evaluation;  // by acme, of the published one
};

}  // namespace stoa::registry
