// release_facts.hpp: what of a manifest decides where a release can run and what it answers to.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "registry/package/manifest.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct PlatformFacts {
  std::string os, arch, libc, libc_min;  // as in PlatformDeclaration
  friend bool operator==(const PlatformFacts&, const PlatformFacts&) = default;
};

struct ReleaseFacts {
  std::vector<std::string> models;  // "acme/image-classify"
  std::vector<PlatformFacts> platforms;
  std::vector<std::string> permissions;  // "device:cuda"
  std::string min_isolation;             // empty: the operator's word
  std::uint32_t abi_min = 1, abi_max = 1;
  friend bool operator==(const ReleaseFacts&, const ReleaseFacts&) = default;
};

ReleaseFacts facts_of(const Manifest& manifest);

// One line each, words parted by spaces, which no value can contain: "platform linux x86_64 glibc 2.36". Releases with
// the same facts have the same text, so that the catalogue keeps it once.
std::string text_of(const ReleaseFacts& facts);
// Error: data_loss "facts.syntax": only text_of() writes one.
Result<ReleaseFacts> parse_facts(std::string_view text);

}  // namespace stoa::registry
