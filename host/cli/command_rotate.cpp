// command_rotate.cpp: `stoa rotate`: other keys for a role of a registry's signed metadata.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "host/app/wall_clock.hpp"
#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "registry/feed/feed_opening.hpp"
#include "registry/feed/feed_rotation.hpp"
#include "registry/publishing/publishing.hpp"

namespace stoa::cli {
namespace {

constexpr const char* kEverything = "everything";

struct RotateOptions {
  std::string folder, role, because;
  std::vector<std::string> key_files;
  int new_keys = 1, threshold = 1;
  bool json = false;
};

std::string rotation_text(const Json& done) {
  std::string text = fmt::format("root {} counts now; followers take it by themselves\n", member_text(done, "root"));
  for (const Json& file : done["made"]) text += fmt::format("new key   {}\n", file.get<std::string>());
  for (const Json& file : done["expired"])
    text += fmt::format("old key   {}  (signs nothing any more: remove it)\n", file.get<std::string>());
  return text;
}

// What was signed is gone for ever: the next start of the host begins anew, and its keys are made where there are none.
Exit give_up(const RotateOptions& options) {
  if (options.because.empty())
    return report({Code::invalid_argument, "usage", "--because: is missing; whoever follows will ask", 0});
  auto publishing = registry::Publishing::open({.folder = options.folder, .now_ms = &app::unix_ms});
  if (!publishing) return report(publishing.error());
  const auto done = (*publishing)->with_catalogue([&](registry::Catalogue& catalogue) {
    return registry::give_up_feed(catalogue, options.folder, options.because);
  });
  if (!done) return report(done.error());
  Json answer{{"role", options.role}, {"moved_to", done->string()}};
  print_answer(answer, options.json, [](const Json& moved) {
    const std::string to = member_text(moved, "moved_to");
    return (to.empty() ? std::string() : fmt::format("what was left of metadata/ is in {}\n", to)) +
           "the next start signs a first root: give metadata/1.root.json to all who follow, whose folder begins anew\n";
  });
  return Exit::ok;
}

Exit run(const RotateOptions& options) {
  if (options.role == kEverything) return give_up(options);
  registry::RotationOrder order{.folder = options.folder,
                                .role = options.role,
                                .new_keys = static_cast<unsigned>(options.new_keys),
                                .threshold = static_cast<std::uint64_t>(options.threshold)};
  order.key_files.assign(options.key_files.begin(), options.key_files.end());
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto done = registry::rotate_feed_keys(order, now);
  if (!done) return report(done.error());
  Json answer{
      {"role", options.role}, {"root", done->root_version}, {"made", Json::array()}, {"expired", Json::array()}};
  for (const auto& file : done->made) answer["made"].push_back(file.string());
  for (const auto& file : done->expired) answer["expired"].push_back(file.string());
  print_answer(answer, options.json, &rotation_text);
  return Exit::ok;
}

}  // namespace

Action declare_rotate(CommandLine line) {
  const auto options = std::make_shared<RotateOptions>();
  line.text("FOLDER", options->folder, "the registry's folder; its host is stopped",
            {.type_name = "", .is_required = true, .is_existing_folder = true});
  line.text("ROLE", options->role,
            "whose keys: root, targets, snapshot, timestamp or releases; everything: metadata/ is gone for ever",
            {.type_name = "",
             .is_required = true,
             .one_of = {"root", "targets", "snapshot", "timestamp", "releases", kEverything}});
  line.texts("--key", options->key_files, "a private key that is kept elsewhere (PEM), root's at least; again for more",
             {.type_name = "FILE", .one_each = true});
  line.number("--new-keys", options->new_keys, 1, 16, "so many new ones (default 1)");
  line.number("--threshold", options->threshold, 1, 16, "so many of them have to sign (default 1)");
  line.text("--because", options->because, "everything: the reason; it is kept in the audit log",
            {.type_name = "TEXT"});
  line.flag("--json", options->json, "report as JSON");
  line.footer(
      "examples:\n"
      "  stoa rotate registry releases --key /media/safe/root.pem     a host was broken into: its keys count no more\n"
      "  stoa rotate registry root --new-keys 3 --threshold 2         two of three people from now on\n"
      "  stoa rotate registry everything --because 'metadata/ is gone'   the last resort: all who follow begin anew\n\n"
      "The new keys lie in FOLDER/keys, mode 0600. docs/how-to/run-a-registry.md says where they belong.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
