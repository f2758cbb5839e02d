// dsse.cpp: DSSE envelopes in one canonical form.
// SPDX-License-Identifier: Apache-2.0
#include "registry/signature/dsse.hpp"

#include <openssl/evp.h>

#include <algorithm>

#include "registry/document/strict_json.hpp"

namespace stoa::registry {
namespace {

std::unexpected<Error> refuse(std::string message) {
  return failure(Code::unauthenticated, "signature.envelope", std::move(message));
}

std::string_view as_text(const Ed25519Signature& signature) {
  return {reinterpret_cast<const char*>(signature.data()), signature.size()};
}

// The members that vary, or nothing when the JSON has another shape. Extra members do not matter here: the caller
// serialises again and compares.
struct EnvelopeText {
  std::string payload, key_id, signature;
};
std::optional<EnvelopeText> read_members(std::string_view json) {
  const auto parsed = parse_strict_json(json);
  if (!parsed) return std::nullopt;
  const Json& envelope = *parsed;
  if (!envelope.is_object() || !envelope.contains("payload") || !envelope.contains("signatures")) return std::nullopt;
  const auto& signatures = envelope["signatures"];
  if (!envelope["payload"].is_string() || !signatures.is_array() || signatures.size() != 1) return std::nullopt;
  const auto& only = signatures[0];
  if (!only.is_object() || !only.contains("keyid") || !only.contains("sig")) return std::nullopt;
  if (!only["keyid"].is_string() || !only["sig"].is_string()) return std::nullopt;
  return EnvelopeText{envelope["payload"].get<std::string>(), only["keyid"].get<std::string>(),
                      only["sig"].get<std::string>()};
}

// Of members that were read; json is what they were read from.
Result<SignatureEnvelope> envelope_in(const EnvelopeText& members, std::string_view payload_type,
                                      std::string_view payload, std::string_view json) {
  if (!sha256_from_hex(members.key_id)) return refuse("envelope's keyid is not 64 lower-case hexadecimal digits");
  const auto signature = from_base64(members.signature);
  SignatureEnvelope envelope{{members.key_id}, {}};
  if (!signature || signature->size() != envelope.signature.size())
    return refuse("envelope's signature is not the canonical base64 of 64 bytes");
  std::ranges::copy(*signature, envelope.signature.begin());
  if (serialise_payload(envelope, payload_type, payload) != json)
    return refuse("envelope is not in its canonical form");
  return envelope;
}

}  // namespace

std::string pre_authentication_encoding(std::string_view payload_type, std::string_view payload) {
  std::string out = "DSSEv1 " + std::to_string(payload_type.size()) + " ";
  out += payload_type;
  out += " " + std::to_string(payload.size()) + " ";
  out += payload;
  return out;
}

SignatureEnvelope sign_payload(std::string_view payload_type, std::string_view payload, const PrivateKey& key) {
  return {key.public_key().id(), key.sign(pre_authentication_encoding(payload_type, payload))};
}

std::string serialise_payload(const SignatureEnvelope& envelope, std::string_view payload_type,
                              std::string_view payload) {
  std::string out = R"({"payload":")" + to_base64(payload) + R"(","payloadType":")";
  out += payload_type;
  out += R"(","signatures":[{"keyid":")" + envelope.key_id.hex + R"(","sig":")";
  out += to_base64(as_text(envelope.signature)) + R"("}]})";
  return out;
}

Result<OpenedEnvelope> open_envelope(std::string_view json, std::string_view payload_type) {
  const auto members = read_members(json);
  if (!members) return refuse("envelope is not a DSSE envelope with exactly one signature");
  auto payload = from_base64(members->payload);
  if (!payload) return refuse("envelope's payload is not canonical base64");
  auto envelope = envelope_in(*members, payload_type, *payload, json);
  if (!envelope) return std::unexpected(envelope.error());
  return OpenedEnvelope{std::move(*payload), std::move(*envelope)};
}

Result<void> verify_payload(const SignatureEnvelope& envelope, std::string_view payload_type, std::string_view payload,
                            const PublicKey& key) {
  if (envelope.key_id != key.id())
    return failure(Code::unauthenticated, "signature.unknown_key", "signed by key " + envelope.key_id.hex);
  if (!key.verifies(envelope.signature, pre_authentication_encoding(payload_type, payload)))
    return failure(Code::unauthenticated, "signature.invalid",
                   "the signature by key " + envelope.key_id.hex + " does not fit what it signs");
  return {};
}

SignatureEnvelope sign_manifest(std::string_view manifest_json, const PrivateKey& key) {
  return sign_payload(kManifestPayloadType, manifest_json, key);
}

std::string serialise_envelope(const SignatureEnvelope& envelope, std::string_view manifest_json) {
  return serialise_payload(envelope, kManifestPayloadType, manifest_json);
}

Result<SignatureEnvelope> parse_envelope(std::string_view json, std::string_view manifest_json) {
  const auto members = read_members(json);
  if (!members) return refuse("envelope is not a DSSE envelope with exactly one signature");
  auto payload = from_base64(members->payload);
  if (!payload) return refuse("envelope's payload is not canonical base64");
  if (*payload != manifest_json)
    return failure(Code::unauthenticated, "signature.other_manifest",
                   "envelope signs a manifest of " + std::to_string(payload->size()) +
                       " bytes that is not the one in the package (" + std::to_string(manifest_json.size()) +
                       " bytes)");
  return envelope_in(*members, kManifestPayloadType, manifest_json, json);
}

Result<void> verify_manifest(const SignatureEnvelope& envelope, std::string_view manifest_json, const PublicKey& key) {
  return verify_payload(envelope, kManifestPayloadType, manifest_json, key);
}

std::string to_base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');  // EVP_EncodeBlock ends its text with NUL
  const auto* in = reinterpret_cast<const unsigned char*>(bytes.data());
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), in, static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

Result<std::string> from_base64(std::string_view text) {
  const auto bad = [] { return refuse("not canonical base64"); };
  if (text.size() % 4 != 0 || text.size() > (16u << 20)) return bad();
  std::string bytes(text.size() / 4 * 3, '\0');
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), in, static_cast<int>(text.size())) < 0)
    return bad();
  const auto padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(bytes.size() - padding);
  // OpenSSL forgives white space and stray bits; writing it again does not.
  if (to_base64(bytes) != text) return bad();
  return bytes;
}

}  // namespace stoa::registry
