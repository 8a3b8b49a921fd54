// SPDX-License-Identifier: Apache-2.0
#include "tune/ensemble.h"

#include <algorithm>
#include <filesystem>

#include "train/metric_table.h"
#include "tune/combine_models.h"
#include "tune/train_candidate.h"

namespace selfnorm {
namespace {

RunConfig config_of(const SearchInput& input, const SearchState& search, std::int64_t id) {
  return with_candidate(input.config, draw_candidate(search.space, id), search.epochs);
}

// Returns the model of a candidate. Models that an earlier session did not need are missing.
TrainedModel model_of(const SearchInput& input, const SearchState& search, const TuneFolder& folder,
                      std::int64_t id) {
  const std::filesystem::path file = model_file(folder, id);
  if (!std::filesystem::exists(file))
    train_candidate(config_of(input, search, id), input.data, file, false, {});
  return load_model(file);
}

/// The mean of networks, and its score for the held-out rows.
class HeldOutMean {
 public:
  HeldOutMean(const PreparedRun& run, const std::string& metric) : run_(run), metric_(metric) {}

  /// Adds a network to the mean, unless the mean then has a lower score. Returns whether it did.
  bool add(TrainedModel model) {
    Evaluator evaluator(model, {});
    std::vector<float> sum =
        evaluator.held_out_outputs(*run_.rows.validation, run_.rows.validation_rows);
    for (std::size_t i = 0; i < sum_.size(); ++i) sum[i] += sum_[i];
    const double score = score_of(sum, evaluator.output_shape());
    if (count_ > 0 && score < score_) return false;
    ++count_;
    sum_ = std::move(sum);
    score_ = score;
    return true;
  }

 private:
  double score_of(std::vector<float> outputs, const Shape& shape) const {
    if (metric_ == "loss") return 0;  // not a metric of outputs: all are added
    for (float& each : outputs) each /= static_cast<float>(count_ + 1);
    const Scores scores = compute_metrics(run_.model.objective, outputs, shape,
                                          run_.rows.validation->targets, run_.rows.validation_rows);
    return (higher_is_better(metric_) ? 1 : -1) * find_score(scores, metric_);
  }

  const PreparedRun& run_;
  const std::string& metric_;
  std::vector<float> sum_;
  int count_ = 0;
  double score_ = 0;
};

}  // namespace

std::vector<std::int64_t> choose_ensemble(const SearchInput& input, const SearchState& search,
                                          const TuneFolder& folder, std::int64_t size) {
  constexpr std::int64_t kMostCompared = 20;
  std::vector<std::int64_t> ranked = search.halving.ranked(kRungs - 1), chosen;
  if (ranked.empty()) return chosen;
  const std::string scaling = draw_candidate(search.space, ranked[0]).scaling;
  std::erase_if(
      ranked, [&](std::int64_t id) { return draw_candidate(search.space, id).scaling != scaling; });
  const auto run = prepare_run(config_of(input, search, ranked[0]), input.data);
  HeldOutMean mean(*run, search.metric);
  for (std::int64_t i = 0; i < std::min(kMostCompared, std::ssize(ranked)); ++i) {
    const std::int64_t id = ranked[static_cast<std::size_t>(i)];
    if (std::ssize(chosen) < size && mean.add(model_of(input, search, folder, id)))
      chosen.push_back(id);
  }
  return chosen;
}

std::unique_ptr<PreparedRun> combine_candidates(const SearchInput& input, const SearchState& search,
                                                const TuneFolder& folder,
                                                const std::vector<std::int64_t>& ids) {
  std::vector<TrainedModel> parts;
  std::vector<Network> networks;
  for (const std::int64_t id : ids) {
    parts.push_back(model_of(input, search, folder, id));
    networks.push_back(parts.back().network);
  }
  RunConfig config = prepare_run(config_of(input, search, ids[0]), input.data)->config;
  config.network = combine_networks(networks);
  auto run = prepare_run(std::move(config), input.data);
  combine_weights(parts, run->model);
  if (parts.size() == 1) run->model.output_lines = parts[0].output_lines;
  run->model.held_out_errors =
      measure_held_out_errors(run->model, *run->rows.validation, run->rows.validation_rows);
  return run;
}

}  // namespace selfnorm
