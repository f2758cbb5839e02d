// signed_document.hpp: a canonical JSON document and its signature in one file, as licences and revocation lists are.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "registry/document/strict_json.hpp"
#include "registry/signature/dsse.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// What kind of document: the type that its signature covers, and the room its reasons are in.
struct DocumentKind {
  std::string_view payload_type;
  std::string_view reasons;  // "licence_file": its reasons are "licence_file.*"
  std::size_t file_bytes_max;
};

struct SignedDocument {
  std::string text;  // not verified yet
  registry::SignatureEnvelope envelope;
};

// The file: a DSSE envelope in its canonical form, and one line break.
std::string sign_document(const DocumentKind& kind, std::string_view text, const registry::PrivateKey& key);

// Takes what sign_document() writes, byte for byte. Reasons: signature.envelope; signature.other_type where it signs
// something else; "<reasons>.too_large".
Result<SignedDocument> open_document(const DocumentKind& kind, std::string_view file);

// As registry::parse_strict_json, with the reasons of the kind.
Result<registry::Json> parse_document(const DocumentKind& kind, std::string_view text);
Error document_error(const DocumentKind& kind, const Error& error);

// "<reasons>.canonical", with the first byte that differs, where the text is not what its own meaning is written as.
Result<void> check_canonical(const DocumentKind& kind, std::string_view text, std::string_view canonical);

}  // namespace stoa::licensing
