#include <fmt/format.h>

#include <memory>

#include "base/file.h"
#include "cli/theory_arguments.h"
#include "data/number_columns.h"
#include "selfnorm/error.h"

namespace selfnorm::cli {
namespace {

struct MapArguments {
  ActivationArguments activation;
  std::string map = "paper";
  std::string input, output;
};

const std::vector<std::string> kColumns = {"mu", "omega", "nu", "tau"};

void check_row(const std::string& file, const NumberRow& row) {
  for (const std::size_t column : {2, 3}) {
    if (row.values[column] > 0) continue;
    throw Error(ErrorKind::data,
                fmt::format("{}:{}, column '{}': expected a number above 0, got {}", file, row.line,
                            kColumns[column], row.values[column]));
  }
}

std::string map_line(const MomentRule& rule, const NumberRow& row, bool random) {
  const double mu = row.values[0], omega = row.values[1], nu = row.values[2], tau = row.values[3];
  const LayerMap map = layer_map(rule, {mu, nu}, {omega, tau, random});
  std::string line = fmt::format("{},{},{},{}", mu, omega, nu, tau);
  for (const double value :
       {map.outputs.mean, map.outputs.variance, map.d_mean_d_mu, map.d_mean_d_nu,
        map.d_variance_d_mu, map.d_variance_d_nu, map.largest_singular_value()}) {
    line += fmt::format(",{:.17g}", value);
  }
  return line + "\n";
}

void run_map(const MapArguments& arguments) {
  const MomentRule rule = arguments.activation.read();
  std::string text =
      "mu,omega,nu,tau,mean_out,variance_out,d_mean_d_mu,d_mean_d_nu,d_variance_d_mu,"
      "d_variance_d_nu,largest_singular_value\n";
  for (const NumberRow& row : read_number_columns(arguments.input, kColumns)) {
    check_row(arguments.input, row);
    text += map_line(rule, row, arguments.map == "random_weights");
  }
  if (arguments.output.empty()) fmt::print("{}", text);
  else write_file(arguments.output, text);
}

}  // namespace

void add_theory_map(CLI::App& theory) {
  CLI::App* command = theory.add_subcommand(
      "map", "What a layer makes of mean and variance, with the Jacobian, for rows of a table");
  const auto arguments = std::make_shared<MapArguments>();
  command->add_option("--input", arguments->input, "a CSV with columns mu, omega, nu, tau")
      ->required();
  command->add_option("--output", arguments->output, "a file to write instead of standard output");
  command->add_option("--map", arguments->map, "paper or random_weights")
      ->check(CLI::IsMember({"paper", "random_weights"}))
      ->capture_default_str();
  arguments->activation.add(*command);
  command->callback([arguments] { run_map(*arguments); });
}

}  // namespace selfnorm::cli
