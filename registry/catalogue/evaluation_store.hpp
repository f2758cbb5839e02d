// evaluation_store.hpp: the rows of what was said about releases. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "registry/catalogue/ids.hpp"
#include "registry/database/sqlite_store.hpp"
#include "registry/evaluation/evaluation.hpp"

namespace stoa::registry {

struct EvaluationRecord {
  EvaluationId id;
  ReleaseId release;
  SignedEvaluation opened;
  std::string said_by;  // "publisher:acme", "operator:rita"
  PublicKey key;        // that signed it
  // By the publisher's own key, as the catalogue has it; else by a key that the operator showed with it.
  bool is_publishers_key = false;
  // Of a publisher's key: it counted when this was attached, as far as is known today (rule K2). Not stored.
  bool is_key_good = true;
  bool has_outcomes = false;
  std::int64_t at_ms = 0;  // by the registry's clock
};

struct EvaluationFilter {
  std::optional<ReleaseId> release;
  std::optional<Sha256> dataset;
  std::string after;  // an id
  std::size_t most = 50;
};

// already_exists "evaluation.exists": the same one has said the very same.
Result<void> insert_evaluation(database::Connection& connection, const EvaluationRecord& record);
Result<void> mark_outcomes(database::Connection& connection, const EvaluationId& id, const Sha256& outcomes);
// not_found "evaluation.unknown"; data_loss "evaluation.broken".
Result<EvaluationRecord> read_evaluation(database::Connection& connection, const EvaluationId& id);
// In the order of their ids, which is that of time.
Result<std::vector<EvaluationRecord>> read_evaluations(database::Connection& connection,
                                                       const EvaluationFilter& filter);
Result<std::int64_t> count_evaluations(database::Connection& connection, const ReleaseId& release,
                                       std::string_view said_by);
Result<std::vector<Sha256>> read_outcome_digests(database::Connection& connection);

}  // namespace stoa::registry
