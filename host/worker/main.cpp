// main.cpp: stoa-worker, the process that partner code runs in. Started by the host, with two arenas at descriptors 3
// and 4; of no use to anybody else. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "host/worker/worker_server.hpp"
#include "host/worker/zygote.hpp"

namespace {

using namespace stoa::worker;

int serve(const std::vector<std::string>& arguments) {
  if (arguments != std::vector<std::string>{"--serve"}) {
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

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], kZygoteOption) == 0)
    return run_zygote({argv + 2, static_cast<std::size_t>(argc - 2)}, &serve);
  return serve({argv + std::min(argc, 1), argv + argc});
}
