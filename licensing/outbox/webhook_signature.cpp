// webhook_signature.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/outbox/webhook_signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <vector>

#include "registry/document/id.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kPrefix = "whsec_";
constexpr std::size_t kSecretBytes = 32;

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // and OpenSSL's zero
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Result<std::vector<std::uint8_t>> bytes_of(std::string_view secret) {
  const auto bad = failure(Code::data_loss, "webhook.secret", "a webhook's secret is not what was made for it");
  if (!secret.starts_with(kPrefix)) return bad;
  secret.remove_prefix(kPrefix.size());
  if (secret.empty() || secret.size() % 4 != 0) return bad;
  std::vector<std::uint8_t> bytes(secret.size() / 4 * 3);
  const int size = EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(secret.data()),
                                   static_cast<int>(secret.size()));
  if (size < 0) return bad;
  const std::size_t padding = secret.ends_with("==") ? 2 : secret.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(size) - padding);
  return bytes;
}

}  // namespace

std::string new_webhook_secret() {
  std::array<std::uint8_t, kSecretBytes> bytes{};
  registry::fill_random(bytes);
  return std::string(kPrefix) + base64(bytes);
}

Result<std::string> sign_webhook(std::span<const std::string> secrets, std::string_view id, std::int64_t at_s,
                                 std::string_view body) {
  std::string signed_text;
  signed_text.append(id).append(1, '.').append(std::to_string(at_s)).append(1, '.').append(body);
  std::string signatures;
  for (const std::string& secret : secrets) {
    const auto key = bytes_of(secret);
    if (!key) return std::unexpected(key.error());
    std::array<std::uint8_t, 32> mac{};
    unsigned size = 0;
    if (!HMAC(EVP_sha256(), key->data(), static_cast<int>(key->size()),
              reinterpret_cast<const unsigned char*>(signed_text.data()), signed_text.size(), mac.data(), &size))
      return failure(Code::internal, "webhook.secret", "HMAC-SHA256 could not be worked out");
    if (!signatures.empty()) signatures += ' ';
    signatures.append("v1,").append(base64(mac));
  }
  return signatures;
}

}  // namespace stoa::licensing
