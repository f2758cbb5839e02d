// command_pack.cpp: `stoa pack`: a staging folder becomes a package.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "host/cli/command.hpp"
#include "host/cli/key_option.hpp"
#include "registry/package/package_writer.hpp"

namespace stoa::cli {
namespace {

struct Options {
  std::string folder, output, key;
  bool json = false;
};

Exit run(const Options& options) {
  std::optional<registry::PrivateKey> key;
  if (!options.key.empty()) {
    auto loaded = load_private_key(options.key);
    if (!loaded) return report(loaded.error());
    key = std::move(*loaded);
  }
  const auto packed = registry::pack_folder({options.folder, options.output, key ? &*key : nullptr});
  if (!packed) return report(packed.error());
  if (options.json) {
    nlohmann::ordered_json out = {{"package", packed->path.string()},
                                  {"bytes", packed->size},
                                  {"id", packed->manifest.id()},
                                  {"version", packed->manifest.version},
                                  {"signed", key.has_value()}};
    if (key) out["key_id"] = key->public_key().id().hex;
    fmt::print("{}\n", out.dump(2));
  } else {
    fmt::print("packed  {}  {} {}, {} bytes, {}\n", packed->path.string(), packed->manifest.id(),
               packed->manifest.version, packed->size, key ? "signed" : "not signed yet (`stoa sign`)");
  }
  return Exit::ok;
}

}  // namespace

Action declare_pack(CLI::App& app) {
  const auto options = std::make_shared<Options>();
  app.add_option("DIR", options->folder, "folder with manifest.json and the files it lists")->required();
  app.add_option("-o,--output", options->output, "package to write (default: <publisher>-<plugin>-<version>.stoa)")
      ->type_name("FILE");
  app.add_option("--key", options->key, "sign with this private key (PEM)")->type_name("FILE");
  app.add_flag("--json", options->json, "report as JSON");
  app.footer(
      "examples:\n"
      "  stoa pack build/vision.plugin\n"
      "  stoa pack build/vision.plugin -o vision.stoa --key acme.key.pem\n\n"
      "the same folder gives the same bytes. The file appears when it is complete, or not at all.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
