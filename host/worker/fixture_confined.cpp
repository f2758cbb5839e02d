// fixture_confined.cpp: runs a program on a machine that offers less: `stoa_confined [--ordinary] [--container]
// [--no-landlock] -- program argument…`. SPDX-License-Identifier: Apache-2.0
// Exit status 77, which ctest takes for a skip: this user or this tree cannot do it.
#include <grp.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

constexpr int kSkip = 77;
constexpr uid_t kNobody = 65534;
constexpr std::uint64_t kNewUser = 0x10000000;  // CLONE_NEWUSER

[[noreturn]] void skip(const std::string& why) {
  std::printf("skipped: %s: %s\n", why.c_str(), std::strerror(errno));
  std::exit(kSkip);
}

// What Docker leaves to root in a container (its documentation, "Runtime privilege and Linux capabilities").
constexpr int kContainerCapabilities[] = {
    CAP_AUDIT_WRITE,      CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FOWNER,  CAP_FSETID, CAP_KILL,      CAP_MKNOD, CAP_NET_RAW,
    CAP_NET_BIND_SERVICE, CAP_SETFCAP, CAP_SETGID,       CAP_SETPCAP, CAP_SETUID, CAP_SYS_CHROOT};

// For the program: what is bounded now is gone when it starts.
void drop_capabilities() {
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    const bool is_kept = std::ranges::find(kContainerCapabilities, capability) != std::end(kContainerCapabilities);
    if (!is_kept && ::prctl(PR_CAPBSET_READ, capability) == 1 && ::prctl(PR_CAPBSET_DROP, capability) != 0)
      skip("cannot give up a capability");
  }
}

void be_ordinary() {
  if (::geteuid() != 0) return;
  if (::setgroups(0, nullptr) != 0 || ::setresgid(kNobody, kNobody, kNobody) != 0 ||
      ::setresuid(kNobody, kNobody, kNobody) != 0)
    skip("cannot become an ordinary user");
}

class Refusals {
 public:
  void refuse(int call, int error) { add(call, error, {}); }
  void refuse_flag(int call, std::uint64_t flag) { add(call, EPERM, {0, SCMP_CMP_MASKED_EQ, flag, flag}); }
  void enter() {
    if (seccomp_load(filter_) != 0) skip("cannot load a seccomp filter");
  }

 private:
  void add(int call, int error, scmp_arg_cmp condition) {
    const unsigned int conditions = condition.op == 0 ? 0 : 1;
    if (seccomp_rule_add_array(filter_, SCMP_ACT_ERRNO(static_cast<unsigned>(error)), call, conditions, &condition) !=
        0)
      skip("libseccomp does not know a call");
  }
  scmp_filter_ctx filter_ = seccomp_init(SCMP_ACT_ALLOW);
};

}  // namespace

int main(int argc, char** argv) {
  bool is_ordinary = false, is_container = false, has_no_landlock = false;
  int at = 1;
  for (; at < argc && std::string_view(argv[at]) != "--"; ++at) {
    const std::string_view option(argv[at]);
    is_ordinary |= option == "--ordinary";
    is_container |= option == "--container";
    has_no_landlock |= option == "--no-landlock";
  }
  if (at + 1 >= argc) return EXIT_FAILURE;
  Refusals refusals;
  if (is_container) {
    refusals.refuse_flag(SCMP_SYS(clone), kNewUser);
    refusals.refuse_flag(SCMP_SYS(unshare), kNewUser);
    refusals.refuse(SCMP_SYS(clone3), ENOSYS);  // a filter cannot see its flags; libc takes clone then
  }
  if (has_no_landlock)
    for (const int call :
         {SCMP_SYS(landlock_create_ruleset), SCMP_SYS(landlock_add_rule), SCMP_SYS(landlock_restrict_self)})
      refusals.refuse(call, ENOSYS);
  if (is_container && ::geteuid() == 0) drop_capabilities();
  if (is_ordinary) be_ordinary();
  refusals.enter();
  // Read by tests that hold the sandbox's own findings against it.
  ::setenv("STOA_LACKS", has_no_landlock ? "landlock" : is_container ? "namespaces" : "", 1);
  ::execv(argv[at + 1], argv + at + 1);
  skip(std::string("this user may not run ") + argv[at + 1]);
}
