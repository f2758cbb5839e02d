// package_writer.cpp: packing a folder and signing a package.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/package_writer.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "registry/document/staging.hpp"
#include "registry/document/strict_json.hpp"
#include "registry/package/container.hpp"
#include "registry/package/package_reader.hpp"
#include "registry/package/source_folder.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::registry {

namespace fs = std::filesystem;

namespace {

struct SourceFile {
  std::string path;
  File file;
  std::uint64_t size = 0;
  Sha256 sha256{};
  std::optional<EncryptionDeclaration> encrypted = {};
};

Result<SourceFile> measure(File file, const std::string& path) {
  const auto size = size_of_file(file);
  if (!size) return std::unexpected(size.error());
  if (*size > kEntryBytesMax)
    return failure(
        Code::invalid_argument, "package.entry_too_large",
        "'" + path + "' has " + std::to_string(*size) + " bytes, limit is " + std::to_string(kEntryBytesMax));
  const auto digest = digest_entry(file, {path, *size, 0});
  if (!digest) return std::unexpected(digest.error());
  return SourceFile{path, std::move(file), *size, *digest};
}

Result<SourceFile> measure(const SourceFolder& folder, const std::string& path) {
  auto file = folder.open_file(path);
  if (!file && file.error().code == Code::not_found)
    return failure(Code::not_found, "pack.missing_file",
                   "the manifest lists '" + path + "', the folder " + folder.path().string() + " lacks it");
  if (!file) return std::unexpected(file.error());
  return measure(std::move(*file), path);
}

// A forgotten line in the manifest shows here, not on a customer's machine, and so does a link.
Result<void> check_all_listed(const SourceFolder& folder, const Manifest& manifest) {
  std::set<std::string> listed;
  for (const auto& platform : manifest.platforms) listed.insert(platform.library);
  for (const auto& asset : manifest.assets) listed.insert(asset.path);
  for (const auto* part : {"lib", "assets"}) {
    std::error_code error;
    if (auto ok = folder.refuse_link(part); !ok) return ok;
    const fs::path top = folder.path() / part;
    if (!fs::is_directory(top, error)) continue;
    for (fs::recursive_directory_iterator at(top, error), end; !error && at != end; at.increment(error)) {
      const auto path = at->path().lexically_relative(folder.path()).generic_string();
      if (auto ok = folder.refuse_link(path); !ok) return ok;
      const bool is_folder = at->symlink_status(error).type() == fs::file_type::directory;
      if (!is_folder && !listed.contains(path))
        return failure(Code::failed_precondition, "pack.unlisted_file", "'" + path + "' is not in the manifest");
    }
    if (error) return std::unexpected(file_error("list", top, error.value()));
  }
  return {};
}

// The packed manifest is the author's, in the author's order, with digests and sizes added.
Result<std::string> packed_manifest(const std::string& source, std::span<const SourceFile> files,
                                    std::size_t n_platforms) {
  auto parsed = parse_strict_json(source);
  if (!parsed) return std::unexpected(parsed.error());
  auto& document = *parsed;
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto& row = i < n_platforms ? document["platforms"][i] : document["assets"][i - n_platforms];
    row["sha256"] = to_hex(files[i].sha256);
    row["size"] = files[i].size;
    if (const auto& encrypted = files[i].encrypted)
      row["encrypted"] = {{"content_key", encrypted->content_key}, {"plain_size", encrypted->plain_size}};
  }
  document["source_sha256"] = to_hex(sha256_of(source));
  return json_text(document, 1) + "\n";
}

Result<void> add_head(ContainerWriter& writer, const std::string& manifest_json, const PrivateKey* key) {
  if (auto ok = writer.add(kManifestPath, manifest_json); !ok) return ok;
  if (!key) return {};
  return writer.add(kEnvelopePath, serialise_envelope(sign_manifest(manifest_json, *key), manifest_json));
}

// What was written is what a reader accepts, or it does not get its name.
Result<void> publish(StagingFile& staging) {
  if (auto read_back = inspect_package(staging.path(), TrustStore()); !read_back)
    return std::unexpected(read_back.error());
  return staging.publish();
}

Result<std::vector<SourceFile>> measure_all(const SourceFolder& folder, const Manifest& manifest) {
  std::vector<std::string> paths;
  for (const auto& platform : manifest.platforms) paths.push_back(platform.library);
  for (const auto& asset : manifest.assets) paths.push_back(asset.path);
  std::vector<SourceFile> files;
  for (const auto& path : paths) {
    auto file = measure(folder, path);
    if (!file) return std::unexpected(file.error());
    files.push_back(std::move(*file));
  }
  return files;
}

