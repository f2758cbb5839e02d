// billed_host.cpp: a host of the null models on one I/O thread that asks for keys, and charges in one way or not at
// all. SPDX-License-Identifier: Apache-2.0
#include <signal.h>

#include <cstdio>
#include <string_view>

#include "tests/integration/billed_world.hpp"

// Prints its port, a key, and what the model is called; serves until it is told to end.
int main(int argc, char** argv) {
  using namespace stoa;
  const std::string_view how = argc == 2 ? argv[1] : "";
  if (how != "free" && how != "window" && how != "durable") {
    std::fprintf(stderr, "usage: stoa_bench_billed_host free|window|durable\n");
    return 2;
  }
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  test::BilledWorld world({.replies_are_durable = how == "durable"}, licensing::real_disk(),
                          how == "window" ? 5'000 : 0);
  world.serve({.is_charging = how != "free", .io_threads = 1});
  const auto payer = world.add(licensing::Nano{1'000'000'000} * licensing::kNanoPerUnit);
  std::printf("%u %s %s\n", world.port(), payer.key.c_str(), std::string(test::kNull).c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ends, &signal);
  return 0;
}
