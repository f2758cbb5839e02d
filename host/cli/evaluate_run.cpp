// evaluate_run.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/evaluate_run.hpp"

#include <fmt/format.h>

#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include "host/client/problem_answer.hpp"

namespace stoa::cli {
namespace {

using registry::EvaluationTask;
using registry::Outcome;

bool is_float(const std::string& datatype) { return datatype.starts_with("FP") || datatype == "BF16"; }
bool is_integer(const std::string& datatype) { return datatype.starts_with("INT") || datatype.starts_with("UINT"); }

bool fits(const std::string& datatype, const registry::Dataset& set) {
  if (set.task == EvaluationTask::regression) return is_float(datatype);
  return set.has_indices ? is_integer(datatype) : datatype == "BYTES";
}

Outcome begun(const registry::Example& example, const registry::Dataset& set) {
  Outcome outcome{.id = example.id, .label = {}, .answer = {}, .failure = {}};
  if (set.task == EvaluationTask::regression)
    outcome.target = example.target;
  else
    outcome.label = example.label;
  return outcome;
}

// Reasons are words of the host's or of a plugin's: what is no word is not put into a document.
std::string failure_word(const Error& error) {
  return registry::is_label(error.reason) ? error.reason : std::string("model.error");
}

// The place of the greatest one, the first of several; nothing where one is no number.
std::optional<std::size_t> greatest(const nlohmann::ordered_json& data) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < data.size(); ++i) {
    if (!data[i].is_number()) return std::nullopt;
    if (data[i].get<double>() > data[best].get<double>()) best = i;
  }
  return best;
}

class Run {
 public:
  Run(const EvaluatedModel& model, const RunPlan& plan)
      : model_(model),
        plan_(plan),
        path_(model.path() + "/infer"),
        tail_(fmt::format(",\"outputs\":[{{\"name\":{}}}]}}", Json(plan.output.name).dump())) {
    outcomes_.task = plan.set.task;
    outcomes_.rows.resize(plan.examples);
  }

  Result<registry::Outcomes> all() {
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < plan_.concurrency; ++i) threads.emplace_back([this] { work(); });
    }
    if (error_) return std::unexpected(std::move(*error_));
    return std::move(outcomes_);
  }

 private:
  void work() {
    auto client = client::InferenceClient::open(
        {.url = model_.url, .ca_file = model_.ca_file, .timeout_ms = plan_.timeout_s * 1000L});
    if (!client) return end(client.error());
    for (std::size_t i = next_++; i < plan_.examples && !is_ended_; i = next_++) {
      if (plan_.is_stopped)
        return end({Code::cancelled, "evaluate.interrupted", "interrupted; nothing was signed or written", 0});
      auto outcome = ask(*client, plan_.set.examples[i]);
      if (!outcome) return end(outcome.error());
      const bool is_failure = outcome->is_failure();
      outcomes_.rows[i] = std::move(*outcome);
      const std::lock_guard lock(mutex_);
      failed_ += is_failure;
      plan_.on_progress(++done_, failed_);
    }
  }

  Result<Outcome> ask(client::InferenceClient& client, const registry::Example& example) {
    Result<client::InferenceAnswer> answer = std::unexpected(Error{});
    const auto began = std::chrono::steady_clock::now();
    if (example.file.empty()) {
      answer = client.post(path_, "{\"inputs\":" + example.inputs + tail_, "application/json");
    } else {
      const auto bytes = registry::read_example_file(plan_.folder, example);
      if (!bytes) return std::unexpected(bytes.error());
      answer = client.post(path_, *bytes, example.media_type);
    }
    if (answer) {
      Outcome outcome = outcome_of(example, plan_.set, plan_.output, answer->body);
      outcome.took_us = answer->took_us;
      return outcome;
    }
    if (client::is_line_error(answer.error())) return std::unexpected(answer.error());
    Outcome outcome = begun(example, plan_.set);
    outcome.failure = failure_word(answer.error());
    outcome.took_us = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began).count());
    return outcome;
  }

  void end(const Error& error) {
    is_ended_ = true;
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = error;
  }

  const EvaluatedModel& model_;
  const RunPlan& plan_;
  const std::string path_, tail_;
  registry::Outcomes outcomes_;  // each row is one thread's
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> is_ended_ = false;
  std::mutex mutex_;
  std::size_t done_ = 0, failed_ = 0;  // Lock: mutex_
  std::optional<Error> error_;         // Lock: mutex_
};

}  // namespace

Result<ModelOutput> answering_output(const EvaluatedModel& model, const registry::Dataset& set,
                                     const std::string& asked_for) {
  std::vector<ModelOutput> found;
  std::string all;
  for (const ModelOutput& one : model.outputs) {
    all += fmt::format("{}{} ({})", all.empty() ? "" : ", ", one.name, one.datatype);
    if (asked_for.empty() ? model.outputs.size() == 1 || fits(one.datatype, set) : one.name == asked_for)
      found.push_back(one);
  }
  if (found.size() == 1) return found.front();
  return failure(Code::invalid_argument, "evaluate.output",
                 asked_for.empty()
                     ? fmt::format("{} of the model's outputs could be the answer, name one: --output; it has {}",
                                   found.size(), client::printable(all))
                     : fmt::format("the model has no output '{}'; it has {}", client::printable(asked_for),
                                   client::printable(all)));
}

Outcome outcome_of(const registry::Example& example, const registry::Dataset& set, const ModelOutput& output,
                   const nlohmann::ordered_json& answer) {
  Outcome outcome = begun(example, set);
  const auto fail = [&](const char* reason) {
    outcome.failure = reason;
    return outcome;
  };
  const nlohmann::ordered_json* data = nullptr;
  if (answer.is_object() && answer.contains("outputs") && answer["outputs"].is_array())
    for (const auto& one : answer["outputs"])
      if (one.is_object() && one.contains("name") && one["name"] == output.name && one.contains("data"))
        data = &one["data"];
  if (!data || !data->is_array()) return fail("evaluation.answer_missing");
  if (set.has_indices && is_float(output.datatype) && data->size() > 1) {
    const auto place = greatest(*data);
    if (!place) return fail("evaluation.answer_kind");
    outcome.answer = std::to_string(*place);
    return outcome;
  }
  if (data->size() != 1) return fail("evaluation.answer_shape");
  const auto& value = (*data)[0];
  if (set.task == EvaluationTask::regression) {
    if (!value.is_number() || !std::isfinite(value.get<double>())) return fail("evaluation.answer_kind");
    outcome.number = value.get<double>();
    return outcome;
  }
  if (value.is_string())
    outcome.answer = value.get<std::string>();
  else if (value.is_number_integer() || value.is_boolean())
    outcome.answer = value.dump();
  if (!registry::is_label(outcome.answer)) {
    outcome.answer.clear();
    return fail("evaluation.answer_kind");
  }
  return outcome;
}

Result<registry::Outcomes> run_examples(const EvaluatedModel& model, const RunPlan& plan) {
  return Run(model, plan).all();
}

}  // namespace stoa::cli
