// main.cpp: the command `stoa`: the table of its commands; exceptions of libraries become an exit code.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>

#include "host/cli/command.hpp"

namespace stoa::cli {

#define STOA_COMMAND(name, summary) Action declare_##name(CommandLine line);
#include "host/cli/commands.def"
#undef STOA_COMMAND

namespace {

constexpr Command kCommands[] = {
#define STOA_COMMAND(name, summary) {#name, summary, &declare_##name},
#include "host/cli/commands.def"
#undef STOA_COMMAND
};

}  // namespace
}  // namespace stoa::cli

int main(int argc, char** argv) {
  try {
    return static_cast<int>(stoa::cli::run_command_line(argc, argv, stoa::cli::kCommands));
  } catch (const std::exception& bad) {
    std::fprintf(stderr, "error: %s\n", bad.what());
    return static_cast<int>(stoa::cli::Exit::environment);
  }
}
