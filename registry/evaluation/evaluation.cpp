// evaluation.cpp: the document, written and signed. SPDX-License-Identifier: Apache-2.0
#include "registry/evaluation/evaluation.hpp"

#include <fmt/format.h>

#include <cmath>

#include "registry/document/strict_json.hpp"

namespace stoa::registry {
namespace {

double rounded(double share) { return std::round(share * 1e6) / 1e6; }
Json rounded(const Interval& interval) { return Json::array({rounded(interval.low), rounded(interval.high)}); }

// Part of what is signed, so that nobody has to guess what a figure was.
Json definitions_of(EvaluationTask task) {
  if (task == EvaluationTask::regression)
    return {{"coverage", "answered / examples"},
            {"coverage_95", "Wilson's interval"},
            {"mae", "mean of |answer - target| over answered examples"},
            {"mae_95", "mae +- 1.96 standard errors"},
            {"rmse", "square root of the mean of (answer - target)^2 over answered examples"},
            {"latency_us", "nearest rank over answered examples, from the request to its whole answer"}};
  return {{"accuracy", "right / examples; a failure is not right"},
          {"accuracy_95", "Wilson's interval"},
          {"f1", "2 right / (answered + expected), of a label of the set"},
          {"macro_f1", "mean of f1 over the labels of the set"},
          {"micro_f1", "2 right / (answered + expected), summed over the labels of the set"},
          {"foreign", "answers that are no label of the set"},
          {"latency_us", "nearest rank over answered examples, from the request to its whole answer"}};
}

Json classes_of(const Scores& scores) {
  Json classes = Json::array();
  for (const ClassCount& one : scores.classes)
    classes.push_back({{"label", one.label},
                       {"expected", one.expected},
                       {"answered", one.answered},
                       {"right", one.right},
                       {"precision", rounded(one.precision())},
                       {"recall", rounded(one.recall())},
                       {"f1", rounded(one.f1())}});
  return classes;
}

Json scores_of(const Scores& scores) {
  Json failures = Json::array();
  for (const FailureCount& one : scores.failures) failures.push_back({{"reason", one.reason}, {"count", one.count}});
  Json json{{"task", name_of(scores.task)},
            {"examples", scores.examples},
            {"answered", scores.answered()},
            {"failed", scores.failed()},
            {"failures", std::move(failures)}};
  if (scores.task == EvaluationTask::regression) {
    json["coverage"] = rounded(scores.coverage());
    json["coverage_95"] = rounded(wilson_95(scores.answered(), scores.examples));
    if (const auto& errors = scores.errors) {
      json["mae"] = errors->mean_absolute;
      json["mae_95"] = Json::array({errors->mean_absolute_95.low, errors->mean_absolute_95.high});
      json["rmse"] = errors->root_mean_square;
    }
  } else {
    json["right"] = scores.right();
    json["foreign"] = scores.foreign;
    json["accuracy"] = rounded(scores.accuracy());
    json["accuracy_95"] = rounded(scores.accuracy_95());
    json["macro_f1"] = rounded(scores.macro_f1());
    json["micro_f1"] = rounded(scores.micro_f1());
    json["classes"] = classes_of(scores);
  }
  json["latency_us"] = {{"p50", scores.latency.p50_us}, {"p99", scores.latency.p99_us}, {"max", scores.latency.max_us}};
  return json;
}

}  // namespace

std::string write_evaluation(const Evaluation& evaluation) {
  const EvaluationRun& run = evaluation.run;
  Json json{{"stoa_evaluation", 1},
            {"release",
             {{"plugin", evaluation.plugin},
              {"version", evaluation.version},
              {"package_sha256", to_hex(evaluation.package_sha256)}}},
            {"model", evaluation.model},
            {"dataset",
             {{"name", evaluation.dataset.name},
              {"sha256", to_hex(evaluation.dataset.sha256)},
              {"examples", evaluation.dataset.examples}}},
            {"scores", scores_of(evaluation.scores)},
            {"definitions", definitions_of(evaluation.scores.task)},
            {"run",
             {{"on", run.on},
              {"isolation", run.isolation},
              {"concurrency", run.concurrency},
              {"os", run.os},
              {"arch", run.arch},
              {"cpu", run.cpu},
              {"cpus", run.cpus},
              {"stoa", run.stoa},
              {"at_ms", run.at_ms},
              {"took_ms", run.took_ms}}}};
  if (const auto& outcomes = evaluation.outcomes)
    json["outcomes"] = {{"sha256", to_hex(outcomes->sha256)}, {"bytes", outcomes->bytes}};
  return json_text(json);
}

std::string sign_evaluation(const Evaluation& evaluation, const PrivateKey& key) {
  const std::string document = write_evaluation(evaluation);
  return serialise_payload(sign_payload(kEvaluationPayloadType, document, key), kEvaluationPayloadType, document);
}

Result<SignedEvaluation> open_evaluation(std::string_view envelope_json) {
  while (envelope_json.ends_with('\n')) envelope_json.remove_suffix(1);  // of a file
  if (envelope_json.size() > 2 * kEvaluationBytesMax)
    return failure(
        Code::invalid_argument, "evaluation.document",
        fmt::format("the envelope has {} bytes, limit is {}", envelope_json.size(), 2 * kEvaluationBytesMax));
  auto opened = open_envelope(envelope_json, kEvaluationPayloadType);
  if (!opened) return std::unexpected(opened.error());
  auto evaluation = parse_evaluation(opened->payload);
  if (!evaluation) return std::unexpected(evaluation.error());
  return SignedEvaluation{std::move(*evaluation), std::move(opened->payload), std::move(opened->envelope)};
}

Result<void> verify_evaluation(const SignedEvaluation& opened, const PublicKey& key) {
  return verify_payload(opened.envelope, kEvaluationPayloadType, opened.document, key);
}

Result<Outcomes> verify_outcomes(const Evaluation& evaluation, std::string_view outcomes_json) {
  const auto refuse = [](std::string message) {
    return failure(Code::invalid_argument, "evaluation.outcomes", "outcomes: " + std::move(message));
  };
  if (!evaluation.outcomes) return refuse("the evaluation names none");
  if (sha256_of(outcomes_json) != evaluation.outcomes->sha256)
    return refuse(fmt::format("are not those the evaluation names: their SHA-256 is {}, want {}",
                              to_hex(sha256_of(outcomes_json)), to_hex(evaluation.outcomes->sha256)));
  auto outcomes = parse_outcomes(outcomes_json);
  if (!outcomes) return outcomes;
  if (score(*outcomes) != evaluation.scores) return refuse("give other figures than the evaluation says");
  return outcomes;
}

}  // namespace stoa::registry
