// aes_gcm.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/aes_gcm.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <cassert>

#include "licensing/sealed/key_context.hpp"

namespace stoa::licensing {
namespace {

const unsigned char* in(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* out_of(std::span<std::byte> bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

}  // namespace

void AesGcm::Free::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }  // wipes it

AesGcm::AesGcm(std::span<const std::uint8_t> key, Direction direction) : context_(EVP_CIPHER_CTX_new()) {
  assert(key.size() == 16 || key.size() == 32);
  require(context_ != nullptr);
  const EVP_CIPHER* cipher = key.size() == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
  require(EVP_CipherInit_ex(context_.get(), cipher, nullptr, key.data(), nullptr,
                            direction == Direction::seal ? 1 : 0) == 1);
}

void AesGcm::seal(const Nonce& nonce, std::span<const std::byte> aad, std::span<const std::byte> plain,
                  std::span<std::byte> out) {
  assert(out.size() == plain.size() + kTagBytes);
  int n = 0;
  require(EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce.data()) == 1);
  if (!aad.empty()) require(EVP_EncryptUpdate(context_.get(), nullptr, &n, in(aad), static_cast<int>(aad.size())) == 1);
  if (!plain.empty())
    require(EVP_EncryptUpdate(context_.get(), out_of(out), &n, in(plain), static_cast<int>(plain.size())) == 1);
  unsigned char nothing[1];
  require(EVP_EncryptFinal_ex(context_.get(), nothing, &n) == 1);
  require(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, out_of(out.last(kTagBytes))) == 1);
}

bool AesGcm::open(const Nonce& nonce, std::span<const std::byte> aad, std::span<const std::byte> sealed,
                  std::span<std::byte> out) {
  assert(sealed.size() == out.size() + kTagBytes);
  const auto body = sealed.first(sealed.size() - kTagBytes);
  // Read before the body is written over, where out lies where sealed does.
  std::array<unsigned char, kTagBytes> tag;
  for (std::size_t i = 0; i < kTagBytes; ++i) tag[i] = static_cast<unsigned char>(sealed[body.size() + i]);
  int n = 0;
  require(EVP_DecryptInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce.data()) == 1);
  if (!aad.empty()) require(EVP_DecryptUpdate(context_.get(), nullptr, &n, in(aad), static_cast<int>(aad.size())) == 1);
  if (!body.empty())
    require(EVP_DecryptUpdate(context_.get(), out_of(out), &n, in(body), static_cast<int>(body.size())) == 1);
  require(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) == 1);
  unsigned char nothing[1];
  if (EVP_DecryptFinal_ex(context_.get(), nothing, &n) == 1) return true;
  OPENSSL_cleanse(out.data(), out.size());
  ERR_clear_error();
  return false;
}

}  // namespace stoa::licensing
