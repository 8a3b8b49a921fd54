// SPDX-License-Identifier: Apache-2.0
// Images whose pixels are weighted sums of another image's pixels, the weights being products of
// one for rows and one for columns: upsampling, and as its transpose the gradient. Exact but for
// the rounding of float products and sums. Nothing is allocated while running.
#pragma once

#include <cstdint>
#include <vector>

namespace selfnorm::kernels {

/// One axis of a resampling: output o is the sum over k of weights[begin[o] + k] times input
/// first[o] + k, for as many k as lie below begin[o + 1] - begin[o].
struct AxisTaps {
  std::int64_t inputs = 0;
  std::vector<std::int64_t> first = {};
  std::vector<std::int64_t> begin = {0};  ///< one more than outputs
  std::vector<float> weights = {};

  std::int64_t outputs() const { return static_cast<std::int64_t>(first.size()); }
};

/// Every input `factor` times.
AxisTaps nearest_taps(std::int64_t inputs, std::int64_t factor);

/// Linear between the inputs' centers: output o lies at (o + ½)/factor − ½, held within the first
/// and the last input (ONNX Resize "linear" with "half_pixel"; PyTorch without align_corners).
AxisTaps linear_taps(std::int64_t inputs, std::int64_t factor);

/// The transposed matrix, for gradients: from outputs to inputs. The outputs that an input is in
/// must stand side by side.
AxisTaps transposed(const AxisTaps& taps);

/// y (batch × rows.outputs × columns.outputs × channels) from x (batch × rows.inputs ×
/// columns.inputs × channels), which it must not overlap. Runs on all threads; the same bits for
/// any number of them.
void resample(const float* x, float* y, std::int64_t batch, std::int64_t channels,
              const AxisTaps& rows, const AxisTaps& columns);

}  // namespace selfnorm::kernels
