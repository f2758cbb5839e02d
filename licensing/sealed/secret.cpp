// secret.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/secret.hpp"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

#include "registry/document/id.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kPageBytes = 4096;

constinit std::mutex core_mutex;
constinit int core_guards = 0;       // Lock: core_mutex
constinit rlimit core_before{0, 0};  // Lock: core_mutex; as it was before the first

// A key passes through vector registers (copies, ciphers), and lies in them for as long as nothing else is computed
// there: in a thread that waits, until the process ends. A core dump has the registers of every thread.
#if defined(__x86_64__)
__attribute__((target("avx"))) void wipe_low_registers() {
  asm volatile("vzeroall" ::
                   : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                     "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

__attribute__((target("avx512f"))) void wipe_high_registers() {
  asm volatile(
      "vpxord %%zmm16, %%zmm16, %%zmm16\n vpxord %%zmm17, %%zmm17, %%zmm17\n vpxord %%zmm18, %%zmm18, %%zmm18\n"
      "vpxord %%zmm19, %%zmm19, %%zmm19\n vpxord %%zmm20, %%zmm20, %%zmm20\n vpxord %%zmm21, %%zmm21, %%zmm21\n"
      "vpxord %%zmm22, %%zmm22, %%zmm22\n vpxord %%zmm23, %%zmm23, %%zmm23\n vpxord %%zmm24, %%zmm24, %%zmm24\n"
      "vpxord %%zmm25, %%zmm25, %%zmm25\n vpxord %%zmm26, %%zmm26, %%zmm26\n vpxord %%zmm27, %%zmm27, %%zmm27\n"
      "vpxord %%zmm28, %%zmm28, %%zmm28\n vpxord %%zmm29, %%zmm29, %%zmm29\n vpxord %%zmm30, %%zmm30, %%zmm30\n"
      "vpxord %%zmm31, %%zmm31, %%zmm31" ::
          : "memory", "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm24", "xmm25", "xmm26",
            "xmm27", "xmm28", "xmm29", "xmm30", "xmm31");
}

// None of them is kept for the caller across a call (System V ABI), and nothing is inlined here that could use them.
[[gnu::noinline]] void wipe_registers() {
  if (__builtin_cpu_supports("avx512f")) wipe_high_registers();
  if (__builtin_cpu_supports("avx"))
    wipe_low_registers();
  else
    asm volatile(
        "pxor %%xmm0, %%xmm0\n pxor %%xmm1, %%xmm1\n pxor %%xmm2, %%xmm2\n pxor %%xmm3, %%xmm3\n"
        "pxor %%xmm4, %%xmm4\n pxor %%xmm5, %%xmm5\n pxor %%xmm6, %%xmm6\n pxor %%xmm7, %%xmm7\n"
        "pxor %%xmm8, %%xmm8\n pxor %%xmm9, %%xmm9\n pxor %%xmm10, %%xmm10\n pxor %%xmm11, %%xmm11\n"
        "pxor %%xmm12, %%xmm12\n pxor %%xmm13, %%xmm13\n pxor %%xmm14, %%xmm14\n pxor %%xmm15, %%xmm15" ::
            : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
              "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}
#else
// Elsewhere, those that no call has to keep.
[[gnu::noinline]] void wipe_registers() {
#if defined(__aarch64__)
  asm volatile(
      "movi v0.2d, #0\n movi v1.2d, #0\n movi v2.2d, #0\n movi v3.2d, #0\n movi v4.2d, #0\n movi v5.2d, #0\n"
      "movi v6.2d, #0\n movi v7.2d, #0\n movi v16.2d, #0\n movi v17.2d, #0\n movi v18.2d, #0\n movi v19.2d, #0\n"
      "movi v20.2d, #0\n movi v21.2d, #0\n movi v22.2d, #0\n movi v23.2d, #0\n movi v24.2d, #0\n movi v25.2d, #0\n"
      "movi v26.2d, #0\n movi v27.2d, #0\n movi v28.2d, #0\n movi v29.2d, #0\n movi v30.2d, #0\n movi v31.2d, #0" ::
          : "memory", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16", "v17", "v18", "v19", "v20", "v21", "v22",
            "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31");
#endif
}
#endif

}  // namespace

Secret::Secret() {
  void* page = mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) throw std::bad_alloc();
  madvise(page, kPageBytes, MADV_DONTDUMP);
  madvise(page, kPageBytes, MADV_WIPEONFORK);
  mlock(page, kPageBytes);  // not allowed everywhere; then it may be swapped (docs: encrypted weights)
  page_ = static_cast<std::uint8_t*>(page);
}

Secret Secret::random() {
  Secret secret;
  registry::fill_random(secret.bytes());
  return secret;
}

Secret::Secret(Secret&& other) noexcept : page_(std::exchange(other.page_, nullptr)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(page_, other.page_);
  return *this;
}

Secret::~Secret() {
  if (page_ == nullptr) return;
  OPENSSL_cleanse(page_, kBytes);
  munmap(page_, kPageBytes);
  wipe_registers();
}

NoCoreDump::NoCoreDump() {
  const std::lock_guard lock(core_mutex);
  if (core_guards++ > 0) return;
  if (getrlimit(RLIMIT_CORE, &core_before) != 0) return;
  const rlimit none{std::min<rlim_t>(1, core_before.rlim_max), core_before.rlim_max};
  setrlimit(RLIMIT_CORE, &none);
}

NoCoreDump::NoCoreDump(NoCoreDump&& other) noexcept : counts_(std::exchange(other.counts_, false)) {}

NoCoreDump::~NoCoreDump() {
  if (!counts_) return;
  wipe_registers();  // before a dump is possible again
  const std::lock_guard lock(core_mutex);
  if (--core_guards == 0) setrlimit(RLIMIT_CORE, &core_before);
}

}  // namespace stoa::licensing
