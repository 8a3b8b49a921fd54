// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "selfnorm/score_range.h"
#include "train/compile.h"

namespace selfnorm {

/// Statistics of the outputs of layers for the same rows.
struct LayerStatistics {
  std::vector<LayerMoments> moments;
  std::vector<LayerHistogram> histograms;
};

/// Runs a model on rows of data sets in inference mode. The programs read the weights of the model
/// in place, so that an evaluator always uses the current weights. It must not outlive the model.
class Evaluator {
 public:
  Evaluator(TrainedModel& model, const InferenceOutputs& requested, std::int64_t batch = 256)
      : model_(model), requested_(requested), batch_(batch) {}

  /// Computes the loss and the metrics of these rows, which must have targets. Stores the outputs
  /// of the network before the objective's prediction op in `outputs` unless it is null. Needs
  /// parts.loss. If the data have folds, the outputs are those of `held_out_outputs`.
  Scores score(const Dataset& data, std::span<const std::int64_t> rows,
               std::vector<float>* outputs = nullptr);

  /// Like `score`, with ranges, with balanced accuracy and AUC for uneven classes, and with the
  /// scores of each of 2 to 10 named targets that are numbers, as "rmse of height".
  RatedScores rated_score(const Dataset& data, std::span<const std::int64_t> rows,
                          std::vector<float>* outputs = nullptr);

  /// Returns the outputs of the network for these rows, rows × outputs in API order.
  std::vector<float> outputs(const Dataset& data, std::span<const std::int64_t> rows);

  /// The same, if the data have folds, from the member of each row's fold.
  std::vector<float> held_out_outputs(const Dataset& data, std::span<const std::int64_t> rows);

  /// Returns statistics of the outputs of layers for these rows as one batch. Needs parts.watched.
  LayerStatistics layer_statistics(const Dataset& data, std::span<const std::int64_t> rows);

  /// Return the shape of the output for one sample, and its number of elements.
  Shape output_shape();
  std::int64_t output_width();

 private:
  CompiledNetwork& compiled(std::int64_t rows, bool of_members = false);
  template <class Each>
  void for_each_batch(const Dataset& data, std::span<const std::int64_t> rows, bool of_members,
                      Each each);

  TrainedModel& model_;
  InferenceOutputs requested_;
  std::int64_t batch_;
  /// By batch size, and by whether they compute the outputs of the members.
  std::map<std::pair<std::int64_t, bool>, CompiledNetwork> programs_;
};

}  // namespace selfnorm
