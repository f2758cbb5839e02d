// landlock.cpp: the rules, by path. SPDX-License-Identifier: Apache-2.0
#include "host/worker/landlock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <span>
#include <string>

#include "host/worker/descriptor.hpp"
#include "host/worker/sandbox_failure.hpp"

namespace stoa::worker {
namespace {

// The kernel's linux/landlock.h as of ABI 6. Debian 12 ships that of ABI 2, which runs on newer kernels too.
struct RulesetAttr {
  std::uint64_t handled_fs, handled_net, scoped;
};
struct [[gnu::packed]] PathBeneathAttr {
  std::uint64_t allowed;
  std::int32_t parent;
};
struct NetPortAttr {
  std::uint64_t allowed, port;
};
constexpr int kRulePathBeneath = 1, kRuleNetPort = 2;
constexpr unsigned kCreateRulesetVersion = 1;

constexpr std::uint64_t kWriteFile = 1u << 1, kReadFile = 1u << 2, kReadDir = 1u << 3, kRemoveDir = 1u << 4,
                        kRemoveFile = 1u << 5, kMakeDir = 1u << 7, kMakeReg = 1u << 8, kRefer = 1u << 13,
                        kTruncate = 1u << 14, kIoctlDev = 1u << 15;
constexpr std::uint64_t kFilesOfAbi1 = (1u << 13) - 1;
constexpr std::uint64_t kConnectTcp = 2;
constexpr std::uint64_t kTcp = 1 | kConnectTcp;  // bind, too
constexpr std::uint64_t kDnsPort = 53;
constexpr int kAbiOfPorts = 4;
constexpr std::uint64_t kSocketsAndSignals = 3;  // abstract Unix sockets, and signals, to processes outside
// What a rule on a file, not a folder, may hold.
constexpr std::uint64_t kOfFile = 1u | kWriteFile | kReadFile | kTruncate | kIoctlDev;

// Execute is granted nowhere: mapping a library needs reading only, and starting a program is refused anyway.
constexpr std::uint64_t kReadOnly = kReadFile | kReadDir;
// No links, sockets, pipes or devices: whoever empties the folder later must not be led elsewhere.
constexpr std::uint64_t kReadWrite =
    kReadOnly | kWriteFile | kTruncate | kRemoveDir | kRemoveFile | kMakeDir | kMakeReg | kRefer;
constexpr std::uint64_t kReadWriteDevice = kReadFile | kWriteFile | kIoctlDev;

struct SystemPath {
  const char* path;
  std::uint64_t access;
};

// Libraries, their loader's cache, and what a maths library asks to size its threads and choose its kernels.
constexpr SystemPath kSystemFiles[] = {
    {"/usr/lib", kReadOnly},
    {"/usr/lib64", kReadOnly},
    {"/lib", kReadOnly},
    {"/lib64", kReadOnly},
    {"/etc/ld.so.cache", kReadOnly},
    {"/proc/self", kReadOnly},  // binds to the process that asks: a ruleset made by the host would grant the host's
    {"/proc/cpuinfo", kReadOnly},
    {"/sys/devices/system/cpu", kReadOnly},
    {"/sys/devices/system/node", kReadOnly},
    {"/dev/null", kReadFile | kWriteFile},
    {"/dev/urandom", kReadFile},
};

constexpr SystemPath kNetworkFiles[] = {
    {"/etc/resolv.conf", kReadOnly},   {"/etc/hosts", kReadOnly},
    {"/etc/nsswitch.conf", kReadOnly}, {"/etc/gai.conf", kReadOnly},
    {"/etc/host.conf", kReadOnly},     {"/etc/services", kReadOnly},
    {"/etc/ssl/certs", kReadOnly},     {"/usr/share/ca-certificates", kReadOnly},
};

// From what others found missing: uvm-tools since driver 570, comm for cuInit (304 without), persistenced for NVML.
constexpr SystemPath kDeviceFiles[] = {
    {"/dev/nvidiactl", kReadWriteDevice},
    {"/dev/nvidia-uvm", kReadWriteDevice},
    {"/dev/nvidia-uvm-tools", kReadWriteDevice},
    {"/dev/nvidia-caps", kReadWriteDevice | kReadDir},
    {"/proc/driver/nvidia", kReadOnly},
    {"/proc/driver/nvidia-uvm", kReadOnly},
    {"/proc/devices", kReadOnly},
    {"/proc/modules", kReadOnly},
    {"/proc/self/task", kReadOnly | kWriteFile},
    {"/run/nvidia-persistenced", kReadOnly},
    {"/sys/bus/pci", kReadOnly},
    {"/sys/devices", kReadOnly},
    {"/sys/module/nvidia", kReadOnly},
};

// A ruleset that is being filled.
class PathRules {
 public:
  PathRules(int ruleset, std::uint64_t handled) : ruleset_(ruleset), handled_(handled) {}

