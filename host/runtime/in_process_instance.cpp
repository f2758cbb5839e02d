// in_process_instance.cpp: the host's half of the C ABI, called directly. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/in_process_instance.hpp"

#include <array>
#include <cassert>
#include <exception>
#include <utility>

#include "host/runtime/abi_error.hpp"
#include "host/runtime/bounded_run.hpp"
#include "host/runtime/golden.hpp"
#include "host/runtime/left_behind.hpp"
#include "host/runtime/utf8.hpp"
#include "stoa/ext/card.h"
#include "stoa/ext/inline.h"
#include "stoa/ext/session.h"

namespace stoa::runtime {
namespace {

constexpr std::size_t kCardBytesMax = 1u << 20;
constexpr std::uint64_t kLastDrainNs = 1'000'000'000;  // the destructor's patience

// An exception must not cross the C ABI, and where plugin and host share one libstdc++ it can be caught all the same;
// with a private one it ends the process (measured). So this helps, and is no promise.
template <class Work>
stoa_status guarded(stoa_error& err, bool& has_thrown, Work&& work) {
  try {
    return work();
  } catch (const std::exception& e) {
    has_thrown = true;
    return error_to_abi(Code::internal, "plugin.threw", std::string("the plugin threw: ") + e.what(), &err);
  } catch (...) {
    has_thrown = true;
    return error_to_abi(Code::internal, "plugin.threw", "the plugin threw something", &err);
  }
}

stoa_error blank_error() {
  stoa_error err{};
  err.struct_size = sizeof(err);
  return err;
}

Error timed_out(std::string reason, std::string message) {
  return Error{Code::deadline_exceeded, std::move(reason), std::move(message), 0};
}

}  // namespace

// What the loading thread owns, in case it is left behind.
struct InProcessInstance::Loading {
  std::shared_ptr<PluginLibrary> library;
  std::string model, config_json;
  std::vector<DLDevice> devices;
  std::uint64_t memory_budget = 0;
  std::uint32_t max_inflight = 1, n_threads = 1;
  stoa_status status = STOA_INTERNAL;
  stoa_error err = blank_error();
  stoa_model* loaded = nullptr;

