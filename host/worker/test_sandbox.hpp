// test_sandbox.hpp: runs one act in a forked child that has entered the sandbox. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <grp.h>
#include <sys/wait.h>

#include <fstream>
#include <functional>

#include "host/worker/fixture_misdeeds.hpp"
#include "host/worker/sandbox.hpp"

namespace stoa::worker {

#ifndef __has_feature  // clang's; GCC defines a name each
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || __has_feature(address_sanitizer) || \
    __has_feature(thread_sanitizer)
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

// Folders that every user may search, and that are gone afterwards.
class TestGround {
 public:
  TestGround() {
    std::string made = (std::filesystem::temp_directory_path() / "stoa-sandbox-XXXXXX").string();
    if (::mkdtemp(made.data()) == nullptr) std::abort();
    root_ = made;
    ::chmod(root_.c_str(), 0755);
    ground_.folder = root_ / "readable";
    ground_.scratch = root_ / "scratch";
    std::filesystem::create_directory(ground_.folder);
    std::filesystem::create_directory(ground_.scratch);
    ::chmod(ground_.folder.c_str(), 0777);  // it is the sandbox that refuses, not the mode
    ::chmod(ground_.scratch.c_str(), 0777);
    std::ofstream(ground_.folder + "/content") << "content";
    ::chmod((ground_.folder + "/content").c_str(), 0666);
    ground_.host = ::getpid();
    ground_.host_memory = this;
  }
  ~TestGround() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  TestGround(const TestGround&) = delete;
  TestGround& operator=(const TestGround&) = delete;

  const Ground& get() const { return ground_; }

 private:
  std::filesystem::path root_;
  Ground ground_;
};

enum class Start { as_we_are, ordinary };  // ordinary: the host is no root either
enum class Stage { load, serve };

struct Outcome {
  std::string refusal;  // why a stage was not entered: "reason: message"
  int error = 0;        // what the act returned
  int signal = 0;       // what ended the child
};

inline constexpr uid_t kNobody = 65534;
inline constexpr int kNotEntered = 255;

// Returns only in the parent. act's value must be an errno.
inline Outcome in_sandbox(const SandboxPolicy& asked, Stage stage, const std::function<int()>& act,
                          Start start = Start::as_we_are) {
  int words[2];
  if (::pipe2(words, O_CLOEXEC) != 0) return {"no pipe", 0, 0};
  const pid_t child = ::fork();
  if (child == 0) {
    SandboxPolicy policy = asked;
    policy.descriptors.push_back(words[1]);
    if (start == Start::ordinary && ::geteuid() == 0 &&
        (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
         ::setresuid(kNobody, kNobody, kNobody) != 0))
      ::_exit(kNotEntered);
    auto entered = enter_load_stage(policy);
    if (entered && stage == Stage::serve) entered = enter_serve_stage(policy);
    if (entered) ::_exit(act());
    const std::string text = entered.error().reason + ": " + entered.error().message;
    ::_exit(::write(words[1], text.data(), text.size()) > 0 ? kNotEntered : kNotEntered - 1);
  }
  ::close(words[1]);
  Outcome outcome;
  char text[512];
  while (true) {
    const ssize_t got = ::read(words[0], text, sizeof(text));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    outcome.refusal.append(text, static_cast<std::size_t>(got));
  }
  ::close(words[0]);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) outcome.signal = WTERMSIG(status);
  if (WIFEXITED(status)) outcome.error = WEXITSTATUS(status);
  return outcome;
}

}  // namespace stoa::worker