  int ruleset() const { return ruleset_.get(); }

  Result<void> grant(const std::filesystem::path& path, std::uint64_t access) const {
    if (const int error = add(path.c_str(), access); error != 0)
      return sandbox_failure("landlock", "cannot grant " + path.string(), error);
    return {};
  }

  Result<void> grant(std::span<const SystemPath> paths) const {
    for (const auto& [path, access] : paths)
      if (const int error = add(path, access); error != 0 && error != ENOENT)
        return sandbox_failure("landlock", std::string("cannot grant ") + path, error);
    return {};
  }

  Result<void> grant_port(std::uint64_t port) const {
    const NetPortAttr rule{kConnectTcp, port};
    if (::syscall(SYS_landlock_add_rule, ruleset_.get(), kRuleNetPort, &rule, 0u) == 0) return {};
    return sandbox_failure("landlock", "cannot grant TCP port " + std::to_string(port), errno);
  }

 private:
  // 0 or an errno.
  int add(const char* path, std::uint64_t access) const {
    const Descriptor file(::open(path, O_PATH | O_CLOEXEC));
    struct stat status{};
    if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return errno;
    PathBeneathAttr rule{access & handled_, file.get()};
    if (!S_ISDIR(status.st_mode)) rule.allowed &= kOfFile;
    const long added = ::syscall(SYS_landlock_add_rule, ruleset_.get(), kRulePathBeneath, &rule, 0u);
    return added == 0 ? 0 : errno;
  }

  const Descriptor ruleset_;
  const std::uint64_t handled_;
};

Result<void> grant_all(const PathRules& rules, const SandboxPolicy& policy) {
  Result<void> granted = rules.grant(kSystemFiles);
  if (granted && (policy.network || limits_ports(policy))) granted = rules.grant(kNetworkFiles);
  if (granted && policy.devices) granted = rules.grant(kDeviceFiles);
  if (policy.devices)
    for (const std::uint32_t card : policy.cards)
      if (granted) granted = rules.grant("/dev/nvidia" + std::to_string(card), kReadWriteDevice);
  for (const auto& path : policy.readable)
    if (granted) granted = rules.grant(path, kReadOnly);
  if (granted && !policy.scratch.empty()) granted = rules.grant(policy.scratch, kReadWrite);
  if (limits_ports(policy)) {
    for (const std::uint64_t port : policy.tcp_ports)
      if (granted) granted = rules.grant_port(port);
    if (granted) granted = rules.grant_port(kDnsPort);
  }
  return granted;
}

}  // namespace

int landlock_abi() noexcept {
  const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, kCreateRulesetVersion);
  return version < 0 ? 0 : static_cast<int>(version);
}

Result<void> confine_files(const SandboxPolicy& policy) {
  const int abi = landlock_abi();
  if (abi < 1) return sandbox_failure("landlock", "this kernel has no Landlock, or it is switched off");
  if (limits_ports(policy) && abi < kAbiOfPorts)
    return sandbox_failure("landlock", "this kernel cannot hold a worker to TCP ports: its Landlock has ABI " +
                                           std::to_string(abi) + ", ports need ABI " + std::to_string(kAbiOfPorts));
  RulesetAttr attr{kFilesOfAbi1, 0, 0};
  if (abi >= 2) attr.handled_fs |= kRefer;
  if (abi >= 3) attr.handled_fs |= kTruncate;
  if (abi >= kAbiOfPorts && !policy.network) attr.handled_net = kTcp;
  if (abi >= 5) attr.handled_fs |= kIoctlDev;
  if (abi >= 6) attr.scoped = kSocketsAndSignals;
  // An older kernel knows a shorter structure; zeroes behind what it knows are fine with it.
  const long made = ::syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0u);
  if (made < 0) return sandbox_failure("landlock", "cannot make a ruleset for ABI " + std::to_string(abi), errno);
  const PathRules rules(static_cast<int>(made), attr.handled_fs);
  if (auto granted = grant_all(rules, policy); !granted) return granted;
  if (::syscall(SYS_landlock_restrict_self, rules.ruleset(), 0u) != 0)
    return sandbox_failure("landlock", "cannot enter the ruleset", errno);
  return {};
}

}  // namespace stoa::worker
