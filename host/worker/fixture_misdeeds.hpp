// fixture_misdeeds.hpp: what partner code might try, and what the two stages of the sandbox say to it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <netinet/in.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <system_error>

namespace stoa::worker {

// What misdeeds are done to.
struct Ground {
  std::string folder;   // readable; holds a file "content"
  std::string scratch;  // a folder outside of it
  pid_t host = 0;       // a process of the host's
  void* host_memory = nullptr;
};

// 0: it worked. Otherwise the errno it was refused with.
using Act = int (*)(const Ground&);

struct Misdeed {
  const char* name;
  Act act;
  int loading, serving;  // what it must give in a T2 worker with no more than a readable folder
};

namespace misdeeds {

inline int errno_of(long result) { return result < 0 ? errno : 0; }

inline int open_and_close(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags, 0600);
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

template <class... Arguments>
int call(long number, Arguments... arguments) {
  return errno_of(::syscall(number, arguments...));
}

inline int list(const char* folder) {
  DIR* const opened = ::opendir(folder);
  if (opened == nullptr) return errno;
  ::closedir(opened);
  return 0;
}

inline int socket_of(int family, int type, int protocol) {
  const int fd = ::socket(family, type, protocol);
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

inline int connect_nowhere(const Ground&) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);  // where that is refused: is connect refused, too?
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(1);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return errno_of(::connect(fd < 0 ? STDIN_FILENO : fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)));
}

inline int fork_a_child(const Ground&) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  return errno_of(child);
}

inline int spawn_a_shell(const Ground&) {
  char name[] = "sh";
  char* arguments[] = {name, nullptr};
  pid_t child = 0;
  return ::posix_spawn(&child, "/bin/sh", nullptr, nullptr, arguments, nullptr);
}

inline int execute_a_shell(const Ground&) {
  char name[] = "sh";
  char* arguments[] = {name, nullptr};
  return errno_of(::execve("/bin/sh", arguments, nullptr));
}

inline int read_host_memory(const Ground& ground) {
  char byte = 0;
  const iovec here{&byte, 1}, there{ground.host_memory, 1};
  return errno_of(::process_vm_readv(ground.host, &here, 1, &there, 1, 0));
}

inline int start_a_thread(const Ground&) {
  pthread_t thread{};
  int ran = 0;
  const auto run = [](void* argument) -> void* {
    *static_cast<int*>(argument) = 1;
    return nullptr;
  };
  if (const int error = ::pthread_create(&thread, nullptr, run, &ran); error != 0) return error;
  ::pthread_join(thread, nullptr);
  return ran == 1 ? 0 : ECHILD;
}

// By its path, beside the C library, because a search ends with what its last folder said. The loader keeps its errno
// to itself, but not its words.
inline int load_a_library(const Ground&) {
  Dl_info c_library{};
  if (::dladdr(reinterpret_cast<void*>(&::getppid), &c_library) == 0) return ESRCH;
  const std::string beside = c_library.dli_fname;
  const std::string path = beside.substr(0, beside.rfind('/')) + "/libanl.so.1";
  if (::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) != nullptr) return 0;
  const std::string why = ::dlerror();
  for (const int error : {EPERM, EACCES, ENOENT})
    if (why.ends_with(std::generic_category().message(error))) return error;
  return EIO;
}

inline int map_code(const Ground&) {
  void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return page == MAP_FAILED ? errno : 0;
}

inline int turn_data_into_code(const Ground&) {
  void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return EIO;
  return errno_of(::mprotect(page, 4096, PROT_READ | PROT_EXEC));
}

inline int take_memory(const Ground&) {
  void* const block = std::malloc(64u << 20);
  if (block == nullptr) return ENOMEM;
  static_cast<volatile char*>(block)[1u << 20] = 1;
  std::free(block);
  return 0;
}

inline int throw_and_catch(const Ground&) {
  try {
    throw std::runtime_error("misdeed");
  } catch (const std::exception&) {
    return 0;
  }
}

inline int raise_a_signal(const Ground&) { return errno_of(::raise(SIGURG)); }  // ignored by default

inline int take_random(const Ground&) {
  char bytes[8];
  return errno_of(::syscall(SYS_getrandom, bytes, sizeof(bytes), 0));
}

inline int tell_the_time(const Ground&) {
  timespec now{};
  return errno_of(::syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now));
}

inline int have_signals_sent(const Ground& ground) { return errno_of(::fcntl(STDIN_FILENO, F_SETOWN, ground.host)); }

inline int pin_the_host(const Ground& ground) {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  CPU_SET(0, &cpus);
  return errno_of(::sched_setaffinity(ground.host, sizeof(cpus), &cpus));
}

inline int limit_the_host(const Ground& ground) {
  rlimit limit{};
  return errno_of(::prlimit(ground.host, RLIMIT_CORE, nullptr, &limit));
}

inline const char* host_file(const Ground& ground, const char* name) {
  static std::string path;
  path = "/proc/" + std::to_string(ground.host) + "/" + name;
  return path.c_str();
}

}  // namespace misdeeds

