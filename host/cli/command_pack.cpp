// command_pack.cpp: `stoa pack`: a staging folder becomes a package.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/key_option.hpp"
#include "host/cli/package_report.hpp"
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
    auto loaded = registry::read_private_key(options.key);
    if (!loaded) return report(loaded.error());
    key = std::move(*loaded);
  }
  const auto packed = registry::pack_folder({options.folder, options.output, key ? &*key : nullptr});
  if (!packed) return report(packed.error());
  if (options.json) {
    std::vector<std::pair<std::string_view, ReportValue>> out = {{"package", packed->path.string()},
                                                                 {"bytes", std::uint64_t{packed->size}},
                                                                 {"id", packed->manifest.id()},
                                                                 {"version", packed->manifest.version},
                                                                 {"signed", key.has_value()}};
    if (key) out.emplace_back("key_id", key->public_key().id().hex);
    fmt::print("{}", flat_json(out));
  } else {
    fmt::print("packed  {}  {} {}, {} bytes, {}\n", packed->path.string(), packed->manifest.id(),
               packed->manifest.version, packed->size, key ? "signed" : "not signed yet (`stoa sign`)");
  }
  return Exit::ok;
}

}  // namespace

Action declare_pack(CommandLine line) {
  const auto options = std::make_shared<Options>();
  line.text("DIR", options->folder, "folder with manifest.json and the files it lists", {.is_required = true});
  line.text("-o,--output", options->output, "package to write (default: <publisher>-<plugin>-<version>.stoa)",
            {.type_name = "FILE"});
  line.text("--key", options->key, "sign with this private key (PEM)", {.type_name = "FILE"});
  line.flag("--json", options->json, "report as JSON");
  line.footer(
      "examples:\n"
      "  stoa pack build/vision.plugin\n"
      "  stoa pack build/vision.plugin -o vision.stoa --key acme.key.pem\n\n"
      "the same folder gives the same bytes. The file appears when it is complete, or not at all.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
