// evaluation_reader.cpp: the document, read: every figure has to follow from its counts.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <span>

#include "registry/document/strict_json.hpp"
#include "registry/evaluation/evaluation.hpp"

namespace stoa::registry {
namespace {

constexpr std::uint64_t kCountMax = std::uint64_t{1} << 53;  // what every reader of JSON takes exactly

// Strict about kinds and ranges alone: what does not belong there is found when all is written again.
class Members {
 public:
  Members(const Json* object, std::string path, std::string& refusal)
      : object_(object && object->is_object() ? object : nullptr), path_(std::move(path)), refusal_(refusal) {
    if (!object_) refuse("", "is no object");
  }

  std::string text(const char* name, std::size_t max = kLabelBytesMax) {
    const Json* const member = find(name);
    if (member && member->is_string() && member->get_ref<const std::string&>().size() <= max &&
        (member->get_ref<const std::string&>().empty() || is_label(member->get_ref<const std::string&>())))
      return member->get<std::string>();
    refuse(name, fmt::format("want a text of at most {} bytes without control characters", max));
    return {};
  }
  std::uint64_t count(const char* name) {
    const Json* const member = find(name);
    if (member && member->is_number_unsigned() && member->get<std::uint64_t>() <= kCountMax)
      return member->get<std::uint64_t>();
    refuse(name, fmt::format("want an integer of 0 to {}", kCountMax));
    return 0;
  }
  double number(const char* name) { return number(name, find(name)); }
  Sha256 digest(const char* name) {
    const auto digest = sha256_from_hex(text(name));
    if (!digest) refuse(name, "want 64 lower-case hexadecimal digits");
    return digest.value_or(Sha256{});
  }
  Interval interval(const char* name) {
    const Json* const member = find(name);
    if (member && member->is_array() && member->size() == 2)
      return {number(name, &(*member)[0]), number(name, &(*member)[1])};
    refuse(name, "want two numbers");
    return {};
  }
  std::span<const Json> list(const char* name, std::size_t max) {
    const Json* const member = find(name);
    if (member && member->is_array() && member->size() <= max) return member->get_ref<const Json::array_t&>();
    refuse(name, fmt::format("want a list of at most {}", max));
    return {};
  }
  Members object(const char* name) { return {find(name), path_ + name + ".", refusal_}; }
  bool has(const char* name) { return find(name) != nullptr; }
  void refuse(const char* name, std::string_view message) {
    if (refusal_.empty()) refusal_ = fmt::format("{}{}: {}", path_, name, message);
  }

 private:
  const Json* find(const char* name) const {
    if (!object_) return nullptr;
    const auto member = object_->find(name);
    return member == object_->end() ? nullptr : &*member;
  }
  double number(const char* name, const Json* value) {
    if (value && value->is_number() && std::isfinite(value->get<double>())) return value->get<double>();
    refuse(name, "want a finite number");
    return 0;
  }

