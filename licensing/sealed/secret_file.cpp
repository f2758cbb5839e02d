// secret_file.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/secret_file.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <sys/stat.h>

#include <span>

#include "registry/document/file.hpp"
#include "registry/document/staging.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kKeyFileMax = 16 * 1024;

}  // namespace

SecretText::~SecretText() { OPENSSL_cleanse(text_.data(), text_.size()); }

Result<SecretText> read_secret_file(const std::filesystem::path& file) {
  const auto opened = registry::open_regular(file);
  if (!opened) return std::unexpected(opened.error());
  struct stat state{};
  if (fstat(opened->fd(), &state) == 0 && (state.st_mode & 077) != 0)
    return failure(Code::failed_precondition, "key.exposed",
                   fmt::format("{} has mode {:03o}: others than its owner may read this secret; chmod 600 it",
                               file.string(), state.st_mode & 0777));
  auto text = registry::read_small_file(*opened, file, kKeyFileMax);
  if (!text) return std::unexpected(text.error());
  return SecretText(std::move(*text));
}

Result<void> keep_secret_file(const std::filesystem::path& file, std::string_view text) {
  auto staging = registry::StagingFile::create(file, 0600);
  if (!staging) return std::unexpected(staging.error());
  if (auto written = registry::write_all(staging->file(), std::as_bytes(std::span(text))); !written) return written;
  return staging->publish();
}

}  // namespace stoa::licensing
