// command_rollout.cpp: `stoa rollout`: a new release's way into a model's traffic, and back.
// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cmath>
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct RolloutOptions : ActionOptions {
  std::string because, steps, share, window_s, requests_min, error_margin, p99_ratio, unready_s, tolerance, model,
      before;
  int most = 50;
  std::vector<std::string> customers;
  bool promotes = false, is_shadow = false;
};

std::unexpected<Error> bad(const char* option, std::string_view text, const char* wanted) {
  return failure(Code::invalid_argument, "usage",
                 std::string(option) + ": '" + std::string(text.substr(0, 64)) + "' is not " + wanted);
}

// A number of the given unit as a whole of so many parts of it: "12.5" percent in 10,000 are 125,000 ppm.
Result<std::uint64_t> parts_of(const char* option, std::string_view text, double parts, const char* wanted) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0) || value > 1e9)
    return bad(option, text, wanted);
  return static_cast<std::uint64_t>(std::llround(value * parts));
}

// "5,25,100": percents.
Result<Json> steps_of(std::string_view text) {
  Json steps = Json::array();
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    auto step = parts_of("--steps", part, 10'000, "a list of percents, as 5,25,100");
    if (!step) return std::unexpected(step.error());
    steps.push_back(*step);
  }
  return steps;
}

