// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "selfnorm/setting.h"

namespace selfnorm {

/// Options of the propagation experiment in the notebooks of Klambauer et al. 2017: x ~ N(0, 1)
/// passes through layers, each a random matrix, an activation and dropout.
struct PropagationOptions {
  std::int64_t layers = 100;        ///< number of layers
  std::int64_t width = 200;         ///< units per layer; also of the input unless `input` is given
  std::int64_t batch = 300;         ///< number of rows
  std::string activation = "selu";  ///< name of an activation (`selfnorm ops`)
  Settings activation_attributes = {};  ///< its attributes; shape = "depth" refers to `layers`
  /// none, plain, alpha, a dropout op, or notebook: the published NumPy alpha dropout, which
  /// divides the mask by the keep probability and also applies the affine correction.
  std::string dropout = "none";
  double rate = 0.05;  ///< fraction of the elements to drop
  /// An initializer. Before `gain` multiplies the weights, normal and uniform have variance
  /// 1/fan-in, and constant has value 1/√fan-in.
  std::string init = "normal";
  double gain = 1;                ///< factor on the weights
  std::uint64_t seed = 1;         ///< seed of weights, input and masks
  std::vector<float> input = {};  ///< `batch` rows of equal length; empty: N(0, 1)
  bool gradients = false;         ///< also propagate an N(0, 1) cotangent backward
};

/// Moments of a layer's output after dropout. Means and (population) standard deviations of a row
/// are over its units.
struct PropagatedLayer {
  std::int64_t layer = 0;  ///< from 1
  double mean_min = 0;     ///< smallest mean of a row
  double mean_max = 0;     ///< largest mean of a row
  double std_min = 0;      ///< smallest standard deviation of a row
  double std_max = 0;      ///< largest standard deviation of a row
  double mean = 0;         ///< average of the rows' means
  double std = 0;          ///< average of the rows' standard deviations
  double std_spread = 0;   ///< standard deviation of the rows' standard deviations
  /// Prediction of `mean` by the moment map, from the sums of the weights and of their squares. NaN
  /// for an activation without a moment map, and if all units have the same weights.
  double predicted_mean = 0;
  double predicted_std = 0;  ///< prediction of `std`, with the same restrictions
  /// Mean square of ∂(cotangent·last output)/∂(this output), in double. NaN without `gradients`.
  double gradient_second_moment = 0;
  double predicted_gradient_second_moment = 0;  ///< prediction, likewise
};

/// Runs the experiment on the training engine and returns the moments of each layer. Throws
/// Error(config) for an unknown name or a number out of range. Thread-safe.
std::vector<PropagatedLayer> propagate(const PropagationOptions& options);

}  // namespace selfnorm
