// main.cpp: the command `stoa`: finds the command, runs it, turns exceptions of libraries into an exit code.
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "host/cli/command.hpp"

namespace stoa::cli {

#define STOA_COMMAND(name, summary) Action declare_##name(CLI::App& app);
#include "host/cli/commands.def"
#undef STOA_COMMAND

namespace {

constexpr Command kCommands[] = {
#define STOA_COMMAND(name, summary) {#name, summary, &declare_##name},
#include "host/cli/commands.def"
#undef STOA_COMMAND
};

Exit run(int argc, char** argv) {
  CLI::App app("Stoa: a market hall for AI models. Build, sign and serve model plugins.", "stoa");
  app.set_version_flag("--version", "stoa " STOA_VERSION);
  app.require_subcommand(0, 1);  // none at all: the help, below
  app.footer("`stoa COMMAND --help` shows a command's options and examples.\n");
  Action chosen;
  for (const auto& command : kCommands) {
    auto* sub = app.add_subcommand(command.name, command.summary);
    const auto action = command.declare(*sub);
    sub->callback([&chosen, action] { chosen = action; });
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& end) {  // --help and --version end here too
    if (end.get_exit_code() == 0) return static_cast<Exit>(app.exit(end));
    const auto used = app.get_subcommands();
    const auto command = used.empty() ? std::string("stoa") : "stoa " + used.front()->get_name();
    std::fprintf(stderr, "error: %s\n  reason: usage\n  hint: %s --help\n", end.what(), command.c_str());
    return Exit::usage;
  }
  if (!chosen) {
    std::fputs(app.help().c_str(), stderr);
    return Exit::usage;
  }
  return chosen();
}

}  // namespace
}  // namespace stoa::cli

int main(int argc, char** argv) {
  try {
    return static_cast<int>(stoa::cli::run(argc, argv));
  } catch (const std::exception& bad) {
    std::fprintf(stderr, "error: %s\n", bad.what());
    return static_cast<int>(stoa::cli::Exit::environment);
  }
}
