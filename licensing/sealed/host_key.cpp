// host_key.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/host_key.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <algorithm>
#include <memory>
#include <new>

#include "licensing/sealed/secret_file.hpp"
#include "registry/document/digest.hpp"
#include "registry/document/file.hpp"
#include "registry/document/staging.hpp"
#include "registry/signature/ed25519.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;
using registry::KeyHandle;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;
struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, FreeContext>;

constexpr std::size_t kPemBytesMax = 16 * 1024;

// Only allocation can fail where this is used.
void require(bool ok) {
  if (!ok) throw std::bad_alloc();
}

std::unexpected<Error> refuse(const char* reason, std::string message) {
  ERR_clear_error();
  return failure(Code::invalid_argument, reason, std::move(message));
}

int no_passphrase(char*, int, int, void*) { return -1; }

std::string contents(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

X25519Point public_of(const EVP_PKEY* key) {
  X25519Point raw{};
  std::size_t size = raw.size();
  require(EVP_PKEY_get_raw_public_key(key, raw.data(), &size) == 1 && size == raw.size());
  return raw;
}

KeyHandle private_of(const Secret& secret) {
  KeyHandle key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, secret.bytes().data(), secret.bytes().size()));
  require(key != nullptr);
  return key;
}

KeyHandle public_of(const X25519Point& raw) {
  KeyHandle key(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, raw.data(), raw.size()));
  require(key != nullptr);
  return key;
}

// OpenSSL refuses to derive the all-zero secret, which is what a point of low order makes of every key (RFC 7748, 6.1).
bool has_low_order(const X25519Point& raw) {
  const KeyHandle mine = private_of(Secret::random()), theirs = public_of(raw);
  const Context context(EVP_PKEY_CTX_new(mine.get(), nullptr));
  require(context && EVP_PKEY_derive_init(context.get()) == 1);
  Secret shared;
  std::size_t size = shared.bytes().size();
  const bool derives = EVP_PKEY_derive_set_peer(context.get(), theirs.get()) == 1 &&
                       EVP_PKEY_derive(context.get(), shared.bytes().data(), &size) == 1;
  ERR_clear_error();
  return !derives;
}

}  // namespace

HostPublicKey::HostPublicKey(const X25519Point& raw) : raw_(raw) {
  id_ = registry::to_hex(registry::sha256_of({reinterpret_cast<const char*>(raw.data()), raw.size()}));
}

Result<HostPublicKey> HostPublicKey::from_raw(const X25519Point& raw) {
  if (has_low_order(raw))
    return refuse("key.low_order", "host key is a point of low order: what is wrapped for it, everybody can open");
  return HostPublicKey(raw);
}

Result<HostPublicKey> HostPublicKey::from_pem(std::string_view pem) {
  if (pem.size() > kPemBytesMax)
    return refuse("key.syntax", "key file has " + std::to_string(pem.size()) + " bytes, limit is 16384");
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  require(bio != nullptr);
  const KeyHandle key(PEM_read_bio_PUBKEY(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key) return refuse("key.syntax", "not a PEM public key (-----BEGIN PUBLIC KEY-----)");
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_X25519)
    return refuse("key.not_x25519", "public key is no host's: it is of another algorithm than X25519");
  return from_raw(public_of(key.get()));
}

std::string HostPublicKey::pem() const {
  const Bio bio(BIO_new(BIO_s_mem()));
  require(bio && PEM_write_bio_PUBKEY(bio.get(), public_of(raw_).get()) == 1);
  return contents(bio.get());
}

HostKey HostKey::generate() { return *from_raw(Secret::random()); }

Result<HostKey> HostKey::from_raw(Secret secret) {
  auto key = HostPublicKey::from_raw(public_of(private_of(secret).get()));
  if (!key) return std::unexpected(key.error());
  return HostKey(std::move(secret), std::move(*key));
}

Result<HostKey> HostKey::from_pem(std::string_view pem) {
  const NoCoreDump guard;
  if (pem.size() > kPemBytesMax)
    return refuse("key.syntax", "key file has " + std::to_string(pem.size()) + " bytes, limit is 16384");
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  require(bio != nullptr);
  const KeyHandle key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!key) return refuse("key.syntax", "not an unencrypted PEM private key (-----BEGIN PRIVATE KEY-----)");
  if (EVP_PKEY_get_id(key.get()) != EVP_PKEY_X25519)
    return refuse("key.not_x25519", "private key is no host's: it is of another algorithm than X25519");
  Secret secret;
  std::size_t size = secret.bytes().size();
  require(EVP_PKEY_get_raw_private_key(key.get(), secret.bytes().data(), &size) == 1 && size == Secret::kBytes);
  return from_raw(std::move(secret));
}

std::string HostKey::pem() const {
  const Bio bio(BIO_new(BIO_s_secmem()));
  require(bio &&
          PEM_write_bio_PrivateKey(bio.get(), private_of(secret_).get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return contents(bio.get());
}

Result<HostPublicKey> read_host_public_key(const fs::path& file) {
  const auto pem = registry::read_small_file(file, kPemBytesMax);
  if (!pem) return std::unexpected(pem.error());
  auto key = HostPublicKey::from_pem(*pem);
  if (!key) key.error().message = file.string() + ": " + key.error().message;
  return key;
}

Result<HostKey> read_or_make_host_key(const fs::path& folder) {
  const fs::path file = folder / kHostKeyFile;
  if (const auto pem = read_secret_file(file)) {
    auto key = HostKey::from_pem(pem->view());
    if (!key) key.error().message = file.string() + ": " + key.error().message;
    return key;
  } else if (pem.error().code != Code::not_found) {
    return std::unexpected(pem.error());
  }
  std::error_code error;
  if (fs::create_directories(folder, error)) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return std::unexpected(registry::file_error("create folder", folder, error.value()));
  HostKey key = HostKey::generate();
  const SecretText pem(key.pem());
  if (auto kept = keep_secret_file(file, pem.view()); !kept) return std::unexpected(kept.error());
  auto staging = registry::StagingFile::create(folder / kHostPublicKeyFile, 0644);
  if (!staging) return std::unexpected(staging.error());
  const std::string shown = key.public_key().pem();
  if (auto written = registry::write_all(staging->file(), std::as_bytes(std::span(shown))); !written)
    return std::unexpected(written.error());
  if (auto there = staging->publish(); !there) return std::unexpected(there.error());
  return key;
}

Result<std::string> host_key_id(const fs::path& folder) {
  const auto key = read_or_make_host_key(folder);
  if (!key) return std::unexpected(key.error());
  return key->id();
}

}  // namespace stoa::licensing
