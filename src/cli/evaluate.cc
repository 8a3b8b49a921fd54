#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "cli/use_arguments.h"

namespace selfnorm::cli {
namespace {

void run_evaluate(const UseArguments& arguments) {
  const auto use = open_model(arguments, true);
  const Scores scores = use.model.score(use.data, use.rows);
  if (arguments.json) {
    nlohmann::ordered_json document;
    for (const auto& [name, value] : scores) document[name] = value;
    document["samples"] = use.rows.size();
    document["data"] = use.data.name;
    document["split"] = use.split;
    fmt::print("{}\n", document.dump(2));
    return;
  }
  fmt::print("{} rows of {} ({})\n", grouped(static_cast<std::int64_t>(use.rows.size())),
             use.data.name, use.split);
  for (const auto& [name, value] : scores) fmt::print("{} {} {}\n", use.split, name, score(value));
}

}  // namespace

void add_evaluate(CLI::App& app) {
  CLI::App* command = app.add_subcommand("evaluate", "Loss and metrics of a trained model");
  const auto arguments = std::make_shared<UseArguments>();
  add_use_arguments(*command, *arguments);
  command->callback([arguments] { run_evaluate(*arguments); });
}

}  // namespace selfnorm::cli
