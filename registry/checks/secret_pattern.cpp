// secret_pattern.cpp: prefixes that their makers chose for scanners like this one, PEM, and assignments. What keeps
// false alarms low: an exact length, a boundary in front, and characters that look drawn by chance.
// SPDX-License-Identifier: Apache-2.0
#include "registry/checks/secret_pattern.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace stoa::registry {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_alnum(char c) { return is_digit(c) || is_lower(c) || is_upper(c); }
bool is_base32(char c) { return is_upper(c) || (c >= '2' && c <= '7'); }
bool is_lower_alnum(char c) { return is_digit(c) || is_lower(c); }
bool is_base64(char c) { return is_alnum(c) || c == '+' || c == '/'; }
bool is_base64url(char c) { return is_alnum(c) || c == '-' || c == '_'; }
bool is_dotted(char c) { return is_base64url(c) || c == '.'; }
bool is_path(char c) { return is_alnum(c) || c == '/'; }

struct TokenPattern {
  std::string_view prefix;
  bool (*is_part)(char);
  std::size_t min, max;  // characters behind the prefix
  SecretKind kind;
  std::string_view infix = {};  // stands somewhere behind the prefix
};

// Sources: the makers' own documentation of their tokens' forms.
constexpr TokenPattern kTokens[] = {
    {"AKIA", is_base32, 16, 16, SecretKind::aws_key},
    {"ASIA", is_base32, 16, 16, SecretKind::aws_key},
    {"AIza", is_base64url, 35, 35, SecretKind::google_key},
    {"GOCSPX-", is_base64url, 28, 28, SecretKind::google_key},
    {"ya29.", is_base64url, 60, 512, SecretKind::google_key},
    {"AccountKey=", is_base64, 86, 86, SecretKind::azure_key},
    {"sk_live_", is_alnum, 16, 256, SecretKind::stripe_key},
    {"rk_live_", is_alnum, 16, 256, SecretKind::stripe_key},
    {"sk_test_", is_alnum, 16, 256, SecretKind::stripe_key},
    {"whsec_", is_alnum, 24, 64, SecretKind::stripe_key},
    {"ghp_", is_alnum, 36, 36, SecretKind::github_token},
    {"gho_", is_alnum, 36, 36, SecretKind::github_token},
    {"ghu_", is_alnum, 36, 36, SecretKind::github_token},
    {"ghs_", is_alnum, 36, 36, SecretKind::github_token},
    {"ghr_", is_alnum, 36, 76, SecretKind::github_token},
    {"github_pat_", is_base64url, 82, 82, SecretKind::github_token},
    {"glpat-", is_base64url, 20, 64, SecretKind::gitlab_token},
    {"xoxb-", is_base64url, 24, 200, SecretKind::slack_token},
    {"xoxa-", is_base64url, 24, 200, SecretKind::slack_token},
    {"xoxp-", is_base64url, 24, 200, SecretKind::slack_token},
    {"xoxr-", is_base64url, 24, 200, SecretKind::slack_token},
    {"xoxs-", is_base64url, 24, 200, SecretKind::slack_token},
    {"xapp-", is_base64url, 40, 200, SecretKind::slack_token},
    {"hooks.slack.com/services/T", is_path, 40, 80, SecretKind::slack_token, "/B"},
    {"sk-ant-", is_base64url, 40, 256, SecretKind::anthropic_key},
    {"sk-proj-", is_base64url, 40, 256, SecretKind::openai_key},
    {"sk-svcacct-", is_base64url, 40, 256, SecretKind::openai_key},
    {"sk-or-v1-", is_alnum, 64, 64, SecretKind::openai_key},
    {"sk-", is_alnum, 32, 64, SecretKind::openai_key},
    {"hf_", is_alnum, 34, 40, SecretKind::huggingface_token},
    {"npm_", is_alnum, 36, 36, SecretKind::package_index_token},
    {"pypi-AgEIcHlwaS5vcmc", is_base64url, 50, 512, SecretKind::package_index_token},
    {"SG.", is_dotted, 66, 66, SecretKind::sendgrid_key, "."},
    {"stoa_op_", is_lower_alnum, 38, 38, SecretKind::stoa_key},
    {"stoa_pub_", is_lower_alnum, 38, 38, SecretKind::stoa_key},
    {"sk_", is_lower_alnum, 24, 64, SecretKind::stoa_key},
};

