// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace selfnorm {

/// Extents of a two-dimensional sliding window over images.
struct Window {
  std::int64_t kernel[2] = {1, 1};  ///< height, width
  std::int64_t stride[2] = {1, 1};
  std::int64_t dilation[2] = {1, 1};  ///< 1 is dense
  std::int64_t pad_before[2] = {0, 0};
  std::int64_t pad_after[2] = {0, 0};
};

/// The extents of a convolution. Images are N,H,W,C in memory, and weights are O,I/groups,H,W.
struct ConvolutionShape {
  std::int64_t batch = 0;
  std::int64_t in_channels = 0, out_channels = 0, groups = 1;
  std::int64_t in[2] = {0, 0}, out[2] = {0, 0};  ///< height, width
  Window window;
};

/// One pass of a convolution on oneDNN in float32: forward, or as in the classes below, backward to
/// the input or to the weights. The error is the rounding of a sum of products over the window, in
/// any order. `scratch` has scratch_bytes() bytes and is 64-byte aligned. Runs on all threads, or
/// inside a parallel region on the calling thread.
class ConvolutionForward {
 public:
  ConvolutionForward(const ConvolutionShape& shape, bool with_bias);
  std::size_t scratch_bytes() const;
  /// Computes y = conv(x, w) + b. Ignores b if constructed without bias.
  void run(const float* x, const float* w, const float* b, float* y, std::byte* scratch) const;

 private:
  struct Plan;
  std::shared_ptr<Plan> plan_;
};

class ConvolutionBackwardInput {
 public:
  explicit ConvolutionBackwardInput(const ConvolutionShape& shape);
  std::size_t scratch_bytes() const;
  void run(const float* dy, const float* w, float* dx, std::byte* scratch) const;

 private:
  struct Plan;
  std::shared_ptr<Plan> plan_;
};

class ConvolutionBackwardWeights {
 public:
  explicit ConvolutionBackwardWeights(const ConvolutionShape& shape);
  std::size_t scratch_bytes() const;
  void run(const float* dy, const float* x, float* dw, std::byte* scratch) const;

 private:
  struct Plan;
  std::shared_ptr<Plan> plan_;
};

}  // namespace selfnorm
