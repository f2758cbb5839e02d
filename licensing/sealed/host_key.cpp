// host_key.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/host_key.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "licensing/sealed/key_context.hpp"
#include "licensing/sealed/secret_file.hpp"
#include "registry/document/digest.hpp"
#include "registry/document/file.hpp"
#include "registry/document/staging.hpp"
#include "registry/signature/key_pem.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;
using registry::KeyHandle;
using registry::refuse_key;

constexpr std::size_t kKeyFileBytesMax = 16 * 1024;

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
  const KeyContext context(EVP_PKEY_CTX_new(mine.get(), nullptr));
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
    return refuse_key("key.low_order", "host key is a point of low order: what is wrapped for it, everybody can open");
  return HostPublicKey(raw);
}

Result<HostPublicKey> HostPublicKey::from_pem(std::string_view pem) {
  const auto key = registry::read_public_pem(pem);
  if (!key) return std::unexpected(key.error());
  if (EVP_PKEY_get_id(key->get()) != EVP_PKEY_X25519)
    return refuse_key("key.not_x25519", "public key is no host's: it is of another algorithm than X25519");
  return from_raw(registry::raw_public_of(**key));
}

std::string HostPublicKey::pem() const { return registry::public_pem(*public_of(raw_)); }

HostKey HostKey::generate() { return *from_raw(Secret::random()); }

Result<HostKey> HostKey::from_raw(Secret secret) {
  auto key = HostPublicKey::from_raw(registry::raw_public_of(*private_of(secret)));
  if (!key) return std::unexpected(key.error());
  return HostKey(std::move(secret), std::move(*key));
}

Result<HostKey> HostKey::from_pem(std::string_view pem) {
  const NoCoreDump guard;
  const auto key = registry::read_private_pem(pem);
  if (!key) return std::unexpected(key.error());
  if (EVP_PKEY_get_id(key->get()) != EVP_PKEY_X25519)
    return refuse_key("key.not_x25519", "private key is no host's: it is of another algorithm than X25519");
  Secret secret;
  std::size_t size = secret.bytes().size();
  require(EVP_PKEY_get_raw_private_key(key->get(), secret.bytes().data(), &size) == 1 && size == Secret::kBytes);
  return from_raw(std::move(secret));
}

std::string HostKey::pem() const { return registry::private_pem(*private_of(secret_)); }

Result<HostPublicKey> read_host_public_key(const fs::path& file) {
  const auto pem = registry::read_small_file(file, kKeyFileBytesMax);
  if (!pem) return std::unexpected(pem.error());
  auto key = HostPublicKey::from_pem(*pem);
  if (!key) key.error().message = file.string() + ": " + key.error().message;
  return key;
}

Result<HostKey> read_host_key(const fs::path& folder) {
  const fs::path file = folder / kHostKeyFile;
  const auto pem = read_secret_file(file);
  if (!pem) return std::unexpected(pem.error());
  auto key = HostKey::from_pem(pem->view());
  if (!key) key.error().message = file.string() + ": " + key.error().message;
  return key;
}

Result<HostKey> read_or_make_host_key(const fs::path& folder) {
  const fs::path file = folder / kHostKeyFile;
  if (auto there = read_host_key(folder); there || there.error().code != Code::not_found) return there;
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
