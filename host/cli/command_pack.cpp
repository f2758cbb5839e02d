// command_pack.cpp: `stoa pack`: a staging folder becomes a package.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/key_option.hpp"
#include "host/cli/package_report.hpp"
#include "licensing/sealed/sealed_asset.hpp"
#include "registry/package/package_writer.hpp"

namespace stoa::cli {
namespace {

struct PackOptions {
  std::string folder, output, key, content_key;
  std::vector<std::string> encrypt;
  bool json = false;
};

std::vector<std::string> split(const std::vector<std::string>& lists) {
  std::vector<std::string> paths;
  for (const std::string& list : lists) {
    for (std::size_t at = 0; at <= list.size();) {
      const std::size_t end = std::min(list.find(',', at), list.size());
      std::string path = list.substr(at, end - at);
      // Named twice it is one asset.
      if (!path.empty() && std::ranges::find(paths, path) == paths.end()) paths.push_back(std::move(path));
      at = end + 1;
    }
  }
  return paths;
}

// A file without a name. Not every file system has those; then its name is taken away.
registry::File nameless_file(const std::filesystem::path& folder) {
  registry::File file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (file.fd() >= 0) return file;
  std::string name = (folder / ".stoa-pack-XXXXXX").string();
  registry::File named(::mkostemp(name.data(), O_CLOEXEC));
  if (named.fd() >= 0) ::unlink(name.c_str());
  return named;
}

// What is encrypted waits beside the package it goes into.
Result<registry::EncryptedAsset> encrypt(const licensing::ContentKey& key, const std::filesystem::path& output,
                                         const registry::Manifest& manifest, const std::string& path,
                                         const registry::File& plain) {
  const std::filesystem::path folder = output.has_parent_path() ? output.parent_path() : ".";
  registry::File sealed = nameless_file(folder);
  if (sealed.fd() < 0) return std::unexpected(registry::file_error("make a file in", folder, errno));
  const auto header = licensing::seal_asset(plain, sealed, key, {manifest.id(), path});
  if (!header) return std::unexpected(header.error());
  return registry::EncryptedAsset{std::move(sealed), {header->content_key.hex, header->plain_bytes}};
}

Exit run(const PackOptions& options) {
  std::optional<registry::PrivateKey> key;
  if (!options.key.empty()) {
    auto loaded = registry::read_private_key(options.key);
    if (!loaded) return report(loaded.error());
    key = std::move(*loaded);
  }
  registry::PackRequest request{options.folder, options.output, key ? &*key : nullptr};
  request.encrypted = split(options.encrypt);
  if (request.encrypted.empty() != options.content_key.empty())
    return report({Code::invalid_argument, "usage",
                   "--encrypt and --content-key go together: what to encrypt, and the file of the key", 0},
                  "stoa pack --help");
  std::optional<licensing::MadeContentKey> content;
  if (!options.content_key.empty()) {
    auto made = licensing::read_or_make_content_key(options.content_key);
    if (!made) return report(made.error());
    content = std::move(*made);
    request.encrypt = [&](const registry::Manifest& manifest, const std::string& path, const registry::File& plain) {
      return encrypt(content->key, options.output, manifest, path, plain);
    };
  }
  const auto packed = registry::pack_folder(request);
  if (!packed) return report(packed.error());
  if (options.json) {
    std::vector<std::pair<std::string_view, ReportValue>> out = {{"package", packed->path.string()},
                                                                 {"bytes", std::uint64_t{packed->size}},
                                                                 {"id", packed->manifest.id()},
                                                                 {"version", packed->manifest.version},
                                                                 {"signed", key.has_value()}};
    if (key) out.emplace_back("key_id", key->public_key().id().hex);
    if (content) out.emplace_back("content_key", content->key.id().hex);
    if (content) out.emplace_back("content_key_new", content->is_new);
    fmt::print("{}", flat_json(out));
  } else {
    fmt::print("packed  {}  {} {}, {} bytes, {}\n", packed->path.string(), packed->manifest.id(),
               packed->manifest.version, packed->size, key ? "signed" : "not signed yet (`stoa sign`)");
    if (content)
      fmt::print("encrypted  {} {} with content key {}\n", request.encrypted.size(),
                 request.encrypted.size() == 1 ? "asset" : "assets", content->key.id().hex);
    if (content && content->is_new)
      fmt::print("content key  {} was made: keep it secret and keep it safe, without it nobody opens the assets\n",
                 options.content_key);
  }
  return Exit::ok;
}

}  // namespace

Action declare_pack(CommandLine line) {
  const auto options = std::make_shared<PackOptions>();
  line.text("DIR", options->folder, "folder with manifest.json and the files it lists", {.is_required = true});
  line.text("-o,--output", options->output, "package to write (default: <publisher>-<plugin>-<version>.stoa)",
            {.type_name = "FILE"});
  line.text("--key", options->key, "sign with this private key (PEM)", {.type_name = "FILE"});
  line.texts("--encrypt", options->encrypt, "assets to encrypt, by their paths with commas between; may be repeated",
             {.type_name = "PATH,…", .one_each = true});
  line.text("--content-key", options->content_key, "the file of the key to encrypt with; made where there is none",
            {.type_name = "FILE"});
  line.flag("--json", options->json, "report as JSON");
  line.footer(
      "examples:\n"
      "  stoa pack build/vision.plugin\n"
      "  stoa pack build/vision.plugin -o vision.stoa --key acme.key.pem\n"
      "  stoa pack build/vision.plugin --encrypt assets/weights.pt --content-key vision.content.key\n\n"
      "the same folder gives the same bytes, unless something is encrypted. The file appears when it is complete, or "
      "not at all.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
