// upload_terms.cpp: four lines of text.
// SPDX-License-Identifier: Apache-2.0
#include "registry/blobs/upload_terms.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "registry/blobs/blob_store.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kFirstLine = "stoa upload 1", kOwner = "owner ", kSize = "size ", kDigest = "sha256 ";
constexpr std::string_view kNoDigest = "-";

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

Result<UploadId> UploadId::generate() {
  auto name = random_name();
  if (!name) return std::unexpected(name.error());
  return UploadId(std::move(*name));
}

std::optional<UploadId> UploadId::parse(std::string_view text) {
  const auto is_digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (text.size() != 32 || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  return UploadId(std::string(text));
}

Result<void> check_terms(const UploadTerms& terms) {
  if (terms.owner.empty() || terms.owner.size() > kUploadOwnerBytesMax || std::ranges::any_of(terms.owner, is_control))
    return failure(Code::invalid_argument, "upload.owner",
                   "owner has " + std::to_string(terms.owner.size()) + " bytes, it may have 1 to " +
                       std::to_string(kUploadOwnerBytesMax) + " and no control character");
  constexpr std::uint64_t kFileBytesMax = std::numeric_limits<std::int64_t>::max();
  if (terms.size > kFileBytesMax)
    return failure(
        Code::invalid_argument, "upload.too_large",
        "size is " + std::to_string(terms.size) + " bytes, a file has at most " + std::to_string(kFileBytesMax));
  return {};
}

std::string terms_to_text(const UploadTerms& terms) {
  std::string text(kFirstLine);
  text.append("\n").append(kOwner).append(terms.owner);
  text.append("\n").append(kSize).append(std::to_string(terms.size));
  text.append("\n").append(kDigest).append(terms.digest ? to_hex(*terms.digest) : kNoDigest);
  return text.append("\n");
}

std::optional<UploadTerms> terms_from_text(std::string_view text) {
  const auto line = [&](std::string_view name) -> std::optional<std::string_view> {
    const auto end = text.find('\n');
    if (end == text.npos || !text.starts_with(name)) return std::nullopt;
    const auto value = text.substr(0, end).substr(name.size());
    text.remove_prefix(end + 1);
    return value;
  };
  UploadTerms terms;
  const auto written = text;
  const auto first = line(kFirstLine), owner = line(kOwner), size = line(kSize), digest = line(kDigest);
  if (!first || !owner || !size || !digest) return std::nullopt;
  terms.owner = *owner;
  std::from_chars(size->data(), size->data() + size->size(), terms.size);
  terms.digest = sha256_from_hex(*digest);
  // Whatever was not understood does not come out again.
  if (terms_to_text(terms) != written || !check_terms(terms)) return std::nullopt;
  return terms;
}

}  // namespace stoa::registry
