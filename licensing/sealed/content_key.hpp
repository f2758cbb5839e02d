// content_key.hpp: what an asset is encrypted with, and the file its publisher keeps it in.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "licensing/sealed/secret.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// The first 16 hexadecimal digits of the SHA-256 of the key.
struct ContentKeyId {
  std::string hex;
  friend auto operator<=>(const ContentKeyId&, const ContentKeyId&) = default;
};
bool is_content_key_id(std::string_view text);

class ContentKey {
 public:
  static ContentKey generate() { return ContentKey(Secret::random()); }
  explicit ContentKey(Secret secret);

  const ContentKeyId& id() const { return id_; }
  std::span<const std::uint8_t, Secret::kBytes> bytes() const { return secret_.bytes(); }
  ContentKey copy() const;  // said, because each copy is one more place where the key lies

 private:
  Secret secret_;
  ContentKeyId id_;
};

// "-----BEGIN STOA CONTENT KEY-----", the base64 of the 32 bytes, "-----END …". Errors: those of read_secret_file;
// "key.syntax".
Result<ContentKey> read_content_key(const std::filesystem::path& file);
// With mode 0600; complete or not there; a file that is there is replaced.
Result<void> keep_content_key(const std::filesystem::path& file, const ContentKey& key);

struct MadeContentKey {
  ContentKey key;
  bool is_new = false;
};
// Made once, and from then on the same. A file that is there and holds no key is an error, never replaced.
Result<MadeContentKey> read_or_make_content_key(const std::filesystem::path& file);

}  // namespace stoa::licensing
