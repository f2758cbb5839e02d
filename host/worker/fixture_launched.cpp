// fixture_launched.cpp: a program for the launcher's test: says on descriptor 3 how it finds itself, or what the
// sandbox says to each misdeed. SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "host/thread/monotonic.hpp"
#include "host/worker/fixture_misdeeds.hpp"
#include "host/worker/launcher.hpp"
#include "host/worker/sandbox.hpp"
#include "host/worker/zygote.hpp"

namespace {

using namespace stoa::worker;

void say(const std::string& line) {
  const std::string text = line + "\n";
  if (::write(3, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(3);
}

void say(const std::string& what, long value) { say(what + " " + std::to_string(value)); }

pid_t number(std::string_view text) {
  pid_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Before the sandbox: what the launcher left.
int report() {
  for (int fd = 0; fd < 1024; ++fd)
    if (const int flags = ::fcntl(fd, F_GETFD); flags >= 0) say("descriptor", fd);
  for (char** variable = environ; *variable != nullptr; ++variable) say("environment " + std::string(*variable));
  sigset_t blocked;
  ::sigprocmask(SIG_SETMASK, nullptr, &blocked);
  for (int signal = 1; signal < 32; ++signal) {
    struct sigaction action{};
    ::sigaction(signal, nullptr, &action);
    if (action.sa_handler == SIG_IGN) say("ignored", signal);
    if (::sigismember(&blocked, signal) == 1) say("blocked", signal);
  }
  say("leads its session", ::getsid(0) == ::getpid());
  say("pid", ::getpid());
  say("parent", ::getppid());
  say("uid", static_cast<long>(::geteuid()));
  char byte = 0;
  say("stdin ends", ::read(0, &byte, 1) == 0);
  say("from 4 " + std::to_string(::read(4, &byte, 1)) + " " + std::string(1, byte));
  std::fputs("printed", stdout);
  std::fflush(stdout);
  std::fputs(" and complained", stderr);
  return 0;
}

// arguments: the task, tier, readable folder, scratch, the host's pid.
int misdeeds_in(const std::vector<std::string>& arguments) {
  const Ground ground{arguments[2], arguments[3], number(arguments[4]), nullptr};
  SandboxPolicy policy;
  policy.tier = parse_tier(arguments[1]).value();
  policy.descriptors = {3};
  policy.readable = {ground.folder};
  // Elsewhere the kernel counts those of all processes of this uid, also of other hosts on this machine.
  if (policy.tier == Tier::t2n) policy.threads_max = 8;
  if (auto entered = enter_load_stage(policy); !entered) {
    say(entered.error().reason + ": " + entered.error().message);
    return 1;
  }
  for (const auto& misdeed : kMisdeeds) say(std::string(misdeed.name) + " while loading", misdeed.act(ground));
  if (auto entered = enter_serve_stage(policy); !entered) {
    say(entered.error().reason + ": " + entered.error().message);
    return 1;
  }
  for (const auto& misdeed : kMisdeeds) say(std::string(misdeed.name) + " while serving", misdeed.act(ground));
  int started = 1;
  pthread_t thread;
  const auto wait = [](void*) -> void* {
    ::pause();
    return nullptr;
  };
  while (started < 100 && ::pthread_create(&thread, nullptr, wait, nullptr) == 0) ++started;
  say("threads", started);
  ::_exit(0);  // not by the end of main: the threads wait for ever
}

// Enters the load stage, says so, and stays until it is killed.
int stay(std::string_view tier) {
  SandboxPolicy policy;
  policy.tier = parse_tier(tier).value();
  policy.descriptors = {3};
  if (auto entered = enter_load_stage(policy); !entered) {
    say(entered.error().reason + ": " + entered.error().message);
    return 1;
  }
  say("stays");
  while (true) ::pause();
}

// Plays the host: starts one that stays, from a program or from a zygote, says the numbers of what it started, and
// waits to be killed.
int host(const std::string& tier, std::string_view from) {
  LaunchSpec spec;
  spec.program = std::filesystem::read_symlink("/proc/self/exe");
  spec.arguments = {"stay", tier};
  spec.descriptors = {3};
  spec.output = 2;
  spec.tier = parse_tier(tier).value();
  std::unique_ptr<Zygote> zygote;
  if (from == "zygote") {
    zygote = Zygote::start(spec.program, {}).value();
    say(std::to_string(zygote->pid()));
  }
  const Launched worker =
      (zygote ? zygote->launch(spec, stoa::thread::monotonic_ns() + 10'000'000'000) : launch(spec)).value();
  say(std::to_string(worker.pid));
  while (true) ::pause();
}

int do_task(const std::vector<std::string>& arguments) {
  const std::string task = arguments.empty() ? "" : arguments[0];
  if (task == "report") return report();
  if (task == "misdeeds" && arguments.size() == 5) return misdeeds_in(arguments);
  if (task == "stay" && arguments.size() == 2) return stay(arguments[1]);
  if (task == "host" && arguments.size() == 3) return host(arguments[1], arguments[2]);
  if (task == "abort") std::abort();
  return 2;
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1 && arguments[1] == std::string_view(kZygoteOption))
    return run_zygote({arguments + 2, static_cast<std::size_t>(count - 2)}, &do_task);
  return do_task({arguments + 1, arguments + count});
}
