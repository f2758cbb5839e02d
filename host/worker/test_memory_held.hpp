// test_memory_held.hpp: the memory behind a decoded message. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "host/worker/wire.hpp"

namespace stoa::worker {

// Bytes of memory behind whatever visit names.
class MemoryHeld {
 public:
  // The most that a body may take, decoded or found to be bad: a string of no bytes has four of them on the wire and 32
  // in memory, and a vector that grows has room for twice as many.
  static constexpr std::size_t bytes_max(std::size_t body_bytes) { return 16 * body_bytes + 1024; }

  std::size_t bytes = 0;
  template <class... Ts>
  void operator()(Ts&... values) {
    (one(values), ...);
  }

 private:
  template <Plain T>
  void one(T&) {}
  void one(std::string& text) {
    if (text.capacity() > std::string().capacity()) bytes += text.capacity();
  }
  template <class T>
  void one(std::vector<T>& items) {
    bytes += items.capacity() * sizeof(T);
    if constexpr (!Plain<T>)
      for (T& item : items) one(item);
  }
  template <class T>
    requires requires(MemoryHeld& a, T& m) { visit(a, m); }
  void one(T& message) {
    visit(*this, message);
  }
};

}  // namespace stoa::worker
