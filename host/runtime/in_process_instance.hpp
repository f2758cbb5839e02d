// in_process_instance.hpp: a model loaded into this process (tier T0). SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "host/runtime/instance.hpp"
#include "host/runtime/plugin_library.hpp"
#include "stoa/ext/batching.h"
#include "stoa/ext/health.h"
#include "stoa/ext/warmup.h"

namespace stoa::runtime {

class InProcessInstance final : public Instance {
 public:
  // Loads the model on a thread of its own, until the spec's load_ns from now. Error reasons: "plugin.load_timeout",
  // "plugin.entry" (a model with holes), or the plugin's own ("plugin.load" where it gives none).
  static Result<std::unique_ptr<InProcessInstance>> load(std::shared_ptr<PluginLibrary> library, ModelSpec spec,
                                                         std::vector<GoldenCase> golden);
  // Drains for a moment; what is still running then is abandoned, never unloaded under a running call.
  ~InProcessInstance() override;

  const ModelSpec& spec() const override { return flight_->spec; }
  const InstanceTraits& traits() const override { return traits_; }
  InstanceState state() const override { return state_.load(std::memory_order_acquire); }
  std::string_view isolation() const override { return "T0"; }
  std::uint64_t load_deadline_ns() const override { return load_deadline_ns_; }
  Result<void> warm_up() override;
  Result<void> prove() override;
  void submit(std::span<const std::shared_ptr<Call>> calls) override;
  void cancel(Call& call, Code why) override;
  std::uint64_t cost(const Call& call) const override;
  bool can_join(const Call& first, const Call& next) const override;
  Result<void> check_health(std::int32_t depth, std::uint64_t deadline_ns) override;
  Result<void> drain(std::uint64_t deadline_ns) override;

 private:
  // What calls in flight point to; outlives the instance when they do.
  struct Flight {
    explicit Flight(ModelSpec model) : spec(std::move(model)) {}
    const ModelSpec spec;
    Outstanding outstanding;
  };
  struct Loading;

  InProcessInstance(std::shared_ptr<PluginLibrary> library, ModelSpec spec, std::vector<GoldenCase> golden);
  void advance(InstanceState to);
  Result<void> fail(Error error);
  const void* extension(const char* id) const;
  void read_traits();
  void submit_some(std::span<const std::shared_ptr<Call>> calls);
  void abandon() noexcept;

  std::shared_ptr<PluginLibrary> library_;
  std::unique_ptr<Flight> flight_;
  const std::vector<GoldenCase> golden_;
  const std::uint64_t load_deadline_ns_;
  stoa_model* model_ = nullptr;
  InstanceTraits traits_;
  const stoa_batching* batching_ = nullptr;
  const stoa_health* health_ = nullptr;
  const stoa_warmup* warmup_ = nullptr;
  std::atomic<InstanceState> state_{InstanceState::created};
};

}  // namespace stoa::runtime
