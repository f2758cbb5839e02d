// command_publish.cpp: `stoa publish`: brings a package into a registry.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/package_upload.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct PublishOptions : RegistryOptions {
  std::string package, changelog;
  int chunk_kib = 8192, wait_s = 900;
  bool is_waiting = false;
};

void show_progress(std::uint64_t sent, std::uint64_t all) {
  if (!::isatty(STDERR_FILENO)) return;
  constexpr double kMib = 1 << 20;
  fmt::print(stderr, "\r{:.1f} of {:.1f} MiB{}", static_cast<double>(sent) / kMib, static_cast<double>(all) / kMib,
             sent == all ? "\n" : "");
}

std::string release_line(const Json& release) {
  return fmt::format("{} {}  release {}  is {}\n", member_text(release, "plugin"), member_text(release, "version"),
                     member_text(release, "id"), member_text(release, "state"));
}

std::string published_text(const Json& release) {
  std::string text = release_line(release);
  const bool is_checked = release.contains("checked");
  if (is_checked && release.contains("checks")) text += checks_text(release["checks"]);
  const std::string state = member_text(release, "state"), id = member_text(release, "id");
  if (!is_checked)
    text += fmt::format("its checks: stoa releases show {}\n", id);
  else if (state == "validating" || state == "quarantined")
    text += fmt::format("it waits for its review: stoa releases accept {}\n", id);
  return text;
}

Exit run(const PublishOptions& options) {
  auto registry = connect(options);
  if (!registry) return report(registry.error());
  const UploadPlan plan{.package = options.package,
                        .changelog = options.changelog,
                        .chunk_bytes = static_cast<std::uint64_t>(options.chunk_kib) << 10,
                        .on_progress = &show_progress};
  auto release = bring_package(*registry, plan);
  if (!release) return report(release.error());
  if (options.is_waiting) {
    release = wait_for_checks(*registry, member_text(*release, "id"), options.wait_s);
    if (!release) return report(release.error());
  }
  forget_upload(options.package);
  print_answer(*release, options.json, &published_text);
  if (member_text(*release, "state") != "rejected") return Exit::ok;
  return report({Code::failed_precondition, "release.rejected",
                 "the registry rejected it: " + member_text(*release, "state_because"), 0});
}

}  // namespace

Action declare_publish(CommandLine line) {
  const auto options = std::make_shared<PublishOptions>();
  line.text("PACKAGE", options->package, "signed package to publish", {.is_required = true});
  add_registry_options(line, *options);
  line.text("--changelog", options->changelog, "what is new in this version", {.type_name = "TEXT"});
  line.flag("--wait", options->is_waiting, "until the registry has checked it; shows what the checks say");
  line.number("--wait-s", options->wait_s, 1, 86'400, "how many seconds to wait at most (default 900)");
  line.number("--chunk-kib", options->chunk_kib, 1, 16'384, "KiB that are sent at once (default 8192)");
  line.footer(
      "examples:\n"
      "  stoa publish acme-vision-1.2.0.stoa --registry https://registry.example:8081 --token-file acme.token --wait\n"
      "  STOA_REGISTRY=http://127.0.0.1:8081 STOA_TOKEN_FILE=acme.token stoa publish acme-vision-1.2.0.stoa\n\n"
      "interrupted? the same command goes on where it was: PACKAGE.upload, beside the package, says where.\n"
      "exit 1 with release.version_taken: another package has the version; is that one not published yet, it says so, "
      "and\n"
      "the same command submits this one where it is rejected.\n"
      "exit 1 with release.rejected: the checks refused it; their names: docs/reference/publishing-checks.md");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
