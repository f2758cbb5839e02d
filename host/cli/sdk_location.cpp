// sdk_location.cpp: the install tree and the build tree, told apart.
// SPDX-License-Identifier: Apache-2.0
#include "host/cli/sdk_location.hpp"

#include <fstream>
#include <optional>
#include <string>

#include "host/cli/subprocess.hpp"

namespace stoa::cli {

namespace fs = std::filesystem;

namespace {

std::unexpected<Error> not_found(const std::string& what, const fs::path& where) {
  return failure(Code::not_found, "sdk.not_found", what + " is not found from " + where.string());
}

Result<fs::path> executable_folder() {
  std::error_code error;
  const auto executable = fs::read_symlink("/proc/self/exe", error);
  if (error) return failure(Code::unavailable, "sdk.not_found", "cannot read /proc/self/exe: " + error.message());
  return executable.parent_path();
}

// The source tree of the build tree in folder, read from its cache.
std::optional<fs::path> source_of_build(const fs::path& folder) {
  std::ifstream cache(folder / "CMakeCache.txt");
  constexpr std::string_view kKey = "CMAKE_HOME_DIRECTORY:INTERNAL=";
  for (std::string line; std::getline(cache, line);)
    if (line.starts_with(kKey)) return fs::path(line.substr(kKey.size()));
  return std::nullopt;
}

// Where GNUInstallDirs may have put it.
std::optional<fs::path> config_under(const fs::path& prefix) {
  std::error_code error;
  for (const auto* lib : {"lib", "lib64", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu"}) {
    const auto folder = prefix / lib / "cmake" / "stoa_sdk";
    if (fs::exists(folder / "stoa_sdk-config.cmake", error)) return folder;
  }
  return std::nullopt;
}

Result<fs::path> install_from_build(const fs::path& build) {
  const auto prefix = build / "stoa-sdk";
  const auto done = run_program(
      {"cmake", "--install", build.string(), "--component", "sdk", "--prefix", prefix.string()}, Output::discarded);
  if (!done) return std::unexpected(done.error());
  if (*done != 0)
    return failure(Code::failed_precondition, "sdk.install",
                   "cmake --install " + build.string() + " --component sdk ended with " + std::to_string(*done));
  if (const auto config = config_under(prefix)) return *config;
  return not_found("stoa_sdk-config.cmake", prefix);
}

}  // namespace

Result<fs::path> find_templates() {
  const auto bin = executable_folder();
  if (!bin) return std::unexpected(bin.error());
  const auto prefix = bin->parent_path();
  std::error_code error;
  if (const auto source = source_of_build(prefix)) {
    if (const auto folder = *source / "sdk" / "template"; fs::is_directory(folder, error)) return folder;
  }
  if (const auto folder = prefix / "share" / "stoa" / "template"; fs::is_directory(folder, error)) return folder;
  return not_found("the template folder", *bin);
}

Result<SdkLocation> find_sdk() {
  const auto templates = find_templates();
  if (!templates) return std::unexpected(templates.error());
  const auto bin = executable_folder();
  if (!bin) return std::unexpected(bin.error());
  const auto prefix = bin->parent_path();
  if (source_of_build(prefix)) {
    auto config = install_from_build(prefix);
    if (!config) return std::unexpected(config.error());
    return SdkLocation{*config, *templates};
  }
  if (const auto config = config_under(prefix)) return SdkLocation{*config, *templates};
  return not_found("stoa_sdk-config.cmake", *bin);
}

}  // namespace stoa::cli
