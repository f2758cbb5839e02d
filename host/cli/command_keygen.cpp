// command_keygen.cpp: `stoa keygen`: a new Ed25519 key as two PEM files.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/new_file.hpp"
#include "host/cli/package_report.hpp"
#include "registry/signature/ed25519.hpp"

namespace stoa::cli {
namespace {

struct KeygenOptions {
  std::string out;
  bool json = false;
};

Exit run(const KeygenOptions& options) {
  const auto key = registry::PrivateKey::generate();
  const auto public_key = key.public_key();
  const auto private_file = options.out + ".key.pem", public_file = options.out + ".pub.pem";
  auto private_one = NewFile::create(private_file, 0600);
  if (!private_one) return report(private_one.error());
  auto public_one = NewFile::create(public_file, 0644);
  if (!public_one) return report(public_one.error());
  if (auto ok = private_one->write(key.pem()); !ok) return report(ok.error());
  if (auto ok = public_one->write(public_key.pem()); !ok) return report(ok.error());
  private_one->keep();
  public_one->keep();
  if (options.json) {
    fmt::print(
        "{}", flat_json({{"private_key", private_file}, {"public_key", public_file}, {"key_id", public_key.id().hex}}));
  } else {
    fmt::print("private key  {}  (keep it secret: whoever has it can publish in your name)\n", private_file);
    fmt::print("public key   {}  (give it to operators)\nkey id       {}\n", public_file, public_key.id().hex);
  }
  return Exit::ok;
}

}  // namespace

Action declare_keygen(CommandLine line) {
  const auto options = std::make_shared<KeygenOptions>();
  line.text("-o,--out", options->out, "prefix of the two files: <prefix>.key.pem and <prefix>.pub.pem",
            {.type_name = "PREFIX", .is_required = true});
  line.flag("--json", options->json, "report as JSON");
  line.footer(
      "examples:\n"
      "  stoa keygen --out acme                       acme.key.pem and acme.pub.pem\n"
      "  openssl pkey -pubin -in acme.pub.pem -text   the same key, seen by openssl\n\n"
      "existing files are never overwritten (exit 3).");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
