// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "api/examination_input.h"
#include "api/model_inspection.h"
#include "api/open_model.h"
#include "api/partial_dependence.h"
#include "api/run.h"
#include "base/file.h"
#include "base/text.h"
#include "data/gather.h"
#include "data/split.h"
#include "kernels/simd/softmax.h"
#include "passes/build.h"
#include "report/comparison.h"
#include "report/examination_json.h"
#include "report/graph_json.h"
#include "report/history_json.h"
#include "report/page.h"
#include "report/regression.h"
#include "report/sections.h"
#include "report/summary.h"
#include "selfnorm/error.h"
#include "train/history.h"
#include "train/temperature.h"

namespace selfnorm {
namespace {

// Returns the predicted moments of each layer, with those measured before training.
Json layers_json(const Examination& examination, const std::vector<EpochRecord>& history) {
  Json layers = examination_json(examination)["layers"];
  if (history.empty()) return layers;
  for (Json& layer : layers) {
    const auto& watched = history.front().moments;
    const auto found =
        std::ranges::find(watched, layer["name"].get<std::string>(), &LayerMoments::layer);
    if (found == watched.end()) continue;
    layer["measured"] = {{"mean", number(found->mean)}, {"variance", number(found->variance)}};
  }
  return layers;
}

NamedRows evaluation_rows(const PreparedRun& run) {
  const bool has_validation = !run.rows.validation_rows.empty();
  NamedRows evaluated =
      run.test ? NamedRows{*run.test, all_rows(run.test->rows), "test rows"}
      : has_validation
          ? NamedRows{*run.rows.validation, run.rows.validation_rows, "validation rows"}
          : NamedRows{run.train, run.rows.train_rows, "training rows"};
  evaluated.rows = evenly_spaced_rows(evaluated.rows, kMaxEvaluationRows);
  evaluated.name = fmt::format("{} {}", group_digits(std::ssize(evaluated.rows)), evaluated.name);
  return evaluated;
}

// Returns the interval and the baseline of a metric in parentheses, or "" if they are not known.
std::string range_text(const ScoreRanges& ranges, const std::string& name) {
  const auto range = std::ranges::find(ranges, name, &ScoreRange::name);
  if (range == ranges.end() || std::isnan(range->low) || std::isnan(range->baseline)) return "";
  return fmt::format(" (95 % interval {:.4g} to {:.4g}, constant prediction {:.4g})", range->low,
                     range->high, range->baseline);
}

// Returns the scores and outputs from the end of the run if they were kept, else computes them now.
FinalEvaluation final_evaluation_of(const NamedRows& evaluated, const PreparedRun& run,
                                    TrainedModel& model) {
  if (!run.final_evaluation.outputs.empty()) return run.final_evaluation;
  FinalEvaluation now;
  RatedScores rated =
      Evaluator(model, {.loss = true}).rated_score(evaluated.data, evaluated.rows, &now.outputs);
  now.scores = std::move(rated.scores);
  now.ranges = std::move(rated.ranges);
  return now;
}

void add_classification(const NamedRows& named_rows, const TrainedModel& model,
                        const std::vector<float>& outputs, Json& document) {
  const auto classes = std::ssize(named_rows.data.targets.class_names),
             rows = std::ssize(named_rows.rows);
  const bool is_one_a_row =
      model.objective.targets == TargetKind::classes && std::ssize(outputs) == rows * classes;
  if (!is_one_a_row || !std::ranges::all_of(outputs, [](float x) { return std::isfinite(x); })) {
    return;
  }
  std::vector<float> probabilities(outputs.size());
  kernels::softmax(outputs.data(), probabilities.data(), rows, classes);
  std::vector<std::int32_t> truth;
  for (const std::int64_t row : named_rows.rows) {
    truth.push_back(named_rows.data.targets.classes[static_cast<std::size_t>(row)]);
  }
  const ClassPredictions evaluated{probabilities, truth, classes};
  document["confusion"] = confusion_json(evaluated, named_rows);
  document["mistakes"] = mistakes_json(evaluated, named_rows);
  document["calibration"] = calibration_json(evaluated, named_rows);
  if (const auto temperature = temperature_of(model))
    document["calibration"]["temperature"] = *temperature;
}

void add_regression(const NamedRows& named_rows, const TrainedModel& model,
                    const std::vector<float>& outputs, Json& document) {
  if (model.objective.targets != TargetKind::values) return;
  const std::vector<float> predictions = predicted_values(model.objective, outputs);
  const Json regression = regression_json(predictions, named_rows);
  if (regression.is_null()) return;
  document["regression"] = regression;
  document["mistakes"] = largest_residuals_json(predictions, named_rows);
}

// Adds everything that depends on the data: the examination by the doctor, and the scores of the
// model on the evaluation rows.
void add_data(PreparedRun& run, TrainedModel& end, const std::vector<EpochRecord>& history,
              Json& document, std::vector<SummaryLine>& verdict) {
  constexpr std::int64_t kPositions = std::int64_t{64} * 28 * 28;
  const Examination examination = examine_briefly(run, kPositions, history);
  document["layers"] = layers_json(examination, history);
  document["findings"] = findings_json(examination.findings);
  document["network"] = graph_json(build_graph(end.network, 1), examination.layers);
  std::ranges::copy(summarize_findings(examination.findings), std::back_inserter(verdict));
  const NamedRows evaluated = evaluation_rows(run);
  const FinalEvaluation now = final_evaluation_of(evaluated, run, end);
  document["is_table"] = !run.train.table.empty();
  add_classification(evaluated, end, now.outputs, document);
  add_regression(evaluated, end, now.outputs, document);
  const std::vector<ColumnGroup> columns = add_permutation_importance(evaluated, end, document);
  add_partial_dependence(evaluated, end, columns, document);
  add_decision_boundary(evaluated, end, document);
  for (const auto& [name, value] : now.scores) {
    document["facts"].push_back(
        Json::array({fmt::format("{} on {}{}", name, evaluated.name, range_text(now.ranges, name)),
                     number(value)}));
  }
}

Json timing_json(const std::vector<EpochRecord>& history) {
  double training = 0, evaluating = 0, watching = 0;
  for (const EpochRecord& record : history) {
    training += record.seconds;
    evaluating += record.evaluation_seconds;
    watching += record.watch_seconds;
  }
  Json time = Json::array({Json::array({"seconds in training steps", number(training)})});
  if (evaluating > 0) time.push_back(Json::array({"seconds in validation", number(evaluating)}));
  time.push_back(Json::array({"seconds in measuring signals and weights", number(watching)}));
  return time;
}

// Returns everything that depends on the history alone. The verdict is empty.
Json history_document(const std::vector<EpochRecord>& history) {
  Json document{{"verdict", Json::array()},
                {"facts", Json::array()},
                {"epochs", epochs_json(history)},
                {"time", timing_json(history)},
                {"maps", heat_maps_json(history)},
                {"units", last_weight_statistics_json(history)},
                {"histograms", histograms_json(history)}};
  if (!history.empty()) document["facts"].push_back(Json::array({"epochs", history.back().epoch}));
  return document;
}

Json configuration_of(const RunFolder& folder) {
  return Json::array({{{"name", "config.toml"}, {"text", read_file(folder.config())}}});
}

bool is_data_error(const Error& error) {
  return error.kind() == ErrorKind::data || error.kind() == ErrorKind::io;
}

// If `prepared` is null, the data are not available, and `missing` says why.
Json run_document(const RunFolder& folder, PreparedRun* prepared, std::string missing,
                  TrainedModel& end, const std::vector<EpochRecord>& history) {
  Json document = history_document(history);
  document["facts"].push_back(Json::array({"layers", end.network.layers.size()}));
  document["facts"].push_back(Json::array({"parameters", end.weights.parameter_count()}));
  document["configuration"] = configuration_of(folder);
  std::vector<SummaryLine> verdict = summarize_training(history);
  try {
    if (prepared != nullptr) add_data(*prepared, end, history, document, verdict);
  } catch (const Error& error) {
    if (!is_data_error(error)) throw;
    missing = error.what();
  }
  if (!missing.empty()) {
    verdict.push_back({"warning", fmt::format("Everything that depends on the run's data is left "
                                              "out, since they are not available: {}",
                                              missing)});
  }
  if (!document.contains("network"))
    document["network"] = graph_json(build_graph(end.network, 1), {});
  document["verdict"] = summary_lines_json(verdict);
  return document;
}

// Returns the page of a run that did not finish. It shows no model, since a resumed run may still
// have an earlier one.
std::string unfinished_page(const RunFolder& folder, const std::string& why) {
  const std::vector<EpochRecord> history = read_history(folder.history(), true);
  Json document = history_document(history);
  std::vector<SummaryLine> verdict = summarize_training(history);
  const std::string text =
      why.empty() ? "The run did not finish and has no model yet." : "The training stopped: " + why;
  verdict.insert(verdict.begin(), {"error", text});
  document["verdict"] = summary_lines_json(verdict);
  document["network"] =
      graph_json(build_graph(read_run_folder_config(folder.config()).network, 1), {});
  document["configuration"] = configuration_of(folder);
  return html_page("Run " + folder.name(), document);
}

std::string dump_json(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// If the file has changed since the training, its categories may have other numbers. Gives them
// those of the model.
void adapt_to_model(const Schema& schema, PreparedRun& run) {
  adapt_dataset(schema, run.train);
  if (run.test.has_value()) adapt_dataset(schema, *run.test);
  if (run.validation.has_value()) adapt_dataset(schema, *run.validation);
}

}  // namespace

std::string run_report(const std::filesystem::path& run, const std::string& stop_reason) {
  const RunFolder folder(run);
  if (!std::filesystem::is_directory(run)) {
    const bool exists = std::filesystem::exists(run);
    throw Error(ErrorKind::config,
                fmt::format("{}: {} (expected the --out folder of train or compare)", run.string(),
                            exists ? "is not a run folder" : "there is no such folder"));
  }
  const bool has_begun =
      std::filesystem::exists(folder.history()) && std::filesystem::exists(folder.config());
  const bool has_stopped = !stop_reason.empty() || !std::filesystem::exists(folder.model());
  if (has_begun && has_stopped) {
    return unfinished_page(folder, stop_reason);
  }
  TrainedModel end = load_trained_model(run);
  const RunConfig config = read_run_folder_config(folder.config());
  std::unique_ptr<PreparedRun> prepared;
  std::string missing;
  try {
    prepared = prepare_run(config, load_data(config.data, config.train.seed));
    adapt_to_model(end.schema, *prepared);
  } catch (const Error& error) {
    if (!is_data_error(error)) throw;
    missing = error.what();
  }
  // The model of a search was not trained in one run, so it has no history.
  std::vector<EpochRecord> history;
  if (std::filesystem::exists(folder.history())) history = read_history(folder.history());
  const Json document = run_document(folder, prepared.get(), missing, end, history);
  return html_page("Run " + folder.name(), document);
}

RunReport Run::report(const RunFolder& folder) {
  Json document = run_document(folder, prepared_.get(), "", prepared_->model, prepared_->history);
  RunReport report{html_page("Run " + folder.name(), document), ""};
  document.update({{"state", "The training has finished."}, {"ended", true}});
  report.final_event_json = dump_json(document);
  return report;
}

std::string live_report(const std::string& name) {
  return html_page("Run " + name, Json{{"live", true}});
}

std::string live_event_json(const std::vector<EpochRecord>& history, const std::string& state,
                            bool ended) {
  Json document = history_document(history);
  document.update({{"verdict", summary_lines_json(summarize_training(history))},
                   {"state", state},
                   {"ended", ended}});
  return dump_json(document);
}

std::string doctor_report(const std::string& name, const RunConfig& config,
                          const Examination& examination) {
  Json document{{"verdict", summary_lines_json(summarize_findings(examination.findings))},
                {"facts", Json::array({Json::array({"input", examination.input}),
                                       Json::array({"samples", examination.samples}),
                                       Json::array({"layers", examination.layers.size()})})},
                {"layers", examination_json(examination)["layers"]},
                {"findings", findings_json(examination.findings)},
                {"configuration", Json::array({{{"name", name}, {"text", to_toml(config)}}})}};
  if (!config.network.inputs.empty() && !config.network.layers.empty()) {
    document["network"] = graph_json(build_graph(config.network, 1), examination.layers);
  }
  return html_page("Doctor: " + name, document);
}

namespace {

// Returns the decision boundary of a contender's first model; null if inputs are not two numbers,
// or the data are not available.
Json decision_boundary_json(const std::filesystem::path& run) {
  Json found;
  if (!std::filesystem::exists(RunFolder(run).model())) return found;
  TrainedModel model = load_trained_model(run);
  const auto& inputs = model.schema.inputs;
  const bool is_plane = inputs.size() == 1 && elements(inputs[0].sample_shape) == 2;
  if (!is_plane || model.schema.class_names.empty()) return found;
  try {
    const ModelAndRows opened = open_model(run);
    add_decision_boundary({opened.data, opened.rows, opened.data.name}, model, found);
  } catch (const Error& error) {
    if (!is_data_error(error)) throw;
  }
  return found;
}

}  // namespace

std::string comparison_report(const Comparison& comparison, const std::filesystem::path& folder) {
  Json document = comparison_document(comparison);
  for (const ContenderTrials& each : comparison.contenders) {
    const bool is_name = std::filesystem::path(each.name).filename() == each.name &&
                         each.name != "..";  // the name comes from a file
    if (folder.empty() || each.trials.empty() || !is_name) continue;
    const Json found = decision_boundary_json(folder / each.name /
                                              fmt::format("seed-{}", each.trials.front().seed));
    if (found.contains("boundary")) document["boundaries"][each.name] = found["boundary"];
  }
  return html_page("Comparison", document);
}

}  // namespace selfnorm
