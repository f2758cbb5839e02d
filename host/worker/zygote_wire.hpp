// zygote_wire.hpp: what the host asks a zygote. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace stoa::worker {

// One message each, with descriptors: the start channel's end, then what LaunchSpec calls descriptors, then the output.
// Behind it the arguments, each with a NUL. Both sides are the same program and trust each other.
struct ForkRequest {
  uid_t uid;
  gid_t gid;
  bool is_namespaced, has_network;
};

inline constexpr std::size_t kDescriptorsSentMax = 253;  // SCM_MAX_FD, the kernel's
inline constexpr std::size_t kRequestBytesMax = 4096;    // with its arguments: they are ours, and short
inline constexpr std::size_t kComplaintBytesMax = 1024;  // of a zygote, before it ends
inline constexpr int kZygoteChannel = 3;                 // its number in the zygote

}  // namespace stoa::worker
