// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "api/default_network.h"
#include "api/run_files.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/examination_text.h"
#include "cli/live_run.h"
#include "cli/scores.h"
#include "cli/standard_input.h"
#include "cli/terminal.h"
#include "cli/training_flags.h"
#include "cli/training_progress.h"
#include "report/examination_json.h"
#include "selfnorm/doctor.h"
#include "selfnorm/error.h"
#include "selfnorm/report.h"
#include "selfnorm/run.h"
#include "selfnorm/tensorboard.h"
#include "sources/paths.h"

namespace selfnorm::cli {
namespace {

namespace fs = std::filesystem;

struct TrainArguments {
  RunArguments run;
  std::string out;
  bool resume = false;
  bool report = true;
  bool json = false;
  bool dry_run = false;
  std::string tensorboard;
  bool live = false;
};

RunConfig read_arguments(const TrainArguments& arguments) {
  const bool reads_folder = arguments.resume && arguments.run.network.empty();
  RunConfig config = reads_folder ? read_run_folder_config(RunFolder(arguments.out).config())
                                  : arguments.run.read_network();
  arguments.run.apply(config);
  return config;
}

void describe(const RunSummary& run, const fs::path& out) {
  std::string data = fmt::format("{}: {} training rows", run.data, group_digits(run.train_rows));
  if (run.validation_rows > 0) {
    const std::string rows = group_digits(run.validation_rows);
    data += run.folds > 0 ? fmt::format(", of which {} are validation rows", rows)
                          : fmt::format(", {} validation rows", rows);
  }
  if (run.test_rows > 0) data += fmt::format(", {} test rows", group_digits(run.test_rows));
  print_progress(fmt::format("{}\n{} layers, {} parameters, run folder {}\n{}", data, run.layers,
                             group_digits(run.parameters), out.string(), data_notes(run)));
}

// Returns what the doctor examines to show the findings of this training: the network file, unless
// flags change what it says, else the run folder.
std::string examined_path(const TrainArguments& arguments, const RunFolder& folder) {
  const std::string& network = arguments.run.network;
  const bool is_file = network.ends_with(".toml");
  return is_file && !arguments.run.has_flags() ? network : folder.root.string();
}

// Returns the findings that the user can act on. The layers of the default network are not the
// user's choice, so of its findings these are the ones about the data.
std::vector<Finding> findings_to_show(const Run& run, bool is_default_network) {
  std::vector<Finding> findings = run.findings();
  if (is_default_network) {
    std::erase_if(findings, [](const Finding& finding) { return !finding.layers.empty(); });
  }
  return findings;
}

// Prints nothing without early stopping.
void print_stopping(const RunResult& result, const EarlyStoppingOptions& stopping) {
  if (result.stopped_early) print("stopped  early after epoch {}\n", result.epochs);
  if (!result.best_epoch.has_value()) return;
  const char* weights = result.has_best_weights ? " (the model has its weights)"
                        : stopping.restore_best
                            ? " (not clearly better than the last one, whose weights the model has)"
                            : "";
  print("best     epoch {}{}\n", *result.best_epoch, weights);
}

struct WrittenReport {
  std::string final_event_json;
  double seconds;
};

// Says where the files of an earlier run go.
void note_earlier_run(const RunFolder& folder) {
  const auto target = folder_for_earlier_run(folder);
  if (!target.has_value()) return;
  const std::string to = target->root.string();
  if (fs::exists(folder.model()) || !fs::exists(folder.checkpoint())) {
    note(fmt::format("the files of the earlier run move to {}", to));
  } else {
    note(fmt::format("an unfinished run moves to {}; selfnorm train --out {} --resume continues it",
                     to, to));
  }
}

// Writes the report. A failure is a note: the run is complete without it.
std::optional<WrittenReport> write_report(Run& run, const RunFolder& folder) {
  const auto start = std::chrono::steady_clock::now();
  try {
    RunReport report = run.report(folder);
    write_file(folder.report(), report.page);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    return WrittenReport{std::move(report.final_event_json), took.count()};
  } catch (const std::exception& error) {
    note(fmt::format("the report could not be written: {}", error.what()));
    return std::nullopt;
  }
}

// Writes the report of a training that did not finish.
void write_unfinished_report(const RunFolder& folder, const Error& error) {
  const bool was_training =
      error.kind() == ErrorKind::numeric || error.kind() == ErrorKind::interrupted;
  if (!was_training || !fs::exists(folder.history())) return;
  try {
    write_file(folder.report(), run_report(folder.root, error.what()));
    note(fmt::format("report   {}", folder.report().string()));
  } catch (const std::exception& other) {
    note(fmt::format("the report could not be written: {}", other.what()));
  }
}

// Prints the lines that replaced outputs, at most three.
void print_output_lines(const std::vector<OutputLine>& lines,
                        const std::vector<std::string>& names) {
  constexpr int kMaxPrinted = 3;
  int changed = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].slope == 1 && lines[i].offset == 0) continue;
    if (++changed > kMaxPrinted) continue;
    print(
        "output   each prediction of {} became {:.4g} times itself {} {:.4g}, the least-squares "
        "line of the targets\n",
        names[i], lines[i].slope, lines[i].offset < 0 ? "-" : "+", std::abs(lines[i].offset));
  }
  if (changed > kMaxPrinted) print("         ({} more outputs likewise)\n", changed - kMaxPrinted);
  if (changed > 0) print("         (--refit-output false leaves predictions as trained)\n");
}

