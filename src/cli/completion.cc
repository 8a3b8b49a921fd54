// SPDX-License-Identifier: Apache-2.0
#include "cli/completion.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/help.h"

namespace selfnorm::cli {
namespace {

enum class ValueKind { none, choice, file, folder, other };

ValueKind value_kind(const Argument& argument) {
  if (argument.is_switch) return ValueKind::none;
  if (!argument.choices.empty()) return ValueKind::choice;
  const std::string value = value_name(argument);
  if (value == "true|false") return ValueKind::choice;
  if (value == "FILE" || value == "SOURCE") return ValueKind::file;
  return value == "DIR" ? ValueKind::folder : ValueKind::other;
}

std::vector<std::string> choices_of(const Argument& argument) {
  return argument.choices.empty() ? std::vector<std::string>{"true", "false"} : argument.choices;
}

template <class Visit>
void for_each_command(const Command& command, Visit visit) {
  visit(command);
  for (const Command* subcommand : command.visible_commands()) for_each_command(*subcommand, visit);
}

std::vector<std::string> command_names(const Command& command) {
  std::vector<std::string> names;
  for (const Command* subcommand : command.visible_commands()) names.push_back(subcommand->name);
  return names;
}

// Returns `_selfnorm_theory_shape` for `selfnorm theory shape`.
std::string function_name(const Command& command) {
  std::string name = "_" + command.path();
  std::ranges::replace(name, ' ', '_');
  return name;
}

// Returns the name without the program: "theory shape".
std::string words_of(const Command& command) {
  const std::string path = command.path();
  const std::size_t space = path.find(' ');
  return space == std::string::npos ? "" : path.substr(space + 1);
}

// ---- bash -------------------------------------------------------------------------------------

std::string bash_value(const Argument& argument) {
  switch (value_kind(argument)) {
    case ValueKind::choice:
      return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))",
                         join(choices_of(argument), " "));
    case ValueKind::file: return "COMPREPLY=($(compgen -f -- \"$cur\"))";
    case ValueKind::folder: return "COMPREPLY=($(compgen -d -- \"$cur\"))";
    default: return "COMPREPLY=()";
  }
}

std::string bash_command(const Command& command) {
  std::string values, positional = "COMPREPLY=()";
  std::vector<std::string> flags = {"--help"};
  if (command.parents.empty()) flags.emplace_back("--version");
  for (const Argument& argument : command.arguments) {
    if (argument.is_positional()) {
      if (positional == "COMPREPLY=()") positional = bash_value(argument);
      continue;
    }
    for (const std::string& name : argument.names()) flags.push_back(name);
    if (argument.is_switch) continue;
    values += fmt::format("        {}) {}; return ;;\n", join(argument.names(), "|"),
                          bash_value(argument));
  }
  if (!command.commands.empty()) {
    positional = fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$cur\"))",
                             join(command_names(command), " "));
  }
  return fmt::format(
      "    {})\n"
      "      case \"$prev\" in\n{}      esac\n"
      "      if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '{}' -- \"$cur\"))\n"
      "      else {}; fi ;;\n",
      quote_for_shell(words_of(command)), values, join(flags, " "), positional);
}

// ---- zsh --------------------------------------------------------------------------------------

// Brackets and colons have a meaning in the specifications of `_arguments`.
std::string zsh_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_value(const Argument& argument) {
  const std::string message = zsh_escaped(value_name(argument));
  switch (value_kind(argument)) {
    case ValueKind::none: return "";
    case ValueKind::choice:
      return fmt::format(":{}:({})", message, join(choices_of(argument), " "));
    case ValueKind::file: return fmt::format(":{}:_files", message);
    case ValueKind::folder: return fmt::format(":{}:_files -/", message);
    case ValueKind::other: return fmt::format(":{}: ", message);
  }
  return "";
}

std::string zsh_arguments(const Command& command) {
  std::string specs = " \\\n    '--help[print this help]'";
  for (const Argument& argument : command.arguments) {
    const std::string help = zsh_escaped(argument.help);
    if (argument.is_positional()) {
      const std::string many = argument.is_repeatable ? "*" : argument.is_required ? "" : ":";
      const std::string value = zsh_value(argument);
      specs += " \\\n    " + quote_for_shell(many + (value.empty() ? ":" : value));
      continue;
    }
    for (const std::string& name : argument.names()) {
      const std::string repeat = argument.is_repeatable ? "*" : "";
      specs += " \\\n    " +
               quote_for_shell(fmt::format("{}{}[{}]{}", repeat, name, help, zsh_value(argument)));
    }
  }
  return specs;
}

