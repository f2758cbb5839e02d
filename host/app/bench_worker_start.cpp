// bench_worker_start.cpp: how long a model is without its worker: PACKAGE.stoa or FIXTURE.so, TIER, [ROUNDS]. Each
// round loads the model, kills its worker and waits until the replacement is ready, once by way of a zygote and once
// spawned. SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "host/app/package_source.hpp"
#include "host/runtime/fixture_host.hpp"
#include "host/thread/monotonic.hpp"
#include "host/worker/worker_instance.hpp"
#include "registry/document/digest.hpp"
#include "registry/package/extraction.hpp"

namespace stoa::app {
namespace {

using thread::monotonic_ns;

// When the death was told, after what the dead one left was read.
class TimedLog final : public runtime::LogSink {
 public:
  void write(const runtime::LogLine& line) noexcept override {
    if (line.message.find("crashed") != std::string_view::npos)
      buried_ns.store(monotonic_ns());
    else if (!line.is_from_plugin)
      std::fprintf(stderr, "%.*s\n", static_cast<int>(line.message.size()), line.message.data());
  }
  std::atomic<std::uint64_t> buried_ns{0};
};

struct Round {
  double load, death, bury, replace;  // ms
};

struct Bench {
  runtime::PluginSource source;
  runtime::HostServices services;
  std::shared_ptr<TimedLog> log = std::make_shared<TimedLog>();
  worker::WorkerProgram program;

  Round run() const {
    const auto ms = [](std::uint64_t from, std::uint64_t to) { return static_cast<double>(to - from) / 1e6; };
    const std::uint64_t began_ns = monotonic_ns();
    auto loaded = worker::load_worker(program, source, source.models.front(), services);
    if (!loaded || !(*loaded)->warm_up() || !(*loaded)->prove()) {
      std::fprintf(stderr, "the model does not load: %s\n",
                   loaded ? "warm-up or proof" : loaded.error().message.c_str());
      std::exit(1);
    }
    const std::uint64_t ready_ns = monotonic_ns();
    auto& instance = static_cast<worker::WorkerInstance&>(**loaded);
    const pid_t pid = instance.pids().front();
    pollfd death{static_cast<int>(syscall(SYS_pidfd_open, pid, 0u)), POLLIN, 0};
    const std::uint64_t killed_ns = monotonic_ns();
    kill(pid, SIGKILL);
    poll(&death, 1, -1);
    const std::uint64_t dead_ns = monotonic_ns();
    close(death.fd);
    while (instance.pids() == std::vector<pid_t>{pid} || instance.state() != runtime::InstanceState::ready)
      std::this_thread::sleep_for(std::chrono::microseconds(50));
    const std::uint64_t replaced_ns = monotonic_ns();
    return {ms(began_ns, ready_ns), ms(killed_ns, dead_ns), ms(dead_ns, log->buried_ns.load()),
            ms(dead_ns, replaced_ns)};
  }
};

void print(const char* how, std::vector<Round> rounds) {
  std::printf("figure worker start: %s, ms, least/median/most of %zu:", how, rounds.size());
  const auto row = [&](const char* name, double Round::* figure) {
    std::ranges::sort(rounds, {}, figure);
    std::printf("  %s %.1f/%.1f/%.1f", name, rounds.front().*figure, rounds[rounds.size() / 2].*figure,
                rounds.back().*figure);
  };
  row("first load", &Round::load);
  row("killed to dead", &Round::death);
  row("dead to told", &Round::bury);
  row("dead to ready", &Round::replace);
  std::printf("\n");
}

Result<runtime::PluginSource> source_of(const std::filesystem::path& file, const std::string& folder) {
  if (file.extension() == ".so") {
    runtime::PluginSource source = runtime::fixture_source("");
    source.library = std::filesystem::absolute(file);
    return source;
  }
  const auto package = registry::inspect_package(file, {});
  if (!package) return std::unexpected(package.error());
  const auto extracted = registry::extract_package(*package, folder, registry::ExtractPolicy::any);
  if (!extracted) return std::unexpected(extracted.error());
  return plugin_source(package->manifest(), extracted->folder);
}

int bench(const std::filesystem::path& file, std::string_view tier, int rounds) {
  std::string folder = (std::filesystem::temp_directory_path() / "stoa-bench-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) return 1;
  std::filesystem::permissions(folder, std::filesystem::perms(0755));
  auto source = source_of(file, folder);
  if (!source) return std::fprintf(stderr, "%s\n", source.error().message.c_str()), 1;

  Bench by_zygote;
  by_zygote.source = std::move(*source);
  by_zygote.services.log = by_zygote.log;
  by_zygote.services.sha256 = [](std::string_view bytes) { return registry::sha256_of(bytes); };
  if (file.extension() == ".so") by_zygote.services.sha256 = &runtime::first_bytes;
  by_zygote.program.executable = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "stoa-worker";
  by_zygote.program.tier = worker::parse_tier(tier).value();
  Bench spawned = by_zygote;
  by_zygote.program.zygotes = std::make_shared<worker::ZygoteKeeper>(by_zygote.program.executable, by_zygote.log);
  std::vector<Round> forked_rounds, spawned_rounds;
  for (int i = 0; i < rounds; ++i) {  // in turns: the machine's mood is the same for both
    forked_rounds.push_back(by_zygote.run());
    spawned_rounds.push_back(spawned.run());
  }
  const std::string what = file.stem().string() + " in " + std::string(tier);
  print((what + ", spawned").c_str(), spawned_rounds);
  print((what + ", from a zygote").c_str(), forked_rounds);
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace stoa::app

int main(int argc, char** argv) {
  if (argc < 3) return std::fprintf(stderr, "usage: stoa_bench_worker_start PACKAGE.stoa TIER [ROUNDS]\n"), 2;
  return stoa::app::bench(argv[1], argv[2], argc > 3 ? std::atoi(argv[3]) : 9);
}
