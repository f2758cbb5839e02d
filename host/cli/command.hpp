// command.hpp: what a command of `stoa` is, how it declares its options, and how it reports failure.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/result.hpp"

namespace CLI {
class App;
}

namespace stoa::cli {

// Documented in docs/reference/cli.md; scripts rely on them.
enum class Exit : int {
  ok = 0,
  refused = 1,      // what was given is not acceptable: a package, a manifest, a key, a build
  usage = 2,        // the command line is wrong
  environment = 3,  // a file is missing, exists already or cannot be written; the SDK is not found
};

// What is wrong with the command line. Error: invalid_argument "usage".
inline std::unexpected<Error> usage(std::string message) {
  return failure(Code::invalid_argument, "usage", std::move(message));
}

// Runs after the whole command line has been parsed.
using Action = std::function<Exit()>;

// What an option is beside its names and its summary. Names: "-o,--output", or "PACKAGE" for a positional argument.
struct OptionForm {
  const char* type_name = nullptr;  // as --help shows what it takes; null: the type's own name
  bool is_required = false;
  bool is_hidden = false;                // not in --help
  bool is_existing_folder = false;       // refused otherwise
  const char* environment = nullptr;     // the variable that gives the value where the command line does not
  std::vector<std::string> one_of = {};  // empty: anything
  bool one_each = false;                 // of texts: one value after each name, not as many as follow it
  std::string (*refusal)(const std::string& value) = nullptr;  // "", or why a value is refused; checked row by row
};

// The options of one command as it declares them. CLI11 lives behind it, in command_line.cpp alone: it is all headers,
// and costs every file that includes it seconds. Lifetime: the values outlive the parsing of the command line.
class CommandLine {
 public:
  explicit CommandLine(CLI::App& app) : app_(app) {}

  void text(const char* names, std::string& value, const char* summary, const OptionForm& form = {});
  void texts(const char* names, std::vector<std::string>& values, const char* summary, const OptionForm& form = {});
  void number(const char* names, int& value, int min, int max, const char* summary);
  void port(const char* names, std::optional<std::uint16_t>& value, const char* summary);
  void flag(const char* names, bool& value, const char* summary);
  void footer(const char* text);

 private:
  CLI::App& app_;
};

// A command declares its options and returns its action; what the options write to lives in the action (shared state),
// since both outlive declare(). To add a command: one file command_<name>.cpp that defines
// `Action declare_<name>(CommandLine)`, and one line in commands.def.
struct Command {
  const char* name;
  const char* summary;
  Action (*declare)(CommandLine line);
};

// Parses the command line, runs the command it names; usage errors and --help end here.
Exit run_command_line(int argc, char** argv, std::span<const Command> commands);

// Whose errors are reported from now on: hints differ. Once, before the command runs; the name outlives it.
void report_for(std::string_view command);
// Prints "error: <message>", the reason, and a hint where one is known for the reason, on stderr.
Exit report(const Error& error);
Exit report(const Error& error, const std::string& hint);

}  // namespace stoa::cli
