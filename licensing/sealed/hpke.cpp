// hpke.cpp: names as in RFC 9180, so that one can be read beside the other. SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/hpke.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "licensing/sealed/aes_gcm.hpp"
#include "licensing/sealed/key_context.hpp"
#include "licensing/sealed/secret_file.hpp"
#include "registry/signature/ed25519.hpp"

namespace stoa::licensing {
namespace {

using registry::KeyHandle;

constexpr std::uint16_t kKem = 0x0020, kKdf = 0x0001;  // DHKEM(X25519, HKDF-SHA256), HKDF-SHA256
constexpr std::size_t kEncBytes = 32;

std::string_view text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string i2osp(std::size_t number) { return {static_cast<char>(number >> 8), static_cast<char>(number & 0xff)}; }

std::string kem_suite() { return "KEM" + i2osp(kKem); }
std::string hpke_suite(HpkeAead aead) {
  return "HPKE" + i2osp(kKem) + i2osp(kKdf) + i2osp(static_cast<std::uint16_t>(aead));
}

Secret hmac_sha256(std::string_view key, std::string_view message) {
  Secret out;
  unsigned int size = 0;
  require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
               reinterpret_cast<const unsigned char*>(message.data()), message.size(), out.bytes().data(),
               &size) != nullptr);
  return out;
}

Secret labeled_extract(std::string_view suite, std::string_view salt, std::string_view label, std::string_view ikm) {
  SecretText labeled{std::string()};
  labeled.edit().reserve(7 + suite.size() + label.size() + ikm.size());
  labeled.edit().append("HPKE-v1").append(suite).append(label).append(ikm);
  return hmac_sha256(salt, labeled.view());
}

// Up to 32 bytes: one block of HKDF-Expand. The caller takes the first `size` of them.
Secret labeled_expand(std::string_view suite, const Secret& prk, std::string_view label, std::string_view info,
                      std::size_t size) {
  std::string labeled = i2osp(size) + "HPKE-v1";
  labeled.append(suite).append(label).append(info).push_back('\x01');
  return hmac_sha256(text(prk.bytes()), labeled);
}

// False: the all-zero secret, which a point of low order gives.
bool dh(const Secret& mine, const X25519Point& theirs, Secret& shared) {
  const KeyHandle key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, mine.bytes().data(), mine.bytes().size()));
  const KeyHandle peer(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, theirs.data(), theirs.size()));
  require(key && peer);
  const KeyContext context(EVP_PKEY_CTX_new(key.get(), nullptr));
  require(context && EVP_PKEY_derive_init(context.get()) == 1);
  std::size_t size = shared.bytes().size();
  const bool derives = EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 &&
                       EVP_PKEY_derive(context.get(), shared.bytes().data(), &size) == 1;
  ERR_clear_error();
  return derives;
}

// ExtractAndExpand of the KEM, then KeySchedule of the base mode.
struct Schedule {
  Schedule(const Secret& shared, std::string_view enc, std::string_view recipient, std::string_view info,
           HpkeAead aead_) {
    const std::string kem = kem_suite(), hpke = hpke_suite(aead_);
    const Secret eae_prk = labeled_extract(kem, "", "eae_prk", text(shared.bytes()));
    const Secret shared_secret =
        labeled_expand(kem, eae_prk, "shared_secret", std::string(enc) + std::string(recipient), 32);
    const Secret psk_id_hash = labeled_extract(hpke, "", "psk_id_hash", "");
    const Secret info_hash = labeled_extract(hpke, "", "info_hash", info);
    std::string context(1, '\0');
    context.append(text(psk_id_hash.bytes())).append(text(info_hash.bytes()));
    const Secret secret = labeled_extract(hpke, text(shared_secret.bytes()), "secret", "");
    key_bytes = aead_ == HpkeAead::aes_256_gcm ? 32 : 16;
    key = labeled_expand(hpke, secret, "key", context, key_bytes);
    const Secret base_nonce = labeled_expand(hpke, secret, "base_nonce", context, nonce.size());
    std::copy_n(base_nonce.bytes().begin(), nonce.size(), nonce.begin());
  }
  std::span<const std::uint8_t> aead_key() const { return key.bytes().first(key_bytes); }

  Secret key;
  std::size_t key_bytes = 0;
  AesGcm::Nonce nonce{};  // sequence number 0: one message a context
};

}  // namespace

std::string hpke_seal(const HostPublicKey& to, std::string_view info, std::string_view aad,
                      std::span<const std::uint8_t> plain, HpkeAead aead) {
  const NoCoreDump guard;
  const HostKey ephemeral = HostKey::generate();
  Secret mine, shared;
  std::ranges::copy(ephemeral.secret(), mine.bytes().begin());
  require(dh(mine, to.raw(), shared));  // a HostPublicKey is never of low order
  const std::string enc(text(ephemeral.public_key().raw()));
  const Schedule schedule(shared, enc, text(to.raw()), info, aead);
  std::string sealed(plain.size() + AesGcm::kTagBytes, '\0');
  AesGcm(schedule.aead_key(), AesGcm::Direction::seal)
      .seal(schedule.nonce, bytes_of(aad), std::as_bytes(plain), std::as_writable_bytes(std::span(sealed)));
  return enc + sealed;
}

Result<void> hpke_open(const HostKey& key, std::string_view info, std::string_view aad, std::string_view sealed,
                       std::span<std::uint8_t> into, HpkeAead aead) {
  const NoCoreDump guard;
  const auto refuse = [](std::string message) {
    return failure(Code::permission_denied, "content_key.wrapped", std::move(message));
  };
  const std::size_t wanted = kEncBytes + into.size() + AesGcm::kTagBytes;
  if (sealed.size() != wanted)
    return refuse("a wrapped key has " + std::to_string(sealed.size()) + " bytes, " + std::to_string(wanted) +
                  " are right");
  X25519Point enc;
  std::copy_n(sealed.begin(), kEncBytes, enc.begin());
  Secret mine, shared;
  std::ranges::copy(key.secret(), mine.bytes().begin());
  if (!dh(mine, enc, shared)) return refuse("a wrapped key's ephemeral key is a point of low order");
  const Schedule schedule(shared, sealed.substr(0, kEncBytes), text(key.public_key().raw()), info, aead);
  if (!AesGcm(schedule.aead_key(), AesGcm::Direction::open)
           .open(schedule.nonce, bytes_of(aad), bytes_of(sealed.substr(kEncBytes)), std::as_writable_bytes(into)))
    return refuse("the wrapped key is not for this host's key, or not of this licence, or was changed");
  return {};
}

}  // namespace stoa::licensing
