// SPDX-License-Identifier: Apache-2.0
// Compiles a model to programs for training and inference.
#pragma once

#include <optional>

#include "engine/program.h"
#include "passes/emit.h"
#include "train/trained_model.h"

namespace selfnorm {

/// The values of a loss: its inputs `output` and `target`, and its outputs `loss` and `weight`.
struct LossValues {
  ValueId output = kNoValue;
  ValueId target = kNoValue;
  ValueId loss = kNoValue;
  ValueId weight = kNoValue;
};

/// Returns the only output of a network. Throws Error(config) if there are several.
ValueId only_output(const Graph& graph);

/// Adds the targets as an input, and the loss of the objective, which compares `output` with them.
/// Both outputs of the loss become outputs of the graph. Throws Error(config) unless the attributes
/// of the loss are valid, and Error(shape) if the loss does not fit that output.
LossValues add_loss(Graph& graph, const Objective& objective, ValueId output);

/// A program, and the ids of the values that its user reads and writes.
struct CompiledNetwork {
  Program program;
  ValueId output = kNoValue;
  ValueId target = kNoValue;
  ValueId loss = kNoValue;
  ValueId loss_weight = kNoValue;  ///< weight of the mean `loss` (ops/loss.h)
  std::vector<Watched> moments = {}, histograms = {};
};

/// Compiles one training step: the loss of `batch` rows and its gradients. The gradients are
/// written to `gradients`, an arena with the layout of the weights.
CompiledNetwork compile_training(TrainedModel& model, std::int64_t batch, std::uint64_t seed,
                                 float* gradients);

struct InferenceOutputs {
  bool loss = false;        ///< the loss with respect to the targets
  bool prediction = false;  ///< the output after the objective's prediction op
  bool watched = false;     ///< moments and histograms of the outputs of layers
  /// The outputs of the members of an ensemble in place of their mean, each in a row of its own:
  /// (N·members, outputs). The targets have these rows, too.
  bool members = false;
};
CompiledNetwork compile_inference(TrainedModel& model, std::int64_t batch,
                                  const InferenceOutputs& requested);

}  // namespace selfnorm
