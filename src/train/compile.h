// From a model to programs: the graph, its loss, its gradients, its measurements.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/program.h"
#include "passes/emit.h"
#include "train/trained_model.h"

namespace selfnorm {

/// A loss's values: what it is of, and what it makes.
struct LossValues {
  ValueId output = kNoValue;
  ValueId target = kNoValue;
  ValueId loss = kNoValue;
  ValueId weight = kNoValue;
};

/// Adds the targets as an input and the objective's loss; both of the loss's outputs leave the
/// graph. Throws Error(config) unless the network has one output and the loss its attributes,
/// Error(shape) where they do not fit that output.
LossValues add_loss(Graph& graph, const Objective& objective);

/// A program with the values that its user reads and writes.
struct CompiledNetwork {
  Program program;
  ValueId output = kNoValue;
  ValueId target = kNoValue;
  ValueId loss = kNoValue;
  ValueId loss_weight = kNoValue;  ///< what `loss` is the mean of
  std::vector<Watched> watched = {};
};

/// One training step: the loss of `batch` rows and its gradients, written beside each parameter's
/// place into `gradients`, an arena like that of the weights.
CompiledNetwork compile_training(TrainedModel& model, std::int64_t batch, std::uint64_t seed,
                                 float* gradients);

/// Bins of equal width; what lies beyond either end counts into the bin there.
struct HistogramRange {
  double low = -1, high = 1;
  std::int64_t bins = 1;
};

struct InferenceParts {
  bool loss = false;        ///< with the targets' loss
  bool prediction = false;  ///< the output after the objective's prediction op
  bool moments = false;     ///< watching every layer
  /// The distribution of every layer's outputs.
  std::optional<HistogramRange> histograms = std::nullopt;
};
CompiledNetwork compile_inference(TrainedModel& model, std::int64_t batch,
                                  const InferenceParts& parts);

}  // namespace selfnorm
