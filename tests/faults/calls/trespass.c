/* trespass.c: faults that reach for what is not theirs: other processes, files, sockets, the system.
 * SPDX-License-Identifier: Apache-2.0
 * The host is the process the request names (host=PID): a fault never signals or writes to another one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"

static pid_t host_of(const fault_call* call) { return (pid_t)fault_number(call, "host", 0); }

static void kill_host(fault_call* call) {
  const pid_t host = host_of(call);
  if (host <= 1) return fault_refused(call, EINVAL, "the request names no host");
  if (kill(host, SIGKILL) != 0) return fault_refused(call, errno, "kill");
  usleep(100000);
  fault_answer(call, "MISDEED: killed the host");
}

static void stop_host(fault_call* call) {
  const pid_t host = host_of(call);
  if (host <= 1) return fault_refused(call, EINVAL, "the request names no host");
  if (syscall(SYS_tkill, host, SIGSTOP) != 0) return fault_refused(call, errno, "tkill");
  usleep(100000);
  fault_answer(call, "MISDEED: stopped the host");
}

/* Signal 0 asks whether a signal would be delivered, and delivers none. */
static void signal_everyone(fault_call* call) {
  int reached = 0, asked = 0, error = ESRCH;
  DIR* processes = opendir("/proc");
  for (const struct dirent* entry; processes != NULL && (entry = readdir(processes)) != NULL;) {
    const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
    if (pid <= 0 || pid == getpid()) continue;
    ++asked;
    if (kill(pid, 0) == 0)
      ++reached;
    else
      error = errno;
  }
  if (processes != NULL) closedir(processes);
  if (getppid() > 0 && kill(getppid(), 0) == 0)
    ++reached;
  else if (asked == 0)
    error = errno;
  if (reached > 0) return fault_answer(call, "MISDEED: %d processes may be signalled", reached);
  fault_refused(call, error, "kill");
}

static void ptrace_host(fault_call* call) {
  const pid_t host = host_of(call);
  if (ptrace(PTRACE_SEIZE, host, NULL, NULL) != 0) return fault_refused(call, errno, "ptrace");
  ptrace(PTRACE_DETACH, host, NULL, NULL);
  fault_answer(call, "MISDEED: traced the host");
}

/* EFAULT is no refusal: permission was given, only the address is nobody's. */
static void process_vm_write_host(fault_call* call) {
  static volatile char mine[8];
  struct iovec local = {(void*)(uintptr_t)mine, sizeof mine}, remote = {(void*)(uintptr_t)mine, sizeof mine};
  const ssize_t n = process_vm_writev(host_of(call), &local, 1, &remote, 1, 0);
  if (n < 0 && errno != EFAULT) return fault_refused(call, errno, "process_vm_writev");
  fault_answer(call, "MISDEED: may write the host's memory");
}

static void read_process_memory(fault_call* call) {
  static const char* const kFiles[] = {"mem", "environ", "maps", "cmdline", "root/etc/hostname"};
  char path[64], found[128] = "";
  int error = 0;
  for (size_t i = 0; i < sizeof kFiles / sizeof kFiles[0]; ++i) {
    snprintf(path, sizeof path, "/proc/%d/%s", (int)host_of(call), kFiles[i]);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
      error = errno;
      continue;
    }
    close(file);
    snprintf(found + strlen(found), sizeof found - strlen(found), " %s", path);
  }
  if (found[0] != 0) return fault_answer(call, "MISDEED: opened%s", found);
  fault_refused(call, error, "/proc of the host");
}

/* files=PATH,PATH: what the runner knows to be there. */
static void read_files(fault_call* call) {
  char files[kArgumentBytesMax] = "", found[kArgumentBytesMax] = "", byte;
  int error = ENOENT;
  fault_argument(call, "files", files);
  char* rest = NULL;
  for (char* path = strtok_r(files, ",", &rest); path != NULL; path = strtok_r(NULL, ",", &rest)) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file >= 0 && read(file, &byte, 1) == 1)
      snprintf(found + strlen(found), sizeof found - strlen(found), " %s", path);
    else
      error = errno;
    if (file >= 0) close(file);
  }
  if (found[0] != 0) return fault_answer(call, "MISDEED: read%s", found);
  fault_refused(call, error, "open");
}

static void list_files(fault_call* call) {
  DIR* folder = opendir("/etc");
  if (folder == NULL) return fault_refused(call, errno, "/etc");
  closedir(folder);
  fault_answer(call, "MISDEED: listed /etc");
}

