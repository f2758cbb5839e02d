// evaluate_actions.hpp: what is done with an evaluation that is there. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>

#include "host/cli/evaluate_options.hpp"
#include "registry/evaluation/evaluation.hpp"

namespace stoa::cli {

// A file of an evaluation, with its outcomes where they lie beside it.
struct KeptEvaluation {
  registry::SignedEvaluation opened;
  std::string envelope;                        // the file's text
  std::string outcomes_json;                   // empty: none
  std::optional<registry::Outcomes> outcomes;  // verified
};
std::string outcomes_file_of(const std::string& evaluation_file);
Result<KeptEvaluation> read_evaluation(const std::string& file);

// verify FILE, compare A B, attach FILE, list RELEASE, show EVALUATION. False: the first word is none of these.
bool is_evaluate_action(const EvaluateOptions& options);
Exit run_evaluate_action(const EvaluateOptions& options);

// The evaluation as the registry has it then.
Result<Json> attach(HttpClient& registry, const KeptEvaluation& kept, const std::string& public_key_pem);

}  // namespace stoa::cli
