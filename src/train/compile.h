// SPDX-License-Identifier: Apache-2.0
// From a model to programs: the graph, its loss, its gradients, its measurements.
#pragma once

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
  std::vector<Watched> moments = {}, histograms = {};
};

/// One training step: the loss of `batch` rows and its gradients, written beside each parameter's
/// place into `gradients`, an arena like that of the weights.
CompiledNetwork compile_training(TrainedModel& model, std::int64_t batch, std::uint64_t seed,
                                 float* gradients);

struct InferenceOutputs {
  bool loss = false;        ///< with the targets' loss
  bool prediction = false;  ///< the output after the objective's prediction op
  bool watched = false;     ///< moments of every layer's outputs and how they are distributed
};
CompiledNetwork compile_inference(TrainedModel& model, std::int64_t batch,
                                  const InferenceOutputs& parts);

}  // namespace selfnorm
