// cpu_feature.cpp: the closed list. A word that is not in it would never fit, so a misspelt one has to be refused.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/cpu_feature.hpp"

namespace stoa::registry {
namespace {

// What libraries for models are compiled for beyond a level. Linux, arch/x86/include/asm/cpufeatures.h.
constexpr std::string_view kX86[] = {
    "x86-64-v1",   "x86-64-v2",   "x86-64-v3",   "x86-64-v4", "avx",      "f16c",     "fma",      "avx2",
    "bmi2",        "avx_vnni",    "avx512f",     "avx512bw",  "avx512cd", "avx512dq", "avx512vl", "avx512vbmi",
    "avx512_vnni", "avx512_bf16", "avx512_fp16", "amx_tile",  "amx_int8", "amx_bf16", "amx_fp16"};
// Linux, arch/arm64/kernel/cpuinfo.c.
constexpr std::string_view kArm[] = {"atomics", "asimdhp", "asimddp", "sve",    "sve2",
                                     "i8mm",    "bf16",    "svei8mm", "svebf16"};

}  // namespace

std::span<const std::string_view> cpu_features_of(std::string_view arch) {
  if (arch == "x86_64") return kX86;
  if (arch == "aarch64") return kArm;
  return {};
}

unsigned x86_64_level_of(std::string_view feature) {
  for (unsigned level = 1; level <= 4; ++level)
    if (feature == kX86[level - 1]) return level;
  return 0;
}

}  // namespace stoa::registry
