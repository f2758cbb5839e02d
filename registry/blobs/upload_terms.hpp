// upload_terms.hpp: what an upload was begun with, and the file that keeps it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "registry/document/digest.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// 32 lower-case hexadecimal digits, of 128 random bits: nobody guesses that of another.
class UploadId {
 public:
  static Result<UploadId> generate();
  static std::optional<UploadId> parse(std::string_view text);
  const std::string& text() const { return text_; }
  auto operator<=>(const UploadId&) const = default;

 private:
  explicit UploadId(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

inline constexpr std::size_t kUploadOwnerBytesMax = 200;

struct UploadTerms {
  std::string owner;  // an opaque id of the caller's: no control characters, 1 to kUploadOwnerBytesMax bytes
  std::uint64_t size = 0;
  std::optional<Sha256> digest;  // from finish() on always

  bool operator==(const UploadTerms&) const = default;
};

// upload.owner, upload.too_large (a file cannot be that large).
Result<void> check_terms(const UploadTerms& terms);
std::string terms_to_text(const UploadTerms& terms);
// Nothing for text that terms_to_text() does not write.
std::optional<UploadTerms> terms_from_text(std::string_view text);

}  // namespace stoa::registry
