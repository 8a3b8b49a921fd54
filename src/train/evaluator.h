// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <span>
#include <vector>

#include "train/compile.h"

namespace selfnorm {

/// What every layer gives for the same rows.
struct LayerStatistics {
  std::vector<LayerMoments> moments;
  std::vector<LayerHistogram> histograms;
};

/// Runs a model over rows of data sets in inference mode. The programs read the model's weights
/// where they are, so an evaluator sees training go on; it must not outlive the model.
class Evaluator {
 public:
  Evaluator(TrainedModel& model, const InferenceOutputs& parts, std::int64_t batch = 256)
      : model_(model), parts_(parts), batch_(batch) {}

  /// Loss and metrics of these rows, whose targets are at hand, and into `outputs` what the network
  /// gives for them, before the objective's prediction op. Needs parts.loss.
  Scores score(const Dataset& data, std::span<const std::int64_t> rows,
               std::vector<float>* outputs = nullptr);

  /// What the network gives for these rows, rows × outputs in API order.
  std::vector<float> outputs(const Dataset& data, std::span<const std::int64_t> rows);

  /// The outputs of every layer for these rows as one batch. Needs parts.watched.
  LayerStatistics watched(const Dataset& data, std::span<const std::int64_t> rows);

  /// What the network gives for one sample, and how many numbers that is.
  Shape output_shape();
  std::int64_t output_width();

 private:
  CompiledNetwork& compiled(std::int64_t rows);
  template <class Each>
  void for_each_batch(const Dataset& data, std::span<const std::int64_t> rows, Each each);

  TrainedModel& model_;
  InferenceOutputs parts_;
  std::int64_t batch_;
  std::map<std::int64_t, CompiledNetwork> programs_;  ///< by batch size
};

/// 0, 1, …, rows − 1.
std::vector<std::int64_t> all_rows(std::int64_t rows);

}  // namespace selfnorm
