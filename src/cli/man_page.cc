// SPDX-License-Identifier: Apache-2.0
#include "cli/man_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/help.h"
#include "selfnorm/version.h"

namespace selfnorm::cli {
namespace {

constexpr const char* kExitStatus =
    ".TP\n0\nsuccess\n"
    ".TP\n1\n\\fBselfnorm doctor\\fR has findings, or a theorem is not proved\n"
    ".TP\n2\nincorrect usage or configuration\n"
    ".TP\n3\ndata cannot be read, or results cannot be written\n"
    ".TP\n4\na model file is damaged\n"
    ".TP\n5\na numeric error, such as a loss that is not finite\n"
    ".TP\n130\ninterrupted\n";

// Returns `selfnorm-theory-shape` for `selfnorm theory shape`.
std::string page_name(const Command& command) {
  std::string name = command.path();
  std::ranges::replace(name, ' ', '-');
  return name;
}

// Escapes backslashes, hyphens and a leading dot, which have a meaning in roff.
std::string escaped(const std::string& text) {
  std::string out = text.starts_with('.') || text.starts_with('\'') ? "\\&" : "";
  for (const char c : text) {
    if (c == '\\') out += "\\e";
    else if (c == '-') out += "\\-";
    else out += c;
  }
  return out;
}

std::string section(const std::string& title, const std::string& body) {
  return body.empty() ? "" : fmt::format(".SH {}\n{}", title, body);
}

std::string item(const std::string& name, const std::string& text) {
  return fmt::format(".TP\n\\fB{}\\fR\n{}\n", escaped(name), escaped(text));
}

std::string argument_sections(const Command& command) {
  std::string text;
  for (const ArgumentGroup& group : argument_groups(command)) {
    std::string heading = group.heading;
    std::ranges::transform(heading, heading.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    std::string items;
    for (const Argument* argument : group.arguments) {
      items += item(signature(*argument), full_help(*argument));
    }
    text += section("\"" + heading + "\"", items);
  }
  return text;
}

// Prints lines without filling.
std::string verbatim(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += escaped(line) + "\n";
  return text.empty() ? "" : ".nf\n" + text + ".fi\n";
}

std::string see_also(const Command& command) {
  std::vector<std::string> pages;
  for (const Command* subcommand : command.visible_commands()) {
    pages.push_back(fmt::format("\\fB{}\\fR(1)", escaped(page_name(*subcommand))));
  }
  if (!command.parents.empty()) {
    std::string parent = command.parents.substr(0, command.parents.size() - 1);
    std::ranges::replace(parent, ' ', '-');
    pages.push_back(fmt::format("\\fB{}\\fR(1)", escaped(parent)));
  }
  return join(pages, ", ") + "\n";
}

std::string page(const Command& command) {
  std::string commands;
  for (const Command* subcommand : command.visible_commands())
    commands += item(subcommand->name, subcommand->summary);
  std::string title = page_name(command);
  std::ranges::transform(title, title.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::string summary = command.summary;
  if (!summary.empty() && summary.back() == '.') summary.pop_back();
  return fmt::format(".TH {} 1 \"\" \"selfnorm {}\" \"User Commands\"\n", escaped(title),
                     SELFNORM_VERSION) +
         section("NAME",
                 fmt::format("{} \\- {}\n", escaped(page_name(command)), escaped(summary))) +
         section("SYNOPSIS", fmt::format(".B {}\n", escaped(usage(command)))) +
         section("DESCRIPTION", command.description.empty() ? escaped(command.summary) + "\n"
                                                            : verbatim({command.description})) +
         section("COMMANDS", commands) + argument_sections(command) +
         section("EXAMPLES", verbatim(command.examples)) + section("EXIT STATUS", kExitStatus) +
         section("SEE ALSO", see_also(command));
}

void add_pages(const Command& command, std::map<std::string, std::string>& pages) {
  pages[page_name(command) + ".1"] = page(command);
  for (const Command* subcommand : command.visible_commands()) add_pages(*subcommand, pages);
}

}  // namespace

std::map<std::string, std::string> manual_pages(const Command& program) {
  std::map<std::string, std::string> pages;
  add_pages(program, pages);
  return pages;
}

}  // namespace selfnorm::cli
