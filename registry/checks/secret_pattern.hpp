// secret_pattern.hpp: what a secret looks like, at one place of a text. Knows no files.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace stoa::registry {

enum class SecretKind : std::uint8_t {
  private_key,
  aws_key,
  google_key,
  azure_key,
  stripe_key,
  github_token,
  gitlab_token,
  slack_token,
  openai_key,
  anthropic_key,
  huggingface_token,
  package_index_token,
  sendgrid_key,
  stoa_key,
  assignment,  // password = "…" in a text: a suspicion, the others are certain
};

std::string_view name_of(SecretKind kind);  // "a private key"

struct SecretMatch {
  SecretKind kind;
  std::size_t length;  // of what was read to be sure: the search goes on behind it
};

// What a match reads at most, before and after its place.
inline constexpr std::size_t kSecretLookBehind = 80, kSecretLookAhead = 640;

// The next place from at on, and before end, where a secret may start; end, or at, where there is
// none. What all bytes cost.
std::size_t next_candidate(std::string_view text, std::size_t at, std::size_t end, bool is_text);

// A secret that starts at this place; where the text ends is taken for where the secret ends. is_text: assignments
// count.
std::optional<SecretMatch> secret_at(std::string_view text, std::size_t at, bool is_text);

}  // namespace stoa::registry
