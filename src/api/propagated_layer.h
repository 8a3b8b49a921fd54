// SPDX-License-Identifier: Apache-2.0
// What the propagation experiment does within one layer, beside the engine's own work.
#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"
#include "selfnorm/propagate.h"
#include "selfnorm/theory.h"

namespace selfnorm {

/// Means and deviations of rows of so many values; what is predicted is left at NaN.
PropagatedLayer measure_rows(std::int64_t number, std::span<const float> values,
                             std::int64_t width);

/// Mean square, in double.
double mean_square(std::span<const float> values);

/// Sums of a layer's weights over its inputs, and their squares, over all units.
struct WeightSums {
  double omega = 0;           ///< mean of a unit's sum
  double omega_variance = 0;  ///< variance of that over the units
  double tau = 0;             ///< mean of a unit's sum of squares
  double units_per_input = 1;
  bool alike = false;  ///< all units have the same weights, not of 0
};
WeightSums sum_weights(std::span<const float> weights, std::int64_t inputs);

/// The pre-activation over all units, for inputs that are independent of these weights: unit i has
/// mean μωᵢ and variance ντᵢ.
Gaussian pre_activation_of(const Moments& inputs, const WeightSums& weights);

/// The published NumPy alpha dropout. With a mask m of 0 and 1/q, not 1: m·x + (1 − m)·α′, then the
/// a and b that are made for 0 and 1.
class NotebookDropout {
 public:
  NotebookDropout(double rate, RandomKey key);
  void forward(std::span<float> values) const;
  void backward(std::span<float> gradients) const;
  Moments after(const Moments& x) const;
  double gradient_growth() const { return affine_.a * affine_.a / keep_; }

 private:
  double mask(std::size_t index) const { return uniform(key_, index) < keep_ ? 1 / keep_ : 0; }
  double keep_;
  AlphaAffine affine_;
  RandomKey key_;
};

}  // namespace selfnorm
