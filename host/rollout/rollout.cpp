// rollout.cpp SPDX-License-Identifier: Apache-2.0
#include "host/rollout/rollout.hpp"

#include <algorithm>
#include <iterator>
#include <thread>
#include <utility>

#include "host/thread/monotonic.hpp"

namespace stoa::rollout {
namespace {

using inference::ServedModel;

constexpr std::uint64_t kDrainAtOnceNs = 500'000'000;  // a load that waits behind a drain waits so long
constexpr std::uint64_t kLastDrainNsMin = 1'000'000'000;
constexpr std::size_t kDrainersMax = 32;

Error revocation_of(const ReleaseId& release) {
  return Error{Code::failed_precondition, "release.revoked",
               "model \"" + release.model + "\" version " + release.version + " was revoked", 0};
}

// Each in a turn of its own, but those inside this process: a plugin of several models is told of one at a time.
std::vector<std::vector<ServedModel*>> turns_of(const std::vector<std::shared_ptr<ServedModel>>& models) {
  std::vector<std::vector<ServedModel*>> turns(1);
  for (const auto& model : models) {
    if (model->instance().isolation() == "T0")
      turns.front().push_back(model.get());
    else
      turns.push_back({model.get()});
  }
  return turns;
}

// What waits for requests, or for a plugin that takes long to unload, does not keep the others waiting.
std::vector<Rollout::NotDrained> drain_together(const std::vector<std::shared_ptr<ServedModel>>& models,
                                                std::uint64_t deadline_ns) {
  const auto turns = turns_of(models);
  std::mutex mutex;
  std::size_t next = 0;                   // Lock: mutex
  std::vector<Rollout::NotDrained> left;  // Lock: mutex
  const auto work = [&] {
    std::unique_lock lock(mutex);
    while (next < turns.size()) {
      const auto& turn = turns[next++];
      lock.unlock();
      for (ServedModel* const model : turn) {
        const auto drained = model->drain(std::max(deadline_ns, thread::monotonic_ns() + kLastDrainNsMin));
        const std::lock_guard told(mutex);
        if (!drained) left.push_back({{model->spec().name, model->spec().version}, drained.error()});
      }
      lock.lock();
    }
  };
  std::vector<std::jthread> drainers(std::min(turns.size(), kDrainersMax));
  for (auto& drainer : drainers) drainer = std::jthread(work);
  drainers.clear();  // joins
  return left;
}

}  // namespace

Rollout::Rollout(inference::Catalog& catalog, RolloutParts parts) : catalog_(catalog), parts_(std::move(parts)) {}
Rollout::~Rollout() = default;

ModelRollout& Rollout::of(const std::string& model) {
  auto& found = models_[model];
  if (found == nullptr) found = std::make_unique<ModelRollout>(model, catalog_, parts_.told);
  return *found;
}

ModelRollout* Rollout::find(const std::string& model) {
  const auto at = models_.find(model);
  return at == models_.end() ? nullptr : at->second.get();
}

Result<void> Rollout::adopt(std::shared_ptr<ServedModel> model) {
  const std::string name = model->spec().name;
  const std::lock_guard lock(mutex_);
  return of(name).adopt(std::move(model), parts_.now_ns());
}

Result<void> Rollout::apply(TrafficPlan plan) {
  if (auto checked = check(plan); !checked) return checked;
  const std::lock_guard lock(mutex_);
  ModelRollout& rollout = of(plan.model);
  rollout.apply(std::move(plan), parts_.now_ns());
  return {};
}

void Rollout::withdraw(const std::string& model) {
  const std::lock_guard lock(mutex_);
  if (ModelRollout* const rollout = find(model)) rollout->withdraw(parts_.now_ns());
}

Result<std::string> Rollout::roll_back(const std::string& model) {
  const std::lock_guard lock(mutex_);
  ModelRollout* const rollout = find(model);
  if (rollout != nullptr) return rollout->roll_back(parts_.now_ns());
  return failure(Code::not_found, "model.unknown", "model: there is none called \"" + model + "\" here");
}

void Rollout::revoke(const ReleaseId& release) {
  std::shared_ptr<ServedModel> model;
  {
    const std::lock_guard lock(mutex_);
    model = of(release.model).revoke(release.version, parts_.now_ns());
  }
  if (model != nullptr) model->end_all(revocation_of(release));
}

Result<void> Rollout::forgive(const ReleaseId& release) {
  const std::lock_guard lock(mutex_);
  if (ModelRollout* const rollout = find(release.model)) return rollout->forgive(release.version, parts_.now_ns());
  return failure(Code::failed_precondition, "rollout.no_verdict", "model \"" + release.model + "\" is not here");
}

void Rollout::withhold(const ReleaseId& release, const std::string& why) {
  const std::lock_guard lock(mutex_);
  of(release.model).withhold(release.version, why, parts_.now_ns());
}

void Rollout::readmit(const ReleaseId& release) {
  const std::lock_guard lock(mutex_);
  if (ModelRollout* const rollout = find(release.model)) rollout->readmit(release.version, parts_.now_ns());
}

void Rollout::bring(const ReleaseId& release) {
  const std::lock_guard lock(mutex_);
  of(release.model).bring(release.version, parts_.now_ns());
}

void Rollout::step() {
  const std::lock_guard lock(mutex_);
  const std::uint64_t now_ns = parts_.now_ns();
  for (auto& [name, rollout] : models_) rollout->step(now_ns);
}

bool Rollout::work() {
  std::optional<Job> job;
  {
    const std::lock_guard lock(mutex_);
    for (auto at = models_.begin(); at != models_.end() && !job; ++at) job = at->second->next_job(parts_.now_ns());
  }
  if (!job) return false;
  switch (job->kind) {
    case Job::Kind::load:
      load(job->release);
      break;
    case Job::Kind::drain:
      drain_release(*job);
      break;
    case Job::Kind::end_shadow:
      job->shadow.reset();
      break;
  }
  return true;
}

void Rollout::load(const ReleaseId& release) {
  const auto on_step = [this, release](runtime::InstanceState state) {
    const std::lock_guard lock(mutex_);
    find(release.model)
        ->note_progress(release.version,
                        state == runtime::InstanceState::proving ? ReleaseState::proving : ReleaseState::warming,
                        parts_.now_ns());
  };
  auto loaded = parts_.load(release, on_step);
  std::shared_ptr<ServedModel> model = loaded ? *loaded : nullptr;
  const bool is_itself =
      model == nullptr || (model->spec().name == release.model && model->spec().version == release.version);
  if (!is_itself)
    loaded = failure(Code::internal, "rollout.other_release",
                     "asked for " + release.model + " " + release.version + ", the loader gave " + model->spec().name +
                         " " + model->spec().version);
  {
    const std::lock_guard lock(mutex_);
    find(release.model)->note_loaded(release.version, std::move(loaded), parts_.now_ns());
  }
  if (parts_.loaded) parts_.loaded();
}

void Rollout::drain_release(const Job& job) {
  const auto drained = job.model->drain(thread::monotonic_ns() + kDrainAtOnceNs);
  std::shared_ptr<ServedModel> last;  // goes after the lock
  const std::lock_guard lock(mutex_);
  last = find(job.release.model)->note_drained(job.release.version, drained.has_value(), parts_.now_ns());
}

std::vector<ModelStatus> Rollout::status() const {
  const std::lock_guard lock(mutex_);
  std::vector<ModelStatus> all;
  for (const auto& [name, rollout] : models_) all.push_back(rollout->status());
  return all;
}

std::vector<Rollout::NotDrained> Rollout::drain(std::uint64_t deadline_ns) {
  std::vector<std::unique_ptr<Shadow>> shadows;
  std::vector<std::shared_ptr<ServedModel>> models;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, rollout] : models_) {
      while (auto shadow = rollout->take_shadow()) shadows.push_back(std::move(shadow));
      std::ranges::move(rollout->loaded(), std::back_inserter(models));
    }
  }
  shadows.clear();
  return drain_together(models, deadline_ns);
}

}  // namespace stoa::rollout
