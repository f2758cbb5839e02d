// command_doctor.cpp: `stoa doctor`: is a registry's folder as it should be, and what can be mended.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "licensing/book/book_copy.hpp"
#include "registry/upkeep/diagnosis.hpp"

namespace stoa::cli {
namespace {

struct DoctorOptions : RegistryOptions {
  std::string folder;
  bool fix = false;
  int grace_s = 3600;
};

std::int64_t unix_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

Result<Json> look_at_folder(const DoctorOptions& options) {
  const registry::DoctorTerms terms{.now_ms = unix_ms(), .grace_ms = std::int64_t{options.grace_s} * 1000};
  // Opening makes a folder where there is none: only one that is a registry is opened.
  auto found = registry::examine_registry(options.folder, terms);
  if (found && options.fix) {
    auto publishing = registry::Publishing::open({.folder = options.folder, .now_ms = &unix_ms});
    if (!publishing) return std::unexpected(publishing.error());
    found = registry::mend_registry(**publishing, terms);
  }
  if (!found) return std::unexpected(found.error());
  return Json::parse(registry::diagnosis_json(*found));
}

Result<Json> ask_host(const DoctorOptions& options) {
  auto registry = connect(options);
  if (!registry) return std::unexpected(registry.error());
  const std::string path = "/v1/doctor" + query_of({{"grace_s", std::to_string(options.grace_s)}});
  return registry->ask({options.fix ? "POST" : "GET", path});
}

std::string diagnosis_text(const Json& found) {
  std::string text;
  for (const Json& one : found["ailments"])
    text += fmt::format("{}  {}: {}{}\n", member_text(one, "reason"), member_text(one, "subject"),
                        member_text(one, "message"), one.value("mended", false) ? "  (mended)" : "");
  return text + fmt::format(
                    "{}: {} releases, {} signatures of served packages, {} blobs of {} bytes, {} lines of audit, "
                    "{} steps of aliases\n",
                    found.value("healthy", false) ? "healthy" : "NOT HEALTHY", member_text(found, "releases"),
                    member_text(found, "packages"), member_text(found, "blobs"), member_text(found, "blob_bytes"),
                    member_text(found, "audit.lines"), member_text(found, "alias_steps"));
}

// A licensing folder. Nothing of it can be mended: what is wrong was done to the file from outside.
Exit look_at_book(const DoctorOptions& options) {
  if (options.fix)
    return report({Code::invalid_argument, "usage",
                   "--fix: is for a registry's folder; of a licensing folder bring a backup back", 0});
  const auto sound = licensing::examine_book(options.folder, unix_ms());
  if (!sound && sound.error().code != Code::data_loss) return report(sound.error());
  Json found{{"healthy", sound.has_value()}, {"ailments", Json::array()}};
  if (sound) {
    found["audit"] = {{"lines", sound->audit.lines}, {"sha256", registry::to_hex(sound->audit.sha256)}};
    found["customers"] = sound->customers;
    found["keys"] = sound->keys;
    found["licences"] = sound->licences;
    found["leases"] = sound->leases;
  } else {
    found["ailments"].push_back({{"reason", sound.error().reason},
                                 {"subject", options.folder},
                                 {"message", sound.error().message + "; bring a backup back: stoa backup restore"}});
  }
  print_answer(found, options.json, &record_text);
  return sound ? Exit::ok : Exit::refused;
}

Exit run(const DoctorOptions& options) {
  if (options.folder.empty() && options.url.empty())
    return report({Code::invalid_argument, "usage", "name a registry's FOLDER, or --registry URL of its host", 0});
  if (!options.folder.empty() && licensing::is_book_folder(options.folder)) return look_at_book(options);
  const auto found = options.folder.empty() ? ask_host(options) : look_at_folder(options);
  if (!found) return report(found.error());
  print_answer(*found, options.json, &diagnosis_text);
  return found->value("healthy", false) ? Exit::ok : Exit::refused;
}

}  // namespace

Action declare_doctor(CommandLine line) {
  const auto options = std::make_shared<DoctorOptions>();
  line.text("FOLDER", options->folder, "the registry's or licensing folder, as the host's configuration names it",
            {.type_name = ""});
  line.flag("--fix", options->fix, "mend what can be mended; a host must not have the folder open: ask it, --registry");
  line.number("--grace-s", options->grace_s, 0, 7 * 24 * 3600,
              "what is younger may be of a publish under way, and is kept (default 3600; 0: nobody publishes)");
  add_registry_options(line, *options, false);
  line.footer(
      "examples:\n"
      "  stoa doctor registry                 looks, and changes nothing; the host may run\n"
      "  stoa doctor licensing                the same of the licensing folder\n"
      "  stoa doctor registry --fix           the host is stopped\n"
      "  stoa doctor --registry http://127.0.0.1:8081 --token-file admin.token --fix\n\n"
      "exit 0: healthy, or put in order; 1: something is left, each with its reason: "
      "docs/reference/registry-doctor.md");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
