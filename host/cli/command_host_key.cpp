// command_host_key.cpp: `stoa host-key`: the key that content keys are wrapped for, and its fingerprint.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/package_report.hpp"
#include "licensing/sealed/host_key.hpp"

namespace stoa::cli {
namespace {

struct HostKeyOptions {
  std::string action, folder = "licensing";
  bool json = false;
};

Exit run(const HostKeyOptions& options) {
  const auto key = licensing::read_or_make_host_key(options.folder);
  if (!key) return report(key.error());
  const std::string file = (std::filesystem::path(options.folder) / licensing::kHostPublicKeyFile).string();
  const std::string pem = key->public_key().pem();
  if (options.json) {
    fmt::print("{}", flat_json({{"fingerprint", key->id()}, {"public_key_file", file}, {"public_key", pem}}));
  } else {
    fmt::print("fingerprint  {}\npublic key   {}  (give it to whoever issues licences for this host)\n{}", key->id(),
               file, pem);
  }
  return Exit::ok;
}

}  // namespace

Action declare_host_key(CommandLine line) {
  const auto options = std::make_shared<HostKeyOptions>();
  line.text("ACTION", options->action, "show: the public key and its fingerprint; the key is made where there is none",
            {.is_required = true, .one_of = {"show"}});
  line.text("--folder", options->folder, "the host's licensing folder (default: licensing)", {.type_name = "DIR"});
  line.flag("--json", options->json, "report as JSON");
  line.footer(
      "examples:\n"
      "  stoa host-key show --folder /var/lib/stoa/licensing\n"
      "  stoa host-key show --json\n\n"
      "encrypted assets open on the one host that a licence's key is wrapped for. The private key (host.key.pem) "
      "never\n"
      "leaves the folder: a copy of it opens what this host may open.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
