// zygote_main.cpp: the zygote itself, and the first steps of its children. SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string_view>

#include "host/worker/child_setup.hpp"
#include "host/worker/namespaces.hpp"
#include "host/worker/seccomp_filter.hpp"
#include "host/worker/zygote.hpp"
#include "host/worker/zygote_wire.hpp"

namespace stoa::worker {
namespace {

constexpr int kCannotServe = 69;  // EX_UNAVAILABLE

int complain(std::string_view why) {
  ::send(kZygoteChannel, why.data(), std::min(why.size(), kComplaintBytesMax), MSG_NOSIGNAL);
  return kCannotServe;
}

// What glibc's fork() keeps right and a bare clone does not. fork() itself knows neither CLONE_PARENT nor namespaces.
struct ThreadRecords {
  int* id = nullptr;  // where glibc keeps the thread's number; the kernel knows it, too
  void* robust_mutexes = nullptr;
  std::size_t robust_bytes = 0;
};

std::optional<ThreadRecords> thread_records() {
  ThreadRecords found;
  if (::prctl(PR_GET_TID_ADDRESS, &found.id) != 0 || found.id == nullptr || *found.id != ::gettid())
    return std::nullopt;
  if (::syscall(SYS_get_robust_list, 0, &found.robust_mutexes, &found.robust_bytes) != 0) return std::nullopt;
  return found;
}

struct Request {
  ForkRequest head{};
  std::vector<std::string> arguments;
  std::vector<Descriptor> descriptors;
};

enum class Asked { request, nonsense, end };

Asked receive(Request& request) {
  std::array<char, kRequestBytesMax> bytes;
  alignas(cmsghdr) static std::array<char, CMSG_SPACE(kDescriptorsSentMax * sizeof(int))> control;
  const Arrival got = receive_beside(kZygoteChannel, std::as_writable_bytes(std::span(bytes)), control);
  if (got.bytes <= 0) return Asked::end;
  if (const cmsghdr* const head = got.beside;
      head != nullptr && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS) {
    for (std::size_t i = 0; i < (head->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(fd));
      request.descriptors.emplace_back(fd);
    }
  }
  // The start channel's end and an output at least; fewer than were sent where we may not open so many.
  const auto size = static_cast<std::size_t>(got.bytes);
  const bool is_whole = !got.is_cut && request.descriptors.size() >= 2 && size >= sizeof(request.head);
  if (!is_whole) return Asked::nonsense;
  std::memcpy(&request.head, bytes.data(), sizeof(request.head));
  std::string_view rest(bytes.data() + sizeof(request.head), size - sizeof(request.head));
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\0'), rest.size() - 1);
    request.arguments.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  return Asked::request;
}

// In the child: everything it has lies above the numbers it is moved to. Returns 0 or an errno.
int settle(void* moved) { return settle_as_worker(*static_cast<const std::vector<int>*>(moved), 0); }

[[noreturn]] void be_worker(Request& request, const ThreadRecords& records, bool is_root, WorkerMain run) {
  ::syscall(SYS_set_robust_list, records.robust_mutexes, records.robust_bytes);
  ::prctl(PR_SET_NAME, "stoa-worker");
  const int above = kFirstGiven + static_cast<int>(request.descriptors.size());
  std::vector<int> moved;
  for (const Descriptor& received : request.descriptors) {
    moved.push_back(::fcntl(received.get(), F_DUPFD_CLOEXEC, above));
    if (moved.back() < 0) ::_exit(kCannotServe);
  }
  // Invariant: no other copy of the channel outlives the settling, which the host sees by the channel's end.
  const int channel = moved.front();
  moved.erase(moved.begin());
  StartReport report{StartStep::fork, 0};
  if (!send_to(channel, report)) ::_exit(kCannotServe);
  if (request.head.is_namespaced) {
    const NamespaceSpec spec{request.head.uid, request.head.gid, request.head.has_network, above};
    report = run_in_namespaces(spec, is_root, channel, &settle, &moved);
  } else {
    char word = 0;
    // The host knows of us now, and reaps us; had it died meanwhile, or given up, nobody would.
    const bool may_go = receive_from(channel, word) == Heard::message;
    report = may_go ? StartReport{StartStep::program, settle(&moved)} : StartReport{StartStep::parent, ESRCH};
  }
  if (report.error != 0) {
    send_to(channel, report);
    ::_exit(kCannotServe);
  }
  std::exit(run(request.arguments));
}

void fork_worker(Request& request, const ThreadRecords& records, WorkerMain run) {
  const bool is_root = ::geteuid() == 0;
  const NamespaceSpec spec{request.head.uid, request.head.gid, request.head.has_network, 0};
  unsigned long flags = CLONE_PARENT | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD;
  if (request.head.is_namespaced) flags |= namespace_flags(spec);
#if defined(__aarch64__)
  const long pid = ::syscall(SYS_clone, flags, nullptr, nullptr, 0ul, records.id);
#else
  const long pid = ::syscall(SYS_clone, flags, nullptr, nullptr, records.id, 0ul);
#endif
  if (pid == 0) be_worker(request, records, is_root, run);
  if (pid < 0) send_to(request.descriptors.front().get(), StartReport{StartStep::fork, errno});
}

bool has_one_thread() {
  std::error_code error;
  const std::filesystem::directory_iterator threads("/proc/self/task", error);
  return !error && std::distance(begin(threads), end(threads)) == 1;
}

}  // namespace

int run_zygote(std::span<char* const> arguments, WorkerMain run) {
  ::prctl(PR_SET_NAME, "stoa-zygote");
  pid_t host = 0;
  const std::string_view number = arguments.empty() ? "" : arguments.front();
  std::from_chars(number.data(), number.data() + number.size(), host);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != host) return kCannotServe;
  for (const char* const soname : arguments.subspan(1)) {
    if (std::strchr(soname, '/') != nullptr) return complain("a library to preload is named by its path");
    // Now: what is resolved here is not resolved again in any child. Local: whoever needs it finds it by its name.
    if (::dlopen(soname, RTLD_NOW | RTLD_LOCAL) == nullptr) return complain(::dlerror());
  }
  const auto records = thread_records();
  if (!records) return complain("this kernel does not say where a thread's number lies");
  // A child has one thread, and with it the locks that others held.
  if (!has_one_thread()) return complain("a library has started threads");
  (void)prepare_filters();  // a kernel without: T1 needs none, and elsewhere the child says so
  for (;;) {
    Request request;
    const Asked asked = receive(request);
    if (asked == Asked::end) return 0;
    if (asked == Asked::request) fork_worker(request, *records, run);
  }
}

}  // namespace stoa::worker
