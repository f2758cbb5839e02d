// main.cpp: stoa-worker, the process that partner code runs in. Started by the host, with two arenas at descriptors 3
// and 4; of no use to anybody else. SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <cstring>

#include "host/worker/worker_server.hpp"

int main(int argc, char** argv) {
  using namespace stoa::worker;
  if (argc != 2 || std::strcmp(argv[1], "--serve") != 0) {
    std::fprintf(stderr, "stoa-worker %s: the process a plugin runs in. `stoa serve` starts it.\n", STOA_VERSION);
    return 64;
  }
  auto requests = Arena::map(kRequests, false);
  auto responses = Arena::map(kResponses, true);
  if (!requests || !responses) {
    std::fprintf(stderr, "stoa-worker: %s\n", (requests ? responses : requests).error().message.c_str());
    return 70;
  }
  return WorkerServer(std::move(*requests), std::move(*responses)).run();  // what a library does at exit, it may do
}
