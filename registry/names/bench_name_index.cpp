// bench_name_index.cpp: how long a name takes to be judged among 10,000, and what the index costs.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "registry/names/name_policy.hpp"

namespace {

using Clock = std::chrono::steady_clock;

std::int64_t ns_since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
}

// Names as people make them: one to three words out of 400, with hyphens, so that near ones are frequent.
std::vector<std::string> made_up_names(std::size_t count) {
  std::mt19937 random(1);
  std::vector<std::string> words, names;
  for (int i = 0; i < 400; ++i) {
    std::string& word = words.emplace_back();
    for (unsigned n = 3 + random() % 6; n > 0; --n) word += "aeioubcdfglmnprstvw"[random() % 19];
  }
  while (names.size() < count) {
    std::string name = words[random() % words.size()];
    for (unsigned n = random() % 3; n > 0; --n) name += "-" + words[random() % words.size()];
    if (name.size() <= 64) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

int main() {
  const auto names = made_up_names(20'000);
  stoa::registry::NameIndex index(stoa::registry::NameScope::namespaces);
  const auto start = Clock::now();
  for (std::size_t i = 0; i < 10'000; ++i) index.add(names[i]);
  std::printf("figure names.build_ms %.1f\n", static_cast<double>(ns_since(start)) / 1e6);

  std::vector<std::int64_t> took_ns;
  std::size_t free = 0;
  for (const auto& name : names) {
    const auto before = Clock::now();
    const auto ruling = index.judge(name);
    took_ns.push_back(ns_since(before));
    free += ruling && ruling->verdict == stoa::registry::NameVerdict::free;
  }
  std::ranges::sort(took_ns);
  std::printf("figure names.judge_p50_us %.1f\n", static_cast<double>(took_ns[took_ns.size() / 2]) / 1e3);
  std::printf("figure names.judge_p99_us %.1f\n", static_cast<double>(took_ns[took_ns.size() * 99 / 100]) / 1e3);
  std::printf("figure names.judge_max_us %.1f\n", static_cast<double>(took_ns.back()) / 1e3);
  std::printf("figure names.free_of_20000 %zu\n", free);
}
