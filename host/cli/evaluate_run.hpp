// evaluate_run.hpp: every example of a set, asked of a model. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "host/cli/evaluate_host.hpp"
#include "registry/evaluation/outcome.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

// Which output of the model is the answer: the one that was asked for, else the only one there is, else the only one
// whose kind is that of what the set expects. evaluate.output: none, or several.
Result<ModelOutput> answering_output(const EvaluatedModel& model, const registry::Dataset& set,
                                     const std::string& asked_for);

// What an answer of the host says about one example. took_us is the caller's. Where it says nothing that can be held
// against the example, that is a failure of the model: evaluation.answer_missing, _shape, _kind.
registry::Outcome outcome_of(const registry::Example& example, const registry::Dataset& set, const ModelOutput& output,
                             const nlohmann::ordered_json& answer);

struct RunPlan {
  const registry::Dataset& set;
  const std::filesystem::path& folder;  // of the set
  ModelOutput output;
  std::size_t examples = 0;  // the first ones
  int concurrency = 1, timeout_s = 60;
  std::function<void(std::size_t done, std::size_t failed)> on_progress;  // of several threads, one at a time
  const std::atomic<bool>& is_stopped;  // once it is, no further example is asked: cancelled "evaluate.interrupted"
};

// A model that refuses or fails has failed; a line to the host that breaks ends the run, as does a file of the set that
// was changed.
Result<registry::Outcomes> run_examples(const EvaluatedModel& model, const RunPlan& plan);

}  // namespace stoa::cli
