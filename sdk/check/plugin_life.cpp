// plugin_life.cpp: entering, loading, asking, and the account at the end.
// SPDX-License-Identifier: Apache-2.0
#include "sdk/check/plugin_life.hpp"

#include <algorithm>

#include "stoa/failure.hpp"

namespace stoa::check {

namespace {
constexpr const char* kNoFinish = ": no finish came within 20 s";
static_assert(kAnswerTime == std::chrono::seconds(20));
}  // namespace

stoa_error new_error() { return detail::empty_error(); }

std::string describe(stoa_status status, const stoa_error& err) {
  std::string text = "status " + std::to_string(status);
  if (err.reason[0] == 0 && err.message[0] == 0) return text;
  return text + " (" + std::string(err.reason, strnlen(err.reason, sizeof err.reason)) + ": " +
         std::string(err.message, strnlen(err.message, sizeof err.message)) + ")";
}

ExchangeSpec request_of(const Subject& subject, const GoldenCase& golden, ExchangeSpec spec) {
  spec.inputs = golden.inputs;
  spec.params_json = golden.params_json;
  for (const ModelFacts& model : subject.models)
    if (model.name == golden.model) spec.task = model.task;
  return spec;
}

std::string difference(const GoldenCase& golden, const Answer& answer) {
  if (answer.status != STOA_OK)
    return "ended with status " + std::to_string(answer.status) +
           (answer.error ? " (" + answer.error->reason + ": " + answer.error->message + ")" : "");
  for (const GoldenOutput& expected : golden.outputs) {
    std::optional<Value> got;
    for (Value& part : answer.parts()) {
      if (part.name != expected.value.name) continue;
      if (!got) {
        got = std::move(part);
        continue;
      }
      if (part.kind != got->kind || part.kind == STOA_PART_TENSOR || part.kind == STOA_PART_STRINGS)
        return "output '" + part.name + "' came more than once";
      got->bytes.insert(got->bytes.end(), part.bytes.begin(), part.bytes.end());
    }
    if (!got) return "output '" + expected.value.name + "' did not come";
    if (std::string apart = difference(expected.value, *got, expected.tolerance); !apart.empty()) return apart;
  }
  return {};
}

PluginLife::PluginLife(const Subject& subject, Verdict& verdict, bool has_extensions)
    : subject_(subject),
      verdict_(verdict),
      host_({.assets = subject.assets, .grants = {}, .has_extensions = has_extensions}) {
  stoa_error err = new_error();
  const stoa_entry* entry = subject.enter(STOA_ABI_VERSION, STOA_ABI_VERSION, &err);
  if (entry == nullptr) {
    verdict.fail("the entry refused ABI 1: " + describe(err.code, err));
    return;
  }
  if (const stoa_status status = entry->init(host_.abi(), &err); status != STOA_OK)
    verdict.fail("init refused the host: " + describe(status, err));
  else
    entry_ = entry;
}

PluginLife::~PluginLife() {
  if (entry_ == nullptr) return;
  while (!models_.empty()) unload(models_.back());
  if (entry_->deinit != nullptr) entry_->deinit();
  verdict_.expect(host_.blocks_out() == 0,
                  std::to_string(host_.blocks_out()) + " blocks of host memory were never given back");
  verdict_.expect(host_.assets_open() == 0, std::to_string(host_.assets_open()) + " assets were never closed");
  verdict_.fail_all(host_.faults());
}

stoa_model* PluginLife::load(const std::string& name, RecordLength length) {
  if (entry_ == nullptr) return nullptr;
  const auto facts = std::ranges::find(subject_.models, name, &ModelFacts::name);
  stoa_load record{};
  record.model = stoa_str{name.data(), name.size()};
  if (facts != subject_.models.end()) {
    record.config_json = stoa_str{facts->config_json.data(), facts->config_json.size()};
    record.max_inflight = facts->inflight_max;
    record.n_threads = facts->threads;
  }
  // A shorter record is one from before bounds were told.
  const GuardedRecord<stoa_load> guarded(record, length, offsetof(stoa_load, memory_budget));
  stoa_model* model = nullptr;
  stoa_error err = new_error();
  const stoa_status status = entry_->load(guarded.get(), &model, &err);
  if (status != STOA_OK) {
    verdict_.fail("model '" + name + "' does not load: " + describe(status, err));
    verdict_.expect(model == nullptr, "load failed and yet wrote to *out");
    return nullptr;
  }
  if (model == nullptr || model->submit == nullptr || model->unload == nullptr) {
    verdict_.fail("load of model '" + name + "' gave no table, or one without submit or unload");
    return nullptr;
  }
  models_.push_back(model);
  return model;
}

void PluginLife::unload(stoa_model* model) {
  stoa_error err = new_error();
  if (model->drain != nullptr) {
    const stoa_status status = model->drain(model, now_ns() + 5'000'000'000, &err);
    verdict_.expect(status == STOA_OK, "drain of an idle model: " + describe(status, err));
  }
  std::erase(models_, model);
  model->unload(model);
}

bool PluginLife::ask(stoa_model* model, std::span<Exchange* const> exchanges, const std::string& what) {
  std::vector<stoa_request*> requests;
  for (const Exchange* exchange : exchanges) requests.push_back(exchange->abi());
  stoa_error err = new_error();
  const stoa_status status = model->submit(model, requests.data(), static_cast<std::uint32_t>(requests.size()), &err);
  if (status != STOA_OK) {
    verdict_.fail(what + ": submit refused it: " + describe(status, err));
    return false;
  }
  for (Exchange* exchange : exchanges)
    if (!exchange->wait_finished(kAnswerTime)) verdict_.end_now(what + kNoFinish);
  for (const Exchange* exchange : exchanges)
    for (const std::string& fault : exchange->faults()) verdict_.fail(what + ": " + fault);
  return true;
}

Answer PluginLife::ask(stoa_model* model, const GoldenCase& golden, ExchangeSpec spec, const std::string& what) {
  Exchange exchange(request_of(subject_, golden, std::move(spec)));
  Exchange* one[] = {&exchange};
  if (ask(model, one, what)) return exchange.answer();
  Answer refused;
  refused.status = STOA_UNKNOWN;
  return refused;
}

std::string PluginLife::difference_now(stoa_model* model, const GoldenCase& golden) {
  Exchange exchange(request_of(subject_, golden));
  stoa_request* request = exchange.abi();
  stoa_error err = new_error();
  if (const stoa_status status = model->submit(model, &request, 1, &err); status != STOA_OK)
    return "submit refused it: " + describe(status, err);
  if (!exchange.wait_finished(kAnswerTime)) verdict_.end_now("golden case '" + golden.name + "'" + kNoFinish);
  if (const auto faults = exchange.faults(); !faults.empty()) return faults.front();
  return difference(golden, exchange.answer());
}

void PluginLife::expect_golden(stoa_model* model, const GoldenCase& golden, ExchangeSpec spec,
                               const std::string& what) {
  const Answer answer = ask(model, golden, std::move(spec), what);
  const std::string apart = difference(golden, answer);
  verdict_.expect(apart.empty(), what + ": " + apart);
  const auto facts = std::ranges::find(subject_.models, golden.model, &ModelFacts::name);
  for (const auto& [meter, total] : answer.meters)
    verdict_.expect(facts == subject_.models.end() || std::ranges::find(facts->meters, meter) != facts->meters.end(),
                    what + ": the manifest names no meter '" + meter + "'");
}

}  // namespace stoa::check
