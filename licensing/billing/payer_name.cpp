// payer_name.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/billing/payer_name.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <new>
#include <span>

#include "licensing/sealed/secret_file.hpp"
#include "registry/document/digest.hpp"
#include "registry/document/id.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kNameCharacters = 26;  // 130 bits

}  // namespace

std::string payer_name(const PayerSecret& secret, const PayerOf& who) {
  std::string message(who.customer);
  message += '\0';
  message += who.publisher;
  registry::Sha256 digest{};
  if (HMAC(EVP_sha256(), secret.bytes.data(), static_cast<int>(secret.bytes.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), digest.data(), nullptr) == nullptr)
    throw std::bad_alloc();  // it fails on nothing else
  return "pay_" + registry::base32(digest).substr(0, kNameCharacters);
}

Result<PayerSecret> read_or_make_payer_secret(const std::filesystem::path& file) {
  PayerSecret secret;
  const auto there = read_secret_file(file);
  if (!there && there.error().code != Code::not_found) return std::unexpected(there.error());
  if (!there) {
    registry::fill_random(secret.bytes);
    if (auto kept = keep_secret_file(file, registry::to_hex(secret.bytes) + '\n'); !kept)
      return std::unexpected(kept.error());
    return secret;
  }
  std::string_view text = there->view();
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (!registry::read_hex(text, secret.bytes))
    return failure(Code::data_loss, "billing.payer_secret",
                   fmt::format("{}: holds no 64 hexadecimal digits", file.string()));
  return secret;
}

}  // namespace stoa::licensing
