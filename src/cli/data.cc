// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/describe.h"
#include "cli/flags.h"
#include "cli/terminal.h"
#include "data/synthetic.h"
#include "sources/known_datasets.h"

namespace selfnorm::cli {
namespace {

struct DataArguments {
  DataOptions data;
  bool json = false;
};

void list(const DataArguments& arguments) {
  auto sets = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows = {{"data set", "description", "where"}};
  for (const KnownDataset& known : known_datasets()) {
    const auto folder = find_dataset(known, arguments.data);
    const std::string where =
        folder.has_value() ? folder->string() : fmt::format("not found: {}", known.how_to_get);
    rows.push_back({std::string(known.name), std::string(known.description), where});
    nlohmann::ordered_json set{{"name", known.name}, {"what", known.description}};
    set["path"] = folder.has_value() ? nlohmann::ordered_json(folder->string()) : nullptr;
    if (!folder.has_value()) set["get"] = known.how_to_get;
    sets.push_back(set);
  }
  if (arguments.json) print("{}\n", nlohmann::ordered_json{{"datasets", sets}}.dump(2));
  else print("{}", table(rows));
}

struct SyntheticArguments {
  std::string name, out;
  SyntheticOptions options;
};

// Writes a table with a header to the file, or to standard output if none is given.
void make(const SyntheticArguments& arguments) {
  std::string text = "x,y,class\n";
  for (const SyntheticPoint& point : make_synthetic(arguments.name, arguments.options)) {
    text += fmt::format("{:.6g},{:.6g},{}\n", point.x, point.y, point.class_index == 0 ? "a" : "b");
  }
  if (arguments.out.empty()) print_rows(text);
  else write_file(arguments.out, text);
}

}  // namespace

void add_data(Command& program) {
  Command& command = program.add_command(
      "data", "Describe a table, list the known data sets, or generate a synthetic one");
  add_describe(command);
  Command& listing = command.add_command("list", "List the known data sets and their folders");
  const auto arguments = std::make_shared<DataArguments>();
  add_data_dir(listing, arguments->data.data_dir);
  listing.add_switch("--json", arguments->json, "print one JSON document");
  listing.run = [arguments] { return list(*arguments), 0; };
  Command& making =
      command.add_command("make", "Generate two-dimensional points of two classes, as CSV");
  const auto points = std::make_shared<SyntheticArguments>();
  making.add({.name = "figure",
              .target = &points->name,
              .help = "shape of the two classes",
              .choices = synthetic_names(),
              .is_required = true});
  making.add({.name = "--rows", .target = &points->options.rows, .help = "number of points"});
  making.add({.name = "--noise",
              .target = &points->options.noise,
              .help = "standard deviation of the noise added to each coordinate"});
  making.add({.name = "--seed", .target = &points->options.seed, .help = "random seed"});
  making.add({.name = "--out",
              .target = &points->out,
              .help = "file to write",
              .value = "FILE",
              .default_text = "standard output"});
  making.examples = {"selfnorm data make spirals --rows 1000 --out spirals.csv"};
  making.run = [points] { return make(*points), 0; };
}

}  // namespace selfnorm::cli
