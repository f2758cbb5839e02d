// outcome.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/evaluation/outcome.hpp"

#include <fmt/format.h>

#include <cmath>
#include <unordered_set>

#include "registry/document/strict_json.hpp"

namespace stoa::registry {
namespace {

std::unexpected<Error> refuse(std::string message) {
  return failure(Code::invalid_argument, "evaluation.outcomes", "outcomes: " + std::move(message));
}

Json json_of(const Outcome& row, EvaluationTask task) {
  const bool is_regression = task == EvaluationTask::regression;
  Json json{{"id", row.id}, {"expected", is_regression ? Json(row.target) : Json(row.label)}};
  if (row.is_failure())
    json["failed"] = row.failure;
  else
    json["answer"] = is_regression ? Json(row.number) : Json(row.answer);
  json["took_us"] = row.took_us;
  return json;
}

std::string text_in(const Json& row, const char* name) {
  const auto member = row.find(name);
  return member != row.end() && member->is_string() ? member->get<std::string>() : std::string();
}
double number_in(const Json& row, const char* name) {
  const auto member = row.find(name);
  return member != row.end() && member->is_number() ? member->get<double>() : 0;
}

}  // namespace

std::string write_outcomes(const Outcomes& outcomes) {
  Json rows = Json::array();
  for (const Outcome& row : outcomes.rows) rows.push_back(json_of(row, outcomes.task));
  return json_text(Json{{"task", name_of(outcomes.task)}, {"outcomes", std::move(rows)}});
}

// Members of another kind become empty ones, and the comparison with what the writer makes of them refuses the text.
Result<Outcomes> parse_outcomes(std::string_view text) {
  if (text.size() > kOutcomesBytesMax)
    return refuse(fmt::format("have {} bytes, limit is {}", text.size(), kOutcomesBytesMax));
  const auto json = parse_strict_json(text);
  if (!json) return refuse(json.error().message);
  const auto rows = json->is_object() ? json->find("outcomes") : json->end();
  if (!json->is_object() || rows == json->end() || !rows->is_array()) return refuse("are no list");
  Outcomes outcomes;
  outcomes.task = text_in(*json, "task") == "regression" ? EvaluationTask::regression : EvaluationTask::classification;
  std::unordered_set<std::string> ids;
  for (const Json& row : *rows) {
    if (!row.is_object()) return refuse("have a row that is no object");
    Outcome outcome{.id = text_in(row, "id"),
                    .label = text_in(row, "expected"),
                    .answer = text_in(row, "answer"),
                    .target = number_in(row, "expected"),
                    .number = number_in(row, "answer"),
                    .failure = text_in(row, "failed"),
                    .took_us = 0};
    if (const auto took = row.find("took_us"); took != row.end() && took->is_number_unsigned())
      outcome.took_us = took->get<std::uint64_t>();
    if (!is_label(outcome.id) || !ids.insert(outcome.id).second) return refuse("have an id that is none, or twice");
    const bool is_sound = outcomes.task == EvaluationTask::regression
                              ? std::isfinite(outcome.target) && std::isfinite(outcome.number)
                              : is_label(outcome.label) && (outcome.is_failure() || is_label(outcome.answer));
    if (!is_sound || (outcome.is_failure() && !is_label(outcome.failure)))
      return refuse(fmt::format("'{}' has no expected value, or neither an answer nor a failure", outcome.id));
    outcomes.rows.push_back(std::move(outcome));
  }
  if (outcomes.rows.empty()) return refuse("are empty");
  if (write_outcomes(outcomes) != text) return refuse("are not in their canonical form");
  return outcomes;
}

}  // namespace stoa::registry
