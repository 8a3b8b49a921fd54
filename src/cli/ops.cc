// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {
namespace {

const char* category_name(Category category) {
  switch (category) {
    case Category::layer: return "layer";
    case Category::activation: return "activation";
    case Category::dropout: return "dropout";
    case Category::loss: return "loss";
    case Category::internal: return "internal";
  }
  return "";
}

std::string inputs_text(const Arity& arity) {
  if (arity.max < 0) return fmt::format("{} or more", arity.min);
  return std::to_string(arity.min);
}

// Appends the choices.
std::string attribute_help(const Option& option) {
  return option.choices.empty() ? option.help : option.help + ": " + join(option.choices, ", ");
}

nlohmann::ordered_json row_json(const OpRow& row) {
  auto attributes = nlohmann::ordered_json::array();
  for (const Option& option : row.attributes->describe()) {
    attributes.push_back(
        {{"name", option.name}, {"default", to_string(get_option(option))}, {"help", option.help}});
  }
  return {{"name", *row.name},
          {"category", category_name(*row.category)},
          {"doc", *row.doc},
          {"inputs", inputs_text(*row.arity)},
          {"attributes", attributes}};
}

bool is_for_users(const OpRow& row) { return *row.category != Category::internal; }

void print_all(bool json, bool markdown) {
  auto list = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows = {{"op", "kind", "what it does"}};
  for (const OpRow& row : op_table()) {
    if (!is_for_users(row)) continue;
    list.push_back(row_json(row));
    rows.push_back({std::string(*row.name), category_name(*row.category), std::string(*row.doc)});
  }
  if (json) {
    fmt::print("{}\n", nlohmann::ordered_json{{"ops", list}}.dump(2));
    return;
  }
  if (!markdown) {
    fmt::print("{}\n`selfnorm ops NAME` lists the attributes of an op.\n", table(rows));
    return;
  }
  fmt::print(
      "# Ops\n\nMade by `selfnorm ops --markdown` from the op table; every layer also takes "
      "`name`, `inputs`, `share` and `l2`. An attribute with a dot is written in braces: `init` "
      "and `init.gain` as\n`init = {{ name = \"he_normal\", gain = 0.5 }}`.\n");
  for (const OpRow& row : op_table()) {
    if (!is_for_users(row)) continue;
    fmt::print("\n## {}\n\n{} ({}; inputs: {})\n", *row.name, *row.doc,
               category_name(*row.category), inputs_text(*row.arity));
    const auto attributes = row.attributes->describe();
    if (attributes.empty()) continue;
    fmt::print("\n| attribute | default | |\n| --- | --- | --- |\n");
    for (const Option& option : attributes) {
      fmt::print("| `{}` | `{}` | {} |\n", option.name, to_string(get_option(option)),
                 attribute_help(option));
    }
  }
}

void print_one(const std::string& name, bool json) {
  const OpRow* row = find_op(name);
  if (row == nullptr) {
    throw Error(ErrorKind::config,
                fmt::format("no op is called '{}'{}", name, suggestion(name, layer_names())));
  }
  if (json) {
    fmt::print("{}\n", row_json(*row).dump(2));
    return;
  }
  fmt::print("{} ({}): {}\n", name, category_name(*row->category), *row->doc);
  std::vector<std::vector<std::string>> rows = {{"attribute", "default", "meaning"}};
  for (const Option& option : row->attributes->describe()) {
    rows.push_back({option.name, to_string(get_option(option)), attribute_help(option)});
  }
  if (rows.size() > 1) fmt::print("{}", table(rows));
}

struct OpsArguments {
  std::string name;
  bool json = false;
  bool markdown = false;
};

}  // namespace

void add_ops(Command& program) {
  Command& command =
      program.add_command("ops", "List the ops that networks are built from, or describe one");
  const auto arguments = std::make_shared<OpsArguments>();
  command.add({.name = "name",
               .target = &arguments->name,
               .help = "op whose attributes to print",
               .value = "OP"});
  command.add_switch("--json", arguments->json, "print one JSON document");
  command.add_switch("--markdown", arguments->markdown, "print docs/ops.md");
  command.examples = {"selfnorm ops alpha_dropout"};
  command.run = [arguments] {
    if (arguments->name.empty()) print_all(arguments->json, arguments->markdown);
    else print_one(arguments->name, arguments->json);
    return 0;
  };
}

}  // namespace selfnorm::cli
