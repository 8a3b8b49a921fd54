// SPDX-License-Identifier: Apache-2.0
// The sliding windows of convolution and pooling, and their extents from attributes.
#pragma once

#include <string>

#include "kernels/dnnl/convolution.h"
#include "ops/rules.h"
#include "theory/moment_field.h"

namespace selfnorm {

/// The common attributes of convolution and pooling.
struct WindowAttributes {
  std::vector<std::int64_t> kernel = {};
  std::vector<std::int64_t> stride = {};
  std::vector<std::int64_t> dilation = {1, 1};
  Setting padding = std::string("valid");
};

/// A window over an image, with the extents of its input and output.
struct WindowExtents {
  Window window;
  std::int64_t in[2];
  std::int64_t out[2];
};

/// Reads a list of two numbers, or of one number that is used twice. Throws Error(shape) for other
/// lists.
void read_pair(const InferContext& context, const char* name,
               const std::vector<std::int64_t>& values, std::int64_t (&out)[2]);

/// Resolves the padding for the extents of the input. "valid" does not pad. "same" is that of
/// TensorFlow: out = ⌈in/stride⌉, with an odd pixel at the end. [height, width] pads both sides.
/// [[top, bottom], [left, right]] pads each side by its own number. Throws Error(shape) with both
/// extents if the window does not fit.
WindowExtents resolve_window(const InferContext& context, const WindowAttributes& attributes);

/// As above, for a node with shapes that were checked before.
WindowExtents resolve_window(const Node& node, const Shape& input, const WindowAttributes& a);

/// Resolves the window of a transposed convolution. It is returned as the window of the convolution
/// from the output to the input. `out` holds the extents of the transposed convolution's input, and
/// `in` those of its output, stride·(out − 1) + reach − padding + output_padding (ONNX
/// ConvTranspose). With "same", the output is stride·out, as for the gradient of a "same"
/// convolution. Throws Error(shape) if the output is empty or output_padding does not fit.
WindowExtents resolve_transposed_window(const InferContext& context,
                                        const WindowAttributes& attributes,
                                        const std::vector<std::int64_t>& output_padding);

/// Returns the position on an axis of the input that a tap of the window reads for an output. It
/// may lie outside of the input.
inline std::int64_t input_position(const Window& window, int axis, std::int64_t output,
                                   std::int64_t tap) {
  return output * window.stride[axis] + tap * window.dilation[axis] - window.pad_before[axis];
}

/// Returns the window as moment-propagation rules use it.
SlidingWindow sliding_window(const Window& window);

}  // namespace selfnorm
