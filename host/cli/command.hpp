// command.hpp: what a command of `stoa` is, and how it reports failure.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "stoa/error.hpp"

namespace stoa::cli {

// Documented in docs/reference/cli.md; scripts rely on them.
enum class Exit : int {
  ok = 0,
  refused = 1,      // what was given is not acceptable: a package, a manifest, a key, a build
  usage = 2,        // the command line is wrong
  environment = 3,  // a file is missing, exists already or cannot be written; the SDK is not found
};

// Runs after the whole command line has been parsed.
using Action = std::function<Exit()>;

// A command declares its options on its own subcommand and returns its action; what the options write to lives in the
// action (shared state), since both outlive declare(). To add a command: one file command_<name>.cpp that defines
// `Action declare_<name>(CLI::App&)`, and one line in commands.def.
struct Command {
  const char* name;
  const char* summary;
  Action (*declare)(CLI::App& app);
};

// Prints "error: <message>", the reason, and a hint where one is known for the reason, on stderr.
Exit report(const Error& error);
Exit report(const Error& error, const std::string& hint);

}  // namespace stoa::cli
