// feed_target.hpp: a release and an alias as targets of signed metadata, and back: the words others follow.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "registry/catalogue/public_store.hpp"
#include "registry/tuf/metadata.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

inline constexpr std::string_view kReleaseEnding = ".stoa", kAliasEnding = ".alias", kRolloutEnding = ".rollout",
                                  kVerdictEnding = ".verdict";

// "acme/vision/1.2.0.stoa", whose bytes are the package. Facts: id, state, listed, models, published_ms, cool_until_ms,
// key. A text of more than 1024 bytes goes on in "models.1", "models.2" and so on.
std::string path_of(const PublicRelease& release);
Target target_of(const PublicRelease& release);
// The state alone may change under a path, and what goes with it: other bytes are another release.
Result<PublicRelease> release_of(std::string_view path, const Target& target);

// "acme/classify/champion.alias", whose bytes are a line with its name and never change; where it points is a fact.
std::string path_of(const AliasRecord& alias);
Target target_of(const AliasRecord& alias);
Result<AliasRecord> alias_of(std::string_view path, const Target& target);

// "acme/classify/roll_ID.rollout": the public part of a roll-out under way.
std::string path_of(const RolloutRecord& rollout);
Target target_of(const RolloutRecord& rollout);
Result<RolloutRecord> rollout_of(std::string_view path, const Target& target);

// "acme/classify/1.2.0.verdict".
std::string path_of(const VerdictRecord& verdict);
Target target_of(const VerdictRecord& verdict);
Result<VerdictRecord> verdict_of(std::string_view path, const Target& target);

// The bytes of a target that is no release: "acme/classify@champion\n" of "acme/classify/champion.alias". Empty: the
// path is none of such a one.
std::string label_text(std::string_view path);

// Errors: data_loss "feed.fact" with the path, the fact and what is wrong with it: only target_of() writes one.

}  // namespace stoa::registry
