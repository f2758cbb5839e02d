// bench_worker.cpp: what a call through a worker costs beside a thread and a Unix socket, and what a crash costs:
// stoa_bench_worker FIXTURES [call|crash [TIMES]]. SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "host/runtime/fixture_host.hpp"
#include "host/thread/futex.hpp"
#include "host/worker/worker_instance.hpp"

namespace stoa::worker {
namespace {

using runtime::Call;
using runtime::CallSpec;
using thread::monotonic_ns;

constexpr std::size_t kMib = 1u << 20;

// A thread that waits for its workers by itself, as an I/O thread of the host does.
class OwnLoop final : public thread::ReadyLoop {
 public:
  std::unique_ptr<Watch> watch(int descriptor, std::function<bool()> on_ready) override {
    const std::lock_guard lock(mutex_);
    descriptor_ = descriptor;
    on_ready_ = std::move(on_ready);
    return std::make_unique<Active>();
  }
  void turn() {
    wakes_.flush();
    if (wakes_.is_expecting()) return wakes_.look();
    pollfd watched{descriptor_, POLLIN, 0};
    poll(&watched, 1, 100);
    char rings[64];
    if (watched.revents != 0 && read(descriptor_, rings, sizeof rings) < 0) return;
    while (on_ready_()) {
    }
  }
  bool is_watching() const {
    const std::lock_guard lock(mutex_);
    return on_ready_ != nullptr;
  }

 private:
  struct Active final : Watch {
    bool is_active() const noexcept override { return true; }
  };
  thread::WakeBatch wakes_;  // of the thread that made it
  mutable std::mutex mutex_;
  int descriptor_ = -1;
  std::function<bool()> on_ready_;
};

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "stoa_bench_worker: %s\n", why.c_str());
  std::exit(1);
}

runtime::PluginSource null_model(const std::filesystem::path& fixtures) {
  runtime::PluginSource source = runtime::fixture_source("crasher");
  source.library = std::filesystem::absolute(fixtures / "crasher.so");
  return source;
}

WorkerProgram program_of(Tier tier, const std::shared_ptr<runtime::LogSink>& log) {
  WorkerProgram program;
  program.executable = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "stoa-worker";
  program.tier = tier;
  program.crashes_max = ~0u;
  program.backoff_max_ns = 0;
  program.zygotes = std::make_shared<ZygoteKeeper>(program.executable, log);
  return program;
}

std::unique_ptr<WorkerInstance> start(const WorkerProgram& program, const runtime::PluginSource& source,
                                      const runtime::HostServices& services) {
  auto loaded = WorkerInstance::load(program, source, source.models[0], {}, services);
  if (!loaded) fail(loaded.error().message);
  if (auto ready = make_ready(**loaded); !ready) fail(ready.error().message);
  return std::move(*loaded);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// With one core for all of it, neither side can look for the other's word before it sleeps: these are other figures.
bool has_one_core() {
  cpu_set_t cores;
  return sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_COUNT(&cores) == 1;
}

void figure(const char* name, double value, const char* unit, double most, std::string_view tier) {
  std::printf("figure worker.%s%s %.3g %s target <=%g tier=%.*s%s\n", has_one_core() ? "one_core." : "", name, value,
              unit, most, static_cast<int>(tier.size()), tier.data(), value <= most ? "" : "  MISSED");
  std::fflush(stdout);
}

// ---- a call ----

// The peer: the call runs on a thread of this process, which is woken for it and wakes us when it has ended.
class HandOff final : public runtime::CallListener {
 public:
  explicit HandOff(runtime::Instance& instance) : instance_(instance), thread_([this] { serve(); }) {}
  ~HandOff() {
    call_ = nullptr;
    post(asked_);
    thread_.join();
  }
  void run(std::shared_ptr<Call> call) {
    const std::uint32_t before = answered_.load();
    call_ = std::move(call);
    post(asked_);
    while (answered_.load() == before) thread::futex_wait(answered_, before, 0);
  }
  void on_progress() noexcept override { post(answered_); }

 private:
  static void post(std::atomic<std::uint32_t>& word) {
    word.fetch_add(1);
    thread::futex_wake(&word, 1);
  }
  void serve() {
    for (std::uint32_t seen = 0;;) {
      while (asked_.load() == seen) thread::futex_wait(asked_, seen, 0);
      seen = asked_.load();
      const std::shared_ptr<Call> call = std::move(call_);
      if (call == nullptr) return;
      instance_.submit(std::span(&call, 1));
    }
  }

  runtime::Instance& instance_;
  std::shared_ptr<Call> call_;
  std::atomic<std::uint32_t> asked_{0}, answered_{0};
  std::thread thread_;
};

CallSpec spec_of(runtime::InputPart input) {
  CallSpec spec;
  spec.inputs.push_back(std::move(input));
  spec.wants_progress = false;
  return spec;
}

template <class F>
double ns_per_round(int rounds, F round) {
  const std::uint64_t began_ns = monotonic_ns();
  for (int i = 0; i < rounds; ++i) round();
  return static_cast<double>(monotonic_ns() - began_ns) / rounds;
}

// A child that reads a mebibyte and answers with a byte, again and again.
class SocketPeer {
 public:
  SocketPeer() : bytes_(kMib, 'x') {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) fail("no socket pair");
    child_ = fork();
    if (child_ == 0) {
      close(ends[0]);
      std::vector<char> into(kMib);
      for (std::size_t got = 0;;) {
        const ssize_t n = read(ends[1], into.data() + got, kMib - got);
        if (n <= 0) _exit(0);
        got += static_cast<std::size_t>(n);
        if (got == kMib && write(ends[1], "", std::size_t{1}) != 1) _exit(0);
        got %= kMib;
      }
    }
    close(ends[1]);
    socket_ = ends[0];
  }
  ~SocketPeer() {
    close(socket_);
    waitpid(child_, nullptr, 0);
  }
  void round() {
    for (std::size_t sent = 0; sent < kMib;) {
      const ssize_t n = write(socket_, bytes_.data() + sent, kMib - sent);
      if (n <= 0) fail("the socket is gone");
      sent += static_cast<std::size_t>(n);
    }
    char answer = 0;
    if (read(socket_, &answer, 1) != 1) fail("the socket does not answer");
  }

 private:
  std::vector<char> bytes_;
  int socket_ = -1;
  pid_t child_ = -1;
};

