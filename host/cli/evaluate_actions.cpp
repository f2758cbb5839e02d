// evaluate_actions.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/evaluate_actions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "host/cli/evaluate_text.hpp"
#include "host/cli/key_option.hpp"
#include "host/cli/registry_text.hpp"
#include "host/client/problem_answer.hpp"
#include "registry/document/file.hpp"
#include "registry/evaluation/comparison.hpp"

namespace stoa::cli {
namespace {

constexpr std::size_t kSignerKeyMax = 16 * 1024;

struct ActionRow {
  const char *name, *arguments;
  std::size_t words;
  Exit (*run)(const EvaluateOptions& options);
};

Result<HttpClient> registry_of(const EvaluateOptions& options) {
  if (options.url.empty()) return failure(Code::invalid_argument, "usage", "--registry (or STOA_REGISTRY) is missing");
  return connect(options);
}

void print_json(const Json& json) { fmt::print("{}\n", json.dump(2, ' ', true, Json::error_handler_t::replace)); }

// Whoever checks names the key: a signature by an unknown one proves nothing.
Result<std::string> verified_by(const registry::SignedEvaluation& opened, const EvaluateOptions& options) {
  if (!options.public_key.empty()) {
    const auto pem = registry::read_small_file(options.public_key, kSignerKeyMax);
    if (!pem) return std::unexpected(pem.error());
    const auto key = registry::PublicKey::from_pem(*pem);
    if (!key) return std::unexpected(key.error());
    if (auto good = registry::verify_evaluation(opened, *key); !good) return std::unexpected(good.error());
    return options.public_key;
  }
  const auto trust = load_trust(options.trust);
  if (!trust) return std::unexpected(trust.error());
  const std::string publisher = opened.evaluation.plugin.substr(0, opened.evaluation.plugin.find('/'));
  const auto* const trusted = trust->find(opened.envelope.key_id, publisher);
  if (!trusted)
    return failure(
        Code::unauthenticated, "signature.unknown_key",
        fmt::format("it is signed by key {}, which none of --trust or --public-key is", opened.envelope.key_id.hex));
  if (auto good = registry::verify_evaluation(opened, trusted->key); !good) return std::unexpected(good.error());
  return trusted->publisher;
}

Exit verify(const EvaluateOptions& options) {
  const auto kept = read_evaluation(options.words[1]);
  if (!kept) return report(kept.error());
  const auto by = verified_by(kept->opened, options);
  if (!by) return report(by.error());
  const registry::Evaluation& evaluation = kept->opened.evaluation;
  const std::string package = registry::to_hex(evaluation.package_sha256);
  if (options.json) {
    print_json({{"signed_by", *by},
                {"key_id", kept->opened.envelope.key_id.hex},
                {"outcomes", kept->outcomes ? "agree" : "none"},
                {"evaluation", evaluation_json(evaluation)}});
  } else {
    fmt::print("signed by {}, key {}\npackage {}\ndataset {}\noutcomes {}\n{}", client::printable(*by),
               kept->opened.envelope.key_id.hex, package, registry::to_hex(evaluation.dataset.sha256),
               kept->outcomes ? "agree with every figure" : "are not here: the figures rest on the signature alone",
               evaluation_text(evaluation));
  }
  return Exit::ok;
}

Result<Json> fetch(HttpClient& registry, const std::string& id) {
  return registry.ask({.path = "/v1/evaluations/" + client::escape(id)});
}

// A file, or the id of one in the registry. Not verified: comparing needs no key, and says what was signed by whom.
Result<KeptEvaluation> evaluation_at(const std::string& where, const EvaluateOptions& options) {
  if (!where.starts_with("eval_") || std::filesystem::exists(where)) return read_evaluation(where);
  auto registry = registry_of(options);
  if (!registry) return std::unexpected(registry.error());
  const auto record = fetch(*registry, where);
  if (!record) return std::unexpected(record.error());
  KeptEvaluation kept;
  kept.envelope = record->value("envelope", std::string());
  auto opened = registry::open_evaluation(kept.envelope);
  if (!opened) return std::unexpected(opened.error());
  kept.opened = std::move(*opened);
  if (!record->value("has_outcomes", false)) return kept;
  const auto outcomes = registry->ask({.path = "/v1/evaluations/" + client::escape(where) + "/outcomes"});
  if (!outcomes) return std::unexpected(outcomes.error());
  kept.outcomes_json = outcomes->dump();
  auto good = registry::verify_outcomes(kept.opened.evaluation, kept.outcomes_json);
  if (!good) return std::unexpected(good.error());
  kept.outcomes = std::move(*good);
  return kept;
}

Exit compare(const EvaluateOptions& options) {
  const auto first = evaluation_at(options.words[1], options);
  if (!first) return report(first.error());
  const auto second = evaluation_at(options.words[2], options);
  if (!second) return report(second.error());
  const registry::Evaluation &a = first->opened.evaluation, &b = second->opened.evaluation;
  const auto compared = first->outcomes && second->outcomes
                            ? registry::compare(a, *first->outcomes, b, *second->outcomes)
                            : registry::compare(a, b);
  if (!compared) return report(compared.error());
  if (options.json)
    print_json(comparison_json(a, b, *compared));
  else
    fmt::print("{}", comparison_text(a, b, *compared));
  return Exit::ok;
}

std::string record_line(const Json& record) {
  return fmt::format("{}  said by {}  key {}\n", member_text(record, "id"), member_text(record, "said_by"),
                     member_text(record, "key"));
}

Exit attach_file(const EvaluateOptions& options) {
  const auto kept = read_evaluation(options.words[1]);
  if (!kept) return report(kept.error());
  std::string pem;
  if (!options.public_key.empty()) {
    auto read = registry::read_small_file(options.public_key, kSignerKeyMax);
    if (!read) return report(read.error());
    pem = std::move(*read);
  }
  auto registry = registry_of(options);
  if (!registry) return report(registry.error());
  const auto attached = attach(*registry, *kept, pem);
  if (!attached) return report(attached.error());
  print_answer(*attached, options.json, &record_line);
  return Exit::ok;
}

std::string evaluations_text(const Json& answer) {
  return table_text(answer["items"], {"id", "model", "version", "dataset.name", "examples", "figure", "value", "failed",
                                      "latency_p99_us", "isolation", "said_by", "signature", "attached"});
}

Exit list(const EvaluateOptions& options) {
  auto registry = registry_of(options);
  if (!registry) return report(registry.error());
  const auto answer = ask_all(*registry, "/v1/releases/" + client::escape(options.words[1]) + "/evaluations");
  if (!answer) return report(answer.error());
  print_answer(*answer, options.json, &evaluations_text);
  return Exit::ok;
}

Exit show(const EvaluateOptions& options) {
  auto registry = registry_of(options);
  if (!registry) return report(registry.error());
  const auto record = fetch(*registry, options.words[1]);
  if (!record) return report(record.error());
  const auto opened = registry::open_evaluation(record->value("envelope", std::string()));
  if (!opened) return report(opened.error());
  if (options.json)
    print_json(*record);
  else
    fmt::print("{}signature {}, attached {}\n{}", record_line(*record), member_text(*record, "signature"),
               member_text(*record, "attached"), evaluation_text(opened->evaluation));
  return Exit::ok;
}

constexpr ActionRow kEvaluateActionsActions[] = {{"verify", "FILE", 1, &verify},
                                                 {"compare", "A B", 2, &compare},
                                                 {"attach", "FILE", 1, &attach_file},
                                                 {"list", "RELEASE", 1, &list},
                                                 {"show", "EVALUATION", 1, &show}};

const ActionRow* action_of(const EvaluateOptions& options) {
  const auto row = std::ranges::find_if(kEvaluateActionsActions, [&](const ActionRow& one) {
    return !options.words.empty() && options.words[0] == one.name;
  });
  return row == std::end(kEvaluateActionsActions) ? nullptr : &*row;
}

}  // namespace

std::string outcomes_file_of(const std::string& file) {
  constexpr std::string_view kEnd = ".evaluation.json";
  const std::string base = file.ends_with(kEnd) ? file.substr(0, file.size() - kEnd.size()) : file;
  return base + ".outcomes.json";
}

Result<KeptEvaluation> read_evaluation(const std::string& file) {
  auto text = registry::read_small_file(file, 2 * registry::kEvaluationBytesMax);
  if (!text) return std::unexpected(text.error());
  while (text->ends_with('\n')) text->pop_back();
  auto opened = registry::open_evaluation(*text);
  if (!opened) return std::unexpected(opened.error());
  KeptEvaluation kept{std::move(*opened), std::move(*text), {}, {}};
  const std::string beside = outcomes_file_of(file);
  if (!kept.opened.evaluation.outcomes || !std::filesystem::exists(beside)) return kept;
  auto outcomes = registry::read_small_file(beside, registry::kOutcomesBytesMax + 1);
  if (!outcomes) return std::unexpected(outcomes.error());
  while (outcomes->ends_with('\n')) outcomes->pop_back();
  auto good = registry::verify_outcomes(kept.opened.evaluation, *outcomes);
  if (!good) return std::unexpected(good.error());
  kept.outcomes_json = std::move(*outcomes);
  kept.outcomes = std::move(*good);
  return kept;
}

bool is_evaluate_action(const EvaluateOptions& options) { return action_of(options) != nullptr; }

Exit run_evaluate_action(const EvaluateOptions& options) {
  const ActionRow& action = *action_of(options);
  if (options.words.size() == action.words + 1) return action.run(options);
  return report({Code::invalid_argument, "usage",
                 fmt::format("{} arguments are given, want: stoa evaluate {} {}", options.words.size() - 1, action.name,
                             action.arguments),
                 0});
}

Result<Json> attach(HttpClient& registry, const KeptEvaluation& kept, const std::string& public_key_pem) {
  const registry::Evaluation& evaluation = kept.opened.evaluation;
  const auto releases = ask_all(registry, "/v1/releases" + query_of({{"plugin", evaluation.plugin}}));
  if (!releases) return std::unexpected(releases.error());
  const std::string digest = registry::to_hex(evaluation.package_sha256);
  std::string release;
  for (const Json& one : (*releases)["items"])
    if (member_text(one, "package.sha256") == digest && member_text(one, "state") != "rejected")
      release = member_text(one, "id");
  if (release.empty())
    return failure(
        Code::not_found, "release.unknown",
        fmt::format("the registry has no release of {} with package {}", client::printable(evaluation.plugin), digest));
  Json body{{"envelope", kept.envelope}};
  if (!public_key_pem.empty()) body["public_key"] = public_key_pem;
  auto record = registry.ask({"POST", "/v1/releases/" + client::escape(release) + "/evaluations", std::move(body)});
  if (!record || kept.outcomes_json.empty()) return record;
  return registry.send_bytes("/v1/evaluations/" + client::escape(member_text(*record, "id")) + "/outcomes",
                             std::as_bytes(std::span(kept.outcomes_json)));
}

}  // namespace stoa::cli
