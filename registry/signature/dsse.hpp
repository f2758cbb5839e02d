// dsse.hpp: the signature envelope of a package: DSSE v1 over the exact bytes of its manifest, or of another document.
// Source: github.com/secure-systems-lab/dsse, protocol.md and envelope.md. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "registry/signature/ed25519.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

inline constexpr std::string_view kManifestPayloadType = "application/vnd.stoa.manifest+json";

// One signature by one key. The payload is not kept: parsing compares it with the manifest beside it.
struct SignatureEnvelope {
  KeyId key_id;
  Ed25519Signature signature{};
};

// PAE of the DSSE protocol: the bytes that are signed.
std::string pre_authentication_encoding(std::string_view payload_type, std::string_view payload);

SignatureEnvelope sign_manifest(std::string_view manifest_json, const PrivateKey& key);

// The one canonical serialisation: keys in DSSE's order, no white space, padded base64.
std::string serialise_envelope(const SignatureEnvelope& envelope, std::string_view manifest_json);

// Refuses every text but the canonical one for this manifest. Reasons: signature.envelope (not that form),
// signature.other_manifest (it signs other bytes).
Result<SignatureEnvelope> parse_envelope(std::string_view json, std::string_view manifest_json);

// Reasons: signature.unknown_key (the envelope names another key), signature.invalid.
Result<void> verify_manifest(const SignatureEnvelope& envelope, std::string_view manifest_json, const PublicKey& key);

// The same over any payload of a type, for what is signed and kept in a file of its own.
SignatureEnvelope sign_payload(std::string_view payload_type, std::string_view payload, const PrivateKey& key);
std::string serialise_payload(const SignatureEnvelope& envelope, std::string_view payload_type,
                              std::string_view payload);
struct OpenedEnvelope {
  std::string payload;  // not verified yet
  SignatureEnvelope envelope;
};
// Only the canonical text. Reason: signature.envelope.
Result<OpenedEnvelope> open_envelope(std::string_view json, std::string_view payload_type);
Result<void> verify_payload(const SignatureEnvelope& envelope, std::string_view payload_type, std::string_view payload,
                            const PublicKey& key);

std::string to_base64(std::string_view bytes);
// Padded, without line breaks, unused bits zero: exactly what to_base64 writes. Anything else: signature.envelope.
Result<std::string> from_base64(std::string_view text);

}  // namespace stoa::registry