std::string zsh_command(const Command& command) {
  const std::string function = function_name(command);
  if (command.commands.empty()) {
    return fmt::format("{}() {{\n  _arguments{}\n}}\n\n", function, zsh_arguments(command));
  }
  std::string list, cases;
  for (const Command* subcommand : command.visible_commands()) {
    list += fmt::format("    {}\n",
                        quote_for_shell(subcommand->name + ":" + zsh_escaped(subcommand->summary)));
    cases += fmt::format("      {}) {} ;;\n", subcommand->name, function_name(*subcommand));
  }
  return fmt::format(
      "{}() {{\n"
      "  local line state\n"
      "  _arguments -C '--help[print this help]' '1: :->command' '*:: :->arguments'\n"
      "  local -a commands=(\n{}  )\n"
      "  case $state in\n"
      "    command) _describe command commands ;;\n"
      "    arguments)\n"
      "      case $line[1] in\n{}      esac ;;\n"
      "  esac\n}}\n\n",
      function, list, cases);
}

// ---- fish -------------------------------------------------------------------------------------

std::string fish_condition(const Command& command) {
  std::string condition;
  for (const std::string& word : split_words(words_of(command), ' ')) {
    condition +=
        (condition.empty() ? "" : "; and ") + fmt::format("__fish_seen_subcommand_from {}", word);
  }
  return condition.empty() ? "__fish_use_subcommand" : condition;
}

std::string fish_value(const Argument& argument) {
  switch (value_kind(argument)) {
    case ValueKind::none: return "";
    case ValueKind::choice: return " -x -a " + quote_for_shell(join(choices_of(argument), " "));
    case ValueKind::file: return " -r -F";
    case ValueKind::folder: return " -x -a '(__fish_complete_directories)'";
    case ValueKind::other: return " -x";
  }
  return "";
}

std::string fish_command(const Command& command) {
  const std::string condition = fish_condition(command);
  std::string text;
  std::string below_condition = condition;
  if (!command.commands.empty() && !command.parents.empty()) {
    below_condition += "; and not __fish_seen_subcommand_from " + join(command_names(command), " ");
  }
  for (const Command* subcommand : command.visible_commands()) {
    text +=
        fmt::format("complete -c selfnorm -f -n {} -a {} -d {}\n", quote_for_shell(below_condition),
                    subcommand->name, quote_for_shell(subcommand->summary));
  }
  for (const Argument& argument : command.arguments) {
    if (argument.is_positional()) {
      if (value_kind(argument) == ValueKind::choice) {
        text += fmt::format("complete -c selfnorm -n {} -f -a {}\n", quote_for_shell(condition),
                            quote_for_shell(join(choices_of(argument), " ")));
      }
      continue;
    }
    for (const std::string& name : argument.names()) {
      text += fmt::format("complete -c selfnorm -n {} -l {} -d {}{}\n", quote_for_shell(condition),
                          name.substr(2), quote_for_shell(argument.help), fish_value(argument));
    }
  }
  return text;
}

}  // namespace

std::string bash_completion(const Command& program) {
  std::string cases, paths;
  for_each_command(program, [&](const Command& command) {
    cases += bash_command(command);
    if (!command.parents.empty()) paths += " " + quote_for_shell(words_of(command));
  });
  return "# bash completion for selfnorm; generated by `selfnorm completion bash`.\n"
         "_selfnorm() {\n"
         "  local cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  local path='' word known\n"
         "  local -a paths=(" +
         paths +
         " )\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    for known in \"${paths[@]}\"; do\n"
         "      [[ $known == \"${path:+$path }$word\" ]] && { path=$known; break; }\n"
         "    done\n"
         "  done\n"
         "  case \"$path\" in\n" +
         cases +
         "  esac\n"
         "}\n"
         "complete -o filenames -F _selfnorm selfnorm\n";
}

std::string zsh_completion(const Command& program) {
  std::string text = "#compdef selfnorm\n# Generated by `selfnorm completion zsh`.\n\n";
  for_each_command(program, [&](const Command& command) { text += zsh_command(command); });
  return text + "compdef _selfnorm selfnorm\n";
}

std::string fish_completion(const Command& program) {
  std::string text = "# fish completion for selfnorm; generated by `selfnorm completion fish`.\n";
  for_each_command(program, [&](const Command& command) { text += fish_command(command); });
  return text;
}

}  // namespace selfnorm::cli
