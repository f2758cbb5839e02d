// signed_document.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/document/signed_document.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::licensing {
namespace {

using registry::Json;

std::string reason_of(const DocumentKind& kind, std::string_view rule) {
  return fmt::format("{}.{}", kind.reasons, rule);
}

// Of an envelope that is none of this kind: what else it says it is.
std::string other_type(const DocumentKind& kind, std::string_view envelope) {
  const auto json = registry::parse_strict_json(envelope);
  if (!json || !json->is_object() || !json->contains("payloadType") || !(*json)["payloadType"].is_string()) return {};
  const auto& type = (*json)["payloadType"].get_ref<const std::string&>();
  return type == kind.payload_type ? std::string() : type;
}

}  // namespace

std::string sign_document(const DocumentKind& kind, std::string_view text, const registry::PrivateKey& key) {
  const auto envelope = registry::sign_payload(kind.payload_type, text, key);
  return registry::serialise_payload(envelope, kind.payload_type, text) + '\n';
}

Result<SignedDocument> open_document(const DocumentKind& kind, std::string_view file) {
  if (file.size() > kind.file_bytes_max)
    return failure(Code::invalid_argument, reason_of(kind, "too_large"),
                   fmt::format("the file has {} bytes, limit is {}", file.size(), kind.file_bytes_max));
  if (!file.ends_with('\n'))
    return failure(Code::unauthenticated, "signature.envelope",
                   "the file does not end with a line break: a part of it is missing");
  const std::string_view envelope = file.substr(0, file.size() - 1);
  auto opened = registry::open_envelope(envelope, kind.payload_type);
  if (opened) return SignedDocument{std::move(opened->payload), std::move(opened->envelope)};
  if (const std::string other = other_type(kind, envelope); !other.empty())
    return failure(Code::unauthenticated, "signature.other_type",
                   fmt::format("it signs '{}', want '{}'", registry::printable(other), kind.payload_type));
  return std::unexpected(opened.error());
}

Error document_error(const DocumentKind& kind, const Error& error) {
  const std::string_view reason = error.reason;
  return {error.code, reason_of(kind, reason.substr(reason.find('.') + 1)), error.message, 0};
}

Result<Json> parse_document(const DocumentKind& kind, std::string_view text) {
  auto json = registry::parse_strict_json(text);
  if (!json) return std::unexpected(document_error(kind, json.error()));
  return json;
}

Result<void> check_canonical(const DocumentKind& kind, std::string_view text, std::string_view canonical) {
  if (text == canonical) return {};
  const auto at = static_cast<std::size_t>(std::ranges::mismatch(text, canonical).in1 - text.begin());
  return failure(Code::invalid_argument, reason_of(kind, "canonical"),
                 fmt::format("document: is not in its one form from byte {} on: has '{}', want '{}'", at,
                             registry::printable(text.substr(at, 24)), registry::printable(canonical.substr(at, 24))));
}

}  // namespace stoa::licensing
