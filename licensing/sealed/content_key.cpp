// content_key.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/content_key.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "licensing/sealed/secret_file.hpp"
#include "registry/document/digest.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kBegin = "-----BEGIN STOA CONTENT KEY-----\n", kEnd = "\n-----END STOA CONTENT KEY-----\n";
constexpr std::size_t kIdDigits = 16;

std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Result<ContentKey> parse(std::string_view text) {
  const auto bad = [] {
    return failure(Code::invalid_argument, "key.syntax", "not a content key (-----BEGIN STOA CONTENT KEY-----)");
  };
  if (!text.starts_with(kBegin) || !text.ends_with(kEnd) || text.size() < kBegin.size() + kEnd.size()) return bad();
  text.remove_prefix(kBegin.size());
  text.remove_suffix(kEnd.size());
  auto decoded = registry::from_base64(text);
  if (!decoded) return bad();
  const SecretText bytes(std::move(*decoded));
  if (bytes.view().size() != Secret::kBytes) return bad();
  if (std::ranges::all_of(bytes.view(), [](char c) { return c == 0; }))
    return failure(Code::invalid_argument, "key.syntax", "a content key of zeros alone, which anybody would try first");
  Secret secret;
  std::ranges::copy(bytes.view(), secret.bytes().begin());
  return ContentKey(std::move(secret));
}

}  // namespace

bool is_content_key_id(std::string_view text) {
  return text.size() == kIdDigits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

ContentKey::ContentKey(Secret secret) : secret_(std::move(secret)) {
  id_.hex = registry::to_hex(registry::sha256_of(as_text(secret_.bytes()))).substr(0, kIdDigits);
}

ContentKey ContentKey::copy() const {
  Secret secret;
  std::ranges::copy(secret_.bytes(), secret.bytes().begin());
  return ContentKey(std::move(secret));
}

Result<ContentKey> read_content_key(const std::filesystem::path& file) {
  const auto text = read_secret_file(file);
  if (!text) return std::unexpected(text.error());
  auto key = parse(text->view());
  if (!key) key.error().message = file.string() + ": " + key.error().message;
  return key;
}

Result<void> keep_content_key(const std::filesystem::path& file, const ContentKey& key) {
  const SecretText encoded(registry::to_base64(as_text(key.bytes())));
  SecretText text{std::string()};
  text.edit().reserve(kBegin.size() + encoded.view().size() + kEnd.size());  // growing it would leave copies
  text.edit().append(kBegin).append(encoded.view()).append(kEnd);
  return keep_secret_file(file, text.view());
}

Result<MadeContentKey> read_or_make_content_key(const std::filesystem::path& file) {
  auto there = read_content_key(file);
  if (there) return MadeContentKey{std::move(*there), false};
  if (there.error().code != Code::not_found) return std::unexpected(there.error());
  ContentKey key = ContentKey::generate();
  if (auto kept = keep_content_key(file, key); !kept) return std::unexpected(kept.error());
  return MadeContentKey{std::move(key), true};
}

}  // namespace stoa::licensing
