// command_inspect.cpp: `stoa inspect`: verifies a package and shows what it says of itself.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/key_option.hpp"
#include "host/cli/package_report.hpp"
#include "registry/package/package_reader.hpp"

namespace stoa::cli {
namespace {

struct InspectOptions {
  std::string package;
  std::vector<std::string> trust;
  bool json = false;
};

Exit run(const InspectOptions& options) {
  const auto trust = load_trust(options.trust);
  if (!trust) return report(trust.error());
  const auto package = registry::inspect_package(options.package, *trust);
  if (!package) return report(package.error());
  fmt::print("{}", options.json ? package_json(*package) : package_text(*package));
  // Whoever names keys asks whether the package is theirs; without any, the answer is only shown.
  if (!options.trust.empty())
    if (auto ok = registry::require_trusted(*package); !ok) return report(ok.error());
  return Exit::ok;
}

}  // namespace

Action declare_inspect(CommandLine line) {
  const auto options = std::make_shared<InspectOptions>();
  line.text("PACKAGE", options->package, "package to look at", {.is_required = true});
  add_trust_option(line, options->trust);
  line.flag("--json", options->json, "report as JSON");
  line.footer(
      "examples:\n"
      "  stoa inspect acme-vision-1.2.0.stoa\n"
      "  stoa inspect acme-vision-1.2.0.stoa --trust acme=acme.pub.pem\n"
      "  stoa inspect acme-vision-1.2.0.stoa --json | jq -r '.models[].name'\n\n"
      "no code of the package runs. exit 0: sound; 1: broken, or not signed by the keys of --trust; 3: no such file.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