void print_temperature(double temperature) {
  print(
      "output   the temperature {:.3g} of the softmax fits the validation rows best; it changes "
      "the probabilities\n         but not the predicted classes (--temperature-scaling false "
      "leaves it at 1)\n",
      temperature);
}

void print_result(const Run& run, const RunResult& result, const RunFolder& folder,
                  const std::optional<WrittenReport>& report, const std::vector<Finding>& findings,
                  bool json) {
  if (json) {
    nlohmann::ordered_json document{{"out", folder.root.string()},
                                    {"model", folder.model().string()},
                                    {"epochs", result.epochs},
                                    {"steps", result.steps},
                                    {"seconds", result.seconds},
                                    {"watch_seconds", result.watch_seconds},
                                    {"evaluation_seconds", result.evaluation_seconds},
                                    {"parameters", run.summary().parameters},
                                    {"stopped_early", result.stopped_early},
                                    {"best_epoch", nullptr},
                                    {"has_best_weights", result.has_best_weights},
                                    {"findings", findings_json(findings)}};
    const RunSummary summary = run.summary();
    if (summary.vocabulary_size > 0) {
      document["text"] = {{"words", summary.vocabulary_size},
                          {"unlabeled", summary.unlabeled},
                          {"skipped", summary.skipped},
                          {"skipped_vectors", summary.skipped_vectors},
                          {"coverage", nullptr}};
      if (summary.coverage) document["text"]["coverage"] = *summary.coverage;
    }
    if (result.best_epoch.has_value()) document["best_epoch"] = *result.best_epoch;
    if (report) {
      document["report"] = folder.report().string();
      document["report_seconds"] = report->seconds;
    }
    for (const OutputLine& line : result.output_lines) {
      document["output_lines"].push_back({{"slope", line.slope}, {"offset", line.offset}});
    }
    if (result.temperature) document["temperature"] = *result.temperature;
    if (!result.validation.empty()) document["validation"] = scores_json(result.validation);
    if (!result.test.empty()) document["test"] = scores_json(result.test);
    if (!result.validation_ranges.empty())
      document["validation_ranges"] = ranges_json(result.validation_ranges);
    if (!result.test_ranges.empty()) document["test_ranges"] = ranges_json(result.test_ranges);
    print("{}\n", document.dump(2));
    return;
  }
  if (!result.validation.empty())
    print_scores("validation", result.validation, result.validation_ranges);
  if (!result.test.empty()) print_scores("test", result.test, result.test_ranges);
  print_output_lines(result.output_lines, run.model().output_names());
  if (result.temperature) print_temperature(*result.temperature);
  print_stopping(result, run.config().train.early_stopping);
  print("trained  {} epochs, {} steps in {}\n", result.epochs, group_digits(result.steps),
        format_duration(result.seconds + result.watch_seconds + result.evaluation_seconds));
  print("model    {}\nhistory  {}\n", folder.model().string(), folder.history().string());
  if (report) print("report   {}\n", folder.report().string());
  const std::string root = folder.root.string();
  // Standard input cannot be read again.
  const bool has_data = run.config().data.source != "-";
  print("next     selfnorm evaluate {}{}\n", root, has_data ? "" : " --data NEW_ROWS");
  print("         selfnorm predict {} --data NEW_ROWS\n", root);
  if (has_data) print("         selfnorm doctor {}\n", root);
}

// Loads the data of a run. Standard input is "-" in its configuration, so that a resumed run reads
// it again.
Run load_run(RunConfig config) {
  if (config.data.source != "-") return Run(std::move(config));
  const StandardInput input;
  try {
    config.data.source = input.path();
    make_absolute(config.data);
    LoadedData loaded = load_data(data_options_of(config), config.train.seed);
    for (Dataset* data : {&loaded.train, loaded.test ? &*loaded.test : nullptr})
      if (data != nullptr) data->name = input.replace_file_name(data->name);
    config.data.source = "-";
    return Run(std::move(config), std::move(loaded));
  } catch (const Error& error) {
    throw Error(error.kind(), input.replace_file_name(error.detail()));
  }
}

void check_resumable(const TrainArguments& arguments) {
  if (arguments.out.empty()) {
    throw Error(ErrorKind::config, "--resume requires --out, the run folder to continue");
  }
  if (fs::exists(RunFolder(arguments.out).checkpoint())) return;
  throw Error(
      ErrorKind::config,
      fmt::format("{}: has no checkpoint to resume from (start without --resume)", arguments.out));
}

