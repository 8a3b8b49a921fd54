// SPDX-License-Identifier: Apache-2.0
// The sliding windows of convolution and pooling: attributes to extents.
#pragma once

#include <string>

#include "kernels/dnnl/convolution.h"
#include "ops/rules.h"
#include "theory/moment_field.h"

namespace selfnorm {

/// The attributes that convolution and pooling share.
struct WindowAttributes {
  std::vector<std::int64_t> kernel = {};
  std::vector<std::int64_t> stride = {};
  std::vector<std::int64_t> dilation = {1, 1};
  Setting padding = std::string("valid");
};

/// A window over an image and the extents of what it makes.
struct WindowExtents {
  Window window;
  std::int64_t in[2];
  std::int64_t out[2];
};

/// A list of two numbers, or of one that stands for both. Throws Error(shape) for others.
void read_pair(const InferContext& context, const char* name,
               const std::vector<std::int64_t>& given, std::int64_t (&out)[2]);

/// Resolves padding ("valid"; "same" as in TensorFlow: out = ⌈in/stride⌉, the odd pixel behind;
/// [height, width] on both sides; [[top, bottom], [left, right]]) against the input's extents.
/// Throws Error(shape) naming both extents where the window does not fit.
WindowExtents resolve_window(const InferContext& context, const WindowAttributes& attributes);

/// The same for a node whose shapes were checked before.
WindowExtents resolve_window(const Node& node, const Shape& input, const WindowAttributes& a);

/// The window of a transposed convolution, as that of the convolution whose gradient it is: `out`
/// are the extents of its input and `in` those of what it makes, stride·(out − 1) + reach − padding
/// + output_padding (ONNX ConvTranspose). "same" makes stride·out, as the gradient of a "same"
/// convolution does. Throws Error(shape) where nothing is left, or output_padding does not fit.
WindowExtents resolve_transposed_window(const InferContext& context,
                                        const WindowAttributes& attributes,
                                        const std::vector<std::int64_t>& output_padding);

/// Where along an axis of the input a tap of the window reads for an output; it may lie outside.
inline std::int64_t position_of(const Window& window, int axis, std::int64_t output,
                                std::int64_t tap) {
  return output * window.stride[axis] + tap * window.dilation[axis] - window.pad_before[axis];
}

/// The window as predicted signals take it.
SlidingWindow sliding_window(const Window& window);

}  // namespace selfnorm
