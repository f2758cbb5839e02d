// catalogue_evaluations.cpp: what publisher and operators say that a release scored.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "registry/catalogue/act_store.hpp"
#include "registry/catalogue/publisher_store.hpp"
#include "registry/catalogue/release_rules.hpp"

namespace stoa::registry {
namespace {

constexpr std::int64_t kOfOneMax = 64;  // what one says about a release: each may have 8 MiB of outcomes
constexpr std::int64_t kClockAheadMs = 10 * 60 * 1000;  // of the machine that measured

std::unexpected<Error> refuse(const char* reason, std::string message) {
  return failure(Code::failed_precondition, reason, std::move(message));
}

Result<void> require_about(const Evaluation& evaluation, const ReleaseRecord& release, std::int64_t now_ms) {
  if (release.state == ReleaseState::draft || release.state == ReleaseState::rejected ||
      release.state == ReleaseState::revoked)
    return refuse("release.state",
                  fmt::format("the release is {}; nothing is said about such a one", name_of(release.state)));
  const bool has_model =
      std::ranges::any_of(release.models, [&](const ReleaseModel& model) { return model.name == evaluation.model; });
  if (evaluation.plugin != release.plugin || evaluation.version != release.version ||
      evaluation.package_sha256 != release.package_sha256 || !has_model)
    return refuse("evaluation.other_release",
                  fmt::format("the evaluation is of {} {}, model {}, package {}; this release is {}, package {}",
                              evaluation.plugin, evaluation.version, evaluation.model,
                              to_hex(evaluation.package_sha256), subject_of(release), to_hex(release.package_sha256)));
  if (evaluation.run.at_ms > now_ms + kClockAheadMs)
    return refuse("evaluation.time", fmt::format("run.at_ms: is {}, here it is {} now", evaluation.run.at_ms, now_ms));
  return {};
}

// One of the publisher's by its id, nothing where it has none such.
Result<std::optional<PublisherKeyRecord>> key_of(database::Connection& connection, std::string_view publisher,
                                                 const KeyId& id) {
  auto key = read_key(connection, publisher, id);
  if (key) return std::optional(std::move(*key));
  if (key.error().reason == "key.unknown") return std::optional<PublisherKeyRecord>();
  return std::unexpected(key.error());
}

// Whether its key still counts for the time when it was attached: one may be revoked from a date in the past.
Result<void> judge(database::Connection& connection, EvaluationRecord& record) {
  if (!record.is_publishers_key) return {};
  const auto release = read_release(connection, record.release);
  if (!release) return std::unexpected(release.error());
  const auto key = read_key(connection, publisher_of(release->plugin), record.opened.envelope.key_id);
  if (!key) return std::unexpected(key.error());
  record.is_key_good = key->is_active_at(record.at_ms);
  return {};
}

std::string words_of(const Evaluation& evaluation) {
  const Scores& scores = evaluation.scores;
  const std::string figure = scores.task == EvaluationTask::classification
                                 ? fmt::format("accuracy {:.4f}", scores.accuracy())
                             : scores.errors ? fmt::format("mae {:.6g}", scores.errors->mean_absolute)
                                             : std::string("no answer");
  return fmt::format("{} on {} ({}), {} of {} examples", figure, evaluation.dataset.name,
                     to_hex(evaluation.dataset.sha256), scores.answered(), scores.examples);
}

}  // namespace

Result<EvaluationRecord> Catalogue::attach_evaluation(const Actor& actor, const ReleaseId& id,
                                                      const SignedEvaluation& opened,
                                                      const std::optional<PublicKey>& operator_key) {
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto release = read_release(connection_, id);
  if (!release) return std::unexpected(release.error());
  const std::string publisher(publisher_of(release->plugin));
  if (auto allowed = require_publisher(actor, publisher, Permission::review); !allowed)
    return std::unexpected(allowed.error());
  if (auto about = require_about(opened.evaluation, *release, act->now_ms); !about)
    return std::unexpected(about.error());
  const auto publishers = key_of(connection_, publisher, opened.envelope.key_id);
  if (!publishers) return std::unexpected(publishers.error());
  const bool is_publisher = actor.kind == Actor::Kind::publisher;
  if (*publishers ? !(*publishers)->is_active_at(act->now_ms) : is_publisher)
    return failure(Code::unauthenticated, "evaluation.key",
                   *publishers
                       ? fmt::format("key {} is {}", opened.envelope.key_id.hex, (*publishers)->state_at(act->now_ms))
                       : fmt::format("key {} is none of publisher '{}'", opened.envelope.key_id.hex, publisher));
  if (!*publishers && !operator_key)
    return failure(Code::unauthenticated, "evaluation.key",
                   fmt::format("public_key: is missing; key {} is not known here", opened.envelope.key_id.hex));
  const PublicKey& key = *publishers ? (*publishers)->key : *operator_key;
  if (auto good = verify_evaluation(opened, key); !good) return std::unexpected(good.error());
  const auto count = count_evaluations(connection_, id, actor.text());
  if (!count) return std::unexpected(count.error());
  if (*count >= kOfOneMax)
    return failure(
        Code::resource_exhausted, "evaluation.too_many",
        fmt::format("{} has said {} things about this release, limit is {}", actor.text(), *count, kOfOneMax));
  EvaluationRecord record{.id = new_id<EvaluationTag>(act->now_ms),
                          .release = id,
                          .opened = opened,
                          .said_by = actor.text(),
                          .key = key,
                          .is_publishers_key = publishers->has_value(),
                          .at_ms = act->now_ms};
  if (auto kept = insert_evaluation(connection_, record); !kept) return std::unexpected(kept.error());
  return act->end_with(record, actor, "evaluation.attach", subject_of(*release),
                       fmt::format("{}: {}", record.id.text, words_of(opened.evaluation)));
}

Result<EvaluationRecord> Catalogue::keep_outcomes(const Actor& actor, const EvaluationId& id) {
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto record = read_evaluation(connection_, id);
  if (!record) return record;
  const auto release = read_release(connection_, record->release);
  if (!release) return std::unexpected(release.error());
  if (auto allowed = require_publisher(actor, publisher_of(release->plugin), Permission::review); !allowed)
    return std::unexpected(allowed.error());
  if (!record->opened.evaluation.outcomes)
    return failure(Code::invalid_argument, "evaluation.outcomes", "outcomes: the evaluation names none");
  if (record->has_outcomes) return record;  // asked again by who did not hear the answer
  const Sha256& digest = record->opened.evaluation.outcomes->sha256;
  if (auto kept = mark_outcomes(connection_, id, digest); !kept) return std::unexpected(kept.error());
  record->has_outcomes = true;
  return act->end_with(*record, actor, "evaluation.outcomes", subject_of(*release),
                       fmt::format("{}: {}", id.text, to_hex(digest)));
}

Result<EvaluationRecord> Catalogue::evaluation(const EvaluationId& id) {
  auto record = read_evaluation(connection_, id);
  if (!record) return record;
  if (auto judged = judge(connection_, *record); !judged) return std::unexpected(judged.error());
  return record;
}

Result<std::vector<EvaluationRecord>> Catalogue::evaluations(const EvaluationFilter& filter) {
  auto records = read_evaluations(connection_, filter);
  if (!records) return records;
  for (EvaluationRecord& record : *records)
    if (auto judged = judge(connection_, record); !judged) return std::unexpected(judged.error());
  return records;
}

Result<std::vector<Sha256>> Catalogue::outcomes_of_evaluations() { return read_outcome_digests(connection_); }

}  // namespace stoa::registry
