// model_reference.hpp: what a caller writes to name a model: publisher/model, and after an @ which release of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <variant>

#include "registry/versions/version_range.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct Latest {};  // nothing, or "latest"
struct AliasName {
  std::string text;
};
// "1.2.3" is a VersionKey; "v1.2.3", "=1.2.3" and everything else that npm reads as a range is a VersionRange.
using ReleaseSelector = std::variant<Latest, VersionKey, VersionRange, AliasName>;

struct ModelReference {
  std::string model;     // "acme/classify"
  std::string selected;  // what stood behind the @, for messages; empty where nothing did
  ReleaseSelector selector;
};

// "acme/classify", "acme/classify@1.2.3", "…@^1.2", "…@champion". Error: invalid_argument "reference.syntax" (the
// name), "range.syntax" or "alias.syntax" (what stands behind the @).
Result<ModelReference> parse_model_reference(std::string_view text);

// The part behind the @ alone, as a path of the HTTP API has it. An empty one is refused: "reference.syntax".
Result<ReleaseSelector> parse_release_selector(std::string_view text);

// a-z, 0-9, inner - and _, a letter first, 64 characters at most. Invariant: no alias reads as a version or a range,
// for a program or for a person: not "x", not "v1", not "v2-next"; and "latest" has its meaning already.
bool is_alias_name(std::string_view text);

}  // namespace stoa::registry