// The last word of a name that a secret is given to: "db_password", "apiKey".
constexpr std::string_view kSecretNames[] = {
    "password",     "passwd",      "secret",        "api_key",       "api-key",        "apikey",     "secret_key",
    "secretkey",    "access_key",  "accesskey",     "private_key",   "privatekey",     "auth_token", "authtoken",
    "access_token", "accesstoken", "refresh_token", "client_secret", "secretaccesskey"};

// The pairs of bytes that a secret may start with, in binaries and in texts: one load for every byte of a package.
struct Starts {
  std::array<bool, 65'536> binary{}, text{};
  constexpr Starts() {
    add("--");  // PEM
    for (const auto& token : kTokens) add(token.prefix);
    for (const unsigned assigns : {'=', ':'})
      for (unsigned second = 0; second < 256; ++second) text[assigns << 8 | second] = true;
  }
  constexpr void add(std::string_view prefix) {
    const auto first = static_cast<unsigned char>(prefix[0]), second = static_cast<unsigned char>(prefix[1]);
    binary[first << 8 | second] = text[first << 8 | second] = true;
  }
};
constexpr Starts kStarts;

char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = to_lower(c);
  return out;
}

// Words of documentation, and rows of neighbours ("abcdef", "123456", "aaaaaa"), which chance does not draw.
bool is_placeholder(std::string_view value) {
  const auto low = lowered(value);
  for (const std::string_view word :
       {"example", "placeholder", "changeme", "your", "redacted", "dummy", "xxxx", "insert", "sample"})
    if (low.find(word) != std::string::npos) return true;
  std::size_t rising = 1, same = 1;
  for (std::size_t i = 1; i < low.size(); ++i) {
    rising = low[i] == low[i - 1] + 1 ? rising + 1 : 1;
    same = low[i] == low[i - 1] ? same + 1 : 1;
    if (rising == 6 || same == 6) return true;
  }
  return false;
}

double bits_per_character(std::string_view text) {
  std::array<std::size_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<unsigned char>(c)];
  double bits = 0;
  for (const auto count : counts)
    if (count > 0)
      bits -= static_cast<double>(count) * std::log2(static_cast<double>(count) / static_cast<double>(text.size()));
  return bits / static_cast<double>(text.size());
}

// Drawn by chance: of digits, small and capital letters at least two kinds occur, and so many different characters that
// each tells bits_min bits. 16 characters out of 16 tell 3.2 on average, English words of that length 3 and less.
bool looks_random(std::string_view value, double bits_min) {
  const int kinds = std::ranges::any_of(value, is_digit) + std::ranges::any_of(value, is_lower) +
                    std::ranges::any_of(value, is_upper);
  return kinds >= 2 && bits_per_character(value) >= bits_min && !is_placeholder(value);
}

std::string_view run_of(std::string_view text, bool (*is_part)(char)) {
  return text.substr(0, static_cast<std::size_t>(std::ranges::find_if_not(text, is_part) - text.begin()));
}

std::optional<SecretMatch> token_at(std::string_view text, std::size_t at) {
  if (at > 0 && is_base64url(text[at - 1])) return std::nullopt;  // inside a word or a longer code
  const auto rest = text.substr(at, kSecretLookAhead);
  for (const auto& token : kTokens) {
    if (!rest.starts_with(token.prefix)) continue;
    const auto value = run_of(rest.substr(token.prefix.size()), token.is_part);
    if (value.size() < token.min || value.size() > token.max || value.find(token.infix) == std::string_view::npos)
      continue;
    const auto end = token.prefix.size() + value.size();
    if (end < rest.size() && is_base64url(rest[end])) continue;  // goes on in other characters: something else
    if (!looks_random(value, token.is_part == is_base32 ? 2.5 : 3.0)) continue;
    return SecretMatch{token.kind, end};
  }
  return std::nullopt;
}

// A PEM header with a body behind it: the header alone stands in every library that reads keys.
std::optional<SecretMatch> private_key_at(std::string_view text, std::size_t at) {
  constexpr std::string_view kBegin = "-----BEGIN ", kDashes = "-----";
  constexpr std::size_t kBodyMin = 48;  // an Ed25519 key has 64
  auto rest = text.substr(at, kSecretLookAhead);
  if (!rest.starts_with(kBegin)) return std::nullopt;
  const auto end = rest.find(kDashes, kBegin.size());
  if (end == std::string_view::npos || end > 64) return std::nullopt;
  const auto label = rest.substr(kBegin.size(), end - kBegin.size());
  if (!label.ends_with("PRIVATE KEY") && !label.ends_with("PRIVATE KEY BLOCK")) return std::nullopt;
  std::string body;
  for (std::size_t i = end + kDashes.size(); i < rest.size() && body.size() < kBodyMin; ++i) {
    if (is_base64(rest[i])) {
      body += rest[i];
    } else if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == 'n' || rest[i + 1] == 'r')) {
      ++i;                        // a line break in JSON or in source code
    } else if (rest[i] == ':') {  // "Proc-Type: 4,ENCRYPTED": not yet the body
      const auto line = std::min(rest.find('\n', i), rest.find("\\n", i));
      if (line == std::string_view::npos) return std::nullopt;
      body.clear();
      i = rest[line] == '\n' ? line : line + 1;
    } else if (std::string_view(" \t\r\n\"'+,-").find(rest[i]) == std::string_view::npos) {
      return std::nullopt;
    }
  }
  if (body.size() < kBodyMin || bits_per_character(body) < 3.5) return std::nullopt;
  return SecretMatch{SecretKind::private_key, end};
}

