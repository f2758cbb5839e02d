// feed_rotation.cpp: the new keys are durable before a root names them. SPDX-License-Identifier: Apache-2.0
#include "registry/feed/feed_rotation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "registry/feed/feed_keys.hpp"
#include "registry/signature/key_file.hpp"
#include "registry/tuf/tuf_repository.hpp"

namespace stoa::registry {
namespace {

constexpr unsigned kNewKeysMax = 16;

std::optional<SigningRule>* slot_of(RotatedRules& rules, std::string_view role) {
  if (role == "root") return &rules.root;
  if (role == "targets") return &rules.targets;
  if (role == "snapshot") return &rules.snapshot;
  if (role == "timestamp") return &rules.timestamp;
  return role == "releases" ? &rules.releases : nullptr;
}

std::set<TufKeyId> keys_that_count(const TufRepository& repository) {
  std::set<TufKeyId> ids;
  for (const auto& [id, key] : repository.root().keys) ids.insert(id);
  for (const auto& [id, key] : repository.targets().delegated_keys) ids.insert(id);
  return ids;
}

}  // namespace

Result<Rotation> rotate_feed_keys(const RotationOrder& order, TufTime now) {
  RotatedRules rules;
  std::optional<SigningRule>* const slot = slot_of(rules, order.role);
  if (!slot)
    return failure(Code::invalid_argument, "rotation.role",
                   fmt::format("'{}' is no role: want root, targets, snapshot, timestamp or releases", order.role));
  if (order.new_keys == 0 || order.new_keys > kNewKeysMax || order.threshold == 0 || order.threshold > order.new_keys)
    return failure(Code::invalid_argument, "rotation.keys",
                   fmt::format("{} of {} new keys to sign: want 1 to {} keys, and no more to sign than there are",
                               order.threshold, order.new_keys, kNewKeysMax));
  auto repository = TufRepository::open(order.folder / "metadata", {});
  if (!repository) return std::unexpected(repository.error());
  auto files = feed_key_files(order.folder / "keys");
  if (!files) return std::unexpected(files.error());
  files->insert(files->end(), order.key_files.begin(), order.key_files.end());
  auto keys = read_key_files(*files);
  if (!keys) return std::unexpected(keys.error());

  Rotation rotation;
  SigningRule rule{.keys = {}, .threshold = order.threshold};
  for (unsigned i = 1; i <= order.new_keys; ++i) {
    keys->push_back(PrivateKey::generate());
    rule.keys.push_back(keys->back().public_key());
    rotation.made.push_back(order.folder / "keys" /
                            fmt::format("{}-{}-{}.pem", order.role, repository->root().version + 1, i));
  }
  const auto forget = [&] {
    std::error_code ignored;
    for (const auto& file : rotation.made) std::filesystem::remove(file, ignored);
  };
  *slot = rule;
  for (unsigned i = 0; i < order.new_keys; ++i)
    if (auto kept = keep_private_key(rotation.made[i], (*keys)[files->size() + i]); !kept) {
      forget();
      return std::unexpected(kept.error());
    }
  std::vector<const PrivateKey*> signers;
  for (const PrivateKey& key : *keys) signers.push_back(&key);
  const std::uint64_t before = repository->root().version;
  if (auto done = repository->rotate(rules, signers, now); !done) {
    if (repository->root().version == before) forget();
    return std::unexpected(done.error());
  }
  rotation.root_version = repository->root().version;
  const auto counts = keys_that_count(*repository);
  for (std::size_t i = 0; i < files->size(); ++i)
    if (!counts.contains(tuf_key_id((*keys)[i].public_key()))) rotation.expired.push_back((*files)[i]);
  return rotation;
}

}  // namespace stoa::registry
