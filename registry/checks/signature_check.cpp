// signature_check.cpp: who signed, whether that key counted then, and whether it may speak for the one who hands it in.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "registry/checks/step.hpp"

namespace stoa::registry {
namespace {

std::string at(std::int64_t ms) { return std::to_string(ms) + " ms of Unix time"; }

// The one that speaks for the publisher, else any: a key may be registered for several.
const SubmissionKey* find_key(const Submission& submission, const KeyId& id) {
  const SubmissionKey* found = nullptr;
  for (const auto& key : submission.keys) {
    if (key.key.id() != id) continue;
    if (key.publisher == submission.publisher || key.publisher == kAnyPublisher) return &key;
    found = &key;
  }
  return found;
}

}  // namespace

Finding check_signature(const Submission& submission, const Package& package) {
  const auto& signature = package.signature();
  if (signature.state == SignatureState::absent) return failed("signature.missing", "package is not signed");
  const auto* key = find_key(submission, signature.key_id);
  if (!key || signature.state == SignatureState::unknown_key)
    return failed("signature.unknown_key", "key " + signature.key_id.hex + " is not known here");
  if (key->publisher != submission.publisher && key->publisher != kAnyPublisher)
    return failed("signature.other_publisher", "key " + signature.key_id.hex + " is of '" + key->publisher +
                                                   "', not of '" + submission.publisher + "'");
  if (!key->may_sign_releases)
    return failed("signature.key_role", "key " + signature.key_id.hex + " may not sign releases");
  const auto seen = submission.received_ms;
  if (seen < key->valid_from_ms)
    return failed("signature.key_not_yet_valid",
                  "key counts from " + at(key->valid_from_ms) + " on, the package came at " + at(seen));
  if (key->revoked_from_ms && seen >= *key->revoked_from_ms)
    return failed("signature.key_revoked",
                  "key is revoked from " + at(*key->revoked_from_ms) + " on, the package came at " + at(seen));
  if (key->valid_until_ms && seen >= *key->valid_until_ms)
    return failed("signature.key_expired",
                  "key counted until " + at(*key->valid_until_ms) + ", the package came at " + at(seen));
  if (key->revoked_from_ms && submission.now_ms >= *key->revoked_from_ms)
    return warned("signature.key_revoked_since",
                  "key is revoked from " + at(*key->revoked_from_ms) + " on; the package came before, at " + at(seen));
  return passed("signed by key " + signature.key_id.hex + " of '" + key->publisher + "'");
}

}  // namespace stoa::registry