  void run() {
    stoa_load load{};
    load.struct_size = sizeof(load);
    load.model = {model.data(), model.size()};
    load.config_json = {config_json.data(), config_json.size()};
    load.n_devices = static_cast<std::uint32_t>(devices.size());
    load.devices = devices.data();
    load.memory_budget = memory_budget;
    load.max_inflight = max_inflight;
    load.n_threads = n_threads;
    bool has_thrown = false;
    status = guarded(err, has_thrown, [&] { return library->entry().load(&load, &loaded, &err); });
  }
};

InProcessInstance::InProcessInstance(std::shared_ptr<PluginLibrary> library, ModelSpec spec,
                                     std::vector<GoldenCase> golden)
    : library_(std::move(library)),
      flight_(std::make_unique<Flight>(std::move(spec))),
      golden_(std::move(golden)),
      load_deadline_ns_(thread::monotonic_ns() + flight_->spec.limits.load_ns) {}

Result<std::unique_ptr<InProcessInstance>> InProcessInstance::load(std::shared_ptr<PluginLibrary> library,
                                                                   ModelSpec spec, std::vector<GoldenCase> golden) {
  std::unique_ptr<InProcessInstance> instance(
      new InProcessInstance(std::move(library), std::move(spec), std::move(golden)));
  instance->advance(InstanceState::loading);
  const ModelSpec& s = instance->spec();
  const auto loading = std::make_shared<Loading>();
  loading->library = instance->library_;
  loading->model = s.local_name;
  loading->config_json = s.config_json;
  loading->devices = s.devices;
  loading->memory_budget = s.limits.memory_budget_bytes;
  loading->max_inflight = s.limits.inflight_max;
  loading->n_threads = s.limits.threads + instance->library_->host().services.inline_threads;
  if (!run_bounded([loading] { loading->run(); }, instance->load_deadline_ns_)) {
    instance->library_->abandon();
    return std::unexpected(
        instance
            ->fail(timed_out("plugin.load_timeout", "model \"" + s.name + "\" did not load within " +
                                                        std::to_string(s.limits.load_ns / 1'000'000) + " ms"))
            .error());
  }
  if (loading->status != STOA_OK)
    return std::unexpected(instance->fail(error_from_abi(loading->status, &loading->err, "plugin.load")).error());
  stoa_model* const model = loading->loaded;
  if (model == nullptr || model->submit == nullptr || model->unload == nullptr) {
    if (model != nullptr && model->unload != nullptr) model->unload(model);
    return std::unexpected(
        instance
            ->fail(Error{Code::failed_precondition, "plugin.entry",
                         "model \"" + s.name + "\" lacks submit() or unload(), or load() gave NULL with STOA_OK", 0})
            .error());
  }
  instance->model_ = model;
  instance->read_traits();
  instance->advance(InstanceState::warming);
  return instance;
}

void InProcessInstance::advance(InstanceState to) {
  const InstanceState from = state_.exchange(to, std::memory_order_acq_rel);
  assert(is_legal(from, to));
  static_cast<void>(from);
}

Result<void> InProcessInstance::fail(Error error) {
  advance(InstanceState::failed);
  return std::unexpected(std::move(error));
}

const void* InProcessInstance::extension(const char* id) const {
  return model_->get_extension == nullptr ? nullptr : model_->get_extension(model_, id);
}

void InProcessInstance::read_traits() {
  batching_ = static_cast<const stoa_batching*>(extension(STOA_EXT_BATCHING));
  if (batching_ != nullptr && batching_->limits != nullptr) {
    stoa_batch_limits limits{};
    limits.struct_size = sizeof(limits);
    batching_->limits(model_, &limits);
    traits_.batching = {limits.max_requests == 0 ? 1 : limits.max_requests, limits.max_cost, limits.max_delay_ns};
    traits_.has_cost = batching_->cost != nullptr;
    traits_.has_join_rule = batching_->can_join != nullptr;
  }
  health_ = static_cast<const stoa_health*>(extension(STOA_EXT_HEALTH));
  traits_.has_health = health_ != nullptr && health_->check != nullptr;
  warmup_ = static_cast<const stoa_warmup*>(extension(STOA_EXT_WARMUP));
  traits_.has_sessions = extension(STOA_EXT_SESSION) != nullptr;
  const auto* inlined = static_cast<const stoa_inline*>(extension(STOA_EXT_INLINE));
  if (inlined != nullptr && inlined->expected_ns != nullptr) {
    traits_.inline_expected_ns = inlined->expected_ns(model_);
    traits_.inline_slots = library_->host().services.inline_threads;
    traits_.is_inline =
        traits_.inline_slots > 0 && traits_.inline_expected_ns > 0 && traits_.inline_expected_ns <= kInlineNsMax;
  }
  const auto* card = static_cast<const stoa_card*>(extension(STOA_EXT_CARD));
  if (card != nullptr && card->json != nullptr) {
    const stoa_str json = card->json(model_);
    const bool is_good = json.p != nullptr && json.n <= kCardBytesMax && is_utf8({json.p, json.n});
    if (is_good) traits_.card_json.assign(json.p, json.n);
  }
}

Result<void> InProcessInstance::warm_up() {
  if (state() != InstanceState::warming)
    return failure(Code::failed_precondition, "instance.state", "the instance is " + std::string(name_of(state())));
  if (warmup_ == nullptr || warmup_->run == nullptr) return {};
  stoa_error err = blank_error();
  bool has_thrown = false;
  const stoa_status status = guarded(err, has_thrown, [&] { return warmup_->run(model_, load_deadline_ns_, &err); });
  if (status != STOA_OK) return fail(error_from_abi(status, &err, "plugin.warmup"));
  if (thread::monotonic_ns() > load_deadline_ns_)
    return fail(timed_out("plugin.load_timeout", "model \"" + spec().name + "\" was not warm within " +
                                                     std::to_string(spec().limits.load_ns / 1'000'000) + " ms"));
  return {};
}

Result<void> InProcessInstance::prove() {
  if (state() != InstanceState::warming)
    return failure(Code::failed_precondition, "instance.state", "the instance is " + std::string(name_of(state())));
  advance(InstanceState::proving);
  for (const auto& golden : golden_)
    if (auto proved = prove_golden(*this, golden, {}); !proved) return fail(proved.error());
  advance(InstanceState::ready);
  return {};
}

void InProcessInstance::submit(std::span<const std::shared_ptr<Call>> calls) {
  constexpr std::size_t kAtOnce = 64;  // a batch is as large as the plugin asked for; the array of it lies on the stack
  const std::size_t batch_max = std::min<std::size_t>(kAtOnce, std::max(1u, traits_.batching.requests_max));
  while (!calls.empty()) {
    const auto some = calls.first(std::min(calls.size(), batch_max));
    submit_some(some);
    calls = calls.subspan(some.size());
  }
}

void InProcessInstance::submit_some(std::span<const std::shared_ptr<Call>> calls) {
  const InstanceState now = state();
  if (now != InstanceState::ready && now != InstanceState::proving && now != InstanceState::draining) {
    for (const auto& call : calls)
      call->finish(Error{Code::unavailable, "model.not_ready", "the model is " + std::string(name_of(now)), 0});
    return;
  }
  std::array<stoa_request*, 64> requests;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    calls[i]->launch(flight_->spec.meters, flight_->outstanding);
    requests[i] = calls[i]->abi();
  }
  stoa_error err = blank_error();
  bool has_thrown = false;
  const stoa_status status = guarded(err, has_thrown, [&] {
    return model_->submit(model_, requests.data(), static_cast<std::uint32_t>(calls.size()), &err);
  });
  if (status == STOA_OK) return;
  for (const auto& call : calls) {
    Error error = error_from_abi(status, &err, "model.refused");
    // After a throw nobody knows what the plugin took: the client gets its answer, the memory stays.
    if (!has_thrown) {
      call->refuse(std::move(error));
      continue;
    }
    call->finish(std::move(error));
    leave_behind(call);
  }
  if (has_thrown && state() != InstanceState::draining) {
    advance(InstanceState::failed);
    library_->host().log(LogLevel::error,
                         "model \"" + spec().name + "\" threw out of submit and takes no more requests");
  }
}

