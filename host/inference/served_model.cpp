// served_model.cpp: the owner's handle on a model core. SPDX-License-Identifier: Apache-2.0
#include "host/inference/served_model.hpp"

#include <atomic>

#include "host/inference/model_core.hpp"

namespace stoa::inference {
namespace {

std::atomic<std::uint64_t> last_number{0};

}  // namespace

ServedModel::ServedModel(std::shared_ptr<ModelCore> core) : core_(std::move(core)), number_(++last_number) {}

Result<std::shared_ptr<ServedModel>> ServedModel::start(std::unique_ptr<runtime::Instance> instance,
                                                        ServedModelOptions options) {
  const auto core = std::make_shared<ModelCore>(std::move(instance), std::move(options));
  if (auto started = core->start(); !started) return std::unexpected(started.error());
  return std::shared_ptr<ServedModel>(new ServedModel(core));
}

ServedModel::~ServedModel() { core_->shut_down(); }

const runtime::ModelSpec& ServedModel::spec() const { return core_->instance().spec(); }
const runtime::Instance& ServedModel::instance() const { return core_->instance(); }
bool ServedModel::is_ready() const { return core_->is_ready(); }
ModelStatistics ServedModel::statistics() const { return core_->statistics(); }
Result<void> ServedModel::enqueue(std::shared_ptr<runtime::Call> call) { return core_->enqueue(std::move(call)); }
void ServedModel::cancel(const std::shared_ptr<runtime::Call>& call, Code why) { core_->cancel(call, why); }
Result<void> ServedModel::check_health(std::int32_t depth, std::uint64_t deadline_ns) {
  return core_->check_health(depth, deadline_ns);
}
Result<void> ServedModel::drain(std::uint64_t deadline_ns) { return core_->drain(deadline_ns); }
void ServedModel::end_all(const Error& why) { core_->end_all(why); }

}  // namespace stoa::inference