  const Json* object_;
  std::string path_;
  std::string& refusal_;
};

Scores read_scores(Members scores, std::string& refusal) {
  Scores read;
  const std::string task = scores.text("task");
  if (task != "classification" && task != "regression") scores.refuse("task", "want classification or regression");
  read.task = task == "regression" ? EvaluationTask::regression : EvaluationTask::classification;
  read.examples = scores.count("examples");
  for (const Json& json : scores.list("failures", kLabelsMax)) {
    Members row(&json, "scores.failures[].", refusal);
    FailureCount one{row.text("reason"), row.count("count")};
    if (one.reason.empty() || one.count == 0 || (!read.failures.empty() && read.failures.back().reason >= one.reason))
      row.refuse("reason", "is empty, without a count, or not in order");
    read.failures.push_back(std::move(one));
  }
  if (read.examples == 0 || read.examples > kExamplesMax || read.failed() > read.examples)
    scores.refuse("examples", "is 0, too large, or less than the failures");
  if (!refusal.empty()) return read;
  if (read.task == EvaluationTask::regression) {
    if (scores.has("mae") != (read.answered() > 0)) scores.refuse("mae", "is there exactly where there is an answer");
    if (scores.has("mae"))
      read.errors = ErrorFigures{scores.number("mae"), scores.number("rmse"), scores.interval("mae_95")};
    // What holds of any numbers: a mean of squares is no less than the square of the mean. Some room for rounding.
    if (read.errors && (read.errors->mean_absolute < 0 || read.errors->mean_absolute_95.low < 0 ||
                        read.errors->mean_absolute > read.errors->mean_absolute_95.high ||
                        read.errors->mean_absolute < read.errors->mean_absolute_95.low ||
                        read.errors->mean_absolute > read.errors->root_mean_square * (1 + 1e-9)))
      scores.refuse("mae", "is none of any numbers");
  } else {
    read.foreign = scores.count("foreign");
    std::uint64_t expected = 0, answered = read.foreign;
    for (const Json& json : scores.list("classes", kLabelsMax)) {
      Members row(&json, "scores.classes[].", refusal);
      const ClassCount one{row.text("label"), row.count("expected"), row.count("answered"), row.count("right")};
      if (one.expected == 0 || one.right > one.expected || one.right > one.answered ||
          (!read.classes.empty() && read.classes.back().label >= one.label))
        row.refuse("right", "is more than was expected or answered, or the labels are not in order");
      expected += one.expected, answered += one.answered;
      read.classes.push_back(one);
    }
    if (expected != read.examples || answered != read.answered())
      scores.refuse("classes", "do not add up to the examples");
  }
  Members latency = scores.object("latency_us");
  read.latency = {latency.count("p50"), latency.count("p99"), latency.count("max")};
  if (read.latency.p50_us > read.latency.p99_us || read.latency.p99_us > read.latency.max_us)
    latency.refuse("p50", "is over p99, or that over max");
  return read;
}

EvaluationRun read_run(Members run) {
  EvaluationRun read{.on = run.text("on"),
                     .isolation = run.text("isolation"),
                     .concurrency = run.count("concurrency"),
                     .os = run.text("os"),
                     .arch = run.text("arch"),
                     .cpu = run.text("cpu"),
                     .cpus = run.count("cpus"),
                     .stoa = run.text("stoa"),
                     .at_ms = static_cast<std::int64_t>(run.count("at_ms")),
                     .took_ms = run.count("took_ms")};
  if (read.on != "package" && read.on != "server") run.refuse("on", "want package or server");
  return read;
}

}  // namespace

Result<Evaluation> parse_evaluation(std::string_view text) {
  const auto refuse = [](std::string_view message) {
    return failure(Code::invalid_argument, "evaluation.document", fmt::format("evaluation: {}", message));
  };
  if (text.size() > kEvaluationBytesMax)
    return refuse(fmt::format("has {} bytes, limit is {}", text.size(), kEvaluationBytesMax));
  const auto json = parse_strict_json(text);
  if (!json) return refuse(json.error().message);
  std::string refusal;
  Members members(&*json, "", refusal);
  if (members.count("stoa_evaluation") != 1) members.refuse("stoa_evaluation", "is another form than 1");
  Evaluation read;
  Members release = members.object("release"), dataset = members.object("dataset");
  read.plugin = release.text("plugin");
  read.version = release.text("version");
  read.package_sha256 = release.digest("package_sha256");
  read.model = members.text("model");
  read.dataset = {dataset.text("name"), dataset.digest("sha256"), dataset.count("examples")};
  if (read.dataset.name.empty()) dataset.refuse("name", "is empty");
  read.scores = read_scores(members.object("scores"), refusal);
  if (read.scores.examples > read.dataset.examples) dataset.refuse("examples", "are fewer than were run");
  read.run = read_run(members.object("run"));
  if (members.has("outcomes")) {
    Members outcomes = members.object("outcomes");
    read.outcomes = OutcomesDigest{outcomes.digest("sha256"), outcomes.count("bytes")};
  }
  if (!refusal.empty()) return refuse(refusal);
  if (write_evaluation(read) != text)
    return refuse("is not in its canonical form, or has a figure that does not follow from its counts");
  return read;
}

}  // namespace stoa::registry
