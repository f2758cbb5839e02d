// evaluate_text.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/evaluate_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/client/problem_answer.hpp"

namespace stoa::cli {
namespace {

using client::Json;
using client::printable;
using registry::EvaluationTask;

std::string milliseconds(std::uint64_t us) { return fmt::format("{:.2f} ms", static_cast<double>(us) / 1000); }

std::string interval_text(const registry::Interval& interval) {
  return fmt::format("(95 %: {:.4f} to {:.4f})", interval.low, interval.high);
}

std::string row(std::string_view name, std::string_view value) { return fmt::format("  {:<10} {}\n", name, value); }

std::string classes_text(const registry::Scores& scores) {
  std::size_t width = 5;
  for (const auto& one : scores.classes) width = std::max(width, one.label.size());
  std::string text = fmt::format("  {:<{}}  expected  answered  right  precision  recall      f1\n", "label", width);
  for (const auto& one : scores.classes)
    text += fmt::format("  {:<{}}  {:>8}  {:>8}  {:>5}  {:>9.4f}  {:>6.4f}  {:>6.4f}\n", printable(one.label), width,
                        one.expected, one.answered, one.right, one.precision(), one.recall(), one.f1());
  return text;
}

std::string name_text(const registry::Evaluation& evaluation) {
  return printable(evaluation.model + " " + evaluation.version);
}

std::string paired_text(const registry::PairedTest& test, EvaluationTask task) {
  std::string text = fmt::format("  better on {} examples: the first; on {}: the second; alike on {}\n",
                                 test.first_better, test.second_better, test.even);
  text += fmt::format(
      "  p = {:.4g} ({}): {}\n", test.p, task == EvaluationTask::classification ? "McNemar's exact test" : "sign test",
      test.p < 0.05 ? "the difference is more than chance" : "such a difference is no rare chance where there is none");
  return text;
}

}  // namespace

std::string evaluation_text(const registry::Evaluation& evaluation) {
  const registry::Scores& scores = evaluation.scores;
  std::string text = fmt::format("{} on {}: {} of {} examples, isolation {}, {} at once\n", name_text(evaluation),
                                 printable(evaluation.dataset.name), scores.examples, evaluation.dataset.examples,
                                 printable(evaluation.run.isolation), evaluation.run.concurrency);
  if (scores.task == EvaluationTask::regression) {
    if (const auto& errors = scores.errors) {
      text += row("mae", fmt::format("{:.6g}  (95 %: {:.6g} to {:.6g})", errors->mean_absolute,
                                     errors->mean_absolute_95.low, errors->mean_absolute_95.high));
      text += row("rmse", fmt::format("{:.6g}", errors->root_mean_square));
    }
    text += row("answered", fmt::format("{} of {}", scores.answered(), scores.examples));
  } else {
    text += row("accuracy", fmt::format("{:.4f}  {}", scores.accuracy(), interval_text(scores.accuracy_95())));
    text += row("F1", fmt::format("macro {:.4f}, micro {:.4f}", scores.macro_f1(), scores.micro_f1()));
    text += row("right", fmt::format("{} of {}", scores.right(), scores.examples));
    if (scores.foreign > 0) text += row("foreign", fmt::format("{} answers are no label of the set", scores.foreign));
  }
  for (const auto& one : scores.failures)
    text += row("failed", fmt::format("{}  {}", one.count, printable(one.reason)));
  text += row("latency", fmt::format("p50 {}, p99 {}, max {}", milliseconds(scores.latency.p50_us),
                                     milliseconds(scores.latency.p99_us), milliseconds(scores.latency.max_us)));
  if (scores.task == EvaluationTask::classification) text += classes_text(scores);
  return text;
}

Json evaluation_json(const registry::Evaluation& evaluation) {
  return Json::parse(registry::write_evaluation(evaluation), nullptr, false);
}

std::string comparison_text(const registry::Evaluation& first, const registry::Evaluation& second,
                            const registry::Comparison& comparison) {
  const bool is_regression = first.scores.task == EvaluationTask::regression;
  const std::string names[] = {name_text(first), name_text(second)};
  const std::size_t width = std::max({std::size_t{12}, names[0].size(), names[1].size()});
  std::string text = fmt::format("on {}, {} examples\n  {:<9} {:>{}}  {:>{}}\n", printable(first.dataset.name),
                                 first.scores.examples, "", names[0], width, names[1], width);
  const auto line = [&](std::string_view name, const std::string& a, const std::string& b) {
    text += fmt::format("  {:<9} {:>{}}  {:>{}}\n", name, a, width, b, width);
  };
  const auto figure = [&](std::string_view name, double a, double b) {
    line(name, fmt::format("{:.4f}", a), fmt::format("{:.4f}", b));
  };
  figure(is_regression ? "mae" : "accuracy", comparison.first, comparison.second);
  if (is_regression && first.scores.errors && second.scores.errors)
    figure("rmse", first.scores.errors->root_mean_square, second.scores.errors->root_mean_square);
  if (!is_regression) {
    figure("macro F1", first.scores.macro_f1(), second.scores.macro_f1());
    figure("micro F1", first.scores.micro_f1(), second.scores.micro_f1());
  }
  line("failed", std::to_string(first.scores.failed()), std::to_string(second.scores.failed()));
  line("p50", milliseconds(first.scores.latency.p50_us), milliseconds(second.scores.latency.p50_us));
  line("p99", milliseconds(first.scores.latency.p99_us), milliseconds(second.scores.latency.p99_us));
  line("isolation", printable(first.run.isolation), printable(second.run.isolation));
  text += comparison.paired ? paired_text(*comparison.paired, first.scores.task)
                            : std::string("  no paired test: the outcomes of both are needed for one\n");
  return text;
}

Json comparison_json(const registry::Evaluation& first, const registry::Evaluation& second,
                     const registry::Comparison& comparison) {
  const bool is_regression = first.scores.task == EvaluationTask::regression;
  Json json{{"figure", is_regression ? "mae" : "accuracy"},
            {"first", {{"figure", comparison.first}, {"evaluation", evaluation_json(first)}}},
            {"second", {{"figure", comparison.second}, {"evaluation", evaluation_json(second)}}}};
  if (const auto& test = comparison.paired)
    json["paired"] = {{"test", is_regression ? "sign" : "mcnemar_exact"},
                      {"first_better", test->first_better},
                      {"second_better", test->second_better},
                      {"even", test->even},
                      {"p", test->p}};
  return json;
}

}  // namespace stoa::cli
