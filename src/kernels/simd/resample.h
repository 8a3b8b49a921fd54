// SPDX-License-Identifier: Apache-2.0
// Separable resampling of images: upsampling, and its transpose for the gradient. An output pixel
// is a weighted sum of input pixels, where a weight is the product of one for the row and one for
// the column. The error is the rounding of float products and sums. `resample` does not allocate.
#pragma once

#include <cstdint>
#include <vector>

namespace selfnorm::kernels {

/// One axis of a resampling. Output o is the sum of weights[begin[o] + k] times input first[o] + k
/// over 0 ≤ k < begin[o + 1] - begin[o].
struct AxisTaps {
  std::int64_t inputs = 0;
  std::vector<std::int64_t> first = {};
  std::vector<std::int64_t> begin = {0};  ///< has one more element than there are outputs
  std::vector<float> weights = {};

  std::int64_t outputs() const { return static_cast<std::int64_t>(first.size()); }
};

/// Repeats every input `factor` times.
AxisTaps nearest_taps(std::int64_t inputs, std::int64_t factor);

/// Interpolates linearly between the centers of the inputs. Output o is at (o + ½)/factor − ½,
/// clamped to the first and the last input (ONNX Resize "linear" with "half_pixel"; PyTorch without
/// align_corners).
AxisTaps linear_taps(std::int64_t inputs, std::int64_t factor);

/// Returns the transposed matrix, from outputs to inputs, for gradients. The outputs that use an
/// input must be consecutive.
AxisTaps transposed(const AxisTaps& taps);

/// Computes y (batch × rows.outputs × columns.outputs × channels) from x (batch × rows.inputs ×
/// columns.inputs × channels). y must not overlap x. Runs on all threads, with the same bits for
/// any number of them.
void resample(const float* x, float* y, std::int64_t batch, std::int64_t channels,
              const AxisTaps& rows, const AxisTaps& columns);

}  // namespace selfnorm::kernels
