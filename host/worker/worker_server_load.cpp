// worker_server_load.cpp: what partner code finds around it in a worker, from its load to its end.
// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "host/runtime/load_plugin.hpp"
#include "host/worker/crash_note.hpp"
#include "host/worker/worker_server.hpp"

namespace stoa::worker {
namespace {

constexpr std::size_t kLineMax = 8u << 10;  // as the host's log takes them
constexpr std::uint32_t kDescriptorsMax = 64;
constexpr std::chrono::seconds kAnswerPatience{1};

std::string clipped(std::string_view text) { return std::string(text.substr(0, kLineMax)); }

}  // namespace

class WorkerServer::RelayLog final : public runtime::LogSink {
 public:
  explicit RelayLog(WorkerServer& server) : server_(server) {}
  void write(const runtime::LogLine& line) noexcept override {
    LogMessage message;
    message.level = static_cast<std::uint8_t>(line.level);
    message.request = line.request_id;
    message.model = clipped(line.model);
    message.message = clipped(line.message);
    message.fields_json = line.fields_json;
    if (message.fields_json.size() > kLineMax) message.fields_json.clear();
    server_.send(encode(Message::log, message), Urgency::control);  // it may be the last thing it says
  }

 private:
  WorkerServer& server_;
};

class WorkerServer::RelayMetrics final : public runtime::MetricsSink {
 public:
  explicit RelayMetrics(WorkerServer& server) : server_(server) {}
  Result<runtime::MetricSeries*> open(std::string_view, runtime::MetricKind kind, std::string_view name,
                                      std::string_view help, std::string_view labels_json) override {
    MetricMessage question;
    question.kind = static_cast<std::uint8_t>(kind);
    question.name = clipped(name);
    question.help = clipped(help);
    question.labels_json = clipped(labels_json);
    const auto answer = server_.ask(Message::metric_open, std::move(question));
    if (!answer) return failure(Code::unavailable, "worker.no_answer", "the host did not answer in time");
    if (auto error = from_wire(answer->error)) return std::unexpected(std::move(*error));
    const std::lock_guard lock(mutex_);
    return &series_.emplace_back(server_, static_cast<std::uint32_t>(answer->value));
  }
  void report_memory(std::string_view, DLDevice device, std::uint64_t bytes) noexcept override {
    MemoryMessage message{{device.device_type, device.device_id}, bytes};
    server_.send(encode(Message::memory, message), Urgency::later);
  }

 private:
  class Series final : public runtime::MetricSeries {
   public:
    Series(WorkerServer& server, std::uint32_t number) : server_(server), number_(number) {}
    void record(double value) noexcept override {
      MetricMessage message;
      message.series = number_;
      message.value = value;
      server_.send(encode(Message::metric, message), Urgency::later);
    }

   private:
    WorkerServer& server_;
    const std::uint32_t number_;
  };
  WorkerServer& server_;
  std::mutex mutex_;  // Lock: series_
  std::deque<Series> series_;
};

class WorkerServer::ArenaPool final : public runtime::OutputPool {
 public:
  explicit ArenaPool(WorkerServer& server) : server_(server) {}
  void* take(std::uint64_t bytes) noexcept override { return server_.take_block(bytes); }
  void give(void* block) noexcept override { server_.give_block(block); }

