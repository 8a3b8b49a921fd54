#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "selfnorm/setting.h"

namespace selfnorm {

/// The propagation experiment of the paper's notebooks: x ~ N(0, 1), then layer by layer x·W, the
/// activation, the dropout.
struct PropagationRequest {
  std::int64_t layers = 100;
  std::int64_t width = 200;         ///< units of every layer, and of the input unless that is given
  std::int64_t batch = 300;         ///< rows
  std::string activation = "selu";  ///< of the op table
  Settings activation_attributes = {};  ///< shape = "depth" counts these layers
  /// none; a dropout of the op table, which plain and alpha also name; or notebook: the published
  /// NumPy alpha dropout, which divides the mask by the keep rate and corrects as well.
  std::string dropout = "none";
  double rate = 0.05;
  /// An initialiser. normal, uniform and constant, which know no fan-in: of variance 1/width, or
  /// value 1/√width, times `gain`.
  std::string init = "normal";
  double gain = 1;
  std::uint64_t seed = 1;
  /// What goes in instead of N(0, 1): `batch` rows of equal length.
  std::vector<float> input = {};
  bool gradients = false;  ///< send an N(0, 1) cotangent back from the last layer's output too
};

/// A layer's outputs, dropout applied. Rows' means and (population) deviations are over units.
struct PropagatedLayer {
  std::int64_t layer = 0;  ///< from 1
  double mean_min = 0, mean_max = 0;
  double std_min = 0, std_max = 0;
  double mean = 0, std = 0;  ///< averages over the rows
  double std_spread = 0;     ///< standard deviation over the rows of their deviations
  /// What the moment maps say of these weights' sums and squares; NaN for an activation without,
  /// and where all units have the same weights, so that nothing is averaged over them.
  double predicted_mean = 0, predicted_std = 0;
  /// Mean square of ∂(cotangent·last output)/∂(this output), in double; NaN unless asked for.
  double gradient_second_moment = 0, predicted_gradient_second_moment = 0;
};

/// Runs it on the engine that trains. Error(config) on what is not in the op table or out of range.
std::vector<PropagatedLayer> propagate(const PropagationRequest& request);

}  // namespace selfnorm
