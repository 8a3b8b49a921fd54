// SPDX-License-Identifier: Apache-2.0
// The parts of the propagation experiment that the engine does not compute.
#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"
#include "selfnorm/propagate.h"
#include "selfnorm/theory.h"

namespace selfnorm {

/// Returns statistics of the means and standard deviations of rows of `width` values. Predictions
/// stay NaN.
PropagatedLayer measure_rows(std::int64_t number, std::span<const float> values,
                             std::int64_t width);

/// Returns the mean square, computed in double.
double mean_square(std::span<const float> values);

/// Statistics over the units of a layer of ω, the sum of a unit's weights, and τ, the sum of their
/// squares.
struct WeightSums {
  double omega = 0;           ///< mean of ω
  double omega_variance = 0;  ///< variance of ω
  double tau = 0;             ///< mean of τ
  double units_per_input = 1;
  bool has_identical_units = false;  ///< whether all units have the same weights, other than 0
};
WeightSums sum_weights(std::span<const float> weights, std::int64_t inputs);

/// Returns the distribution of the pre-activation over all units, for inputs that are independent
/// of these weights. Unit i has mean μωᵢ and variance ντᵢ.
Gaussian pre_activation_of(const Moments& inputs, const WeightSums& weights);

/// The published NumPy alpha dropout. It uses a mask m of 0 and 1/q instead of 0 and 1, so it
/// computes m·x + (1 − m)·α′. Then it applies the a and b that are derived for a mask of 0 and 1.
class NotebookDropout {
 public:
  NotebookDropout(double rate, RandomKey key);
  void forward(std::span<float> values) const;
  void backward(std::span<float> gradients) const;
  Moments moments_after(const Moments& x) const;
  double gradient_growth() const { return affine_.a * affine_.a / keep_probability_; }

 private:
  double mask(std::size_t index) const {
    return uniform(key_, index) < keep_probability_ ? 1 / keep_probability_ : 0;
  }
  double keep_probability_;
  AlphaAffine affine_;
  RandomKey key_;
};

}  // namespace selfnorm
