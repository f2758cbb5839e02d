// tried_keys.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/tried_keys.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace stoa::licensing {
namespace {

// Far more than a host has licences; who has more tries anew now and then.
constexpr std::size_t kTriedMax = 4'096;

}  // namespace

Result<void> TriedKeys::opens(const WrappedKey& wrapped, const WrappedFor& licence,
                              const std::function<Result<HostKey>()>& host) {
  const registry::Sha256 digest = registry::sha256_of(fmt::format(
      "{}\n{}\n{}\n{}\n{}", licence.licence.text, licence.serial, wrapped.content_key, wrapped.host, wrapped.wrapped));
  if (const auto known = tried_.find(digest); known != tried_.end()) return known->second;
  const auto key = host();
  if (!key) {
    Error error = key.error();
    if (error.code == Code::permission_denied) error.code = Code::unavailable;  // as of a file that we may not read
    return std::unexpected(std::move(error));
  }
  const auto opened = unwrap(wrapped, *key, licence);
  Result<void> verdict = opened ? Result<void>() : std::unexpected(opened.error());
  if (key->id() != wrapped.host) return verdict;
  if (tried_.size() >= kTriedMax) tried_.clear();
  tried_.emplace(digest, verdict);
  return verdict;
}

}  // namespace stoa::licensing
