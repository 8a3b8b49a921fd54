// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/examination_text.h"
#include "cli/flags.h"
#include "cli/terminal.h"
#include "cli/unified_diff.h"
#include "report/examination_json.h"
#include "selfnorm/error.h"
#include "selfnorm/report.h"
#include "train/history.h"

namespace selfnorm::cli {
namespace {

constexpr const char* kModelExtension = ".safetensors";

struct DoctorArguments {
  std::string network;
  std::string data, target, data_dir;
  ExaminationOptions options;
  std::string fail_on = "error";
  std::string repair, report;
  std::int64_t calibrate = 0;  ///< batches
  bool measure = false;
  bool json = false;
  bool codes = false;
};

// A model of an older version computes something else at inference than its configuration says now.
RunConfig read_trained_config(const RunFolder& folder) {
  RunConfig config = read_run_folder_config(folder.config());
  if (config.network.layers.empty() || !std::filesystem::exists(folder.model())) return config;
  const Network trained = Model::load(folder.model().string()).network();
  for (std::size_t i = 0; i < std::min(trained.layers.size(), config.network.layers.size()); ++i) {
    const auto inference = trained.layers[i].attributes.find("inference");
    if (inference != trained.layers[i].attributes.end()) {
      config.network.layers[i].attributes.insert(*inference);
    }
  }
  return config;
}

// A model file's network is examined with fresh weights.
RunConfig read_network(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    const RunFolder folder(path);
    if (std::filesystem::exists(folder.config())) return read_trained_config(folder);
    throw Error(ErrorKind::config, fmt::format("{}: expected a run folder, got a folder without {}",
                                               path.string(), folder.config().filename().string()));
  }
  if (path.extension() != kModelExtension) return read_run_config(path);
  const Model model = Model::load(path.string());
  RunConfig config;
  config.network = model.network();
  config.train.loss = model.loss();
  return config;
}

RunConfig read_config(const DoctorArguments& arguments) {
  RunConfig config = read_network(arguments.network);
  if (!arguments.data.empty()) {
    const bool standardize = config.data.standardize;
    config.data = {};
    config.data.source = arguments.data;
    config.data.target = arguments.target;
    config.data.standardize = standardize;
  }
  if (!arguments.data_dir.empty()) config.data.data_dir = arguments.data_dir;
  const bool has_data = !config.data.source.empty() || !config.data.inputs.empty();
  if (!has_data && config.network.layers.empty()) {
    throw Error(
        ErrorKind::config,
        arguments.network + ": expected layers in [model], or data for the default network");
  }
  return config;
}

void check_range(const Examination& examination) {
  const auto overflowed =
      std::ranges::find_if(examination.layers, [](const LayerExamination& layer) {
        return !std::isfinite(layer.predicted.variance) ||
               (layer.measured && !std::isfinite(layer.measured->variance));
      });
  if (overflowed == examination.layers.end()) return;
  throw Error(ErrorKind::numeric,
              fmt::format("layer '{}' ({}): the signal exceeds the range of double precision",
                          overflowed->name, overflowed->op));
}

bool fails(const std::vector<Finding>& findings, const std::string& fail_on) {
  if (fail_on == "never") return false;
  const Severity least = fail_on == "warning" ? Severity::warning : Severity::error;
  return std::ranges::any_of(findings, [&](const Finding& f) { return f.severity >= least; });
}

// Returns the training records of a run or a model. The last one has the current weights.
std::vector<EpochRecord> read_training_history(const std::filesystem::path& path) {
  std::vector<EpochRecord> records;
  const bool is_run = std::filesystem::is_directory(path);
  if (is_run && std::filesystem::exists(RunFolder(path).history())) {
    records = read_history(RunFolder(path).history());
  }
  const std::filesystem::path model = is_run ? RunFolder(path).model() : path;
  if (model.extension() != kModelExtension || !std::filesystem::exists(model)) return records;
  EpochRecord end;
  end.epoch = records.empty() ? 0 : records.back().epoch;
  end.weights = Model::load(model.string()).weight_statistics();
  records.push_back(end);
  return records;
}

void write_report(const DoctorArguments& arguments, const std::string& name,
                  const RunConfig& config, const Examination& examination) {
  if (arguments.report.empty()) return;
  write_file(arguments.report, doctor_report(name, config, examination));
  note(fmt::format("report   {}", arguments.report));
}

int run_examination(const DoctorArguments& arguments) {
  const RunConfig config = read_config(arguments);
  const Examination examination =
      examine(config, arguments.options, read_training_history(arguments.network));
  write_report(arguments, arguments.network, config, examination);
  if (arguments.json) {
    print("{}\n", examination_json(examination).dump(2));
  } else {
    print_examination(examination, arguments.measure);
    print_findings(examination.findings);
  }
  check_range(examination);
  return fails(examination.findings, arguments.fail_on) ? 1 : 0;
}

// Returns the text of the network file, or an equivalent one for other inputs.
std::string text_of(const std::filesystem::path& path, const RunConfig& config) {
  if (std::filesystem::is_directory(path)) return read_file(RunFolder(path).config());
  return path.extension() == kModelExtension ? to_toml(config) : read_file(path);
}

Json adjustments_json(const std::vector<CalibrationFactor>& adjusted) {
  auto list = Json::array();
  for (const auto& [layer, factor] : adjusted)
    list.push_back({{"layer", layer}, {"factor", factor}});
  return list;
}

void print_adjustments(const std::vector<CalibrationFactor>& adjusted) {
  if (adjusted.empty()) return;
  std::vector<std::vector<std::string>> rows = {{"layer", "weights times"}};
  for (const auto& [layer, factor] : adjusted)
    rows.push_back({layer, fmt::format("{:.4f}", factor)});
  print("calibrated on measured batches; a factor of 1 means that the prediction was right\n\n{}\n",
        table(rows));
}

void check_destination(const std::filesystem::path& path) {
  if (path.extension() == ".toml") return;
  throw Error(
      ErrorKind::config,
      fmt::format("--repair: expected the name of a network file (.toml) to write, got '{}'",
                  path.string()));
}

int run_repair(const DoctorArguments& arguments) {
  check_destination(arguments.repair);
  const RunConfig config = read_config(arguments);
  const std::string before = text_of(arguments.network, config);
  Repair made = repair(config, arguments.options, read_training_history(arguments.network));
  std::optional<Examination> examined_before;
  if (arguments.measure) {
    examined_before = examine(config, arguments.options, read_training_history(arguments.network));
  }
  std::vector<CalibrationFactor> adjusted;
  if (arguments.calibrate > 0) {
    adjusted = calibrate(made, arguments.calibrate, arguments.options);
  }
  check_range(made.examination);
  const bool is_unchanged = made.repaired_findings.empty() && adjusted.empty();
  const int status = fails(made.unrepairable_findings, arguments.fail_on) ? 1 : 0;
  const std::string after = is_unchanged ? before : repaired_toml(before, config, made);
  parse_run_config(after, arguments.repair);  // checks that the written text can be read
  write_file(arguments.repair, after);
  write_report(arguments, arguments.repair, made.config, made.examination);
  if (arguments.json) {
    Json json = examination_json(made.examination);
    if (examined_before) json["before"] = examination_json(*examined_before)["layers"];
    json["repaired"] = findings_json(made.repaired_findings);
    json["beyond_repair"] = findings_json(made.unrepairable_findings);
    json["file"] = arguments.repair;
    if (arguments.calibrate > 0) json["calibrated"] = adjustments_json(adjusted);
    print("{}\n", json.dump(2));
    return status;
  }
  print_findings(made.repaired_findings);
  if (is_unchanged) {
    print("nothing to fix: {} is a copy of {}\n", arguments.repair, arguments.network);
  } else {
    print("{}--- {}\n+++ {}\n{}\n", made.repaired_findings.empty() ? "" : "\n", arguments.network,
          arguments.repair, unified_diff(before, after));
  }
  print_adjustments(adjusted);
  if (examined_before) print_before_and_after(*examined_before, made.examination);
  print_examination(made.examination, arguments.measure);
  if (!made.unrepairable_findings.empty()) print("\nfindings that a network file cannot fix:\n");
  print_findings(made.unrepairable_findings);
  return status;
}

int run_doctor(DoctorArguments arguments) {
  if (arguments.codes) {
    print_finding_codes();
    return 0;
  }
  if (arguments.network.empty()) {
    throw Error(ErrorKind::config, "doctor: expected a network file, a run folder or a model file");
  }
  if (!arguments.measure) arguments.options.draws = 0;
  return arguments.repair.empty() ? run_examination(arguments) : run_repair(arguments);
}

}  // namespace

