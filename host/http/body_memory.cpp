// body_memory.cpp: an allocator that gives the budget back when the last owner lets go.
// SPDX-License-Identifier: Apache-2.0
#include "host/http/body_memory.hpp"

#include <new>

namespace stoa::http {
namespace {

template <class T>
struct BudgetAllocator {
  using value_type = T;

  std::shared_ptr<BodyBudget> budget;
  std::size_t counted;  // what was taken from the budget for the one allocation this allocator makes

  BudgetAllocator(std::shared_ptr<BodyBudget> owner, std::size_t bytes) : budget(std::move(owner)), counted(bytes) {}
  template <class U>
  BudgetAllocator(const BudgetAllocator<U>& other) : budget(other.budget), counted(other.counted) {}

  T* allocate(std::size_t count) { return static_cast<T*>(::operator new(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t) {
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