/* tcp=PORT and unix=PATH listen; only a connection counts, a socket alone leads nowhere. */
static void open_socket(fault_call* call) {
  const int inet = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int error = errno;
  if (inet >= 0) {
    struct sockaddr_in to;
    memset(&to, 0, sizeof to);
    to.sin_family = AF_INET;
    to.sin_port = htons((uint16_t)fault_number(call, "tcp", 0));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int connected = connect(inet, (struct sockaddr*)&to, sizeof to);
    error = errno;
    close(inet);
    if (connected == 0) return fault_answer(call, "MISDEED: connected over TCP");
  }
  fault_refused(call, error, "TCP");
}

static void open_unix_socket(fault_call* call) {
  struct sockaddr_un to;
  memset(&to, 0, sizeof to);
  to.sun_family = AF_UNIX;
  char path[kArgumentBytesMax] = "";
  fault_argument(call, "unix", path);
  snprintf(to.sun_path, sizeof to.sun_path, "%s", path);
  const int local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (local < 0) return fault_refused(call, errno, "unix socket");
  const int connected = connect(local, (struct sockaddr*)&to, sizeof to), error = errno;
  close(local);
  if (connected == 0) return fault_answer(call, "MISDEED: connected to %s", path);
  fault_refused(call, error, "unix connect");
}

static void exec_shell(fault_call* call) {
  char* const arguments[] = {"sh", "-c", "exit 42", NULL};
  char* const environment[] = {NULL};
  pid_t child = 0;
  int status = 0;
  const int error = posix_spawn(&child, "/bin/sh", NULL, NULL, arguments, environment);
  if (error != 0) return fault_refused(call, error, "posix_spawn");
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 42) return fault_answer(call, "MISDEED: ran a shell");
  fault_refused(call, 0, "the shell did not run");
}

/* Sets the clock to what it reads: nothing changes where it is allowed, and it is never allowed. */
static void clock_tricks(fault_call* call) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (clock_settime(CLOCK_REALTIME, &now) == 0) return fault_answer(call, "MISDEED: set the clock");
  const int error = errno;
  struct timex slew;
  memset(&slew, 0, sizeof slew);
  slew.modes = ADJ_OFFSET_SINGLESHOT;
  if (adjtimex(&slew) >= 0) return fault_answer(call, "MISDEED: slewed the clock");
  fault_refused(call, error, "clock_settime");
}

static void change_root(fault_call* call) {
  if (chroot("/") == 0) return fault_answer(call, "MISDEED: chroot");
  fault_refused(call, errno, "chroot");
}

/* A file system nobody has: the kernel asks for permission first, so ENODEV is no refusal, and nothing is mounted. */
static void mount_something(fault_call* call) {
  if (mount("none", "/", "stoa-no-such-filesystem", 0, NULL) == 0 || errno == ENODEV)
    return fault_answer(call, "MISDEED: may mount");
  fault_refused(call, errno, "mount");
}

static void become_root(fault_call* call) {
  if (syscall(SYS_setresuid, 0, 0, 0) == 0) return fault_answer(call, "MISDEED: is root");
  fault_refused(call, errno, "setresuid");
}

static void new_namespace(fault_call* call) {
  if (unshare(CLONE_NEWUSER) == 0) return fault_answer(call, "MISDEED: a user namespace");
  const int error = errno;
  if (unshare(CLONE_NEWNS) == 0) return fault_answer(call, "MISDEED: a mount namespace");
  fault_refused(call, error, "unshare");
}

static void raise_limits(fault_call* call) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return fault_refused(call, errno, "getrlimit");
  limit.rlim_max += 1;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return fault_answer(call, "MISDEED: raised a limit");
  const int error = errno;
  if (setpriority(PRIO_PROCESS, 0, -10) == 0) return fault_answer(call, "MISDEED: raised its priority");
  fault_refused(call, error, "setrlimit");
}

const fault_kind fault_trespass[] = {{"kill-host", kill_host, NULL},
                                     {"stop-host", stop_host, NULL},
                                     {"signal-everyone", signal_everyone, NULL},
                                     {"ptrace-host", ptrace_host, NULL},
                                     {"process-vm-write-host", process_vm_write_host, NULL},
                                     {"read-process-memory", read_process_memory, NULL},
                                     {"read-files", read_files, NULL},
                                     {"list-files", list_files, NULL},
                                     {"open-socket", open_socket, NULL},
                                     {"open-unix-socket", open_unix_socket, NULL},
                                     {"exec-shell", exec_shell, NULL},
                                     {"clock-tricks", clock_tricks, NULL},
                                     {"chroot", change_root, NULL},
                                     {"mount", mount_something, NULL},
                                     {"setuid", become_root, NULL},
                                     {"new-namespace", new_namespace, NULL},
                                     {"raise-limits", raise_limits, NULL},
                                     {NULL, NULL, NULL}};
