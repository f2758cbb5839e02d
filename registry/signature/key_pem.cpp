// key_pem.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/signature/key_pem.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <new>
#include <utility>

namespace stoa::registry {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

constexpr std::size_t kPemBytesMax = 16 * 1024;  // a key takes 120 bytes; room for comments around it

// Only allocation can fail where this is used.
void require_memory(bool ok) {
  if (!ok) throw std::bad_alloc();
}

// Answers OpenSSL's question for a passphrase with none: a server must not stop at a prompt.
int no_passphrase(char*, int, int, void*) { return -1; }

Result<Bio> bio_of(std::string_view pem) {
  if (pem.size() > kPemBytesMax)
    return refuse_key("key.syntax", "key file has " + std::to_string(pem.size()) + " bytes, limit is 16384");
  Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  require_memory(bio != nullptr);
  return bio;
}

std::string contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

void FreeKey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

std::unexpected<Error> refuse_key(const char* reason, std::string message) {
  ERR_clear_error();
  return failure(Code::invalid_argument, reason, std::move(message));
}

Result<KeyHandle> read_public_pem(std::string_view pem) {
  const auto bio = bio_of(pem);
  if (!bio) return std::unexpected(bio.error());
  KeyHandle key(PEM_read_bio_PUBKEY(bio->get(), nullptr, no_passphrase, nullptr));
  if (!key) return refuse_key("key.syntax", "not a PEM public key (-----BEGIN PUBLIC KEY-----)");
  if (const KeyHandle second(PEM_read_bio_PUBKEY(bio->get(), nullptr, no_passphrase, nullptr)); second)
    return refuse_key("key.syntax", "holds more than one public key, want a file for each");
  ERR_clear_error();
  return key;
}

Result<KeyHandle> read_private_pem(std::string_view pem) {
  const auto bio = bio_of(pem);
  if (!bio) return std::unexpected(bio.error());
  KeyHandle key(PEM_read_bio_PrivateKey(bio->get(), nullptr, no_passphrase, nullptr));
  if (!key) return refuse_key("key.syntax", "not an unencrypted PEM private key (-----BEGIN PRIVATE KEY-----)");
  return key;
}

std::string public_pem(const evp_pkey_st& key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  require_memory(bio && PEM_write_bio_PUBKEY(bio.get(), &key) == 1);
  return contents(bio.get());
}

std::string private_pem(const evp_pkey_st& key) {
  const Bio bio(BIO_new(BIO_s_secmem()));
  require_memory(bio && PEM_write_bio_PrivateKey(bio.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return contents(bio.get());
}

std::array<std::uint8_t, 32> raw_public_of(const evp_pkey_st& key) {
  std::array<std::uint8_t, 32> raw{};
  std::size_t size = raw.size();
  require_memory(EVP_PKEY_get_raw_public_key(&key, raw.data(), &size) == 1 && size == raw.size());
  return raw;
}

}  // namespace stoa::registry
