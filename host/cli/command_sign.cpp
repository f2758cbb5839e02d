// command_sign.cpp: `stoa sign`: adds or replaces the signature of a package.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/key_option.hpp"
#include "host/cli/package_report.hpp"
#include "registry/package/package_writer.hpp"

namespace stoa::cli {
namespace {

struct SignOptions {
  std::string package, output, key;
  bool json = false;
};

Exit run(const SignOptions& options) {
  const auto key = registry::read_private_key(options.key);
  if (!key) return report(key.error());
  const auto signed_by = registry::sign_package({options.package, options.output}, *key);
  if (!signed_by) return report(signed_by.error());
  const auto& file = options.output.empty() ? options.package : options.output;
  if (options.json)
    fmt::print("{}", flat_json({{"package", file}, {"key_id", signed_by->hex}}));
  else
    fmt::print("signed  {}  key {}\n", file, signed_by->hex);
  return Exit::ok;
}

}  // namespace

Action declare_sign(CommandLine line) {
  const auto options = std::make_shared<SignOptions>();
  line.text("PACKAGE", options->package, "package to sign", {.is_required = true});
  line.text("--key", options->key, "private key (PEM)", {.type_name = "FILE", .is_required = true});
  line.text("-o,--output", options->output, "where to write it (default: in place)", {.type_name = "FILE"});
  line.flag("--json", options->json, "report as JSON");
  line.footer(
      "examples:\n"
      "  stoa sign acme-vision-1.2.0.stoa --key acme.key.pem\n"
      "  stoa sign unsigned.stoa --key acme.key.pem -o acme-vision-1.2.0.stoa\n\n"
      "the package is verified first, and its content stays byte for byte. A signature that is there is replaced.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