// Prints what a training would do.
void print_plan(const RunSummary& summary, const RunConfig& config, bool json) {
  if (!json) {
    print("dry run: nothing was trained or written\n");
    return;
  }
  const nlohmann::ordered_json document{{"data", summary.data},
                                        {"train_rows", summary.train_rows},
                                        {"folds", summary.folds},
                                        {"seconds", summary.seconds},
                                        {"validation_rows", summary.validation_rows},
                                        {"test_rows", summary.test_rows},
                                        {"layers", summary.layers},
                                        {"parameters", summary.parameters},
                                        {"metrics", summary.metrics},
                                        {"notes", summary.notes},
                                        {"config", to_toml(config)}};
  print("{}\n", document.dump(2));
}

void run_train(const TrainArguments& arguments) {
  survive_closed_output();
  if (arguments.resume) check_resumable(arguments);
  RunConfig config = read_arguments(arguments);
  const RunFolder folder(arguments.out.empty() ? default_run_folder(config)
                                               : fs::path(arguments.out));
  const bool is_default_network = config.network.layers.empty();
  Run run = load_run(std::move(config));
  const RunSummary summary = run.summary();
  describe(summary, folder.root);
  const std::vector<Finding> findings = findings_to_show(run, is_default_network);
  print_brief_findings(findings, examined_path(arguments, folder));
  if (arguments.dry_run) {
    if (!arguments.resume) run.check(folder);
    return print_plan(summary, run.config(), arguments.json);
  }
  if (!arguments.resume) {
    run.check(folder);
    note_earlier_run(folder);
  }
  TrainingProgress progress;
  TrainCallbacks callbacks = progress.callbacks();
  callbacks.on_note = note;
  std::optional<TensorBoardLog> tensorboard;
  if (!arguments.tensorboard.empty()) {
    tensorboard.emplace(arguments.tensorboard, run.config(), summary.metrics);
    callbacks.on_epoch = [show = callbacks.on_epoch, &tensorboard](const EpochRecord& record) {
      show(record);
      tensorboard->add(record);
    };
  }
  std::optional<LiveRun> live;
  if (arguments.live) {
    live.emplace(folder, run.config().train.epochs);
    callbacks.on_epoch = [show = callbacks.on_epoch, &live](const EpochRecord& record) {
      show(record);
      live->add(record);
    };
  }
  try {
    const RunResult result = run.execute(folder, arguments.resume, callbacks);
    if (tensorboard) tensorboard->end();
    const auto report = arguments.report ? write_report(run, folder) : std::nullopt;
    if (live && report) live->end_with(report->final_event_json);
    else if (live) live->end("The training has finished.");
    print_result(run, result, folder, report, findings, arguments.json);
  } catch (const Error& error) {
    if (live) live->end(fmt::format("The training stopped: {}", error.what()));
    if (tensorboard) tensorboard->end(false);
    if (arguments.report) write_unfinished_report(folder, error);
    if (error.kind() != ErrorKind::interrupted) throw;
    throw Error(
        ErrorKind::interrupted,
        fmt::format("{}; continue with: selfnorm train --out {} --resume",
                    std::string(error.what()).substr(sizeof "interrupted:"), folder.root.string()));
  }
}

}  // namespace

void add_train(Command& program) {
  Command& command = program.add_command("train", "Train a network and save the run");
  const auto arguments = std::make_shared<TrainArguments>();
  arguments->run.add_network(command,
                             "the data to train the default network on, or - for a table from "
                             "standard input");
  command.add({.name = "--out",
               .target = &arguments->out,
               .help = "run folder to write the model, the history and the configuration to",
               .value = "DIR",
               .default_text = "runs/NAME"});
  command.add_switch("--resume", arguments->resume, "resume the run in --out from its checkpoint");
  command.add({.name = "--report",
               .target = &arguments->report,
               .help = "whether to write report.html to the run folder at the end"});
  command.add_switch("--dry-run", arguments->dry_run,
                     "read the data, print how they are used, and stop before training");
  command.add_switch("--live", arguments->live,
                     "serve a live report on 127.0.0.1 and print its address; --watch without a "
                     "value does the same");
  command.add({.name = "--tensorboard",
               .target = &arguments->tensorboard,
               .help = "folder to write TensorBoard event files to",
               .value = "DIR"});
  command.add_switch("--json", arguments->json, "print the result as one JSON document");
  arguments->run.add_flags(command);
  command.examples = {"selfnorm train table.csv --target y --out runs/mine",
                      "zcat table.csv.gz | selfnorm train - --target y",
                      "selfnorm train net.toml --epochs 20 --watch",
                      "selfnorm train --out runs/mine --resume"};
  command.run = [arguments] { return run_train(*arguments), 0; };
}

}  // namespace selfnorm::cli
