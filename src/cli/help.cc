// SPDX-License-Identifier: Apache-2.0
#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/terminal.h"

namespace selfnorm::cli {
namespace {

constexpr std::size_t kWidth = 100;      ///< columns of a line
constexpr std::size_t kIndent = 2;       ///< before an argument
constexpr std::size_t kHelpColumn = 28;  ///< column of the text of an argument

// Returns the text in lines of at most `width` columns, broken at spaces.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (const std::string& word : split_words(text, ' ')) {
    std::string& line = lines.back();
    if (line.empty()) line = word;
    else if (columns(line) + 1 + columns(word) <= width) line += " " + word;
    else lines.push_back(word);
  }
  return lines;
}

// Returns a name and its text on one line, or on two if the name is long.
std::string entry(const std::string& name, std::string_view text) {
  std::string line = std::string(kIndent, ' ') + name;
  std::string out;
  if (columns(line) + 2 > kHelpColumn) {
    out = line + "\n";
    line.clear();
  }
  for (const std::string& part : wrapped(text, kWidth - kHelpColumn)) {
    line += std::string(kHelpColumn - columns(line), ' ') + part;
    out += line + "\n";
    line.clear();
  }
  return out;
}

}  // namespace

std::string usage(const Command& command) {
  std::string text = command.path();
  if (!command.commands.empty()) return text + " COMMAND";
  text += " [OPTIONS]";
  for (const Argument& argument : command.arguments) {
    if (!argument.is_positional()) continue;
    const std::string name = argument.title() + (argument.is_repeatable ? "..." : "");
    text += argument.is_required ? " " + name : " [" + name + "]";
  }
  return text;
}

std::string signature(const Argument& argument) {
  if (argument.is_positional()) return argument.title();
  const std::string value = value_name(argument);
  return join(argument.names(), ", ") + (value.empty() ? "" : " " + value);
}

std::string full_help(const Argument& argument) {
  std::string text = argument.help;
  const std::string choices = join(argument.choices, "|");
  const bool shows_choices = !argument.is_positional() && choices == value_name(argument);
  if (!choices.empty() && !shows_choices) {
    text += fmt::format(" ({})", join(argument.choices, ", "));
  }
  const std::string value = default_value(argument);
  if (!value.empty()) text += fmt::format(" [{}]", value);
  if (argument.is_required && !argument.is_positional()) text += " (required)";
  return text;
}

std::vector<ArgumentGroup> argument_groups(const Command& command) {
  std::vector<ArgumentGroup> groups;
  for (const Argument& argument : command.arguments) {
    const std::string& heading = argument.is_positional() ? "Arguments" : argument.group;
    auto group = std::ranges::find(groups, heading, &ArgumentGroup::heading);
    if (group == groups.end()) group = groups.insert(group, {heading, {}});
    group->arguments.push_back(&argument);
  }
  return groups;
}

std::string help_text(const Command& command) {
  std::string text;
  for (const std::string& line : wrapped(command.summary, kWidth)) text += line + "\n";
  text += fmt::format("\nUsage: {}\n", usage(command));
  if (!command.description.empty()) text += "\n" + command.description + "\n";
  if (!command.commands.empty()) {
    text += "\nCommands:\n";
    for (const Command* subcommand : command.visible_commands())
      text += entry(subcommand->name, subcommand->summary);
    text += fmt::format("\n`{} COMMAND --help` describes a command.\n", command.path());
  }
  for (const ArgumentGroup& group : argument_groups(command)) {
    text += fmt::format("\n{}:\n", group.heading);
    for (const Argument* argument : group.arguments) {
      text += entry(signature(*argument), full_help(*argument));
    }
  }
  if (!command.examples.empty()) text += "\nExamples:\n";
  for (const std::string& example : command.examples) text += "  " + example + "\n";
  return text;
}

}  // namespace selfnorm::cli