struct LimitRow {
  const char *option, *member;
  std::string RolloutOptions::* text;
  double parts;
  const char* wanted;
};
constexpr LimitRow kLimits[] = {
    {"--window", "window_ms", &RolloutOptions::window_s, 1'000, "a number of seconds"},
    {"--requests-min", "requests_min", &RolloutOptions::requests_min, 1, "a number of requests"},
    {"--error-margin", "error_margin_ppm", &RolloutOptions::error_margin, 10'000, "a percentage"},
    {"--p99-ratio", "p99_ratio_percent", &RolloutOptions::p99_ratio, 100, "a ratio, as 1.5"},
    {"--unready", "unready_ms", &RolloutOptions::unready_s, 1'000, "a number of seconds"},
};

Result<Json> limits_of(const RolloutOptions& options) {
  Json limits = Json::object();
  for (const LimitRow& row : kLimits) {
    const std::string& text = options.*row.text;
    if (text.empty()) continue;
    auto value = parts_of(row.option, text, row.parts, row.wanted);
    if (!value) return std::unexpected(value.error());
    limits[row.member] = *value;
  }
  return limits;
}

Result<Json> shadow_of(const RolloutOptions& options) {
  if (!options.steps.empty() || !options.customers.empty() || options.promotes)
    return failure(Code::invalid_argument, "usage",
                   "--shadow: goes with --share and --tolerance; --steps, --customer and --promote are a trial's");
  Json shadow{{"version", options.arguments[1]}};
  if (!options.share.empty()) {
    auto share = parts_of("--share", options.share, 10'000, "a percentage");
    if (!share) return std::unexpected(share.error());
    shadow["share_ppm"] = *share;
  }
  if (!options.tolerance.empty()) {
    auto nano = parts_of("--tolerance", options.tolerance, 1e9, "a number, as 0.001");
    if (!nano) return std::unexpected(nano.error());
    shadow["atol_nano"] = shadow["rtol_nano"] = *nano;
  }
  return shadow;
}

Result<Json> start(HttpClient& registry, const RolloutOptions& options) {
  Json body{{"model", options.arguments[0]}, {"note", options.because}};
  auto limits = limits_of(options);
  if (!limits) return limits;
  if (!limits->empty()) body["limits"] = std::move(*limits);
  if (options.is_shadow) {
    auto shadow = shadow_of(options);
    if (!shadow) return shadow;
    body["shadow"] = std::move(*shadow);
  } else {
    auto steps = steps_of(options.steps);
    if (!steps) return steps;
    body["version"] = options.arguments[1];
    body["steps_ppm"] = std::move(*steps);
    body["customers"] = options.customers;
    body["promotes"] = options.promotes;
  }
  return registry.ask({"POST", "/v1/rollouts", std::move(body)});
}

Result<Json> list(HttpClient& registry, const RolloutOptions& options) {
  return registry.ask({.path = "/v1/rollouts" + query_of({{"model", options.model},
                                                          {"before", options.before},
                                                          {"limit", std::to_string(options.most)}})});
}

// The last roll-out, what this host makes of it, and the verdicts, in one answer.
Result<Json> show(HttpClient& registry, const RolloutOptions& options) {
  const std::string& model = options.arguments[0];
  Json answer{{"model", model}};
  auto rollouts = registry.ask({.path = "/v1/rollouts" + query_of({{"model", model}, {"limit", "1"}})});
  if (!rollouts) return rollouts;
  if (!(*rollouts)["items"].empty()) answer["rollout"] = (*rollouts)["items"][0];
  auto here = registry.ask({.path = "/v1/rollouts/here" + query_of({{"model", model}})});
  if (!here) return here;
  if (!(*here)["items"].empty()) answer["here"] = (*here)["items"][0];
  auto verdicts = registry.ask({.path = "/v1/verdicts" + query_of({{"model", model}})});
  if (!verdicts) return verdicts;
  answer["verdicts"] = (*verdicts)["items"];
  if (answer.contains("rollout") || answer.contains("here")) return answer;
  return failure(Code::not_found, "model.unknown", "there is no model '" + model + "' here");
}

Result<Json> steer(HttpClient& registry, const RolloutOptions& options) {
  return registry.ask(
      {"POST", "/v1/rollouts/" + options.action, Json{{"model", options.arguments[0]}, {"because", options.because}}});
}

Result<Json> forgive(HttpClient& registry, const RolloutOptions& options) {
  return registry.ask(
      {"POST", "/v1/rollouts/forgive", Json{{"model", options.arguments[0]}, {"version", options.arguments[1]}}});
}

std::string rollouts_text(const Json& answer) {
  return table_text(answer["items"], {"model", "version", "shadow.version", "state", "share_ppm", "stable", "reason",
                                      "numbers", "changed"}) +
         earlier_text(answer);
}

std::string show_text(const Json& answer) {
  std::string text;
  if (answer.contains("rollout")) text += record_text(answer["rollout"]) + "\n";
  if (answer.contains("here")) {
    const Json& here = answer["here"];
    text += table_text(here["releases"], {"version", "state", "share_ppm", "requests", "failed", "p99_us", "reason"});
    if (here.contains("judgement")) text += "judgement: " + member_text(here, "judgement") + "\n";
    if (here.contains("shadow")) text += "\n" + record_text(here["shadow"]);
  }
  if (!answer["verdicts"].empty())
    text +=
        "\n" + table_text(answer["verdicts"], {"version", "state", "reason", "numbers", "back_to", "at", "forgiven"});
  return text;
}

constexpr RegistryAction<RolloutOptions> kRolloutActions[] = {
    {"list", "", &list, &rollouts_text},
    {"show", "MODEL", &show, &show_text},
    {"start", "MODEL VERSION", &start, &record_text},
    {"pause", "MODEL", &steer, &record_text},
    {"resume", "MODEL", &steer, &record_text},
    {"promote", "MODEL", &steer, &record_text},
    {"rollback", "MODEL", &steer, &record_text},
    {"forgive", "MODEL VERSION", &forgive, &record_text},
};

}  // namespace

Action declare_rollout(CommandLine line) {
  const auto options = std::make_shared<RolloutOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<RolloutOptions>>(kRolloutActions)));
  add_registry_options(line, *options);
  line.text("--steps", options->steps, "start: shares of those who ask, one after the other",
            {.type_name = "PERCENT,..."});
  line.texts("--customer", options->customers, "start: gets it at every step; may be repeated",
             {.type_name = "ID", .one_each = true});
  line.flag("--promote", options->promotes, "start: after the last step it becomes the default");
  line.flag("--shadow", options->is_shadow, "start: it gets copies of requests, and answers nobody");
  line.text("--share", options->share, "start --shadow: of the requests (default 100)", {.type_name = "PERCENT"});
  line.text("--tolerance", options->tolerance,
            "start --shadow: how far floats may differ, absolutely and in proportion", {.type_name = "NUMBER"});
  line.text("--window", options->window_s, "start: a step holds so long at least (default 60)",
            {.type_name = "SECONDS"});
  line.text("--requests-min", options->requests_min, "start: of either release, before anything is said (default 100)",
            {.type_name = "N"});
  line.text("--error-margin", options->error_margin, "start: so much more may fail (default 0.5)",
            {.type_name = "PERCENT"});
  line.text("--p99-ratio", options->p99_ratio, "start: of the stable release's p99; 0: not looked at (default 2)",
            {.type_name = "RATIO"});
  line.text("--unready", options->unready_s, "start: taken back when it takes no requests so long (default 5)",
            {.type_name = "SECONDS"});
  line.text("--because", options->because, "why; it is kept", {.type_name = "TEXT"});
  line.text("--model", options->model, "list: of this model", {.type_name = "PUBLISHER/NAME"});
  line.text("--before", options->before, "list: before this one", {.type_name = "ROLLOUT"});
  line.number("--most", options->most, 1, 1000, "list: so many (default 50)");
  line.footer(
      "examples:\n"
      "  stoa rollout start acme/classify 1.3.0 --steps 5,25,100 --promote    takes over by itself, or is taken back\n"
      "  stoa rollout start acme/classify 1.3.0 --customer c_42               for one customer only\n"
      "  stoa rollout start acme/classify 1.3.0 --shadow --share 10           compared, never answered\n"
      "  stoa rollout show acme/classify\n"
      "  stoa rollout rollback acme/classify --because 'wrong labels'         to the release before, at once\n\n"
      "--registry and --token-file may come from STOA_REGISTRY and STOA_TOKEN_FILE.");
  return [options] { return run_action<RolloutOptions>("rollout", kRolloutActions, *options); };
}

}  // namespace stoa::cli
