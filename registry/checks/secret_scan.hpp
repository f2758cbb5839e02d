// secret_scan.hpp: looks for keys and passwords that were packed by mistake, in a stream and in bounded memory.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "registry/checks/secret_pattern.hpp"
#include "registry/package/package_reader.hpp"

namespace stoa::registry {

struct SecretFinding {
  std::string entry;
  std::uint64_t offset = 0;  // of its first byte; of an assignment: of its '=' or ':'
  SecretKind kind = SecretKind::private_key;
};

// Where secrets are, never what they are. It finds mistakes, not an author's intent: a secret that is compressed or
// encoded stays hidden.
struct SecretReport {
  static constexpr std::size_t kKept = 32;
  // The first ones; where there are too many, a certain one takes the place of a suspicion.
  std::vector<SecretFinding> findings;
  std::uint64_t count = 0, certain_count = 0;

  void add(SecretFinding finding);
};

// One entry, fed in pieces of any size; the result does not depend on where they end. Lifetime: report outlives it.
class SecretScanner {
 public:
  SecretScanner(std::string entry, SecretReport& report) : entry_(std::move(entry)), report_(report) {}
  void feed(std::string_view bytes);
  void finish();

 private:
  void search(std::size_t end);

  std::string entry_;
  SecretReport& report_;
  std::string window_;        // what is not searched yet, behind a little that is
  std::size_t searched_ = 0;  // of window_
  std::uint64_t offset_ = 0;  // of window_ in the entry
  bool is_text_ = false, is_begun_ = false;
};

// Manifest, libraries and assets. Reads in pieces of 1 MiB. Errors: file.*.
Result<SecretReport> scan_for_secrets(const Package& package);

}  // namespace stoa::registry