inline const Misdeed kMisdeeds[] = {
    // files
    {"read passwords", [](const Ground&) { return misdeeds::open_and_close("/etc/passwd", O_RDONLY); }, EACCES, EPERM},
    {"read what it may", [](const Ground& g) { return misdeeds::open_and_close(g.folder + "/content", O_RDONLY); }, 0,
     EPERM},
    {"write what it may read",
     [](const Ground& g) { return misdeeds::open_and_close(g.folder + "/content", O_WRONLY); }, EACCES, EPERM},
    {"truncate what it may read",
     [](const Ground& g) { return misdeeds::open_and_close(g.folder + "/content", O_RDONLY | O_TRUNC); }, EPERM, EPERM},
    {"truncate", [](const Ground& g) { return misdeeds::errno_of(::truncate((g.folder + "/content").c_str(), 0)); },
     EPERM, EPERM},
    {"make a file", [](const Ground& g) { return misdeeds::open_and_close(g.scratch + "/new", O_WRONLY | O_CREAT); },
     EPERM, EPERM},
    {"make a file in memory", [](const Ground&) { return misdeeds::call(SYS_memfd_create, "m", 0u); }, EPERM, EPERM},
    {"make a folder", [](const Ground& g) { return misdeeds::errno_of(::mkdir((g.scratch + "/f").c_str(), 0700)); },
     EPERM, EPERM},
    {"remove", [](const Ground& g) { return misdeeds::errno_of(::unlink((g.folder + "/content").c_str())); }, EPERM,
     EPERM},
    {"rename",
     [](const Ground& g) {
       return misdeeds::errno_of(::rename((g.folder + "/content").c_str(), (g.folder + "/moved").c_str()));
     },
     EPERM, EPERM},
    {"change a mode",
     [](const Ground& g) { return misdeeds::errno_of(::chmod((g.folder + "/content").c_str(), 0666)); }, EPERM, EPERM},
    {"link", [](const Ground& g) { return misdeeds::errno_of(::symlink("/etc/passwd", (g.scratch + "/l").c_str())); },
     EPERM, EPERM},
    {"list /", [](const Ground&) { return misdeeds::list("/"); }, EACCES, EPERM},
    {"list what it may", [](const Ground& g) { return misdeeds::list(g.folder.c_str()); }, 0, EPERM},
    {"read its own status", [](const Ground&) { return misdeeds::open_and_close("/proc/self/status", O_RDONLY); }, 0,
     EPERM},
    {"read the host's environment",
     [](const Ground& g) { return misdeeds::open_and_close(misdeeds::host_file(g, "environ"), O_RDONLY); }, EACCES,
     EPERM},
    {"open the host's memory",
     [](const Ground& g) { return misdeeds::open_and_close(misdeeds::host_file(g, "mem"), O_RDWR); }, EACCES, EPERM},
    {"write to /dev/null", [](const Ground&) { return misdeeds::open_and_close("/dev/null", O_RDWR); }, 0, EPERM},
    {"openat2", [](const Ground&) { return misdeeds::call(SYS_openat2, AT_FDCWD, "/", nullptr, 0u); }, ENOSYS, ENOSYS},
    {"open by handle", [](const Ground&) { return misdeeds::call(SYS_open_by_handle_at, 0, nullptr, 0); }, EPERM,
     EPERM},
    {"name to handle",
     [](const Ground&) { return misdeeds::call(SYS_name_to_handle_at, AT_FDCWD, "/", nullptr, nullptr, 0); }, EPERM,
     EPERM},
    {"change folder", [](const Ground&) { return misdeeds::errno_of(::chdir("/")); }, EPERM, EPERM},
    {"change root", [](const Ground&) { return misdeeds::errno_of(::chroot("/")); }, EPERM, EPERM},
    {"mount", [](const Ground&) { return misdeeds::errno_of(::mount("none", "/mnt", "tmpfs", 0, nullptr)); }, EPERM,
     EPERM},
    // network
    {"TCP", [](const Ground&) { return misdeeds::socket_of(AF_INET, SOCK_STREAM, 0); }, EPERM, EPERM},
    {"UDP", [](const Ground&) { return misdeeds::socket_of(AF_INET6, SOCK_DGRAM, 0); }, EPERM, EPERM},
    {"Unix socket", [](const Ground&) { return misdeeds::socket_of(AF_UNIX, SOCK_STREAM, 0); }, EPERM, EPERM},
    {"netlink", [](const Ground&) { return misdeeds::socket_of(AF_NETLINK, SOCK_RAW, 0); }, EPERM, EPERM},
    {"connect", misdeeds::connect_nowhere, EPERM, EPERM},
    // processes
    {"fork", misdeeds::fork_a_child, EPERM, EPERM},
    {"vfork",
     [](const Ground&) { return misdeeds::call(SYS_clone, CLONE_VFORK | SIGCHLD, nullptr, nullptr, nullptr, 0); },
     EPERM, EPERM},
    {"clone3", [](const Ground&) { return misdeeds::call(SYS_clone3, nullptr, 0); }, ENOSYS, ENOSYS},
    {"spawn", misdeeds::spawn_a_shell, EPERM, EPERM},
    {"exec", misdeeds::execute_a_shell, EPERM, EPERM},
    {"execveat", [](const Ground&) { return misdeeds::call(SYS_execveat, AT_FDCWD, "/bin/sh", nullptr, nullptr, 0); },
     EPERM, EPERM},
    {"new namespaces", [](const Ground&) { return misdeeds::errno_of(::unshare(CLONE_NEWUSER)); }, EPERM, EPERM},
    {"enter namespaces", [](const Ground&) { return misdeeds::errno_of(::setns(0, 0)); }, EPERM, EPERM},
    {"kill the host", [](const Ground& g) { return misdeeds::errno_of(::kill(g.host, SIGCONT)); }, EPERM, EPERM},
    {"tgkill the host", [](const Ground& g) { return misdeeds::call(SYS_tgkill, g.host, g.host, SIGCONT); }, EPERM,
     EPERM},
    {"tkill the host", [](const Ground& g) { return misdeeds::call(SYS_tkill, g.host, SIGCONT); }, EPERM, EPERM},
    {"queue a signal", [](const Ground& g) { return misdeeds::call(SYS_rt_sigqueueinfo, g.host, SIGCONT, nullptr); },
     EPERM, EPERM},
    {"have signals sent", misdeeds::have_signals_sent, EPERM, EPERM},
    {"pidfd", [](const Ground& g) { return misdeeds::call(SYS_pidfd_open, g.host, 0u); }, EPERM, EPERM},
    {"trace the host",
     [](const Ground& g) { return misdeeds::errno_of(::ptrace(PTRACE_SEIZE, g.host, nullptr, nullptr)); }, EPERM,
     EPERM},
    {"read the host", misdeeds::read_host_memory, EPERM, EPERM},
    {"pin the host", misdeeds::pin_the_host, EPERM, EPERM},
    {"read the host's limits", misdeeds::limit_the_host, EPERM, EPERM},
    {"slow the host",
     [](const Ground& g) { return misdeeds::errno_of(::setpriority(PRIO_PROCESS, static_cast<id_t>(g.host), 19)); },
     EPERM, EPERM},
    {"become root", [](const Ground&) { return misdeeds::call(SYS_setuid, 0); }, EPERM, EPERM},
    {"outlive the host", [](const Ground&) { return misdeeds::errno_of(::prctl(PR_SET_PDEATHSIG, 0)); }, EPERM, EPERM},
    {"be dumped", [](const Ground&) { return misdeeds::errno_of(::prctl(PR_SET_DUMPABLE, 1)); }, EPERM, EPERM},
    // the kernel's larger surfaces
    {"bpf", [](const Ground&) { return misdeeds::call(SYS_bpf, 0, nullptr, 0u); }, EPERM, EPERM},
    {"keys", [](const Ground&) { return misdeeds::call(SYS_keyctl, 0, 0, 0, 0, 0); }, EPERM, EPERM},
    {"userfaultfd", [](const Ground&) { return misdeeds::call(SYS_userfaultfd, 0); }, EPERM, EPERM},
    {"io_uring", [](const Ground&) { return misdeeds::call(SYS_io_uring_setup, 1, nullptr); }, EPERM, EPERM},
    {"perf", [](const Ground&) { return misdeeds::call(SYS_perf_event_open, nullptr, 0, -1, -1, 0); }, EPERM, EPERM},
    {"shared memory", [](const Ground&) { return misdeeds::call(SYS_shmget, 0, 4096, 0600); }, EPERM, EPERM},
    {"personality", [](const Ground&) { return misdeeds::call(SYS_personality, 0x0400000 /* READ_IMPLIES_EXEC */); },
     EPERM, EPERM},
    {"type into a terminal", [](const Ground&) { return misdeeds::errno_of(::ioctl(STDIN_FILENO, TIOCSTI, "x")); },
     EPERM, EPERM},
    {"new filter", [](const Ground&) { return misdeeds::call(SYS_seccomp, 1u, 0u, nullptr); }, EFAULT, EPERM},
    // code
    {"load a library", misdeeds::load_a_library, 0, EPERM},
    {"map code", misdeeds::map_code, 0, EPERM},
    {"turn data into code", misdeeds::turn_data_into_code, 0, EPERM},
    // what must go on working
    {"start a thread", misdeeds::start_a_thread, 0, 0},
    {"take memory", misdeeds::take_memory, 0, 0},
    {"throw and catch", misdeeds::throw_and_catch, 0, 0},
    {"raise a signal", misdeeds::raise_a_signal, 0, 0},
    {"take random bytes", misdeeds::take_random, 0, 0},
    {"tell the time", misdeeds::tell_the_time, 0, 0},
    {"write to its output", [](const Ground&) { return misdeeds::errno_of(::write(STDERR_FILENO, "", 0)); }, 0, 0},
};

}  // namespace stoa::worker
