// command_build.cpp: `stoa build`: configures and builds a partner's folder with CMake against the SDK.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/sdk_location.hpp"
#include "host/cli/subprocess.hpp"

namespace stoa::cli {

namespace fs = std::filesystem;

namespace {

struct BuildOptions {
  std::string folder = ".", build, type = "Release", sdk;
  int jobs = 0;
};

// What stoa_add_plugin() made: folders called <target>.plugin with a manifest in them.
std::vector<fs::path> staging_folders(const fs::path& build) {
  std::vector<fs::path> found;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(build, error))
    if (entry.path().extension() == ".plugin" && fs::exists(entry.path() / "manifest.json", error))
      found.push_back(entry.path());
  std::ranges::sort(found);
  return found;
}

Exit build_failed(const char* step, int status) {
  return report({Code::failed_precondition, "build.failed", fmt::format("cmake {} ended with {}", step, status), 0},
                "the compiler's messages are above");
}

Result<std::string> sdk_config(const BuildOptions& options) {
  if (!options.sdk.empty()) return options.sdk;
  const auto sdk = find_sdk();
  if (!sdk) return std::unexpected(sdk.error());
  return sdk->config.string();
}

Exit run(const BuildOptions& options) {
  const fs::path folder = options.folder;
  std::error_code error;
  if (!fs::exists(folder / "CMakeLists.txt", error))
    return report({Code::not_found, "file.not_found", "there is no CMakeLists.txt in " + folder.string(), 0},
                  "`stoa new NAME` makes a folder that builds");
  const auto sdk = sdk_config(options);
  if (!sdk) return report(sdk.error(), "give the folder of stoa_sdk-config.cmake with --sdk");
  const auto build = options.build.empty() ? folder / "build" : fs::path(options.build);

  const auto configured = run_program({"cmake", "-S", folder.string(), "-B", build.string(),
                                       "-DCMAKE_BUILD_TYPE=" + options.type, "-Dstoa_sdk_DIR=" + *sdk},
                                      Output::shown);
  if (!configured) return report(configured.error(), "install cmake");
  if (*configured != 0) return build_failed("configure", *configured);
  std::vector<std::string> command = {"cmake", "--build", build.string(), "--parallel"};
  if (options.jobs > 0) command.push_back(std::to_string(options.jobs));
  const auto built = run_program(command, Output::shown);
  if (!built) return report(built.error(), "install cmake");
  if (*built != 0) return build_failed("build", *built);

  for (const auto& staging : staging_folders(build))
    fmt::print("\nbuilt  {}\nnext   stoa pack {}\n", staging.string(), staging.string());
  return Exit::ok;
}

}  // namespace

Action declare_build(CommandLine line) {
  const auto options = std::make_shared<BuildOptions>();
  line.text("DIR", options->folder, "folder with the plugin's CMakeLists.txt (default: here)");
  line.text("-B,--build-dir", options->build, "build folder (default: DIR/build)", {.type_name = "DIR"});
  line.text("--type", options->type, "Release, Debug or RelWithDebInfo (default: Release)",
            {.one_of = {"Release", "Debug", "RelWithDebInfo"}});
  line.number("-j,--jobs", options->jobs, 1, 1024, "compile this many files at once");
  line.text("--sdk", options->sdk, "folder of stoa_sdk-config.cmake (default: the one beside this command)",
            {.is_existing_folder = true});
  line.footer(
      "examples:\n"
      "  stoa build\n"
      "  stoa build my-plugin --type Debug\n"
      "  CXX=g++ stoa build my-plugin -j 4\n\n"
      "any CMake project that calls stoa_add_plugin() will do; this command only finds the SDK for it.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
