// name_policy_fuzz.cpp: any bytes as a new name and as a given one; what the rules promise must hold.
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <string_view>

#include "registry/names/name_policy.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const stoa::Result<stoa::registry::NameRuling>& ruling) {
  const auto& message = ruling ? ruling->message : ruling.error().message;
  for (const char c : message) require(c >= 0x20 && c < 0x7f);
  if (ruling) require((ruling->verdict == stoa::registry::NameVerdict::free) == ruling->reason.empty());
  if (!ruling) require(ruling.error().reason.starts_with("name."));
}

}  // namespace

// The first half is given, then the second is asked for; a name that was given is never free again.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace stoa::registry;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto given = text.substr(0, size / 2), asked = text.substr(size / 2);
  // A new index of namespaces costs a thousand times what a question costs, so only some inputs get one.
  static const NameIndex reserved(NameScope::namespaces);
  NameIndex index(size % 16 == 0 ? NameScope::namespaces : NameScope::plugins);
  if (index.judge(given)) {
    index.add(given);
    require(index.judge(given)->verdict == NameVerdict::taken);
  }
  check(index.judge(asked));
  check(reserved.judge(asked));
  return 0;
}