void bench_call(const std::filesystem::path& fixtures, Tier tier) {
  const runtime::FixtureHost host;
  const auto loop = std::make_shared<OwnLoop>();  // it calls, and it waits
  runtime::HostServices services = host.services();
  services.loop = loop;
  const runtime::PluginSource source = null_model(fixtures);
  const auto worker = start(program_of(tier, host.log), source, services);
  while (!loop->is_watching()) std::this_thread::yield();
  auto inside = runtime::load_plugin(source, host.services());
  if (!inside || !make_ready(*inside->front())) fail("the model does not load in this process");
  const auto hand_off = std::make_shared<HandOff>(*inside->front());
  SocketPeer socket;

  const runtime::InputPart small = runtime::text_input(std::string(64, 'x'));
  const auto through_worker = [&](const runtime::InputPart& input) {
    const auto call = Call::create(spec_of(input), nullptr);
    if (!worker->try_submit(call)) fail("the worker takes no calls");
    while (!call->finished()) loop->turn();
    if (call->take().size() != 1) fail("the worker answers something else");
  };
  const auto through_thread = [&] {
    const auto call = Call::create(spec_of(small), hand_off);
    hand_off->run(call);
    if (call->take().size() != 1) fail("the thread answers something else");
  };
  std::shared_ptr<std::byte[]> memory = worker->take_input_memory(kMib);
  if (memory == nullptr) fail("no memory for a mebibyte");
  const std::vector<char> bytes(kMib, 'x');
  runtime::InputPart landed = small;
  landed.data = {memory.get(), kMib};
  landed.keep = memory;
  runtime::InputPart elsewhere = small;
  elsewhere.data = std::as_bytes(std::span(bytes));

  constexpr int kTurns = 15;
  std::vector<double> call_ratio, landed_ratio, copied_ratio, call_ns, thread_ns, landed_ns, copied_ns, socket_ns;
  std::memset(memory.get(), 'x', kMib);
  for (int turn = 0; turn < kTurns; ++turn) {  // in turns: the machine's mood is the same for all
    call_ns.push_back(ns_per_round(3000, [&] { through_worker(small); }));
    thread_ns.push_back(ns_per_round(3000, through_thread));
    landed_ns.push_back(ns_per_round(300, [&] { through_worker(landed); }));
    copied_ns.push_back(ns_per_round(300, [&] { through_worker(elsewhere); }));
    socket_ns.push_back(ns_per_round(300, [&] { socket.round(); }));
    call_ratio.push_back(call_ns.back() / thread_ns.back());
    landed_ratio.push_back(landed_ns.back() / socket_ns.back());
    copied_ratio.push_back(copied_ns.back() / socket_ns.back());
  }
  std::printf("  a call: worker %.0f ns, thread %.0f ns; 1 MiB: landed %.0f ns, copied %.0f ns, socket %.0f ns\n",
              median(call_ns), median(thread_ns), median(landed_ns), median(copied_ns), median(socket_ns));
  figure("call_vs_thread", median(call_ratio), "x", 1.25, name_of(tier));
  figure("mebibyte_landed_vs_socket", median(landed_ratio), "x", 0.35, name_of(tier));
  figure("mebibyte_copied_vs_socket", median(copied_ratio), "x", 0.35, name_of(tier));
}

// ---- a crash ----

struct Held {
  std::uint64_t rss_kib = 0, descriptors = 0;
};

