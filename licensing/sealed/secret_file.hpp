// secret_file.hpp: secrets in files that only their owner reads. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::licensing {

// Text that is wiped at its end.
class SecretText {
 public:
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  SecretText(SecretText&& other) noexcept : text_(std::move(other.text_)) {}
  SecretText& operator=(SecretText&&) = delete;
  ~SecretText();
  const std::string& view() const { return text_; }
  std::string& edit() { return text_; }

 private:
  std::string text_;
};

// Errors: file.*; "key.exposed" where others than its owner may read it: what they read is no secret.
Result<SecretText> read_secret_file(const std::filesystem::path& file);
// With mode 0600; complete or not there.
Result<void> keep_secret_file(const std::filesystem::path& file, std::string_view text);

}  // namespace stoa::licensing
