// check_run.cpp: starts a case, reads its sentences from a pipe, and ends it when its time is up.
// SPDX-License-Identifier: Apache-2.0
#include "host/cli/check_run.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 declares it without C linkage
}
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "registry/document/file.hpp"

namespace stoa::cli {
namespace {

using registry::File;
using RunClock = std::chrono::steady_clock;

constexpr int kReportFd = 3;
constexpr int kFailedStatus = 1, kSkippedStatus = 77;
constexpr std::string_view kDoneLine = "done the case ran to its end";
constexpr std::size_t kReportBytesMax = 256 << 10;  // a plugin that fails for ever fills no memory

// Lines "fail <sentence>" and "skip <reason>".
void write_line(int fd, std::string_view word, std::string_view text) {
  std::string line = std::string(word) + " ";
  for (const char c : text.substr(0, 2000)) line += c == '\n' ? ' ' : c;
  line += '\n';
  for (std::string_view rest = line; !rest.empty();) {
    const ssize_t n = ::write(fd, rest.data(), rest.size());
    if (n <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
}

void read_lines(std::string_view said, CaseResult& result) {
  while (!said.empty()) {
    const std::size_t end = std::min(said.find('\n'), said.size());
    const std::string_view line = said.substr(0, end);
    said.remove_prefix(std::min(end + 1, said.size()));
    if (line.starts_with("fail ")) result.failures.emplace_back(line.substr(5));
    if (line.starts_with("skip ")) result.skipped = line.substr(5);
    if (line == kDoneLine) result.is_done = true;
  }
}

// Its standard output is nobody's: the report has a pipe of its own, which nothing the plugin prints can disturb.
pid_t start(const std::string& case_name, const CaseTarget& case_target, int report) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, report, kReportFd);
  std::vector<std::string> words = {"stoa", "check", "--run-case", case_name, case_target.folder.string()};
  for (const std::string& key : case_target.content_keys) words.insert(words.end(), {"--content-key", key});
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = -1;
  const int error = posix_spawn(&child, "/proc/self/exe", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? child : -1;
}

// True when the process ended by itself before the deadline. said: what it reported.
bool listen(const File& process, const File& report, RunClock::time_point deadline, std::string& said) {
  for (bool ended = false; !ended;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - RunClock::now()).count();
    if (left <= 0) return false;
    pollfd ends[] = {{report.fd(), POLLIN, 0}, {process.fd(), POLLIN, 0}};
    if (poll(ends, 2, static_cast<int>(std::min<std::int64_t>(left, 1000))) < 0 && errno != EINTR) return false;
    ended = (ends[1].revents & POLLIN) != 0;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(report.fd(), buffer, sizeof buffer)) > 0;)
      if (said.size() < kReportBytesMax) said.append(buffer, static_cast<std::size_t>(n));
  }
  return true;
}

void judge(int status, CaseResult& result) {
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == 0 && result.failures.empty() && result.is_done) return;
  result.ending = CaseEnding::failed;
  if (code == kSkippedStatus) result.ending = CaseEnding::skipped;
  if (code == kFailedStatus && !result.failures.empty()) return;
  if (code == kSkippedStatus) return;
  result.ending = CaseEnding::crashed;
  result.failures.push_back(WIFSIGNALED(status)
                                ? std::string("the plugin ended its process: ") + strsignal(WTERMSIG(status))
                                : "the plugin ended its process with exit status " + std::to_string(code));
}

}  // namespace

std::string_view name_of(CaseEnding ending) {
  constexpr std::string_view kNames[] = {"passed", "failed", "skipped", "crashed", "timed out"};
  return kNames[static_cast<std::size_t>(ending)];
}

CaseResult run_case(const check::Case& one, const CaseTarget& target, std::chrono::seconds at_most) {
  CaseResult result{.name = one.name, .rule = one.rule, .failures = {}, .skipped = {}, .is_done = false};
  const auto began = RunClock::now();
  const auto not_started = [&](const char* what) {
    result.ending = CaseEnding::failed;
    result.failures.push_back(std::string(what) + ": " + std::strerror(errno));
    return result;
  };
  int ends[2];
  if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) return not_started("cannot make a pipe");
  const File report(ends[0]);
  pid_t child = -1;
  {
    const File writing(ends[1]);
    fcntl(writing.fd(), F_SETFL, 0);  // the child's end blocks
    child = start(result.name, target, writing.fd());
  }
  if (child < 0) return not_started("cannot start a process for the case");
  // The system call itself: glibc 2.36 declares pidfd_open() without extern "C".
  const File process(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  if (process.fd() < 0) return not_started("cannot watch the case's process");
  std::string said;
  const bool ended = listen(process, report, began + at_most, said);
  if (!ended) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  read_lines(said, result);
  judge(status, result);
  if (!ended) {
    result.ending = CaseEnding::timed_out;
    result.failures.back() = "did not end within " + std::to_string(at_most.count()) + " s";
  }
  result.time = std::chrono::duration_cast<std::chrono::milliseconds>(RunClock::now() - began);
  return result;
}

int run_here(std::string_view name, const check::Subject& subject, int report_fd) {
  const rlimit no_core{0, 0};  // a plugin that dies here is expected to
  setrlimit(RLIMIT_CORE, &no_core);
  const auto cases = check::all_cases();
  const auto one = std::ranges::find(cases, name, [](const check::Case& c) { return std::string_view(c.name); });
  if (one == cases.end()) return refuse_here("there is no case '" + std::string(name) + "'", report_fd);
  check::Verdict verdict;
  verdict.report = [report_fd](const check::Verdict& found) {
    for (const std::string& failure : found.failures()) write_line(report_fd, "fail", failure);
    if (!found.skipped().empty()) write_line(report_fd, "skip", found.skipped());
  };
  one->run(subject, verdict);
  verdict.report(verdict);
  write_line(report_fd, "done", kDoneLine.substr(5));  // a plugin that ends the process never comes here
  if (!verdict.failures().empty()) return kFailedStatus;
  return verdict.skipped().empty() ? 0 : kSkippedStatus;
}

int refuse_here(const std::string& why, int report_fd) {
  write_line(report_fd, "fail", why);
  return kFailedStatus;
}

}  // namespace stoa::cli
