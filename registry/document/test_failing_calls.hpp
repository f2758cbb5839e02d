// test_failing_calls.hpp: the system calls of this program that write a file or make it durable, each of which can be
// made to fail: those of SQLite, too. In one file of a test program of its own. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

namespace stoa::registry {

// How a disk fails.
struct DiskFault {
  const char* name;
  int error = EIO;
  bool is_for_good = true;  // each call after it fails, too
  bool is_torn = false;     // a write leaves its first half
};
inline constexpr DiskFault kDiskFaults[] = {{.name = "dies"},
                                            {.name = "dies amid a write", .is_torn = true},
                                            {.name = "is full for a moment", .error = ENOSPC, .is_for_good = false}};
// For INSTANTIATE_TEST_SUITE_P.
template <class Row>
std::string name_of_row(const Row& row) {
  std::string name = row.param.name;
  std::ranges::replace(name, ' ', '_');
  return name;
}

// Of this process.
class FailingCalls {
 public:
  // The call after so many fails.
  static void fail_after(int calls, const DiskFault& fault) {
    fault_ = &fault;
    failed_ = 0;
    left_ = calls;
  }
  static int failed() { return failed_; }

  // True: it is to fail now. Files of the journal that are laid out ahead are written when it suits them: they count
  // not.
  static bool is_due(int descriptor) {
    if (left_ < 0 || !is_of_the_test(descriptor)) return false;
    if (left_ > 0) return --left_, false;
    if (!fault_.load()->is_for_good && failed_ > 0) return false;
    ++failed_;
    return true;
  }
  static long fail() {
    errno = fault_.load()->error;
    return -1;
  }
  static bool is_torn() { return fault_.load()->is_torn; }

 private:
  static bool is_of_the_test(int descriptor) {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))) return false;
    char path[512];
    const ssize_t size = ::readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), path, sizeof path);
    return size > 0 && !std::string_view(path, static_cast<std::size_t>(size)).ends_with("next.prepared");
  }

  static inline std::atomic<int> left_{-1}, failed_{0};  // left below zero: none fails
  static inline std::atomic<const DiskFault*> fault_{nullptr};
};

template <class Call>
long failing_write(int descriptor, std::size_t size, Call call) {
  if (!FailingCalls::is_due(descriptor)) return call(size);
  if (FailingCalls::is_torn()) (void)call(size / 2);
  return FailingCalls::fail();
}

}  // namespace stoa::registry

// In the program they come before the library's, also for the libraries that it is linked with.
extern "C" {
ssize_t write(int descriptor, const void* bytes, size_t size) {
  return stoa::registry::failing_write(descriptor, size,
                                       [&](size_t most) { return ::syscall(SYS_write, descriptor, bytes, most); });
}
ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t offset) {
  return stoa::registry::failing_write(
      descriptor, size, [&](size_t most) { return ::syscall(SYS_pwrite64, descriptor, bytes, most, offset); });
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  return pwrite(descriptor, bytes, size, offset);
}
int fsync(int descriptor) {
  if (stoa::registry::FailingCalls::is_due(descriptor)) return static_cast<int>(stoa::registry::FailingCalls::fail());
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}
int fdatasync(int descriptor) {
  if (stoa::registry::FailingCalls::is_due(descriptor)) return static_cast<int>(stoa::registry::FailingCalls::fail());
  return static_cast<int>(::syscall(SYS_fdatasync, descriptor));
}
}
