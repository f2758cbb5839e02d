// bench_secret_scan.cpp: how many bytes a second the secret scan reads, in weights and in text.
// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <cstdio>
#include <random>
#include <string>

#include "registry/checks/secret_scan.hpp"

namespace {

void measure(const char* name, const std::string& bytes) {
  const auto start = std::chrono::steady_clock::now();
  stoa::registry::SecretReport report;
  stoa::registry::SecretScanner scanner("x", report);
  for (std::size_t at = 0; at < bytes.size(); at += 1 << 20) scanner.feed(std::string_view(bytes).substr(at, 1 << 20));
  scanner.finish();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("figure secrets.%s_mb_per_s %.0f\n", name, static_cast<double>(bytes.size()) / 1e6 / took.count());
  if (report.count != 0) std::printf("%llu false alarms\n", static_cast<unsigned long long>(report.count));
}

}  // namespace

int main() {
  std::mt19937_64 random(1);
  std::string weights, text;
  while (weights.size() < 256 << 20) {
    const auto value = random();
    weights.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  while (text.size() < 64 << 20) {
    for (unsigned n = 1 + random() % 9; n > 0; --n) text += "etaoinshrdlucmfwypvbgkqjxz"[random() % 26];
    text += "  ,:=_-\n\""[random() % 9];
  }
  measure("weights", weights);
  measure("text", text);
}
