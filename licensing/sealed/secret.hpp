// secret.hpp: 32 secret bytes in a page of their own: in no core dump, in no swap where that is allowed, wiped.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>

namespace stoa::licensing {

// With it the vector registers of the thread that drops it are wiped. Never copied: a copy would be one more place. A
// child that is forked finds zeros.
class Secret {
 public:
  static constexpr std::size_t kBytes = 32;

  Secret();  // zeros; without memory it throws
  static Secret random();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  std::span<std::uint8_t, kBytes> bytes() { return std::span<std::uint8_t, kBytes>(page_, kBytes); }
  std::span<const std::uint8_t, kBytes> bytes() const { return std::span<const std::uint8_t, kBytes>(page_, kBytes); }

 private:
  std::uint8_t* page_ = nullptr;
};

// While one lives, this process leaves no core dump: OpenSSL keeps what it makes of a key in memory that we cannot
// mark. Counted, so that two may overlap. Rationale: a limit of 1 byte stops dumps to a file and to a program alike
// (core(5): 0 does not stop the latter), and, unlike PR_SET_DUMPABLE, takes /proc/self from nobody.
class NoCoreDump {
 public:
  NoCoreDump();
  NoCoreDump(NoCoreDump&& other) noexcept;
  NoCoreDump& operator=(NoCoreDump&&) = delete;
  ~NoCoreDump();

 private:
  bool counts_ = true;
};

}  // namespace stoa::licensing
