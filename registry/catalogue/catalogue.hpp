// catalogue.hpp: the acts on the catalogue: each checked against the rules, done whole, and written into the audit log.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/audit/audit_store.hpp"
#include "registry/catalogue/evaluation_store.hpp"
#include "registry/catalogue/listing_store.hpp"
#include "registry/catalogue/plugin_store.hpp"
#include "registry/catalogue/public_store.hpp"
#include "registry/catalogue/records.hpp"
#include "registry/catalogue/release_store.hpp"
#include "registry/catalogue/resolution_store.hpp"
#include "registry/catalogue/rollout_record.hpp"
#include "registry/package/package_reader.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// What an operator decides once for the whole registry.
struct CataloguePolicy {
  std::int64_t cool_down_ms = 0;  // a published release waits so long before hosts take it by themselves
  bool review_required = true;    // false: what passes its checks is published
  std::uint64_t publisher_bytes_max = 10ull << 30;
};

// Whether a new name may stand beside those there are (registry/names): "acme" of a publisher, "acme/vision" of a
// plugin. Both functions are there or neither: then every name that is not taken is free. Called by the catalogue's
// thread.
struct NameQuestion {
  // Nothing: it may. A text: why a person has to look first. An Error refuses the name.
  std::function<Result<std::optional<std::string>>(std::string_view name)> ask = {};
  // Of every name there is, once: when the catalogue is opened, later when a new one is kept.
  std::function<void(std::string_view name)> tell = {};
};

struct CatalogueOptions {
  std::filesystem::path file;
  std::function<std::int64_t()> now_ms;  // Unix time
  CataloguePolicy policy = {};
  NameQuestion publisher_name = {}, plugin_name = {};
};

struct NewRelease {
  std::string plugin, version;  // as the publisher announces them; the package has to say the same
  Sha256 package_sha256{};
  std::uint64_t package_bytes = 0;
  std::string changelog;
};

enum class Verdict : std::uint8_t { accept, reject, quarantine };

struct AliasMove {
  std::string model, alias;
  std::vector<AliasTarget> targets;  // empty: the alias goes
  std::string note;
};

// Done, or waiting for another operator.
struct AliasOutcome {
  std::optional<AliasStep> step;
  std::optional<AliasProposal> proposal;
};

// Which release was taken back, and which answers instead.
struct RolledBack {
  std::string model, from, to;
};

// Why a draft is dropped, where nobody says more.
inline constexpr std::string_view kNeverCame = "its package never came";

// Threads: one at a time. Blocks on the disk: never on an I/O thread. Every act is one transaction with its line of the
// audit log, durable before it returns; an Error means that nothing was changed.
class Catalogue {
 public:
  // Opens or creates the file, brings its schema up to date. key: signs the steps of aliases.
  static Result<std::unique_ptr<Catalogue>> open(CatalogueOptions options, PrivateKey key);
  ~Catalogue();

  // ---- operators: catalogue_operators.cpp
  // The first operator, an admin, where there is none; nothing where there is one.
  // keep: puts the token where the operator finds it, before the act is durable: an admin whose token nobody has would
  // lock everybody out for ever. Its Error ends the act.
  Result<std::optional<Issued<OperatorRecord>>> create_first_admin(
      std::string_view name, const std::function<Result<void>(const std::string& token)>& keep = {});
  Result<Issued<OperatorRecord>> create_operator(const Actor& actor, std::string_view name, Role role);
  // The last admin cannot be revoked: failed_precondition "operator.last_admin".
  Result<void> revoke_operator(const Actor& actor, std::string_view name);
  Result<std::vector<OperatorRecord>> operators(const Actor& actor);
  // unauthenticated "token.syntax" (mistyped or cut) or "token.unknown" (never given, or revoked).
  Result<Actor> authenticate(std::string_view token);

  // ---- publishers: catalogue_publishers.cpp
  // The publisher proves that the namespace is its own by showing the token when it adds its first key.
  Result<Issued<PublisherRecord>> create_publisher(const Actor& actor, std::string_view name,
                                                   std::string_view display_name);
  Result<Issued<PublisherRecord>> replace_publisher_token(const Actor& actor, std::string_view name);
  Result<PublisherRecord> let_publisher_pass(const Actor& actor, std::string_view name);  // ends a hold
  // state: "verified" (again), "suspended" or "closed".
  Result<PublisherRecord> set_publisher_state(const Actor& actor, std::string_view name, std::string_view state,
                                              std::string_view because);
  Result<PublisherRecord> publisher(std::string_view name);
  Result<std::vector<PublisherRecord>> publishers();

