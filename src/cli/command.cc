// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {
namespace {

Option option_of(const Argument& argument) {
  return {argument.title(), argument.target, argument.help, argument.range, argument.choices};
}

std::string type_name(const Option::Target& target) {
  return std::visit(
      [](auto* pointer) -> std::string {
        using T = std::remove_pointer_t<decltype(pointer)>;
        if constexpr (std::is_same_v<T, bool>) return "true|false";
        else if constexpr (std::is_integral_v<T>) return "N";
        else if constexpr (std::is_floating_point_v<T>) return "X";
        else if constexpr (std::is_same_v<T, std::optional<double>>) return "auto|X";
        else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) return "N,N,...";
        else if constexpr (std::is_same_v<T, std::vector<double>>) return "X,X,...";
        else if constexpr (std::is_same_v<T, std::vector<std::string>>) return "NAME,NAME,...";
        else return "TEXT";
      },
      target);
}

}  // namespace

std::vector<std::string> Argument::names() const { return split_words(name, ','); }

Command& Command::add_command(std::string command_name, std::string command_summary) {
  return commands.emplace_back(Command{.name = std::move(command_name),
                                       .summary = std::move(command_summary),
                                       .parents = path() + " "});
}

std::vector<const Command*> Command::visible_commands() const {
  std::vector<const Command*> shown;
  for (const Command& subcommand : commands) {
    if (!subcommand.is_hidden) shown.push_back(&subcommand);
  }
  return shown;
}

Argument& Command::add(Argument argument) { return arguments.emplace_back(std::move(argument)); }

Argument& Command::add_switch(std::string flag, bool& target, std::string help) {
  return add(
      {.name = std::move(flag), .target = &target, .help = std::move(help), .is_switch = true});
}

std::string value_name(const Argument& argument) {
  if (argument.is_switch) return "";
  if (!argument.value.empty()) return argument.value;
  if (!argument.choices.empty() && argument.choices.size() <= 4) return join(argument.choices, "|");
  return type_name(argument.target);
}

std::string default_value(const Argument& argument) {
  if (argument.is_switch || argument.is_required || !argument.default_text.empty()) {
    return argument.default_text;
  }
  const Setting value = get_option(option_of(argument));
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  std::string shown = to_string(value);
  std::erase_if(shown, [](char c) { return c == '[' || c == ']' || c == ' ' || c == '"'; });
  return shown;
}

void set_argument(const Argument& argument) {
  const bool is_path = argument.value == "FILE" || argument.value == "DIR";
  if (is_path && argument.words.front().empty()) {
    throw Error(ErrorKind::config, argument.title() + ": expected a path, got an empty string");
  }
  const Option option = option_of(argument);
  if (argument.is_switch) {
    set_option(option, true, option.name);
  } else if (argument.is_repeatable) {
    set_option(option, argument.words, option.name);
  } else {
    set_option(option, parse_setting(option, argument.words.front(), option.name), option.name);
  }
}

}  // namespace selfnorm::cli
