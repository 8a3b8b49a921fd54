#include "selfnorm/report.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/probing.h"
#include "api/run.h"
#include "api/use.h"
#include "base/file.h"
#include "passes/build.h"
#include "report/comparison.h"
#include "report/drawing.h"
#include "report/examination_json.h"
#include "report/history_json.h"
#include "report/page.h"
#include "report/sections.h"
#include "report/verdict.h"
#include "selfnorm/error.h"
#include "train/history.h"

namespace selfnorm {
namespace {

// Few samples where each has many positions: the page is to cost little beside the run.
Examination examine_briefly(const RunConfig& config) {
  constexpr std::int64_t kPositions = 64 * 28 * 28;
  ExaminationOptions options;
  for (const auto& input : config.network.inputs) {
    const Shape& shape = input.second;
    if (shape.size() == 3) {
      options.samples = std::clamp<std::int64_t>(kPositions / (shape[1] * shape[2]), 2, 64);
    }
  }
  return examine(config, options);
}

// Beside what is predicted, what was watched before training.
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

NamedRows judged_rows(const PreparedRun& run) {
  constexpr std::size_t kMost = 10'000;
  const bool has_validation = !run.rows.validation_rows.empty();
  NamedRows judged =
      run.test ? NamedRows{*run.test, all_rows(run.test->rows), "test rows"}
      : has_validation
          ? NamedRows{*run.rows.validation, run.rows.validation_rows, "rows that validate"}
          : NamedRows{run.train, run.rows.train_rows, "rows trained on"};
  judged.rows.resize(std::min(judged.rows.size(), kMost));
  judged.name = fmt::format("{} {}", judged.rows.size(), judged.name);
  return judged;
}

void add_histograms(PreparedRun& start, TrainedModel& end, Json& document) {
  constexpr std::size_t kRows = 256;
  const HistogramRange range{-4, 4, 64};
  const InferenceParts parts{.histograms = range};
  const std::span<const std::int64_t> all = start.rows.train_rows;
  const auto rows = all.first(std::min(all.size(), kRows));
  document["histograms"] =
      histograms_json(range, Evaluator(start.model, parts).histograms(start.train, rows),
                      Evaluator(end, parts).histograms(start.train, rows));
}

void add_classes(const NamedRows& of, TrainedModel& model, Json& document) {
  const auto classes = std::ssize(of.data.targets.class_names);
  Evaluator evaluator(model, {.prediction = true});
  if (model.objective.targets != TargetKind::classes || evaluator.output_width() != classes) return;
  const std::vector<float> probabilities = evaluator.outputs(of.data, of.rows);
  std::vector<std::int32_t> truth;
  for (const std::int64_t row : of.rows) {
    truth.push_back(of.data.targets.classes[static_cast<std::size_t>(row)]);
  }
  const Judged judged{probabilities, truth, classes};
  document["confusion"] = confusion_json(judged, of);
  document["mistakes"] = mistakes_json(judged, of);
  document["calibration"] = calibration_json(judged, of);
}

// What follows from the data: the model as it started, and as it does on rows it is judged by.
void add_data(const RunConfig& config, TrainedModel& end, const std::vector<EpochRecord>& history,
              Json& document, std::vector<VerdictLine>& verdict) {
  const auto start = prepare_run(config, load_data(config.data, config.train.seed));
  const Examination examination = examine_briefly(config);
  document["layers"] = layers_json(examination, history);
  document["findings"] = findings_json(examination.findings);
  document["network"] = nodes_json(build_graph(end.network, 1), examination.layers);
  std::ranges::copy(judge_findings(examination.findings), std::back_inserter(verdict));
  add_histograms(*start, end, document);
  const NamedRows judged = judged_rows(*start);
  add_classes(judged, end, document);
  add_importance(judged, end, document);
  add_boundary(judged, end, document);
  for (const auto& [name, value] : Evaluator(end, {.loss = true}).score(judged.data, judged.rows)) {
    document["facts"].push_back(
        Json::array({fmt::format("{} of {}", name, judged.name), number(value)}));
  }
}

Json facts_of(const TrainedModel& model, const std::vector<EpochRecord>& history) {
  Json facts = Json::array();
  facts.push_back(Json::array({"layers", model.network.layers.size()}));
  facts.push_back(Json::array({"parameters", model.weights.parameter_count()}));
  if (!history.empty()) facts.push_back(Json::array({"epochs", history.back().epoch}));
  return facts;
}

Json time_of(const std::vector<EpochRecord>& history) {
  double training = 0, watching = 0;
  for (const EpochRecord& record : history) {
    training += record.seconds;
    watching += record.watch_seconds;
  }
  return Json::array({Json::array({"seconds in training steps", number(training)}),
                      Json::array({"seconds in watching", number(watching)})});
}

}  // namespace

std::string run_report(const std::filesystem::path& run) {
  const RunFolder folder(run);
  if (!std::filesystem::is_directory(run)) {
    throw Error(ErrorKind::config, run.string() + ": is no run folder");
  }
  TrainedModel end = open_trained(run);
  const RunConfig config = read_run_config(folder.config());
  const std::vector<EpochRecord> history = read_history(folder.history());
  std::vector<VerdictLine> verdict = judge_training(history);
  Json document{{"verdict", Json::array()},
                {"facts", facts_of(end, history)},
                {"epochs", epochs_json(history)},
                {"time", time_of(history)},
                {"maps", maps_json(history)},
                {"configuration",
                 Json::array({{{"name", "config.toml"}, {"text", read_file(folder.config())}}})}};
  try {
    add_data(config, end, history, document, verdict);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::data && error.kind() != ErrorKind::io) throw;
    verdict.push_back(
        {"warning", fmt::format("The run's data are not at hand, so that what follows "
                                "from them is left out: {}",
                                error.what())});
    document["network"] = nodes_json(build_graph(end.network, 1), {});
  }
  document["verdict"] = verdict_json(verdict);
  const std::filesystem::path name = std::filesystem::absolute(run).lexically_normal();
  return html_page("Run " + (name.has_filename() ? name : name.parent_path()).filename().string(),
                   document);
}

std::string doctor_report(const std::string& name, const RunConfig& config,
                          const Examination& examination) {
  Json document{{"verdict", verdict_json(judge_findings(examination.findings))},
                {"facts", Json::array({Json::array({"looked at", examination.input}),
                                       Json::array({"samples", examination.samples}),
                                       Json::array({"layers", examination.layers.size()})})},
                {"layers", examination_json(examination)["layers"]},
                {"findings", findings_json(examination.findings)},
                {"configuration", Json::array({{{"name", name}, {"text", to_toml(config)}}})}};
  if (!config.network.inputs.empty() && !config.network.layers.empty()) {
    document["network"] = nodes_json(build_graph(config.network, 1), examination.layers);
  }
  return html_page("Doctor: " + name, document);
}

std::string comparison_report(const Comparison& comparison) {
  return html_page("Comparison", comparison_document(comparison));
}

}  // namespace selfnorm
