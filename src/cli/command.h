// SPDX-License-Identifier: Apache-2.0
// Commands and their arguments as plain data. The parser, --help, the manual pages and the shell
// completions all read the same tables.
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/option.h"

namespace selfnorm::cli {

/// One argument of a command: a flag with a value, a switch, or a positional argument.
struct Argument {
  std::string name;  ///< "--out", "--source,--data" for two spellings, "network" for a positional
  Option::Target target;  ///< where the value goes
  std::string help;
  std::string value = {};  ///< names the value in help and completions: "FILE"; empty: by its type
  Range range = range::kAny;
  std::vector<std::string> choices = {};
  /// The default that help shows; empty: the target's initial value.
  std::string default_text = {};
  bool is_required = false;
  bool is_switch = false;      ///< takes no value and sets the target, a bool, to true
  bool is_repeatable = false;  ///< takes several words, one for each element of the list
  std::string needs = {};      ///< a flag that must be given too
  std::vector<std::string> excludes = {};  ///< flags that must not be given too
  std::string group = "Options";           ///< heading in help

  std::vector<std::string> words = {};  ///< from the command line; a switch has one

  bool is_given() const { return !words.empty(); }
  bool is_positional() const { return !name.starts_with('-'); }
  /// Returns every spelling.
  std::vector<std::string> names() const;
  /// Returns the first spelling, which messages use.
  std::string title() const { return names().front(); }
};

/// A command with its arguments, or one that leads to further commands.
struct Command {
  std::string name;
  std::string summary;           ///< one line
  std::string description = {};  ///< paragraphs below the summary, divided by empty lines
  std::vector<std::string> examples = {};
  std::deque<Argument> arguments = {};  ///< a deque: references stay valid
  std::deque<Command> commands = {};
  std::function<int()> run = {};  ///< returns the exit status; empty where `commands` are
  bool is_hidden = false;         ///< left out of help, for the project's own use
  std::string parents = {};       ///< the words before `name`: "selfnorm theory "

  Command& add_command(std::string name, std::string summary);
  Argument& add(Argument argument);
  Argument& add_switch(std::string name, bool& target, std::string help);
  /// Returns the subcommands that are not hidden.
  std::vector<const Command*> visible_commands() const;
  /// Returns the full name: "selfnorm theory shape".
  std::string path() const { return parents + name; }
};

/// Returns the placeholder of an argument's value in help: "FILE", "N", "true|false".
std::string value_name(const Argument& argument);

/// Returns the default that help shows, or an empty string if there is none.
std::string default_value(const Argument& argument);

/// Throws Error(config) naming the flag unless `words` fit the target's type, range and choices,
/// then sets the target.
void set_argument(const Argument& argument);

}  // namespace selfnorm::cli
