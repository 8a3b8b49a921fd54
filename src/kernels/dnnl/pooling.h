// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "kernels/dnnl/convolution.h"

namespace selfnorm {

enum class PoolingKind : std::uint8_t { max, average };  ///< average: without padding

/// The extents of a pooling. Images are N,H,W,C in memory.
struct PoolingShape {
  std::int64_t batch = 0, channels = 0;
  std::int64_t in[2] = {0, 0}, out[2] = {0, 0};
  Window window;
};

/// Pooling on oneDNN. In training, max pooling writes the positions of the maxima to a workspace of
/// at most 4 bytes per output element. The backward pass reads it.
class PoolingForward {
 public:
  PoolingForward(PoolingKind kind, const PoolingShape& shape, bool training);
  std::size_t scratch_bytes() const;
  void run(const float* x, float* y, void* workspace, std::byte* scratch) const;

 private:
  struct Plan;
  std::shared_ptr<Plan> plan_;
};

class PoolingBackward {
 public:
  PoolingBackward(PoolingKind kind, const PoolingShape& shape);
  std::size_t scratch_bytes() const;
  void run(const float* dy, const void* workspace, float* dx, std::byte* scratch) const;

 private:
  struct Plan;
  std::shared_ptr<Plan> plan_;
};

}  // namespace selfnorm
