// SPDX-License-Identifier: Apache-2.0
// Maps of the numbers of one feature that precede its standardization.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace selfnorm {

/// A monotone map of the numbers of one feature. It is saved with the model.
struct FeatureTransform {
  enum class Kind {
    none,         ///< x
    constant,     ///< center for every x, since the feature does not vary in training
    smooth_clip,  ///< u / √(1 + (u/3)²) with u = (x − center) / width: within ±3
    quantile,     ///< linear between the points (knots, normals), constant beyond them
  };
  Kind kind = Kind::none;
  double center = 0, width = 1;
  std::vector<double> knots, normals;
};

/// Returns x after the transform, in double. NaN stays NaN, except that
/// `constant` returns its center. Thread-safe.
double apply_transform(const FeatureTransform& transform, double x);

/// Fits a smooth clip to sorted numbers. The center is the median. The width is the interquartile
/// range, on which outliers have little effect, or half of the range if it is 0 (robust scaling of
/// RealMLP, Holzmüller et al. 2024). Returns no transform if all numbers are equal.
FeatureTransform fit_smooth_clip(const std::vector<double>& sorted);

/// Returns a map of sorted numbers to the normal quantiles of their ranks, with at most 256 knots.
/// Equal numbers have the mean of their ranks. Returns no transform if all numbers are equal.
FeatureTransform fit_normal_quantiles(const std::vector<double>& sorted);

/// Returns whether a transform from a file is valid: its numbers are finite, the width is positive,
/// and there are at least two knots and as many normals, both increasing.
bool is_valid(const FeatureTransform& transform);

/// Returns the name of a kind in model files and configurations.
std::string_view name_of(FeatureTransform::Kind kind);

/// Returns the kind with this name, or nothing.
std::optional<FeatureTransform::Kind> transform_named(std::string_view name);

}  // namespace selfnorm