void add_doctor(Command& program) {
  Command& command =
      program.add_command("doctor",
                          "Predict the moments of signals and gradients at every layer of a "
                          "network, report what changes their scale, and fix it on request");
  command.description =
      std::string(kColumnLegend) +
      "\n"
      "one draw ±: predicted standard deviation of the variance over draws of the weights.\n"
      "missed: the prediction of a mean, variance or gradient² is off by more than three standard\n"
      "errors and by more than 0.05 standard deviations (mean), 10 % (variance) or 2 % per layer\n"
      "from this one to the last (gradient²).";
  const auto arguments = std::make_shared<DoctorArguments>();
  arguments->options.draws = 5;
  command.add({.name = "network",
               .target = &arguments->network,
               .help = "network file, run folder or model file",
               .value = "FILE"});
  command.add({.name = "--data",
               .target = &arguments->data,
               .help = "data to examine the network on",
               .value = "SOURCE",
               .default_text = "the network file's data, or N(0, 1)"});
  command.add({.name = "--target",
               .target = &arguments->target,
               .help = "target column of --data",
               .value = "COLUMN",
               .needs = "--data"});
  add_data_dir(command, arguments->data_dir);
  command.add({.name = "--samples",
               .target = &arguments->options.samples,
               .help = "number of rows to examine"});
  command.add_switch("--measure", arguments->measure,
                     "also run the network with freshly drawn weights and print the measured "
                     "moments next to the predicted ones");
  command.add({.name = "--draws",
               .target = &arguments->options.draws,
               .help = "number of draws of the weights to measure",
               .range = {2, 1000},
               .needs = "--measure"});
  command.add({.name = "--seed",
               .target = &arguments->options.seed,
               .help = "random seed of the rows, weights and masks"});
  command.add({.name = "--fail-on",
               .target = &arguments->fail_on,
               .help = "lowest severity of findings for which the exit status is 1",
               .choices = {"error", "warning", "never"}});
  command.add({.name = "--repair",
               .target = &arguments->repair,
               .help = "network file to write: a copy in which the findings are fixed",
               .value = "FILE"});
  command.add({.name = "--calibrate",
               .target = &arguments->calibrate,
               .help = "number of batches to measure; rescales the initial weights of every layer "
                       "but the last so that its output has the second moment that the next "
                       "activation needs, and prints the factors (similar to LSUV)",
               .range = {1, 1000},
               .default_text = "off",
               .needs = "--repair"});
  command.add({.name = "--report",
               .target = &arguments->report,
               .help = "HTML page to write; with --repair, for the repaired network",
               .value = "FILE"});
  command.add_switch("--json", arguments->json, "print one JSON document");
  command.add_switch("--codes", arguments->codes, "print the list of all findings as Markdown");
  command.examples = {"selfnorm doctor net.toml --measure",
                      "selfnorm doctor net.toml --repair fixed.toml",
                      "selfnorm doctor runs/mine --report doctor.html"};
  command.run = [arguments] { return run_doctor(*arguments); };
}

}  // namespace selfnorm::cli