  // ---- keys: catalogue_keys.cpp
  // possession: the key's signature over key_possession_text(), so that nobody registers a key it has not got. A key
  // that is known here, whosever it is, and revoked or not, is no new one: already_exists "key.exists".
  Result<PublisherKeyRecord> add_key(const Actor& actor, std::string_view publisher, const PublicKey& key,
                                     const Ed25519Signature& possession, const KeyTerms& terms = {});
  // From at_ms, or else from now on it signs nothing new. Its signatures from before stay valid.
  Result<PublisherKeyRecord> rotate_key(const Actor& actor, std::string_view publisher, const KeyId& key,
                                        std::optional<std::int64_t> at_ms);
  // What it signed from from_ms on (nothing: from now on) never counted: such releases are quarantined, their ids come
  // back. A later call may only move the date back. What is still on its way to its checks is stopped by end_checks().
  struct Revocation {
    PublisherKeyRecord key;
    std::vector<ReleaseId> quarantined;
  };
  Result<Revocation> revoke_key(const Actor& actor, std::string_view publisher, const KeyId& key,
                                std::optional<std::int64_t> from_ms, std::string_view because);
  Result<std::vector<PublisherKeyRecord>> keys(std::string_view publisher);
  // Whoever has it: what a key that is not the submitter's is called by.
  Result<std::vector<PublisherKeyRecord>> keys_with(const KeyId& id);

  // ---- publishing: catalogue_publishing.cpp
  // Announces a release whose package is still to come. keep: makes room for it before the act is durable, with the
  // draft counted in stored_bytes_of(). Its Error ends the act.
  Result<ReleaseRecord> open_draft(const Actor& actor, const NewRelease& announced,
                                   const std::function<Result<void>()>& keep = {});
  // Of a draft whose package does not come: its bytes count against the quota as long as it is there.
  Result<void> drop_draft(const Actor& actor, const ReleaseId& id, std::string_view because = kNeverCame);
  // Whether its version is a published release's, or held for other bytes: it can never be submitted.
  Result<bool> is_version_gone(const ReleaseRecord& draft);
  // The package is here: its manifest has to say what was announced. Takes the version for ever, unless it is rejected
  // before it was ever published. package: of a file that whoever stored it found to
  // have the announced digest, read with every key that the catalogue has. Whose signature it carries is
  // the checks' question, and asked again when it is to be published: then its key must have been active for the
  // publisher when it was submitted ("release.key").
  Result<ReleaseRecord> submit(const Actor& actor, const ReleaseId& id, const Package& package);
  Result<ReleaseRecord> begin_checks(const ReleaseId& id);
  // A failed one rejects the release, a key that does not count quarantines it; else it waits for its review, or is
  // published where none is required and nothing is held. Checks of one that a reviewer has quarantined meanwhile are
  // kept: it may be accepted later.
  Result<ReleaseRecord> end_checks(const ReleaseId& id, const std::vector<CheckRecord>& checks);

  // ---- releases: catalogue_releases.cpp
  // Accepting one lets its plugin's name pass where that was held.
  Result<ReleaseRecord> review(const Actor& actor, const ReleaseId& id, Verdict verdict, std::string_view because);
  Result<ReleaseRecord> deprecate(const Actor& actor, const ReleaseId& id, std::string_view because);
  Result<ReleaseRecord> yank(const Actor& actor, const ReleaseId& id, std::string_view because);
  Result<ReleaseRecord> restore(const Actor& actor, const ReleaseId& id, std::string_view because);  // to published
  Result<ReleaseRecord> revoke(const Actor& actor, const ReleaseId& id, std::string_view because);
  Result<ReleaseRecord> release(const ReleaseId& id);
  Result<std::string> manifest(const ReleaseId& id);  // alone: of many, the rest is what takes the time
  Result<ReleaseRecord> release(std::string_view plugin, std::string_view version);
  Result<std::vector<ReleaseRecord>> releases(const ReleaseFilter& filter);
  Result<std::vector<ReleaseRecord>> releases_of_package(const Sha256& package_sha256);
  Result<std::vector<CheckRecord>> checks(const ReleaseId& id);
  Result<std::vector<PluginRecord>> plugins(std::string_view publisher);
  Result<PluginRecord> set_plugin_state(const Actor& actor, std::string_view plugin, std::string_view state,
                                        std::string_view because);  // "listed" "delisted"
  Result<std::uint64_t> stored_bytes_of(std::string_view publisher);

