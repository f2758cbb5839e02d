// zygote.hpp: a process that has loaded what workers begin with, and forks them. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/worker/descriptor.hpp"
#include "host/worker/launcher.hpp"

namespace stoa::worker {

// What a forked child does, with the arguments its program would have had. Its result is the exit status.
using WorkerMain = int (*)(const std::vector<std::string>& arguments);

inline constexpr const char kZygoteOption[] = "--zygote";

// The zygote's side: its program's main function calls this when the first argument is kZygoteOption; the rest of the
// command line is between Zygote and this. Loads the libraries it is told, then forks a child for each request. Returns
// the exit status when the host has closed its end; in a child it does not return.
// Invariant: one thread, and no code of any plugin: what happens here happens to every worker that comes after.
int run_zygote(std::span<char* const> arguments, WorkerMain run);

// The host's end of one. Threads: any, but see start.
class Zygote {
 public:
  // Starts it, with libraries by their SONAME. Does not wait until they are loaded: launches queue until then.
  // Lifetime: the calling thread becomes the parent of the zygote and of all its workers, and they are killed when it
  // ends. Errors: launch's.
  static Result<std::unique_ptr<Zygote>> start(const std::filesystem::path& program,
                                               std::span<const std::string> preload);
  ~Zygote();  // ends it; its workers live on

  // As worker::launch with the same spec, but that the worker is forked: spec.program is not run. The worker is our
  // child all the same, and dies with the thread that started the zygote. Reasons: launch.spec, launch.zygote (it has
  // ended or cannot fork: unavailable; it does not answer by until_ns: deadline_exceeded), sandbox.namespaces.
  Result<Launched> launch(const LaunchSpec& spec, std::uint64_t until_ns) const;

  pid_t pid() const { return launched_.pid; }
  int death() const { return launched_.pidfd; }  // readable once it has ended
  void kill() const;
  // After death(): reaps it, and says how it ended and what it complained of. Once.
  std::string bury();

 private:
  Zygote(Descriptor channel, Launched launched) : channel_(std::move(channel)), launched_(launched) {}

  const Descriptor channel_;
  const Launched launched_;
  bool is_buried_ = false;
};

}  // namespace stoa::worker
