// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/commands.h"
#include "cli/inference_arguments.h"
#include "cli/scores.h"
#include "cli/terminal.h"

namespace selfnorm::cli {
namespace {

void run_evaluate(const InferenceArguments& arguments) {
  const auto opened = open_model(arguments, true);
  const auto [scores, ranges] = opened.model.rated_score(opened.data, opened.rows);
  const bool is_own_data = arguments.data.source.empty() && arguments.inputs.empty();
  if (is_own_data && (opened.split == "all" || opened.split == "train")) {
    note(
        "these are rows that the model was trained on, so the scores of new rows may be worse "
        "(hold out rows in training: --test-split 0.2)");
  }
  if (arguments.json) {
    nlohmann::ordered_json document;
    for (const auto& [name, value] : scores) document[name] = value;
    document["samples"] = opened.rows.size();
    document["data"] = opened.data.name;
    document["split"] = opened.split;
    if (!ranges.empty()) document["ranges"] = ranges_json(ranges);
    print("{}\n", document.dump(2));
    return;
  }
  print("{} rows of {} ({})\n", group_digits(static_cast<std::int64_t>(opened.rows.size())),
        opened.data.name, opened.split);
  print_scores(opened.split, scores, ranges);
}

}  // namespace

void add_evaluate(Command& program) {
  Command& command =
      program.add_command("evaluate", "Print the loss and metrics of a trained model");
  const auto arguments = std::make_shared<InferenceArguments>();
  add_inference_arguments(command, *arguments);
  command.examples = {"selfnorm evaluate runs/digits",
                      "selfnorm evaluate runs/digits --split train --json",
                      "selfnorm evaluate model.safetensors --data new.csv"};
  command.run = [arguments] { return run_evaluate(*arguments), 0; };
}

}  // namespace selfnorm::cli
