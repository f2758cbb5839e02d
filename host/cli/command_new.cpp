// command_new.cpp: `stoa new`: copies a template and puts the plugin's names into it.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/sdk_location.hpp"
#include "registry/document/file.hpp"
#include "registry/package/manifest_grammar.hpp"

namespace stoa::cli {

namespace fs = std::filesystem;

namespace {

struct NewOptions {
  std::string name, publisher = "my-company", language = "cpp", folder;
};

// In file names and in contents: @NAME@ my-plugin, @TARGET@ my_plugin (a C identifier), @PUBLISHER@ my-company.
std::string substituted(std::string text, const NewOptions& options) {
  auto target = options.name;
  std::ranges::replace(target, '-', '_');
  if (target.front() >= '0' && target.front() <= '9') target.insert(0, "plugin_");
  const std::pair<std::string_view, const std::string&> names[] = {
      {"@NAME@", options.name}, {"@TARGET@", target}, {"@PUBLISHER@", options.publisher}};
  for (const auto& [mark, value] : names)
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
      text.replace(at, mark.size(), value);
  return text;
}

Result<void> copy_file(const fs::path& from, const fs::path& to, const NewOptions& options) {
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (error) return std::unexpected(registry::file_error("create folder", to.parent_path(), error.value()));
  const auto text = registry::read_small_file(from, 1 << 20);
  if (!text) return std::unexpected(text.error());
  std::ofstream out(to, std::ios::binary);
  out << substituted(*text, options);
  out.close();
  if (!out) return failure(Code::unavailable, "file.io", "cannot write " + to.string());
  fs::permissions(to, fs::status(from, error).permissions(), error);
  return {};
}

Result<std::vector<std::string>> copy_tree(const fs::path& from, const fs::path& to, const NewOptions& options) {
  std::vector<std::string> made;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(from, error)) {
    if (!entry.is_regular_file(error)) continue;
    const auto path = substituted(entry.path().lexically_relative(from).string(), options);
    if (auto ok = copy_file(entry.path(), to / path, options); !ok) return std::unexpected(ok.error());
    made.push_back(path);
  }
  if (error) return std::unexpected(registry::file_error("list", from, error.value()));
  std::ranges::sort(made);
  return made;
}

Exit run(const NewOptions& options) {
  for (const auto& name : {options.name, options.publisher})
    if (!registry::is_account_name(name))
      return report({Code::invalid_argument, "name.syntax",
                     fmt::format("'{}' is no name: a-z, 0-9 and inner hyphens, 64 characters at most", name), 0},
                    "example: stoa new image-classify --publisher acme");
  const auto templates = find_templates();
  if (!templates) return report(templates.error(), "install the SDK beside this command, or run it from a build tree");
  const fs::path folder = options.folder.empty() ? fs::path(options.name) : fs::path(options.folder);
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error))
    return report({Code::already_exists, "file.exists", folder.string() + " exists and is not empty", 0},
                  "choose another place with --dir");
  const auto made = copy_tree(*templates / options.language, folder, options);
  if (!made) return report(made.error());
  fmt::print("made {}\n", folder.string());
  for (const auto& file : *made) fmt::print("  {}\n", file);
  fmt::print("\nnext\n  stoa build {0}\n", folder.string());
  return Exit::ok;
}

}  // namespace

Action declare_new(CommandLine line) {
  const auto options = std::make_shared<NewOptions>();
  line.text("NAME", options->name, "the plugin's name, like image-classify", {.is_required = true});
  line.text("--publisher", options->publisher, "who publishes it (default: my-company)", {.type_name = "NAME"});
  line.text("--language", options->language, "cpp or c (default: cpp)", {.one_of = {"cpp", "c"}});
  line.text("--dir", options->folder, "folder to make (default: NAME)", {.type_name = "DIR"});
  line.footer(
      "examples:\n"
      "  stoa new image-classify --publisher acme\n"
      "  stoa new image-classify --language c --dir /tmp/image-classify\n\n"
      "the folder builds as it is: `stoa build`, `stoa check`, `stoa pack`, `stoa sign`.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
