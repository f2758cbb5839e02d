// evaluation.hpp: what a release scored on a labelled set, as one document that its author signs.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "registry/evaluation/scores.hpp"
#include "registry/signature/dsse.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

inline constexpr std::string_view kEvaluationPayloadType = "application/vnd.stoa.evaluation+json";
inline constexpr std::size_t kEvaluationBytesMax = 512u << 10;  // a thousand labels of their greatest length

// Where and how the examples were run.
struct EvaluationRun {
  std::string on;         // "package": by the program that says so; "server": over HTTP, on a machine it cannot name
  std::string isolation;  // of the model: "T0" "T1" "T2" "T2n"
  std::uint64_t concurrency = 1;
  std::string os, arch, cpu;  // of the machine that measured; with "package" the model ran there too
  std::uint64_t cpus = 0;
  std::string stoa;        // version of this program
  std::int64_t at_ms = 0;  // when it began, by the clock of that machine
  std::uint64_t took_ms = 0;
  friend bool operator==(const EvaluationRun&, const EvaluationRun&) = default;
};

struct DatasetName {
  std::string name;  // for people; what it is, its digest says
  Sha256 sha256{};
  std::uint64_t examples = 0;  // that it has
  friend bool operator==(const DatasetName&, const DatasetName&) = default;
};

struct OutcomesDigest {
  Sha256 sha256{};
  std::uint64_t bytes = 0;
  friend bool operator==(const OutcomesDigest&, const OutcomesDigest&) = default;
};

struct Evaluation {
  std::string plugin, version, model;  // "acme/vision" "1.2.0" "acme/classify"
  Sha256 package_sha256{};             // the release itself
  DatasetName dataset;
  Scores scores;
  EvaluationRun run;
  std::optional<OutcomesDigest> outcomes;  // of write_outcomes(), where they were kept
  friend bool operator==(const Evaluation&, const Evaluation&) = default;
};

// The canonical text. Shares are rounded to six digits behind the point; all of them follow from the counts.
std::string write_evaluation(const Evaluation& evaluation);
// Takes what write_evaluation() writes and nothing else: figures that do not follow from their counts are refused, too.
// Reasons: evaluation.document, with the member.
Result<Evaluation> parse_evaluation(std::string_view json);

// In a file of its own: a DSSE envelope, as packages have one.
std::string sign_evaluation(const Evaluation& evaluation, const PrivateKey& key);

struct SignedEvaluation {
  Evaluation evaluation;
  std::string document;  // as it was signed
  SignatureEnvelope envelope;
};
// Does not verify: whose key counts is another's question. Reasons: signature.envelope, evaluation.document.
Result<SignedEvaluation> open_evaluation(std::string_view envelope_json);
Result<void> verify_evaluation(const SignedEvaluation& opened, const PublicKey& key);

// That the outcomes are those it names, and that its figures are theirs. Reasons: evaluation.outcomes.
Result<Outcomes> verify_outcomes(const Evaluation& evaluation, std::string_view outcomes_json);

}  // namespace stoa::registry
