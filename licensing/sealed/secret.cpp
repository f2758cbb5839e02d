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
  const std::lock_guard lock(core_mutex);
  if (--core_guards == 0) setrlimit(RLIMIT_CORE, &core_before);
}

}  // namespace stoa::licensing
