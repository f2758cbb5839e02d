// new_file.hpp: a file that was not there before, and goes away again unless it is kept.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

// For secrets: never over an existing file, since a lost key or token cannot be had again; and made before the secret
// is, so that a bad path is found in time.
class NewFile {
 public:
  static Result<NewFile> create(const std::string& path, unsigned mode);
  NewFile(NewFile&&) noexcept = default;
  ~NewFile();

  // Durable when it returns.
  Result<void> write(std::string_view text);
  void keep() { is_kept_ = true; }

 private:
  NewFile(std::string path, registry::File file) : path_(std::move(path)), file_(std::move(file)) {}
  std::string path_;
  registry::File file_;
  bool is_kept_ = false;
};

}  // namespace stoa::cli
