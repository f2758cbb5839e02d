// sandbox_probe.cpp: the tiers, and which of them this machine can hold. SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>

#include "host/worker/landlock.hpp"
#include "host/worker/namespaces.hpp"
#include "host/worker/sandbox.hpp"
#include "host/worker/sandbox_failure.hpp"
#include "host/worker/seccomp_filter.hpp"

namespace stoa::worker {
namespace {

constexpr std::array<std::string_view, 4> kNames = {"T0", "T1", "T2", "T2n"};

}  // namespace

std::string_view name_of(Tier tier) noexcept { return kNames[static_cast<std::size_t>(tier)]; }

Result<Tier> parse_tier(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found != kNames.end()) return static_cast<Tier>(found - kNames.begin());
  return failure(Code::invalid_argument, "sandbox.tier",
                 "isolation tier is \"" + std::string(name) + "\", T0, T1, T2 or T2n are possible");
}

SandboxSupport probe_sandbox() {
  SandboxSupport support;
  support.landlock_abi = landlock_abi();
  support.has_seccomp = has_seccomp();
  support.has_user_namespaces = can_make_namespaces();
  support.is_root = ::geteuid() == 0;
  return support;
}

Tier best_tier(const SandboxSupport& support) noexcept {
  if (support.landlock_abi < 1 || !support.has_seccomp) return Tier::t1;
  return support.has_user_namespaces ? Tier::t2n : Tier::t2;
}

}  // namespace stoa::worker
