// command_keygen.cpp: `stoa keygen`: a new Ed25519 key as two PEM files.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/package_report.hpp"
#include "registry/package/ed25519.hpp"
#include "registry/package/file.hpp"

namespace stoa::cli {
namespace {

struct Options {
  std::string out;
  bool json = false;
};

// Never over an existing file: a lost signing key cannot be had again.
Result<void> write_new(const std::string& path, unsigned mode, const std::string& text) {
  const registry::File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (file.fd() < 0) return std::unexpected(registry::file_error("create", path, errno));
  if (auto ok = registry::write_all(file, std::as_bytes(std::span(text))); !ok) return ok;
  if (::fsync(file.fd()) != 0) return std::unexpected(registry::file_error("fsync", path, errno));
  return {};
}

Exit run(const Options& options) {
  const auto key = registry::PrivateKey::generate();
  const auto public_key = key.public_key();
  const auto private_file = options.out + ".key.pem", public_file = options.out + ".pub.pem";
  if (auto ok = write_new(private_file, 0600, key.pem()); !ok) return report(ok.error());
  if (auto ok = write_new(public_file, 0644, public_key.pem()); !ok) {
    ::unlink(private_file.c_str());  // ours, made a moment ago: half a pair is of no use
    return report(ok.error());
  }
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
  const auto options = std::make_shared<Options>();
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