  // ---- evaluations: catalogue_evaluations.cpp
  // Of the release that it names, by its publisher or a reviewer. The signature has to be by a key of the publisher
  // that counts now; of an operator it may be by operator_key, too. A fact that was said once stays.
  Result<EvaluationRecord> attach_evaluation(const Actor& actor, const ReleaseId& release,
                                             const SignedEvaluation& opened,
                                             const std::optional<PublicKey>& operator_key);
  // Their bytes, which were found to be those that were signed, are a blob from now on. By whoever may attach.
  Result<EvaluationRecord> keep_outcomes(const Actor& actor, const EvaluationId& id);
  Result<EvaluationRecord> evaluation(const EvaluationId& id);
  Result<std::vector<EvaluationRecord>> evaluations(const EvaluationFilter& filter);
  // What collection has to leave.
  Result<std::vector<Sha256>> outcomes_of_evaluations();

  // ---- aliases: catalogue_aliases.cpp
  Result<AliasOutcome> move_alias(const Actor& actor, const AliasMove& move);
  // To where it pointed before its last step.
  Result<AliasOutcome> take_back_alias(const Actor& actor, std::string_view model, std::string_view alias,
                                       std::string_view note);
  Result<AliasStep> approve(const Actor& actor, const ProposalId& id);
  Result<AliasProposal> decline(const Actor& actor, const ProposalId& id);
  // 1: a second operator has to approve each move. 0: none.
  Result<void> require_approvals(const Actor& actor, std::string_view model, std::int64_t approvals);
  Result<std::vector<AliasRecord>> aliases(std::string_view model);
  // before: a step; 0: from the newest on.
  Result<std::vector<AliasStep>> alias_steps(std::string_view model, std::string_view alias, std::size_t most,
                                             std::int64_t before = 0);
  Result<std::vector<AliasProposal>> proposals(std::string_view state);

  // ---- roll-outs: catalogue_rollouts.cpp
  // One of a model is under way at a time (a shadow gives way to its release's trial); meanwhile its alias "default"
  // stays where it is, and is made where there was none. Errors: invalid_argument
  // "rollout.plan"; failed_precondition "rollout.active", "rollout.not_published", "rollout.verdict",
  // "rollout.no_stable", "rollout.divided", "rollout.approval" (the model wants two operators for what is answered).
  Result<RolloutRecord> start_rollout(const Actor& actor, RolloutPlan plan);
  // failed_precondition "rollout.none", "rollout.state".
  Result<RolloutRecord> pause_rollout(const Actor& actor, std::string_view model, bool is_paused,
                                      std::string_view because);
  // The alias "default" moves to it, whatever step it had reached.
  Result<RolloutRecord> promote_rollout(const Actor& actor, std::string_view model, std::string_view because);
  // What is under way ends, else the default goes to the release before: no second operator is asked, because what
  // answers then is what was agreed on before. failed_precondition "rollout.no_previous".
  Result<RolledBack> roll_back(const Actor& actor, std::string_view model, std::string_view because);
  // A release that was taken back may be served again: by another roll-out, or where the alias "default" names it.
  // failed_precondition "rollout.no_verdict".
  Result<VerdictRecord> forgive(const Actor& actor, std::string_view model, std::string_view version);
  // What a host found: the one beside the registry, or another one that may report. False: it is known already, or
  // about nothing of this catalogue. A stable release that does not load is a verdict where another one can answer.
  // invalid_argument "rollout.news": no host finds this.
  Result<bool> note_rollout(const RolloutNews& news, const Actor& actor = Actor::registry());
  // before: a roll-out's id; empty: from the newest on.
  Result<std::vector<RolloutRecord>> rollouts(std::string_view model, std::size_t most, std::string_view before = "");
  // The last one on each release, forgiven or not.
  Result<std::vector<VerdictRecord>> verdicts(std::string_view model);

