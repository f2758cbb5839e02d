// package_writer.hpp: making packages: from an author's folder, and signing.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "registry/document/file.hpp"
#include "registry/package/manifest.hpp"
#include "registry/signature/ed25519.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// What lies in the package instead of an asset's file.
struct EncryptedAsset {
  File file;
  EncryptionDeclaration declared;
};
using EncryptAsset = std::function<Result<EncryptedAsset>(const Manifest&, const std::string& path, const File& plain)>;

struct PackRequest {
  std::filesystem::path folder;             // manifest.json in the author's form, and the files it lists
  std::filesystem::path output;             // empty: <publisher>-<plugin>-<version>.stoa in the current folder
  const PrivateKey* key = nullptr;          // nullptr: the package stays unsigned
  std::vector<std::string> encrypted = {};  // paths of assets that encrypt() takes
  EncryptAsset encrypt = {};
};

struct PackedFile {
  std::filesystem::path path;
  std::uint64_t size = 0;
  Manifest manifest;
};

// The same folder and key give the same bytes, where nothing is encrypted. The output appears complete or not at all,
// and is read back through the reader's checks first. Reasons: manifest.*, pack.missing_file, pack.unlisted_file (a
// file under lib/ or assets/ that the manifest does not list), pack.link (manifest.json, or anything under lib/ or
// assets/, is a symbolic link), pack.changed (a file changed while it was packed), pack.not_an_asset (what is to be
// encrypted is none), those of encrypt(), file.*.
Result<PackedFile> pack_folder(const PackRequest& request);

struct SignRequest {
  std::filesystem::path package;
  std::filesystem::path output;  // empty: the package is replaced
};

// Replaces a signature that is there already. Content stays byte for byte. Reasons: those of inspect_package, file.*.
Result<KeyId> sign_package(const SignRequest& request, const PrivateKey& key);

}  // namespace stoa::registry