Result<void> encrypt(const PackRequest& request, const Manifest& manifest, std::span<SourceFile> assets) {
  for (const std::string& path : request.encrypted) {
    const auto asset = std::ranges::find(assets, path, &SourceFile::path);
    if (asset == assets.end())
      return failure(Code::invalid_argument, "pack.not_an_asset",
                     "'" + path + "' is to be encrypted and is no asset of the manifest");
    auto encrypted = request.encrypt(manifest, path, asset->file);
    if (!encrypted) return std::unexpected(encrypted.error());
    auto measured = measure(std::move(encrypted->file), path);
    if (!measured) return std::unexpected(measured.error());
    *asset = std::move(*measured);
    asset->encrypted = std::move(encrypted->declared);
  }
  return {};
}

Result<void> write_package(const File& out, const std::string& manifest_json, const PrivateKey* key,
                           std::span<const SourceFile> files) {
  auto writer = ContainerWriter::create(out);
  if (!writer) return std::unexpected(writer.error());
  if (auto ok = add_head(*writer, manifest_json, key); !ok) return ok;
  for (const auto& file : files) {
    const auto digest = writer->add(file.path, file.file, 0, file.size);
    if (!digest) return std::unexpected(digest.error());
    if (*digest != file.sha256)
      return failure(Code::aborted, "pack.changed", "'" + file.path + "' changed while it was packed");
  }
  return writer->finish();
}

}  // namespace

Result<PackedFile> pack_folder(const PackRequest& request) {
  const auto folder = SourceFolder::open(request.folder);
  if (!folder) return std::unexpected(folder.error());
  const auto manifest_file = folder->open_file(std::string(kManifestPath));
  if (!manifest_file) return std::unexpected(manifest_file.error());
  const auto source = read_small_file(*manifest_file, request.folder / kManifestPath, kManifestBytesMax);
  if (!source) return std::unexpected(source.error());
  auto manifest = parse_source_manifest(*source);
  if (!manifest) return std::unexpected(manifest.error());
  if (auto ok = check_all_listed(*folder, *manifest); !ok) return std::unexpected(ok.error());
  auto files = measure_all(*folder, *manifest);
  if (!files) return std::unexpected(files.error());
  if (auto ok = encrypt(request, *manifest, std::span(*files).subspan(manifest->platforms.size())); !ok)
    return std::unexpected(ok.error());

  const auto json = packed_manifest(*source, *files, manifest->platforms.size());
  if (!json) return std::unexpected(json.error());
  auto packed = parse_manifest(*json);
  if (!packed) return std::unexpected(packed.error());
  const auto name = packed->publisher + "-" + packed->plugin + "-" + packed->version + ".stoa";
  const auto output = request.output.empty() ? fs::path(name) : request.output;
  auto staging = StagingFile::create(output, 0644);
  if (!staging) return std::unexpected(staging.error());
  if (auto ok = write_package(staging->file(), *json, request.key, *files); !ok) return std::unexpected(ok.error());
  const auto size = size_of_file(staging->file());
  if (!size) return std::unexpected(size.error());
  if (auto ok = publish(*staging); !ok) return std::unexpected(ok.error());
  return PackedFile{output, *size, std::move(*packed)};
}

Result<KeyId> sign_package(const SignRequest& request, const PrivateKey& key) {
  const auto package = inspect_package(request.package, TrustStore());
  if (!package) return std::unexpected(package.error());
  auto staging = StagingFile::create(request.output.empty() ? request.package : request.output, 0644);
  if (!staging) return std::unexpected(staging.error());
  auto writer = ContainerWriter::create(staging->file());
  if (!writer) return std::unexpected(writer.error());
  if (auto ok = add_head(*writer, package->manifest_json(), &key); !ok) return std::unexpected(ok.error());
  for (const auto* entries : {&package->libraries(), &package->assets()})
    for (const auto& entry : *entries)
      if (auto ok = writer->add(entry.path, package->file(), entry.data_offset, entry.size); !ok)
        return std::unexpected(ok.error());
  if (auto ok = writer->finish(); !ok) return std::unexpected(ok.error());
  if (auto ok = publish(*staging); !ok) return std::unexpected(ok.error());
  return key.public_key().id();
}

}  // namespace stoa::registry