  // ---- the whole: catalogue_store.cpp
  // Grows with every act; a follower that has seen it has seen all before.
  Result<std::int64_t> revision();
  Result<std::vector<AuditLine>> audit(const Actor& actor, std::int64_t before, std::size_t most,
                                       std::string_view subject);
  // SQLite's own look at the file, both chains, and the releases against the log and the rules. remembered: a head that
  // was written down, without which a cut tail cannot be found. Errors: data_loss with database.corrupt, audit.broken,
  // alias.broken or catalogue.broken, and what was found first.
  struct Examination {
    AuditHead audit;
    std::int64_t alias_steps = 0;
  };
  Result<Examination> examine(const AuditHead& remembered = {});
  // What resolution keeps in memory, as one state.
  Result<ResolutionInput> read_for_resolution();
  Result<ResolutionChange> resolution_change(const ResolutionTerms& terms);
  // What everybody may see: all that changed since a head of the audit log, or one model's (listing_store.hpp).
  Result<ListingChange> listing(const AuditHead& since);
  Result<std::vector<ListedRelease>> listed_model(std::string_view model);
  // What others follow, as one state, and what of it may have changed since a head of the audit log.
  Result<PublicState> read_public();
  Result<PublicChange> public_change(const AuditHead& since);

  // ---- what was signed of it: catalogue_metadata.cpp
  // Whether others may follow it: signed metadata was begun once, and has not been given up since.
  Result<bool> has_metadata();
  Result<void> note_metadata_begun(std::string_view how);
  // Only when what was signed is gone for ever: what is begun next proves nothing to those who followed before.
  Result<void> give_up_metadata(const Actor& actor, std::string_view because);
  // Whether the audit log has been there.
  Result<bool> has_been_at(const AuditHead& head);
  // Of a catalogue that was restored from before: what was signed as revoked since is revoked again, what waits for its
  // review is quarantined. Those come back. All else that is not revoked is as it was.
  Result<std::vector<ReleaseRecord>> revoke_again(const std::vector<PublicRelease>& revoked);
  // Whether nothing that was published here holds its version: what waits for it (a draft, one that is being checked)
  // may yet be dropped or rejected, and the version would be free.
  Result<bool> lacks(const SignedVersion& told);
  // From then on nobody publishes these versions with other bytes than were signed: a line of the log says so of each.
  // How many are new.
  Result<std::size_t> hold_versions(const std::vector<SignedVersion>& signed_once);

  Result<void> back_up(const Actor& actor, const std::filesystem::path& to);
  const CataloguePolicy& policy() const { return options_.policy; }
  PublicKey public_key() const { return key_.public_key(); }
  // The clock's, or that of the last act where the clock went back: no key that was revoked counts again, and no act
  // comes before an earlier one. A clock that was ahead, and acted on, holds it there until it is later.
  std::int64_t now_ms() const { return std::max(options_.now_ms(), last_act_ms_); }

 private:
  struct Act;
  Catalogue(CatalogueOptions options, PrivateKey key, database::Connection connection);
  Result<void> tell_names();
  // What a step is called in the audit log, and who may take it.
  struct Step {
    ReleaseState to;
    std::string_view action;
    Permission permission;
    bool is_publishers_own;
  };
  Result<ReleaseRecord> take_step(const Actor& actor, const ReleaseId& id, const Step& step, std::string_view because);
  Result<void> publish(Act& act, ReleaseRecord& release);
  Result<void> let_plugin_pass(Act& act, const Actor& actor, std::string_view plugin);
  Result<std::vector<ReleaseId>> quarantine_signed(Act& act, const PublisherKeyRecord& key);
  static Result<std::optional<std::string>> hold_of(const NameQuestion& question, std::string_view name);
  Result<AliasStep> apply(const Actor& actor, const AliasMove& move, std::string_view approved_by);
  Result<void> check_move(const AliasMove& move);
  struct Default;
  Result<Default> read_default(std::string_view model);
  Result<void> end_shadow_of(Act& act, const RolloutPlan& plan);
  Result<void> check_default_move(const AliasMove& move);
  Result<void> point_default(Act& act, const Actor& actor, std::string_view model, std::string_view version,
                             std::string_view note);
  Result<void> make_default(Act& act, const Actor& actor, RolloutRecord& record, std::string_view why);
  enum class Back : std::uint8_t { lower, anywhere };
  Result<std::string> previous_of(std::string_view model, std::string_view version, const Default& found, Back back);
  Result<std::string> heir_of_default(const RolloutNews& news);
  Result<void> take_back(Act& act, VerdictRecord verdict, RolloutRecord* ended);
  Result<void> end_rollouts(Act& act, const ReleaseRecord& release, ReleaseState to);

  CatalogueOptions options_;
  PrivateKey key_;
  database::Connection connection_;
  std::int64_t last_act_ms_ = 0;
};

// What a publisher signs with a key to show that it has it.
std::string key_possession_text(std::string_view publisher, const KeyId& key);

}  // namespace stoa::registry