bool names_a_secret(std::string_view before) {
  while (!before.empty() && (before.back() == ' ' || before.back() == '"' || before.back() == '\''))
    before.remove_suffix(1);
  return std::ranges::any_of(kSecretNames, [&](std::string_view word) {
    return before.size() >= word.size() &&
           std::ranges::equal(before.substr(before.size() - word.size()), word, {}, to_lower);
  });
}

// at: the '=' or ':' between a telling name and a value with the look of chance, in quotes or up to the line's end.
std::optional<SecretMatch> assignment_at(std::string_view text, std::size_t at) {
  const auto behind = std::min(at, kSecretLookBehind);
  if (!names_a_secret(text.substr(at - behind, behind))) return std::nullopt;
  auto rest = text.substr(at + 1, kSecretLookAhead - 1);
  const auto skip = std::min(rest.find_first_not_of(" \t\"'=>"), rest.size());
  if (skip > 8) return std::nullopt;  // and what is read from there on stays within kSecretLookAhead
  rest.remove_prefix(skip);
  const auto value = run_of(rest, [](char c) { return is_base64(c) || c == '-' || c == '_' || c == '.' || c == '~'; });
  if (value.size() < 16 || value.size() > 256 || value.front() == '/' || value.front() == '.') return std::nullopt;
  auto end = rest.substr(value.size());
  while (end.starts_with('=')) end.remove_prefix(1);  // base64's padding
  if (!end.empty() && std::string_view("\"' \t\r\n,;}])").find(end.front()) == std::string_view::npos)
    return std::nullopt;
  if (token_at(text, at + 1 + skip)) return std::nullopt;  // certain, and found where it starts
  // Names and class names have capitals, but seldom a digit.
  if (!std::ranges::any_of(value, is_digit) || !looks_random(value, 3.2)) return std::nullopt;
  return SecretMatch{SecretKind::assignment, 1 + skip + value.size()};
}

}  // namespace

std::string_view name_of(SecretKind kind) {
  switch (kind) {
    case SecretKind::private_key:
      return "a private key";
    case SecretKind::aws_key:
      return "an AWS access key";
    case SecretKind::google_key:
      return "a Google key";
    case SecretKind::azure_key:
      return "an Azure storage key";
    case SecretKind::stripe_key:
      return "a Stripe key";
    case SecretKind::github_token:
      return "a GitHub token";
    case SecretKind::gitlab_token:
      return "a GitLab token";
    case SecretKind::slack_token:
      return "a Slack token";
    case SecretKind::openai_key:
      return "an OpenAI key";
    case SecretKind::anthropic_key:
      return "an Anthropic key";
    case SecretKind::huggingface_token:
      return "a Hugging Face token";
    case SecretKind::package_index_token:
      return "a package index token";
    case SecretKind::sendgrid_key:
      return "a SendGrid key";
    case SecretKind::stoa_key:
      return "a key of Stoa";
    case SecretKind::assignment:
      return "a value that looks like a password";
  }
  return "a secret";
}

std::size_t next_candidate(std::string_view text, std::size_t at, std::size_t end, bool is_text) {
  const auto& starts = is_text ? kStarts.text : kStarts.binary;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  // No secret has one byte, so the text's last one starts none.
  while (at < end && (at + 1 == text.size() || !starts[byte(at) << 8 | byte(at + 1)])) ++at;
  return at;
}

std::optional<SecretMatch> secret_at(std::string_view text, std::size_t at, bool is_text) {
  switch (text[at]) {
    case '-':
      return private_key_at(text, at);
    case '=':
    case ':':
      return is_text ? assignment_at(text, at) : std::nullopt;
    default:
      return token_at(text, at);
  }
}

}  // namespace stoa::registry
