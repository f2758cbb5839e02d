// evaluation_routes.cpp: what releases scored, as their publishers and operators say it; the outcomes behind it.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "host/api/registry/registry_json.hpp"
#include "host/api/registry/registry_routes.hpp"
#include "registry/evaluation/comparison.hpp"

namespace stoa::api {

// What a list shows of each; the whole document is in the envelope.
Json json_of(const registry::EvaluationRecord& record) {
  const registry::Evaluation& evaluation = record.opened.evaluation;
  const registry::Scores& scores = evaluation.scores;
  const bool is_regression = scores.task == registry::EvaluationTask::regression;
  Json json{{"id", record.id.text},
            {"release", record.release.text},
            {"plugin", evaluation.plugin},
            {"version", evaluation.version},
            {"model", evaluation.model},
            {"dataset", {{"name", evaluation.dataset.name}, {"sha256", registry::to_hex(evaluation.dataset.sha256)}}},
            {"examples", scores.examples},
            {"failed", scores.failed()},
            {"figure", is_regression ? "mae" : "accuracy"}};
  if (!is_regression) json["value"] = scores.accuracy();
  if (is_regression && scores.errors) json["value"] = scores.errors->mean_absolute;
  json["latency_p99_us"] = scores.latency.p99_us;
  json["isolation"] = evaluation.run.isolation;
  json["said_by"] = record.said_by;
  json["key"] = record.opened.envelope.key_id.hex;
  json["key_of"] = record.is_publishers_key ? "publisher" : "operator";
  json["signature"] = record.is_key_good ? "good" : "key revoked";
  json["has_outcomes"] = record.has_outcomes;
  json["attached"] = time_text(record.at_ms);
  return json;
}

namespace {

using http::Method;
using registry::Catalogue;
using registry::EvaluationId;
using registry::EvaluationRecord;
using registry::EvaluationTask;

Json full_evaluation_json(const EvaluationRecord& record) {
  Json json = json_of(record);
  json["public_key"] = record.key.pem();
  json["envelope"] =
      registry::serialise_payload(record.opened.envelope, registry::kEvaluationPayloadType, record.opened.document);
  return json;
}

// An evaluation is seen by whoever sees its release.
Result<EvaluationRecord> visible_evaluation(RegistryCall& call) {
  const EvaluationId id{call.param("evaluation")};
  return call.publishing.with_catalogue([&](Catalogue& catalogue) -> Result<EvaluationRecord> {
    auto record = catalogue.evaluation(id);
    if (!record) return record;
    const auto release = catalogue.release(record->release);
    if (!release) return std::unexpected(release.error());
    if (may_see(call.actor, *release)) return record;
    return failure(Code::not_found, "evaluation.unknown", "there is no evaluation '" + id.text + "'");
  });
}

Result<RegistryAnswer> attach_evaluation(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string envelope = members.text("envelope"), pem = members.text_or("public_key", "");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto opened = registry::open_evaluation(envelope);
  if (!opened) return std::unexpected(opened.error());
  std::optional<registry::PublicKey> key;
  if (!pem.empty()) {
    auto given = registry::PublicKey::from_pem(pem);
    if (!given) return std::unexpected(given.error());
    key = std::move(*given);
  }
  const auto record = call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return catalogue.attach_evaluation(*actor, {call.param("release")}, *opened, key); });
  if (!record) return std::unexpected(record.error());
  return RegistryAnswer{201, full_evaluation_json(*record)};
}

Result<RegistryAnswer> list_evaluations(RegistryCall& call) {
  const auto limit = call.limit();
  if (!limit) return std::unexpected(limit.error());
  registry::EvaluationFilter filter{.release = registry::ReleaseId{call.param("release")},
                                    .dataset = {},
                                    .after = call.query_or("after", ""),
                                    .most = *limit};
  auto records = call.publishing.with_catalogue([&](Catalogue& catalogue) -> Result<std::vector<EvaluationRecord>> {
    const auto release = catalogue.release(*filter.release);
    if (!release) return std::unexpected(release.error());
    if (may_see(call.actor, *release)) return catalogue.evaluations(filter);
    return failure(Code::not_found, "release.unknown", "there is no release '" + filter.release->text + "'");
  });
  if (!records) return std::unexpected(records.error());
  Json items = Json::array();
  for (const EvaluationRecord& record : *records) items.push_back(json_of(record));
  Json body{{"items", std::move(items)}};
  if (records->size() == filter.most) body["next"] = records->back().id.text;
  return RegistryAnswer{200, std::move(body)};
}

// Of all releases on one set of examples: side by side.
Result<RegistryAnswer> list_of_dataset(RegistryCall& call) {
  const auto limit = call.limit();
  if (!limit) return std::unexpected(limit.error());
  const auto dataset = registry::sha256_from_hex(call.query_or("dataset", ""));
  if (!dataset)
    return failure(Code::invalid_argument, "registry.query", "dataset: want the SHA-256 of a set of examples");
  registry::EvaluationFilter filter{
      .release = {}, .dataset = *dataset, .after = call.query_or("after", ""), .most = *limit};
  Json items = Json::array();
  std::string next;
  const auto read = call.publishing.with_catalogue([&](Catalogue& catalogue) -> Result<void> {
    const auto records = catalogue.evaluations(filter);
    if (!records) return std::unexpected(records.error());
    for (const EvaluationRecord& record : *records) {
      const auto release = catalogue.release(record.release);
      if (!release) return std::unexpected(release.error());
      if (may_see(call.actor, *release)) items.push_back(json_of(record));
    }
    if (records->size() == filter.most) next = records->back().id.text;
    return {};
  });
  if (!read) return std::unexpected(read.error());
  Json body{{"items", std::move(items)}};
  if (!next.empty()) body["next"] = next;
  return RegistryAnswer{200, std::move(body)};
}

