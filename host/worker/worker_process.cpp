// worker_process.cpp SPDX-License-Identifier: Apache-2.0
#include "host/worker/worker_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "host/runtime/utf8.hpp"
#include "host/thread/monotonic.hpp"
#include "host/worker/launcher.hpp"

namespace stoa::worker {
namespace {

using runtime::Call;
using thread::monotonic_ns;

constexpr std::uint64_t kRequestBlockBytes = 256u << 20, kResponseBlockBytes = 512u << 20;  // taken as they are used
constexpr std::uint32_t kOwnThreadsMax = 128;  // that a plugin may start besides the model's, in T2n
constexpr std::uint64_t kOwnMemoryBytes = 512u
                                          << 20;  // libraries, stacks and the C library's reserves, as address space
// What a worker holds before it has loaded much of anything, libtorch included; a lower budget is raised to it.
constexpr std::uint64_t kHeldBytesMin = 128u << 20;
constexpr std::uint64_t kLookNs = 100'000'000;
// The sanitizers reserve terabytes of address space.
#if defined(__has_feature)
constexpr bool kIsInstrumented = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
constexpr bool kIsInstrumented = false;
#endif
constexpr std::size_t kOutputLineMax = 1024;
constexpr int kTurnMs = 20;
// Log lines, figures and questions that are taken in between two ticks of the supervisor; whoever says more waits.
constexpr std::int32_t kChatterPerTick = 2'000;
// A sleep of the reader is disturbed once; that it finds nothing happens, but not every 20 us.
constexpr std::int32_t kEmptyRingsPerTick = 1'000;

// Of private memory, 0: none. A driver's own accounts of what it pins say little, so for a plugin with devices only a
// limit that was stated counts.
std::uint64_t held_bytes_max(const WorkerProgram& program, const runtime::PluginSource& source,
                             const runtime::ModelSpec& spec) {
  if (kIsInstrumented) return 0;
  if (const std::uint64_t stated = spec.limits.memory_budget_bytes; stated != 0) return std::max(stated, kHeldBytesMin);
  return source.permissions.devices ? 0 : program.memory_bytes_max;
}

std::unexpected<Error> cannot_open(const std::filesystem::path& path) {
  return failure(Code::data_loss, "worker.open", path.string() + ": " + std::strerror(errno));
}

// The machine's numbers of the cards among devices, sorted. In a sandbox CUDA sees these alone and numbers them from 0,
// so devices gets those numbers.
std::vector<std::uint32_t> open_cards(std::vector<WireDevice>& devices, Tier tier) {
  std::vector<std::uint32_t> cards;
  for (const WireDevice& device : devices)
    if (device.type == kDLCUDA) cards.push_back(static_cast<std::uint32_t>(device.id));
  std::ranges::sort(cards);
  for (WireDevice& device : devices) {
    if (device.type != kDLCUDA || tier < Tier::t2) continue;
    const auto at = std::ranges::lower_bound(cards, static_cast<std::uint32_t>(device.id));
    device.id = static_cast<std::int32_t>(at - cards.begin());
  }
  return cards;
}

}  // namespace

WorkerProcess::WorkerProcess(std::shared_ptr<WorkerFlight> flight, const runtime::HostServices& services,
                             std::string plugin, Arena requests, Arena responses, std::uint64_t hang_grace_ns)
    : shared_(std::move(flight)),
      services_(services),
      plugin_(std::move(plugin)),
      hang_grace_ns_(hang_grace_ns),
      requests_(std::move(requests)),
      responses_(std::move(responses)),
      writer_(requests_, responses_),
      reader_(requests_, responses_),
      book_(requests_.blocks().size()),
      output_lines_(services.log_lines_per_s, services.log_lines_burst),
      context_(plugin_, {}, services) {}

WorkerProcess::~WorkerProcess() {
  if (pid_ > 0 && !is_dead_.load()) {
    kill("it is not needed any more");
    bury();
  }
}

LoadMessage WorkerProcess::load_message(const WorkerProgram& program, const runtime::PluginSource& source) const {
  const runtime::ModelSpec& spec = shared_->spec;
  LoadMessage load;
  load.plugin_id = source.id;
  load.plugin_version = source.version;
  load.library = "/proc/self/fd/" + std::to_string(kLibraryFolder) + "/" + source.library.filename().string();
  load.libc_min = source.libc_min;
  load.source_sha256.assign(source.source_sha256.begin(), source.source_sha256.end());
  load.abi_min = source.abi_min;
  load.abi_max = source.abi_max;
  std::uint32_t descriptor = kLibraryFolder;
  for (const auto& asset : source.assets) load.assets.push_back({asset.path, ++descriptor, asset.size});
  load.model = spec.name;
  load.version = spec.version;
  load.local_name = spec.local_name;
  load.task = spec.task;
  load.config_json = spec.config_json;
  load.meters = spec.meters;
  for (const DLDevice& device : spec.devices) load.devices.push_back({device.device_type, device.device_id});
  if (source.permissions.devices) load.cards = open_cards(load.devices, program.tier);
  load.inflight_max = spec.limits.inflight_max;
  load.threads = spec.limits.threads;
  load.memory_budget_bytes = spec.limits.memory_budget_bytes;
  load.load_ns = spec.limits.load_ns;
  load.output_bytes_max = std::min(services_.output_bytes_max, kResponseBlockBytes);
  load.log_lines_per_s = services_.log_lines_per_s;
  load.log_lines_burst = services_.log_lines_burst;
  load.metric_series_max = services_.metric_series_max;
  load.has_metrics = services_.metrics != nullptr;
  load.tier = static_cast<std::uint8_t>(program.tier);
  load.readable.push_back("/proc/self/fd/" + std::to_string(kLibraryFolder));
  load.uid = program.uid;
  load.host_pid = static_cast<std::uint32_t>(getpid());
  // Elsewhere the kernel would count those of all workers together, or the host's as well.
  if (program.tier == Tier::t2n) load.threads_max = spec.limits.threads + kOwnThreadsMax;
  load.may_use_network = source.permissions.network;
  load.tcp_ports = source.permissions.tcp_ports;
  load.may_use_devices = source.permissions.devices;
  load.may_make_code = source.permissions.jit;
  if (scratch_ != nullptr) load.scratch = "/proc/self/fd/" + std::to_string(descriptor + 1);
  load.scratch_bytes_max = source.permissions.scratch_bytes;
  const std::uint64_t stated = spec.limits.memory_budget_bytes;
  const std::uint64_t wanted = stated != 0 ? stated + kOwnMemoryBytes : program.memory_bytes_max;
  if (wanted != 0 && !kIsInstrumented) load.memory_bytes_max = wanted + kRequestBlockBytes + kResponseBlockBytes;
  return load;
}

Result<std::shared_ptr<WorkerProcess>> WorkerProcess::start(
    const WorkerProgram& program, const runtime::PluginSource& source, std::shared_ptr<WorkerFlight> flight,
    const runtime::HostServices& services, std::uint64_t deadline_ns, const std::function<bool()>& is_wanted) {
  auto requests = Arena::create("stoa-requests", {kRequestBlockBytes}, true);
  if (!requests) return std::unexpected(requests.error());
  auto responses = Arena::create("stoa-responses", {kResponseBlockBytes}, false);
  if (!responses) return std::unexpected(responses.error());

  std::vector<Descriptor> opened;
  const std::filesystem::path folder = source.library.parent_path();
  opened.emplace_back(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (opened.back().get() < 0) return cannot_open(folder);
  std::vector<runtime::ClearDescriptor> clear;
  for (const auto& asset : source.assets) {
    if (asset.decrypt) {
      auto decrypted = asset.decrypt({&flight->spec, 1});
      if (!decrypted) return std::unexpected(decrypted.error());
      opened.emplace_back(fcntl(**decrypted, F_DUPFD_CLOEXEC, 0));
      if (opened.back().get() < 0) return cannot_open(asset.path);
      clear.push_back(std::move(*decrypted));
      continue;
    }
    opened.emplace_back(open(asset.file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (opened.back().get() < 0) return cannot_open(asset.file);
  }
  std::unique_ptr<ScratchFolder> scratch;
  if (const std::uint64_t bytes = source.permissions.scratch_bytes; bytes != 0) {
    if (program.scratch == nullptr) return failure(Code::failed_precondition, "sandbox.scratch", "this host has none");
    auto made = program.scratch->make({program.uid, bytes});
    auto folder_of_it = made ? (*made)->open() : std::unexpected(made.error());
    if (!folder_of_it) return std::unexpected(folder_of_it.error());
    scratch = std::move(*made);
    opened.push_back(std::move(*folder_of_it));
  }
  int ends[2], bell_ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return cannot_open("a pipe");
  Descriptor reading(ends[0]), writing(ends[1]);
  fcntl(writing.get(), F_SETFL, 0);  // ours alone is non-blocking: who prints too much waits until it is read
  // No eventfd: its flags would be the worker's as well, who could then have us block in a read.
  if (pipe2(bell_ends, O_CLOEXEC | O_NONBLOCK) != 0) return cannot_open("a pipe");
  Descriptor doorbell(bell_ends[0]), ringing(bell_ends[1]);

  LaunchSpec spec;
  spec.program = program.executable;
  spec.arguments = {"--serve"};
  spec.descriptors = {requests->descriptor(), responses->descriptor(), ringing.get()};
  for (const Descriptor& file : opened) spec.descriptors.push_back(file.get());
  spec.output = writing.get();
  spec.tier = program.tier;
  spec.uid = program.uid;
  spec.gid = program.uid;
  spec.network = source.permissions.network || !source.permissions.tcp_ports.empty();
  const auto launched = program.zygotes != nullptr && flight->preload
                            ? program.zygotes->launch(spec, *flight->preload, deadline_ns)
                            : launch(spec);
  if (!launched) return std::unexpected(launched.error());

  const std::shared_ptr<WorkerProcess> process(new WorkerProcess(
      std::move(flight), services, source.id, std::move(*requests), std::move(*responses), program.hang_grace_ns));
  process->scratch_ = std::move(scratch);
  process->clear_ = std::move(clear);
  process->pid_ = launched->pid;
  process->pidfd_ = Descriptor(launched->pidfd);
  process->memory_.emplace(launched->pid);
  process->share_.emplace(launched->pid);
  process->lower_share();
  process->memory_bytes_max_ = held_bytes_max(program, source, process->shared_->spec);
  process->output_ = std::move(reading);
  process->doorbell_ = std::move(doorbell);
  process->supervisor_.store(std::this_thread::get_id());
  LoadMessage load = process->load_message(program, source);
  process->writer_.push(encode(Message::load, load), Urgency::control);
  process->allow_more(monotonic_ns());
  process->pump();  // from now on it rings
  const auto has_loaded = [&] {
    const std::lock_guard lock(process->mutex_);
    return process->has_loaded_;
  };
  while (!has_loaded() && is_wanted() && monotonic_ns() < deadline_ns) {
    if (!process->turn()) continue;
    const std::string what = process->bury().what;
    return failure(Code::failed_precondition, "plugin.crashed", "the plugin crashed while it was loaded: " + what);
  }
  if (!is_wanted()) return failure(Code::unavailable, "host.stopping", "nobody waits for the model any more");
  {
    const std::lock_guard lock(process->mutex_);
    if (!process->has_loaded_)
      return failure(Code::deadline_exceeded, "plugin.load_timeout",
                     "model \"" + process->shared_->spec.name + "\" did not load within " +
                         std::to_string(process->shared_->spec.limits.load_ns / 1'000'000) + " ms");
    if (auto error = from_wire(process->loaded_.error)) return std::unexpected(std::move(*error));
  }
  return process;
}

void WorkerProcess::read_output() {
  char buffer[4096];
  for (int n = 0; n < 64; ++n) {
    const ssize_t got = read(output_.get(), buffer, sizeof buffer);
    if (got == 0) output_.reset();  // it has closed its output: nothing more to watch, poll would say so for ever
    if (got <= 0) return;
    output_rest_.append(buffer, static_cast<std::size_t>(got));
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = output_rest_.find('\n', begin)) != std::string::npos; begin = end + 1) {
      std::uint64_t dropped = 0;
      if (!output_lines_.admit(services_.now_ns(), dropped)) continue;
      const std::string text =
          "printed: " + runtime::printable(std::string_view(output_rest_).substr(begin, end - begin), kOutputLineMax);
      runtime::LogLine line;
      line.plugin = plugin_;
      line.message = text;
      line.is_from_plugin = true;
      services_.log->write(line);
    }
    output_rest_.erase(0, begin);
    if (output_rest_.size() > kOutputLineMax) output_rest_.clear();  // no line, a flood
  }
}

// ---- life and death ----

bool WorkerProcess::turn(int wake) {
  pollfd watched[] = {
      {pidfd_.get(), POLLIN, 0}, {wake, POLLIN, 0}, {output_.get(), POLLIN, 0}, {doorbell(), POLLIN, 0}};
  poll(watched, 4, has_more_ ? 0 : kTurnMs);
  if (watched[2].revents != 0) read_output();
  if (watched[3].revents != 0) hear();
  if (watched[3].revents != 0 || has_more_) {
    thread::WakeBatch wakes;
    has_more_ = pump();
  }
  if (watched[0].revents != 0) return true;
  tick(monotonic_ns());
  return false;
}

bool WorkerProcess::has_ended() const {
  pollfd death{pidfd_.get(), POLLIN, 0};
  return poll(&death, 1, 0) > 0;
}

void WorkerProcess::allow_more(std::uint64_t now_ns) {
  rings_left_.store(kEmptyRingsPerTick);  // also where it hangs up, and is not dead yet
  if (now_ns < next_more_ns_) return;     // whoever prints or rings has as many turns as it likes
  chatter_left_.store(kChatterPerTick);
  next_more_ns_ = now_ns + std::uint64_t{kTurnMs} * 1'000'000;
}

void WorkerProcess::tick(std::uint64_t now_ns) {
  writer_.settle();
  allow_more(now_ns);
  if (reader_.has_next()) has_more_ = pump();  // it had said too much, or the loop is busy with something long
  if (writer_.is_broken()) return kill("it reads nothing, or says it has read what it was not told");
  look_at_memory(now_ns);
  lower_share();
  if (scratch_ != nullptr)
    if (const auto excess = scratch_->excess(now_ns)) return kill(*excess);
  std::shared_ptr<Flight> hung;
  {
    const std::lock_guard lock(mutex_);
    hung = find_hung(now_ns);
  }
  if (hung != nullptr)
    kill("request " + std::to_string(hung->call->id()) + " was not finished " +
         std::to_string(hang_grace_ns_ / 1'000'000) + " ms after its deadline");
}

void WorkerProcess::lower_share() {
  if (share_ && share_->set(SandboxPolicy{}.nice)) share_.reset();
}

void WorkerProcess::look_at_memory(std::uint64_t now_ns) {
  if (now_ns < next_look_ns_) return;
  next_look_ns_ = now_ns + kLookNs;
  const std::uint64_t held = memory_->private_bytes().value_or(0);
  memory_bytes_.store(held, std::memory_order_relaxed);
  if (memory_bytes_max_ != 0 && held > memory_bytes_max_)
    kill("it holds " + std::to_string(held >> 20) + " MiB, its limit is " + std::to_string(memory_bytes_max_ >> 20) +
         " MiB");
}

void WorkerProcess::kill(std::string_view why) {
  {
    const std::lock_guard lock(mutex_);
    if (kill_reason_.empty()) kill_reason_ = why;
  }
  syscall(SYS_pidfd_send_signal, pidfd_.get(), SIGKILL, nullptr, 0u);  // the process, whoever has its number by now
}

WorkerProcess::Death WorkerProcess::bury(const std::function<void(const Death&)>& before_told) {
  if (is_dead_.load()) return {};
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
  }
  // First what the worker had still said. Nobody reads after us.
  watch_.reset();
  while (is_reading_.exchange(true)) std::this_thread::sleep_for(std::chrono::microseconds(50));
  chatter_left_.store(INT32_MAX);
  read_some(~std::uint32_t{0});
  read_output();
  std::vector<std::shared_ptr<Flight>> left;
  const std::uint64_t read = responses_.header().read.load();  // its word; at the worst a call is tried twice
  Death death;
  {
    const std::lock_guard lock(mutex_);
    is_dead_.store(true);
    for (const auto& [unused, flight] : flights_)
      if (!flight->has_ended) left.push_back(flight);
    moved_.notify_all();
    death.what = what_ended_it(info);
  }
  std::vector<std::shared_ptr<Flight>> begun;
  for (const auto& flight : left) {
    {
      const std::lock_guard lock(flight->mutex);
      if (std::exchange(flight->is_over, true)) continue;  // its answer is on its way
      flight->stalled.clear();
    }
    end_call(flight);
    if (flight->position > read) {
      death.not_begun.push_back(flight->call);
      continue;
    }
    begun.push_back(flight);
  }
  {
    const std::lock_guard lock(mutex_);
    blame(info, begun, death);
    flights_.clear();  // their calls know us: we would keep each other
  }
  if (before_told) before_told(death);
  for (const auto& flight : begun) flight->call->refuse(crashed());
  scratch_.reset();  // after those who wait were told: much may lie in there
  return death;
}

}  // namespace stoa::worker