void InProcessInstance::cancel(Call& call, Code why) {
  call.cancel(why);
  // The plugin may be finishing it right now: a hint that comes late finds the record still there, because the caller
  // of this function holds the call.
  if (call.is_held() && model_->cancel != nullptr) model_->cancel(model_, call.abi(), static_cast<stoa_status>(why));
}

std::uint64_t InProcessInstance::cost(const Call& call) const {
  return traits_.has_cost ? std::max<std::uint64_t>(1, batching_->cost(model_, call.abi())) : 1;
}

bool InProcessInstance::can_join(const Call& first, const Call& next) const {
  return !traits_.has_join_rule || batching_->can_join(model_, first.abi(), next.abi()) != 0;
}

Result<void> InProcessInstance::check_health(std::int32_t depth, std::uint64_t deadline_ns) {
  if (state() != InstanceState::ready)
    return failure(Code::unavailable, "model.not_ready", "the model is " + std::string(name_of(state())));
  if (!traits_.has_health) return {};
  stoa_error err = blank_error();
  bool has_thrown = false;
  const stoa_status status = guarded(err, has_thrown, [&] { return health_->check(model_, depth, deadline_ns, &err); });
  if (status == STOA_OK) return {};
  return std::unexpected(error_from_abi(status, &err, "plugin.unhealthy"));
}

Result<void> InProcessInstance::drain(std::uint64_t deadline_ns) {
  const InstanceState before = state();
  if (before == InstanceState::stopped) return {};
  if (before != InstanceState::failed && before != InstanceState::draining) advance(InstanceState::draining);
  if (model_ != nullptr) {
    const auto still_running = [&] {
      return std::unexpected(timed_out("model.still_running", std::to_string(flight_->outstanding.count()) +
                                                                  " requests or payloads of model \"" + spec().name +
                                                                  "\" are still out"));
    };
    if (model_->drain != nullptr) {
      stoa_error err = blank_error();
      bool has_thrown = false;
      const stoa_status status = guarded(err, has_thrown, [&] { return model_->drain(model_, deadline_ns, &err); });
      if (status == STOA_DEADLINE_EXCEEDED) return still_running();
    }
    if (!flight_->outstanding.wait_none(deadline_ns)) return still_running();
    model_->unload(std::exchange(model_, nullptr));
  }
  advance(InstanceState::stopped);
  return {};
}

// Nothing the plugin may still touch goes away: the records calls point to, and the plugin itself.
void InProcessInstance::abandon() noexcept {
  library_->abandon();
  library_->host().log(LogLevel::error, "model \"" + spec().name + "\" is still running and was left behind");
  leave_behind(std::move(flight_));
  leave_behind(std::move(library_));
}

InProcessInstance::~InProcessInstance() {
  if (model_ != nullptr && !drain(thread::monotonic_ns() + kLastDrainNs)) abandon();
}

}  // namespace stoa::runtime