 private:
  WorkerServer& server_;
};

template <class Question>
std::optional<AnswerMessage> WorkerServer::ask(Message type, Question question) {
  {
    const std::lock_guard lock(answers_mutex_);
    question.question = ++last_question_;
    answers_.emplace(question.question, std::nullopt);
  }
  send(encode(type, question), Urgency::control);
  std::unique_lock lock(answers_mutex_);
  const auto is_there = [&] { return answers_.at(question.question).has_value(); };
  answered_.wait_for(lock, kAnswerPatience, is_there);
  auto answer = std::move(answers_.at(question.question));
  answers_.erase(question.question);
  return answer;
}

void WorkerServer::start_load(LoadMessage message) {
  policy_.tier = static_cast<Tier>(message.tier);
  for (const std::string& path : message.readable) policy_.readable.emplace_back(path);
  policy_.threads_max = message.threads_max;
  policy_.network = message.may_use_network;
  policy_.tcp_ports = message.tcp_ports;
  policy_.devices = message.may_use_devices;
  policy_.cards = message.cards;
  // Here no other thread reads the environment yet.
  if (limits_ports(policy_)) setenv("RES_OPTIONS", "use-vc", 1);      // names by TCP: there is no UDP
  if (policy_.devices) setenv("CUDA_DEVICE_ORDER", "PCI_BUS_ID", 1);  // as the device files are numbered
  policy_.jit = message.may_make_code;
  policy_.uid = policy_.gid = message.uid;
  policy_.host_pid = policy_.tier == Tier::t2n ? 0 : static_cast<pid_t>(message.host_pid);
  policy_.memory_bytes_max = message.memory_bytes_max;
  for (int descriptor = 3; descriptor <= kLibraryFolder + static_cast<int>(message.assets.size()); ++descriptor)
    policy_.descriptors.push_back(descriptor);
  if (!message.scratch.empty()) {
    policy_.scratch = message.scratch;
    policy_.scratch_bytes_max = message.scratch_bytes_max;
    policy_.descriptors.push_back(policy_.descriptors.back() + 1);
    signal(SIGXFSZ, SIG_IGN);                      // what is too large for a file is refused (EFBIG), in every tier
    setenv("TMPDIR", message.scratch.c_str(), 1);  // no thread reads it yet, and no partner code
  }
  policy_.descriptors_max = static_cast<std::uint32_t>(kDescriptorsMax + 2 * message.assets.size());
  if (policy_.tier != Tier::t0) {
    if (auto entered = enter_load_stage(policy_); !entered) {
      LoadedMessage loaded;
      loaded.error = to_wire(entered.error());
      return send(encode(Message::loaded, loaded), Urgency::control);
    }
  }
  note_crashes(responses_.header());
  threads_max_ = std::max(1u, message.threads);
  errands_.emplace_back([this, loading = std::move(message)] { load(loading); });
}

void WorkerServer::load(const LoadMessage& message) {
  const SignalStack signal_stack;  // partner code's constructors, init and load run here
  services_.log = std::make_shared<RelayLog>(*this);
  if (message.has_metrics) services_.metrics = std::make_shared<RelayMetrics>(*this);
  services_.output_pool = std::make_shared<ArenaPool>(*this);
  services_.output_bytes_max = message.output_bytes_max;
  services_.log_lines_per_s = message.log_lines_per_s;
  services_.log_lines_burst = message.log_lines_burst;
  services_.metric_series_max = message.metric_series_max;
  services_.entitlement = [this](const runtime::EntitlementQuery& query) -> Result<runtime::Grant> {
    EntitlementMessage question{0, query.request_id, clipped(query.tenant), clipped(query.feature)};
    const auto answer = ask(Message::entitlement, std::move(question));
    if (!answer) return failure(Code::unavailable, "worker.no_answer", "the host did not answer in time");
    if (auto error = from_wire(answer->error)) return std::unexpected(std::move(*error));
    runtime::Grant grant;
    if (answer->bytes.size() == sizeof grant) std::memcpy(&grant, answer->bytes.data(), sizeof grant);
    return grant;
  };
  services_.sha256 = [this](std::string_view bytes) {
    runtime::Digest digest{};
    auto* const block = static_cast<std::byte*>(take_block(bytes.size()));
    if (block == nullptr) return digest;
    std::memcpy(block, bytes.data(), bytes.size());
    const auto offset = static_cast<std::uint64_t>(block - responses_.blocks().data());
    const auto answer = ask(Message::digest, DigestMessage{0, offset, bytes.size()});
    give_block(block);
    if (answer && answer->bytes.size() == digest.size())
      std::memcpy(digest.data(), answer->bytes.data(), digest.size());
    return digest;
  };

  runtime::PluginSource source;
  source.id = message.plugin_id;
  source.version = message.plugin_version;
  source.library = message.library;
  source.libc_min = message.libc_min;
  std::copy_n(message.source_sha256.begin(), std::min(message.source_sha256.size(), source.source_sha256.size()),
              source.source_sha256.begin());
  source.abi_min = message.abi_min;
  source.abi_max = message.abi_max;
  for (const WireAsset& asset : message.assets)
    source.assets.push_back({asset.path, {}, asset.size, static_cast<int>(asset.descriptor)});
  runtime::ModelSpec& spec = source.models.emplace_back();
  spec.name = message.model;
  spec.version = message.version;
  spec.local_name = message.local_name;
  spec.task = message.task;
  spec.config_json = message.config_json;
  spec.meters = message.meters;
  for (const WireDevice& device : message.devices)
    spec.devices.push_back({static_cast<DLDeviceType>(device.type), device.id});
  spec.limits.inflight_max = message.inflight_max;
  spec.limits.threads = threads_max_;
  spec.limits.memory_budget_bytes = message.memory_budget_bytes;
  spec.limits.load_ns = message.load_ns;

  auto instances = runtime::load_plugin(source, services_);
  LoadedMessage loaded;
  loaded.tier = static_cast<std::uint8_t>(policy_.tier);
  if (!instances) {
    loaded.error = to_wire(instances.error());
  } else {
    const runtime::InstanceTraits& traits = instances->front()->traits();
    loaded.requests_max = traits.batching.requests_max;
    loaded.cost_max = traits.batching.cost_max;
    loaded.delay_max_ns = traits.batching.delay_max_ns;
    loaded.has_sessions = traits.has_sessions;
    loaded.has_health = traits.has_health;
    loaded.card_json = traits.card_json.size() < kRecordBytesMax / 2 ? traits.card_json : std::string();
    const std::lock_guard lock(mutex_);
    instance_ = std::move(instances->front());
  }
  send(encode(Message::loaded, loaded), Urgency::control);
}

// The model threads start here: each warms up, one after the other, and then serves.
void WorkerServer::warm_up(const QuestionMessage& question) {
  Result<void> outcome;
  std::mutex turn;
  std::condition_variable moved;
  std::uint32_t warmed = 0;
  bool may_serve = false, is_refused = false;
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < threads_max_; ++i) {
    threads.emplace_back([&, this] {
      prctl(PR_SET_NAME, "stoa-model");
      const SignalStack signal_stack;
      take_seat();
      bool is_good = false;
      {
        std::unique_lock lock(turn);
        if (outcome) outcome = instance_->warm_up();
        ++warmed;
        moved.notify_all();
        moved.wait(lock, [&] { return may_serve || is_refused; });
        is_good = !is_refused;
        --warmed;
        moved.notify_all();
      }
      if (is_good) serve(false);
    });
  }
  std::unique_lock lock(turn);
  moved.wait(lock, [&] { return warmed == threads_max_; });
  if (outcome && policy_.tier >= Tier::t2) outcome = enter_serve_stage(policy_);
  may_serve = outcome.has_value();
  is_refused = !may_serve;
  moved.notify_all();
  moved.wait(lock, [&] { return warmed == 0; });  // nobody needs what lies on this stack any more
  lock.unlock();
  {
    const std::lock_guard all(mutex_);
    for (auto& thread : threads) threads_.push_back(std::move(thread));
  }
  if (outcome) outcome = instance_->prove();  // without golden cases: those are the host's to judge
  answer(question.question, outcome);
}

void WorkerServer::drain(const QuestionMessage& question) {
  const SignalStack signal_stack;
  const auto drained = instance_->drain(question.deadline_ns);
  if (drained) {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  if (drained) instance_.reset();  // de-initialises the plugin
  answer(question.question, drained);
  if (!drained) return;
  reader_.rouse(kController);
  reader_.rouse(kWorkers);
}

}  // namespace stoa::worker
