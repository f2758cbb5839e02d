// command_line.cpp: the command line as CLI11 reads it; the only file that knows CLI11.
// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>

#include "host/cli/command.hpp"

namespace stoa::cli {
namespace {

void apply(CLI::Option& option, const OptionForm& form) {
  if (form.is_required) option.required();
  if (form.type_name) option.type_name(form.type_name);
  if (form.environment) option.envname(form.environment);
  if (form.is_hidden) option.group("");
  if (form.is_existing_folder) option.check(CLI::ExistingDirectory);
  if (!form.one_of.empty()) option.check(CLI::IsMember(form.one_of));
  if (form.one_each) option.allow_extra_args(false);
  if (form.refusal) option.check(form.refusal);
}

}  // namespace

void CommandLine::text(const char* names, std::string& value, const char* summary, const OptionForm& form) {
  apply(*app_.add_option(names, value, summary), form);
}

void CommandLine::texts(const char* names, std::vector<std::string>& values, const char* summary,
                        const OptionForm& form) {
  apply(*app_.add_option(names, values, summary), form);
}

void CommandLine::number(const char* names, int& value, int min, int max, const char* summary) {
  app_.add_option(names, value, summary)->check(CLI::Range(min, max));
}

void CommandLine::port(const char* names, std::optional<std::uint16_t>& value, const char* summary) {
  app_.add_option(names, value, summary)->type_name("N");
}

void CommandLine::flag(const char* names, bool& value, const char* summary) { app_.add_flag(names, value, summary); }

void CommandLine::footer(const char* text) { app_.footer(text); }

Exit run_command_line(int argc, char** argv, std::span<const Command> commands) {
  CLI::App app("Stoa: a market hall for AI models. Build, sign and serve model plugins.", "stoa");
  app.set_version_flag("--version", "stoa " STOA_VERSION);
  app.require_subcommand(0, 1);  // none at all: the help, below
  app.footer("`stoa COMMAND --help` shows a command's options and examples.\n");
  Action chosen;
  for (const auto& command : commands) {
    std::string name = command.name;
    std::ranges::replace(name, '_', '-');  // the table's names are C++'s
    auto* sub = app.add_subcommand(name, command.summary);
    const auto action = command.declare(CommandLine(*sub));
    sub->callback([&chosen, action, sub] {
      chosen = action;
      report_for(sub->get_name());  // of app, which outlives the action
    });
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

}  // namespace stoa::cli
