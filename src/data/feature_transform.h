// SPDX-License-Identifier: Apache-2.0
// Monotone maps that bring a feature with a long tail closer to a normal distribution.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace selfnorm {

/// A monotone map of the numbers of one feature. It is saved with the model.
struct FeatureTransform {
  enum class Kind {
    none,         ///< x
    constant,     ///< center, whatever x is: nothing can be learned from the feature
    smooth_clip,  ///< u / √(1 + (u/3)²) with u = (x − center) / width: within ±3
    quantile,     ///< linear between the points (knots, normals), constant beyond them
  };
  Kind kind = Kind::none;
  double center = 0, width = 1;
  std::vector<double> knots, normals;
};

/// Returns x after the transform, in double. NaN stays NaN. Thread-safe.
double apply_transform(const FeatureTransform& transform, double x);

/// Returns a smooth clip for sorted numbers: the center is their median, the width the distance of
/// their quartiles, or half of their range if the quartiles are equal. Values far out have little
/// effect on both (the robust scale and smooth clip of RealMLP, Holzmüller et al. 2024). Returns no
/// transform if all numbers are equal.
FeatureTransform fit_smooth_clip(const std::vector<double>& sorted);

/// Returns a map of sorted numbers to the normal quantiles of their ranks, with at most 256 knots.
/// Equal numbers have the mean of their ranks. Returns no transform if all numbers are equal.
FeatureTransform fit_normal_quantiles(const std::vector<double>& sorted);

/// Returns whether a transform may come from a file: numbers are finite, the width is positive, and
/// knots and normals are increasing and equally many.
bool is_valid(const FeatureTransform& transform);

/// Returns the name of a kind in model files and configurations.
std::string_view name_of(FeatureTransform::Kind kind);

/// Returns the kind with this name.
std::optional<FeatureTransform::Kind> transform_named(std::string_view name);

}  // namespace selfnorm
