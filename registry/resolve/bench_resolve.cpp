// bench_resolve.cpp: a catalogue of 10,000 plugins with 50 versions each: built, asked, and changed.
// SPDX-License-Identifier: Apache-2.0
// Prints the figures of the issue: resolving takes 100 us at most, and building the index is half at most of a host's
// start of 2 s.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "registry/resolve/resolution_index.hpp"

namespace {

using namespace stoa::registry;
using Clock = std::chrono::steady_clock;
using Index = std::shared_ptr<const ResolutionIndex>;

constexpr int kPlugins = 10'000, kVersions = 50;
std::mt19937 random_number(5);  // NOLINT: the same catalogue every time

std::int64_t ns_since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
}

double resident_mib() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmRSS:")) return std::atof(line.c_str() + 6) / 1024;
  return 0;
}

std::string model_name(int plugin) {
  return "publisher-" + std::to_string(plugin / 5) + "/model-" + std::to_string(plugin);
}

// One in ten is a pre-release, one in twenty deprecated or withdrawn.
std::string version_text(int version) {
  const auto numbers =
      std::to_string(version / 20) + "." + std::to_string(version / 4 % 5) + "." + std::to_string(version % 4);
  return version % 10 == 7 ? numbers + "-rc." + std::to_string(version) : numbers;
}

std::vector<IndexedRelease> catalogue() {
  PlatformDeclaration platform, wide;
  platform.os = "linux", platform.arch = "x86_64", platform.libc = "glibc", platform.libc_min = "2.17";
  wide = platform;
  wide.cpu = {"x86-64-v4", "amx_tile"};
  const auto platforms =
      std::make_shared<const std::vector<PlatformDeclaration>>(std::vector<PlatformDeclaration>{wide, platform});
  std::vector<IndexedRelease> releases;
  for (int plugin = 0; plugin < kPlugins; ++plugin)
    for (int version = 0; version < kVersions; ++version) {
      char id[40];
      std::snprintf(id, sizeof id, "rel_%026d", plugin * kVersions + version);
      const auto state = version % 20 == 9    ? Availability::deprecated
                         : version % 20 == 13 ? Availability::yanked
                                              : Availability::published;
      releases.push_back({id, version_text(version), {model_name(plugin)}, state, 0, platforms});
    }
  return releases;
}

void must(const stoa::Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "error: %s: %s\n", result.error().reason.c_str(), result.error().message.c_str());
  std::exit(1);
}

void figures(const char* name, std::vector<std::int64_t>& took_ns, double target_us) {
  std::ranges::sort(took_ns);
  const auto at = [&](std::size_t ppm) {
    return static_cast<double>(took_ns[(took_ns.size() - 1) * ppm / 1'000'000]) / 1e3;
  };
  std::printf("figure resolve.%s_us %.2f us target <=%g p50_us=%.2f max_us=%.2f\n", name, at(990'000), target_us,
              at(500'000), at(1'000'000));
}

// From the text a request carries to the release, each model once, in no order: as cold as a host's caches are.
void ask(const char* name, const Index& index, const Machine& machine, const std::vector<std::string>& selectors,
         bool is_refused = false) {
  std::vector<int> plugins;
  for (int plugin = 0; plugin < kPlugins; ++plugin) plugins.push_back(plugin);
  std::ranges::shuffle(plugins, random_number);
  std::vector<std::int64_t> took_ns;
  std::size_t answered = 0;
  for (const int plugin : plugins) {
    const auto text = model_name(plugin) + selectors[static_cast<std::size_t>(plugin) % selectors.size()];
    const auto start = Clock::now();
    const auto reference = parse_model_reference(text);
    answered += reference && index->resolve(*reference, {&machine, 1'000, 500'000});
    took_ns.push_back(ns_since(start));
  }
  if (is_refused ? answered > 0 : answered < took_ns.size() / 2) {
    std::fprintf(stderr, "error: %zu of %zu questions (%s) have an answer\n", answered, took_ns.size(), name);
    std::exit(1);
  }
  figures(name, took_ns, 100);
}

Index build(const char* name, const char* target, const std::vector<IndexedRelease>& releases) {
  const auto mib_before = resident_mib();
  const auto start = Clock::now();
  ResolutionIndex::Edit edit(std::make_shared<const ResolutionIndex>());
  for (const auto& release : releases) must(edit.put(release));
  for (int plugin = 0; plugin < kPlugins; ++plugin)
    must(edit.put(IndexedAlias{model_name(plugin), "champion", {{"1.2.0", 900'000}, {"1.3.0", 100'000}}}));
  auto index = edit.finish();
  std::printf("figure resolve.%s_ms %.0f ms%s releases=%d memory_mib=%.0f\n", name,
              static_cast<double>(ns_since(start)) / 1e6, target, kPlugins * kVersions, resident_mib() - mib_before);
  return index;
}

}  // namespace

int main() {
  const auto machine = read_machine();
  auto releases = catalogue();
  auto index = build("build", " target <=1000", releases);  // plugin by plugin, as a store can give them
  std::ranges::shuffle(releases, random_number);
  build("build_in_no_order", "", releases);

  ask("exact", index, machine, {"@1.2.0", "@0.4.1", "@2.2.1"});
  ask("range", index, machine, {"@^1.2", "@~0.3", "@>=0.1 <1.4 || 2.x", "@1.0.0 - 1.3"});
  ask("alias", index, machine, {"@champion"});
  ask("latest", index, machine, {""});
  ask("prerelease", index, machine, {"@^1.1.3-rc.0", "@>=0.1.3-rc.1 <0.2"});
  ask("refused", index, machine, {"@^9", "@1.2.77", "@nobody"}, true);

  std::vector<std::int64_t> took_ns;
  for (int i = 0; i < 2000; ++i) {
    auto release = releases[random_number() % releases.size()];
    release.availability = Availability::revoked;
    const auto before = Clock::now();
    ResolutionIndex::Edit change(index);
    must(change.put(release));
    index = change.finish();
    took_ns.push_back(ns_since(before));
  }
  figures("update", took_ns, 1000);
}
