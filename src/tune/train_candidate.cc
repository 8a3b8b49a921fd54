// SPDX-License-Identifier: Apache-2.0
#include "tune/train_candidate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "api/examination_input.h"
#include "api/run.h"
#include "selfnorm/doctor.h"
#include "selfnorm/error.h"
#include "train/temperature.h"

namespace selfnorm {
namespace {

// Returns an error that the doctor finds in the layers, or "".
std::string find_fault(const PreparedRun& run) {
  constexpr std::int64_t kPositions = std::int64_t{8} * 28 * 28;
  const std::vector<Finding> findings = examine_briefly(run, kPositions).findings;
  const auto error = std::ranges::find_if(findings, [](const Finding& finding) {
    return finding.severity == Severity::error && !finding.layers.empty();
  });
  if (error == findings.end()) return "";
  return fmt::format("doctor: {} at '{}'", error->code, error->layers.front());
}

// Trains without scores after each epoch, which would take a third of the time, unless they decide.
void train(PreparedRun& run, const std::function<bool()>& should_stop) {
  TrainingData rows = run.rows;
  const bool decide = tracks_best_epoch(run.config.train.early_stopping) ||
                      run.config.train.schedule.name == "reduce_on_plateau";
  if (!decide) rows.validation_rows.clear();
  Trainer(run.model, rows, run.config.train, {{}, {}, should_stop}).run();
}

}  // namespace

CandidateScores train_candidate(const RunConfig& given, const LoadedData& data,
                                const std::filesystem::path& model_file, bool examine,
                                const std::function<bool()>& should_stop) {
  RunConfig config = given;
  config.train.threads = 1;
  config.train.watch = false;
  try {
    const auto run = prepare_run(std::move(config), {data.train, std::nullopt, data.validation});
    if (examine) {
      const std::string fault = find_fault(*run);
      if (!fault.empty()) return {{}, fault};
    }
    train(*run, should_stop);
    if (run->config.train.temperature_scaling)
      scale_temperature(run->model, *run->rows.validation, run->rows.validation_rows);
    Evaluator evaluator(run->model, {.loss = true});
    const Scores scores = evaluator.score(*run->rows.validation, run->rows.validation_rows);
    if (!model_file.empty()) save_model(run->model, model_file);
    return {scores, ""};
  } catch (const Error& error) {
    const bool ends_search =
        error.kind() == ErrorKind::interrupted || error.kind() == ErrorKind::io;
    if (ends_search) throw;
    return {{}, error.what()};
  }
}

}  // namespace selfnorm
