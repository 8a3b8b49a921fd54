// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "base/text.h"
#include "cli/help.h"
#include "cli/terminal.h"
#include "selfnorm/error.h"
#include "selfnorm/version.h"

namespace selfnorm::cli {
namespace {

constexpr int kMaxValues = 1 << 20;  ///< words of one argument

void add_argument(CLI::App& app, Argument& argument) {
  if (argument.is_switch) {
    app.add_flag_callback(argument.name, [&argument] { argument.words = {"true"}; });
    return;
  }
  const CLI::callback_t keep = [&argument](const CLI::results_t& words) {
    argument.words = words;
    return true;
  };
  CLI::Option* option = app.add_option(argument.name, keep);
  option->expected(1, argument.is_repeatable ? kMaxValues : 1);
  option->allow_extra_args(argument.is_positional() && argument.is_repeatable);
}

void add_commands(CLI::App& app, Command& command) {
  for (Argument& argument : command.arguments) add_argument(app, argument);
  for (Command& subcommand : command.commands) {
    add_commands(*app.add_subcommand(subcommand.name, subcommand.summary), subcommand);
  }
  app.require_subcommand(0, 1);  // a later word is an argument, even if it names a command
}

// Returns the command that was given, as in `theory shape`.
Command& selected_command(const CLI::App& app, Command& command) {
  for (Command& subcommand : command.commands) {
    if (app.got_subcommand(subcommand.name))
      return selected_command(*app.get_subcommand(subcommand.name), subcommand);
  }
  return command;
}

// Returns the message for an unexpected word, with the nearest command or flag.
[[noreturn]] void fail_on_unexpected(const Command& command, const std::string& word) {
  std::vector<std::string> names;
  if (word.starts_with("-")) {
    for (const Argument& argument : command.arguments) {
      if (argument.is_positional()) continue;
      for (const std::string& name : argument.names()) names.push_back(name);
    }
  } else {
    for (const Command& subcommand : command.commands) names.push_back(subcommand.name);
  }
  const std::string nearest = nearest_name(word, names);
  throw Error(ErrorKind::config,
              fmt::format("unexpected argument '{}'{}; see: {} --help", word,
                          nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest),
                          command.path()));
}

// Throws for a flag without its value or with several. `text` starts with the flag and a colon.
[[noreturn]] void fail_on_wrong_count(const Command& command, const std::string& text) {
  const std::string flag = text.substr(0, text.find(':'));
  const auto argument = std::ranges::find_if(command.arguments, [&](const Argument& each) {
    return std::ranges::count(each.names(), flag) > 0;
  });
  const bool is_missing = text.ends_with("missing");
  const std::string value =
      argument == command.arguments.end() ? "one value" : value_name(*argument);
  throw Error(ErrorKind::config,
              fmt::format("{} {}; see: {} --help", flag,
                          is_missing ? fmt::format("expects {}, but no value follows", value)
                                     : "is given more than once",
                          command.path()));
}

void check_required(const Command& command) {
  for (const Argument& argument : command.arguments) {
    if (!argument.is_required || argument.is_given()) continue;
    const std::string value =
        argument.choices.empty() ? value_name(argument) : "one of " + join(argument.choices, ", ");
    const std::string where = argument.is_positional() ? "" : " with " + argument.title();
    throw Error(ErrorKind::config,
                fmt::format("expected {}{} after '{}' ({}); see: {} --help", value, where,
                            command.path(), argument.help, command.path()));
  }
}

void check_needs_and_excludes(const Command& command, const Argument& argument) {
  const auto is_given = [&](const std::string& flag) {
    return std::ranges::any_of(command.arguments, [&](const Argument& other) {
      return other.is_given() && std::ranges::count(other.names(), flag) > 0;
    });
  };
  if (!argument.needs.empty() && !is_given(argument.needs)) {
    throw Error(ErrorKind::config, fmt::format("{} requires {}", argument.title(), argument.needs));
  }
  for (const std::string& flag : argument.excludes) {
    if (!is_given(flag)) continue;
    throw Error(ErrorKind::config,
                fmt::format("{} cannot be combined with {}", argument.title(), flag));
  }
}

int run(Command& command) {
  if (!command.run) {
    throw Error(ErrorKind::config, fmt::format("expected a command after '{}'; see: {} --help",
                                               command.path(), command.path()));
  }
  check_required(command);
  for (const Argument& argument : command.arguments) {
    if (!argument.is_given()) continue;
    check_needs_and_excludes(command, argument);
    set_argument(argument);
  }
  return command.run();
}

}  // namespace

int run_command_line(Command& program, std::vector<std::string> words) {
  CLI::App app("", program.name);
  app.set_version_flag("--version", SELFNORM_VERSION);
  add_commands(app, program);
  std::ranges::reverse(words);  // CLI11 expects them in reverse
  try {
    app.parse(words);
  } catch (const CLI::CallForHelp&) {
    print("{}", help_text(selected_command(app, program)));
    return 0;
  } catch (const CLI::CallForVersion&) {
    print("{}\n", SELFNORM_VERSION);
    return 0;
  } catch (const CLI::ArgumentMismatch& error) {  // "--out: 1 required TEXT missing"
    fail_on_wrong_count(selected_command(app, program), error.what());
  } catch (const CLI::ParseError& error) {
    const Command& command = selected_command(app, program);
    const std::vector<std::string> rest = app.remaining(true);
    if (!rest.empty()) fail_on_unexpected(command, rest.front());
    throw Error(ErrorKind::config, fmt::format("{}; see: {} --help", error.what(), command.path()));
  }
  return run(selected_command(app, program));
}

}  // namespace selfnorm::cli
