// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/terminal.h"
#include "cli/theory_arguments.h"
#include "selfnorm/error.h"
#include "tables/number_columns.h"

namespace selfnorm::cli {
namespace {

struct MapArguments {
  ActivationArguments activation;
  MapArgument map;
  std::string input, output;
  bool json = false;
};

const std::vector<std::string> kColumns = {"mu", "omega", "nu", "tau"};
const std::vector<std::string> kResults = {
    "mean_out",        "variance_out",    "d_mean_d_mu",           "d_mean_d_nu",
    "d_variance_d_mu", "d_variance_d_nu", "largest_singular_value"};

void check_row(const std::string& file, const NumberRow& row) {
  for (const std::size_t column : {2, 3}) {
    if (row.values[column] > 0) continue;
    throw Error(ErrorKind::data,
                fmt::format("{}:{}, column '{}': expected a number above 0, got {}", file, row.line,
                            kColumns[column], row.values[column]));
  }
}

// Returns the results of one row in the order of kResults.
std::vector<double> results(const MomentRule& rule, const std::string& file, const NumberRow& row,
                            bool is_random) {
  const double mu = row.values[0], omega = row.values[1], nu = row.values[2], tau = row.values[3];
  const Gaussian z = pre_activation({mu, nu}, {omega, tau, is_random});
  const LayerMap map = layer_map(rule, {mu, nu}, {omega, tau, is_random});
  std::vector<double> values = {map.outputs.mean,
                                map.outputs.variance,
                                map.d_mean_d_mu,
                                map.d_mean_d_nu,
                                map.d_variance_d_mu,
                                map.d_variance_d_nu,
                                map.largest_singular_value()};
  const auto finite = [](double value) { return std::isfinite(value); };
  if (z.variance > 0 && std::ranges::all_of(values, finite)) return values;
  throw Error(ErrorKind::data,
              fmt::format("{}:{}: mu {}, omega {}, nu {}, tau {}: the result exceeds the range of "
                          "double precision; the pre-activation z has mean {} and variance {}",
                          file, row.line, mu, omega, nu, tau, z.mean, z.variance));
}

std::string csv(const std::vector<NumberRow>& rows, const std::vector<std::vector<double>>& out) {
  std::string text = fmt::format("{},{}\n", fmt::join(kColumns, ","), fmt::join(kResults, ","));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    text += fmt::format("{}", fmt::join(rows[i].values, ","));
    for (const double value : out[i]) text += fmt::format(",{:.17g}", value);
    text += "\n";
  }
  return text;
}

std::string json(const std::vector<NumberRow>& rows, const std::vector<std::vector<double>>& out) {
  auto points = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto& point = points.emplace_back();
    for (std::size_t j = 0; j < kColumns.size(); ++j) point[kColumns[j]] = rows[i].values[j];
    for (std::size_t j = 0; j < kResults.size(); ++j) point[kResults[j]] = out[i][j];
  }
  return nlohmann::ordered_json{{"points", points}}.dump(2) + "\n";
}

void run_map(const MapArguments& arguments) {
  const MomentRule rule = arguments.activation.read();
  const std::vector<NumberRow> rows = read_number_columns(arguments.input, kColumns);
  std::vector<std::vector<double>> out;
  for (const NumberRow& row : rows) {
    check_row(arguments.input, row);
    out.push_back(results(rule, arguments.input, row, arguments.map.is_random()));
  }
  if (!arguments.output.empty()) write_file(arguments.output, csv(rows, out));
  if (arguments.json) print_results(json(rows, out));
  else if (arguments.output.empty()) print_rows(csv(rows, out));
}

}  // namespace

void add_theory_map(Command& theory) {
  Command& command = theory.add_command("map",
                                        "Compute the output mean and variance of a layer and the "
                                        "Jacobian of its moment map, for each row of a table");
  const auto arguments = std::make_shared<MapArguments>();
  command.add({.name = "--input",
               .target = &arguments->input,
               .help = "CSV file with columns mu, omega, nu and tau",
               .value = "FILE",
               .is_required = true});
  command.add({.name = "--output",
               .target = &arguments->output,
               .help = "file to write",
               .value = "FILE",
               .default_text = "standard output"});
  arguments->map.add(command);
  arguments->activation.add(command);
  command.add_switch("--json", arguments->json, "print the rows as one JSON document");
  command.run = [arguments] { return run_map(*arguments), 0; };
}

}  // namespace selfnorm::cli
