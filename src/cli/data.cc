#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "data/figures.h"
#include "data/known.h"

namespace selfnorm::cli {
namespace {

struct DataArguments {
  DataOptions data;
  bool json = false;
};

void list(const DataArguments& arguments) {
  auto sets = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> rows = {{"data set", "what it is", "where"}};
  for (const KnownDataset& known : known_datasets()) {
    const auto folder = find_dataset(known, arguments.data);
    const std::string where =
        folder.has_value() ? folder->string() : fmt::format("not here: {}", known.get);
    rows.push_back({std::string(known.name), std::string(known.what), where});
    nlohmann::ordered_json set{{"name", known.name}, {"what", known.what}};
    set["path"] = folder.has_value() ? nlohmann::ordered_json(folder->string()) : nullptr;
    if (!folder.has_value()) set["get"] = known.get;
    sets.push_back(set);
  }
  if (arguments.json) fmt::print("{}\n", nlohmann::ordered_json{{"datasets", sets}}.dump(2));
  else fmt::print("{}", table(rows));
}

struct FigureArguments {
  std::string name, out;
  FigureOptions options;
};

// A table with a header, on standard output unless a file is named.
void make(const FigureArguments& arguments) {
  std::string text = "x,y,class\n";
  for (const FigurePoint& point : make_figure(arguments.name, arguments.options)) {
    text += fmt::format("{:.6g},{:.6g},{}\n", point.x, point.y, point.kind == 0 ? "a" : "b");
  }
  if (arguments.out.empty()) fmt::print("{}", text);
  else write_file(arguments.out, text);
}

}  // namespace

void add_data(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("data", "Data sets that go by a name, and figures made by code");
  command->require_subcommand(1);
  CLI::App* listing = command->add_subcommand("list", "List them, and where they were found");
  const auto arguments = std::make_shared<DataArguments>();
  listing->add_option("--data-dir", arguments->data.data_dir, "a folder to look in first");
  listing->add_flag("--json", arguments->json, "one JSON document");
  listing->callback([arguments] { list(*arguments); });
  CLI::App* making = command->add_subcommand("make", "Points of two classes in the plane, as CSV");
  const auto figure = std::make_shared<FigureArguments>();
  making->add_option("figure", figure->name, join(figure_names(), ", "))->required();
  making->add_option("--rows", figure->options.rows, "points")->capture_default_str();
  making->add_option("--noise", figure->options.noise, "deviation of a point from its place")
      ->capture_default_str();
  making->add_option("--seed", figure->options.seed, "of the points")->capture_default_str();
  making->add_option("--out", figure->out, "the file to write [standard output]");
  making->callback([figure] { make(*figure); });
}

}  // namespace selfnorm::cli
