// body_memory.cpp: an allocator that gives the budget back when the last owner lets go.
// SPDX-License-Identifier: Apache-2.0
#include "host/http/body_memory.hpp"

#include <array>
#include <new>

namespace stoa::http {
namespace {

// Bodies of a few kilobytes are most bodies, and too large for what malloc keeps at hand: a thread keeps some for the
// next ones.
class SpareBodies {
 public:
  ~SpareBodies() {
    has_ended_ = true;  // what the thread lets go of later is not kept
    while (count_ > 0) ::operator delete(kept_[--count_]);
  }
  static bool fits(std::size_t bytes) { return bytes > kBytes / 4 && bytes <= kBytes; }
  void* take() { return count_ > 0 ? kept_[--count_] : ::operator new(kBytes); }
  void give(void* memory) {
    if (count_ < kKeptMax && !has_ended_)
      kept_[count_++] = memory;
    else
      ::operator delete(memory);
  }

 private:
  static constexpr std::size_t kBytes = 4096, kKeptMax = 16;
  std::array<void*, kKeptMax> kept_;
  std::size_t count_ = 0;
  bool has_ended_ = false;
};

thread_local SpareBodies t_spare;

template <class T>
struct BudgetAllocator {
  using value_type = T;

  std::shared_ptr<BodyBudget> budget;
  std::size_t counted;  // what was taken from the budget for the one allocation this allocator makes

  BudgetAllocator(std::shared_ptr<BodyBudget> owner, std::size_t bytes) : budget(std::move(owner)), counted(bytes) {}
  template <class U>
  BudgetAllocator(const BudgetAllocator<U>& other) : budget(other.budget), counted(other.counted) {}

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    return static_cast<T*>(SpareBodies::fits(bytes) ? t_spare.take() : ::operator new(bytes));
  }
  void deallocate(T* memory, std::size_t count) {
    if (SpareBodies::fits(count * sizeof(T)))
      t_spare.give(memory);
    else
      ::operator delete(memory);
    budget->give(counted);
  }
  template <class U>
  bool operator==(const BudgetAllocator<U>&) const {
    return true;
  }
};

}  // namespace

std::shared_ptr<std::byte[]> allocate_body(const std::shared_ptr<BodyBudget>& budget, std::size_t bytes) {
  if (!budget->take(bytes)) return nullptr;
  try {
    return std::allocate_shared_for_overwrite<std::byte[]>(BudgetAllocator<std::byte>(budget, bytes), bytes);
  } catch (const std::bad_alloc&) {
    budget->give(bytes);
    return nullptr;
  }
}

std::shared_ptr<std::byte[]> charged(std::shared_ptr<BodyCharge> charge, std::shared_ptr<std::byte[]> memory) {
  std::byte* const begin = memory.get();
  return {begin, [charge = std::move(charge), memory = std::move(memory)](std::byte*) {}};
}

std::shared_ptr<std::byte[]> allocate_charged_body(std::shared_ptr<BodyCharge> charge, std::size_t bytes) {
  auto* memory = static_cast<std::byte*>(::operator new(bytes, std::nothrow));
  if (memory == nullptr) return nullptr;
  return {memory, [charge = std::move(charge)](std::byte* owned) { ::operator delete(owned); }};
}

}  // namespace stoa::http
