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

/// What the loss compares with the targets: the network's output or, for an ensemble, the output of
/// each member. The latter has a row for each member of each sample, (N·members, outputs), and so
/// do its targets.
enum class LossInput : std::uint8_t { output, members };

/// Adds the targets as an input, and the loss of the objective. Both outputs of the loss become
/// outputs of the graph. Throws Error(config) unless the network has one output and the attributes
/// of the loss are valid, and Error(shape) if the loss does not fit that output.
LossValues add_loss(Graph& graph, const Objective& objective,
                    LossInput compared = LossInput::output);

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
  /// The members' outputs as the output and as the input of the loss. Needs `loss`.
  bool members = false;
};
CompiledNetwork compile_inference(TrainedModel& model, std::int64_t batch,
                                  const InferenceOutputs& requested);

}  // namespace selfnorm
