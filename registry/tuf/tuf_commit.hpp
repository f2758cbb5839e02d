// tuf_commit.hpp: the next state of a repository before it is signed and written, and who can sign it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "registry/tuf/tuf_repository.hpp"

namespace stoa::registry {

// Roles here have the version and expiry of what they replace; committing gives them the next ones.
struct RepositoryDraft {
  std::vector<RootRole> judges;  // each file is signed for readers of every one of these
  std::map<std::string, std::optional<TargetsRole>> bins =
      {};  // nothing: as it is, signed anew (and not held in memory)
  std::optional<TargetsRole> targets = {};
  bool has_new_snapshot = false;
};

// Signatures by all signers whom one of the rules names. Reason: metadata.signers, where a rule's threshold is not
// reached.
Result<std::vector<MetadataSignature>> sign_bytes(std::string_view name, std::string_view bytes,
                                                  const std::vector<const RoleRule*>& rules, Signers signers);

template <class Role>
Result<Signed<Role>> sign_role(std::string_view name, const Role& role, const std::vector<const RoleRule*>& rules,
                               Signers signers) {
  auto bytes = signed_bytes_of(role);
  auto signatures = sign_bytes(name, bytes, rules, signers);
  if (!signatures) return std::unexpected(signatures.error());
  return Signed<Role>{role, std::move(bytes), std::move(*signatures)};
}

const Delegation& delegation_of(const TargetsRole& targets, const std::string& bin);  // Pre: it is one of them
std::string versioned_name(std::uint64_t version, std::string_view role);             // "3.bin-0a.json"

}  // namespace stoa::registry