Result<RegistryAnswer> one_evaluation(RegistryCall& call) {
  const auto record = visible_evaluation(call);
  if (!record) return std::unexpected(record.error());
  return RegistryAnswer{200, full_evaluation_json(*record)};
}

// Bytes first: a row that names a blob finds it. Bytes without a row are nobody's, and are collected.
Result<RegistryAnswer> put_outcomes(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  const EvaluationId id{call.param("evaluation")};
  const auto record = visible_evaluation(call);
  if (!record) return std::unexpected(record.error());
  const std::string& plugin = record->opened.evaluation.plugin;
  if (auto may = require_publisher(*actor, plugin.substr(0, plugin.find('/')), registry::Permission::review); !may)
    return std::unexpected(may.error());
  if (auto good = registry::verify_outcomes(record->opened.evaluation, call.bytes); !good)
    return std::unexpected(good.error());
  const auto blob = call.publishing.blobs().put(std::as_bytes(std::span(call.bytes)), call.now_ms * 1'000'000);
  if (!blob) return std::unexpected(blob.error());
  const auto kept =
      call.publishing.with_catalogue([&](Catalogue& catalogue) { return catalogue.keep_outcomes(*actor, id); });
  if (!kept) return std::unexpected(kept.error());
  return RegistryAnswer{200, full_evaluation_json(*kept)};
}

Result<std::string> outcomes_of(RegistryCall& call, const EvaluationRecord& record) {
  if (!record.has_outcomes)
    return failure(Code::not_found, "evaluation.no_outcomes",
                   "the outcomes of evaluation '" + record.id.text + "' are not kept here");
  auto reader = call.publishing.blobs().read(record.opened.evaluation.outcomes->sha256);
  if (!reader) return std::unexpected(reader.error());
  std::string text;
  while (true) {
    const auto bytes = reader->next();
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) return text;
    text.append(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  }
}

// Its text is canonical: read and written again it has the digest that was signed.
Result<RegistryAnswer> get_outcomes(RegistryCall& call) {
  const auto record = visible_evaluation(call);
  if (!record) return std::unexpected(record.error());
  const auto text = outcomes_of(call, *record);
  if (!text) return std::unexpected(text.error());
  return RegistryAnswer{200, Json::parse(*text, nullptr, false)};
}

// Two side by side. With the outcomes of both: the paired test.
Result<RegistryAnswer> compare_evaluations(RegistryCall& call) {
  const auto first = visible_evaluation(call);
  if (!first) return std::unexpected(first.error());
  RegistryCall other = call;
  other.params["evaluation"] = call.param("other");
  const auto second = visible_evaluation(other);
  if (!second) return std::unexpected(second.error());
  const registry::Evaluation &a = first->opened.evaluation, &b = second->opened.evaluation;
  auto compared = registry::compare(a, b);
  if (compared && first->has_outcomes && second->has_outcomes) {
    const auto first_text = outcomes_of(call, *first), second_text = outcomes_of(other, *second);
    if (!first_text) return std::unexpected(first_text.error());
    if (!second_text) return std::unexpected(second_text.error());
    const auto first_outcomes = registry::parse_outcomes(*first_text),
               second_outcomes = registry::parse_outcomes(*second_text);
    if (!first_outcomes) return std::unexpected(first_outcomes.error());
    if (!second_outcomes) return std::unexpected(second_outcomes.error());
    compared = registry::compare(a, *first_outcomes, b, *second_outcomes);
  }
  if (!compared) return std::unexpected(compared.error());
  Json body{{"figure", a.scores.task == EvaluationTask::regression ? "mae" : "accuracy"},
            {"first", json_of(*first)},
            {"second", json_of(*second)}};
  if (const auto& test = compared->paired)
    body["paired"] = {{"test", a.scores.task == EvaluationTask::regression ? "sign" : "mcnemar_exact"},
                      {"first_better", test->first_better},
                      {"second_better", test->second_better},
                      {"even", test->even},
                      {"p", test->p}};
  return RegistryAnswer{200, std::move(body)};
}

}  // namespace

void add_evaluation_routes(RegistryApi& api, std::vector<http::Route>& routes) {
  const auto add = [&](Method method, const char* pattern, BodyIs body, Result<RegistryAnswer> (*act)(RegistryCall&),
                       Desk RegistryApi::* desk = &RegistryApi::quick) {
    routes.push_back(registry_route(api, method, pattern, body, act, desk));
  };
  add(Method::get, "/v1/releases/{release}/evaluations", BodyIs::none, list_evaluations);
  add(Method::post, "/v1/releases/{release}/evaluations", BodyIs::json, attach_evaluation);
  add(Method::get, "/v1/evaluations", BodyIs::none, list_of_dataset);
  add(Method::get, "/v1/evaluations/{evaluation}", BodyIs::none, one_evaluation);
  add(Method::get, "/v1/evaluations/{evaluation}/outcomes", BodyIs::none, get_outcomes, &RegistryApi::slow);
  add(Method::put, "/v1/evaluations/{evaluation}/outcomes", BodyIs::bytes, put_outcomes, &RegistryApi::slow);
  add(Method::get, "/v1/evaluations/{evaluation}/against/{other}", BodyIs::none, compare_evaluations,
      &RegistryApi::slow);
}

}  // namespace stoa::api