Held held_now() {
  Held held;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) held.rss_kib = std::strtoull(line.c_str() + 6, nullptr, 10);
  for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator("/proc/self/fd")) ++held.descriptors;
  return held;
}

double percentile(std::vector<double> values, double part) {
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}

// One crash under a call, and the replacement. Each number is ms since the worker was killed.
struct Crash {
  double noticed = 0, unready = 0, replaced = 0;
};

std::uint64_t cpu_ticks(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text, field;
  std::getline(file, text);
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  for (int i = 0; i < 12; ++i) fields >> field;  // utime is the 14th of all
  return std::strtoull(field.c_str(), nullptr, 10);
}

Crash crash(WorkerInstance& worker) {
  static int n = 0;
  CallSpec spec = runtime::Asked::with_text("hang");
  spec.tenant = std::to_string(n++);  // or it would be the same request, and refused once it had ended two workers
  runtime::Asked hung(std::move(spec));
  worker.submit(std::span(&hung.call, 1));
  const pid_t pid = worker.pids().front();
  // It has begun once it spins: a call that its worker never read goes to the replacement.
  for (const std::uint64_t idle = cpu_ticks(pid); cpu_ticks(pid) == idle;) {
    if (hung.call->finished()) fail("a call that hangs ends with " + hung.reason());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const std::uint64_t killed_ns = monotonic_ns();
  const auto since = [killed_ns] { return static_cast<double>(monotonic_ns() - killed_ns) / 1e6; };
  kill(pid, SIGKILL);
  Crash crash;
  // Or this thread was away for so long that a new one is there.
  while (worker.state() == runtime::InstanceState::ready && worker.pids() == std::vector<pid_t>{pid})
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  crash.unready = since();
  if (!hung.wait() || hung.reason() != "plugin.crashed") fail("a call of a dead worker ends with " + hung.reason());
  crash.noticed = since();
  while (worker.state() != runtime::InstanceState::ready) std::this_thread::sleep_for(std::chrono::microseconds(50));
  crash.replaced = since();
  return crash;
}

void bench_crash(const std::filesystem::path& fixtures, Tier tier, int crashes) {
  const auto log = std::make_shared<runtime::RememberingLog>();
  struct Silent final : runtime::LogSink {
    void write(const runtime::LogLine&) noexcept override {}
  };
  runtime::HostServices services = runtime::FixtureHost{}.services();
  services.log = std::make_shared<Silent>();
  // The fixtures' digest is of the first bytes only; requests have to differ in it.
  services.sha256 = [](std::string_view text) {
    runtime::Digest digest = runtime::first_bytes(text);
    const std::size_t hash = std::hash<std::string_view>()(text);
    if (text.size() > 64) std::memcpy(digest.data(), &hash, sizeof hash);
    return digest;
  };
  const auto worker = start(program_of(tier, services.log), null_model(fixtures), services);
  constexpr int kWarm = 50;
  std::vector<double> noticed, unready, replaced;
  Held before;
  for (int i = 0; i < kWarm + crashes; ++i) {
    if (i == kWarm) before = held_now();
    const Crash one = crash(*worker);
    if (i < kWarm) continue;
    noticed.push_back(one.noticed);
    unready.push_back(one.unready);
    replaced.push_back(one.replaced);
  }
  const Held after = held_now();
  std::printf("  %d crashes: told after %.2f ms, replaced after %.2f ms (medians); %lu -> %lu KiB, %lu -> %lu fds\n",
              crashes, median(noticed), median(replaced), before.rss_kib, after.rss_kib, before.descriptors,
              after.descriptors);
  figure("crash.noticed_p99", percentile(noticed, 0.99), "ms", 2, name_of(tier));
  figure("crash.unready_most", *std::ranges::max_element(unready), "ms", 100, name_of(tier));
  figure("crash.replaced_p50", median(replaced), "ms", 10, name_of(tier));
  figure("crash.replaced_p99", percentile(replaced, 0.99), "ms", 10, name_of(tier));
  figure("crash.rss_growth", static_cast<double>(after.rss_kib) - static_cast<double>(before.rss_kib), "KiB", 2048,
         name_of(tier));
  figure("crash.descriptor_growth", static_cast<double>(after.descriptors) - static_cast<double>(before.descriptors),
         "fds", 0, name_of(tier));
}

}  // namespace
}  // namespace stoa::worker

int main(int argc, char** argv) {
  using namespace stoa::worker;
  if (argc < 2) return std::fprintf(stderr, "usage: stoa_bench_worker FIXTURES [call|crash [TIMES]]\n"), 2;
  const Tier tier = best_tier(probe_sandbox());
  const std::string_view which = argc > 2 ? argv[2] : "";
  if (which.empty() || which == "call") bench_call(argv[1], tier);
  if (which.empty() || which == "crash") bench_crash(argv[1], tier, argc > 3 ? std::atoi(argv[3]) : 1000);
}
