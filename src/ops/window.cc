// SPDX-License-Identifier: Apache-2.0
#include "ops/window.h"

#include <fmt/format.h>

#include <algorithm>

namespace selfnorm {
namespace {

using Pair = std::int64_t[2];

constexpr std::int64_t kMaxPadding = 1000000;

[[noreturn]] void fail_padding(const InferContext& context, const Setting& padding) {
  fail_shape(context, fmt::format("`padding` must be \"valid\", \"same\", [height, width] or "
                                  "[[top, bottom], [left, right]], got {}",
                                  to_string(padding)));
}

std::int64_t dilated_kernel_extent(const Window& w, int axis) {
  return (w.kernel[axis] - 1) * w.dilation[axis] + 1;
}

void same_padding(const Pair& in, Window& w) {
  for (int axis = 0; axis < 2; ++axis) {
    const std::int64_t kernel_extent = dilated_kernel_extent(w, axis);
    const std::int64_t out = (in[axis] + w.stride[axis] - 1) / w.stride[axis];
    const std::int64_t total =
        std::max<std::int64_t>(0, (out - 1) * w.stride[axis] + kernel_extent - in[axis]);
    w.pad_before[axis] = total / 2;
    w.pad_after[axis] = total - total / 2;
  }
}

void explicit_padding(const InferContext& context, const Setting& padding, Window& w) {
  const auto* numbers = std::get_if<std::vector<std::int64_t>>(&padding);
  if (numbers == nullptr || (numbers->size() != 2 && numbers->size() != 4) ||
      std::ranges::any_of(*numbers,
                          [](std::int64_t pad) { return pad < 0 || pad > kMaxPadding; })) {
    fail_padding(context, padding);
  }
  const bool sides = numbers->size() == 4;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    w.pad_before[axis] = (*numbers)[sides ? 2 * axis : axis];
    w.pad_after[axis] = (*numbers)[sides ? 2 * axis + 1 : axis];
  }
}

// Returns the window without padding.
Window window_without_padding(const InferContext& context, const WindowAttributes& attributes) {
  check_rank(context, 0, 4, 4);
  Window w;
  read_pair(context, "kernel", attributes.kernel, w.kernel);
  read_pair(context, "stride", attributes.stride, w.stride);
  read_pair(context, "dilation", attributes.dilation, w.dilation);
  return w;
}

// Fewer pixels than the stride can follow the convolution's last window. Otherwise, the convolution
// would have one more window.
void check_output_padding(const InferContext& context, const Window& w, const Pair& values,
                          bool same) {
  for (int axis = 0; axis < 2; ++axis) {
    if (values[axis] < (same ? 1 : w.stride[axis])) continue;
    const std::string fix =
        same
            ? "with padding \"same\", the output already is input·stride (leave output_padding out)"
            : fmt::format("it must be smaller than stride [{}, {}]", w.stride[0], w.stride[1]);
    fail_shape(context, fmt::format("output_padding [{}, {}] does not fit input {}: {}", values[0],
                                    values[1], batch_text(context.inputs[0]), fix));
  }
}

}  // namespace

void read_pair(const InferContext& context, const char* name,
               const std::vector<std::int64_t>& values, std::int64_t (&out)[2]) {
  if (values.empty() || values.size() > 2) {
    fail_shape(context, fmt::format("needs `{}` with two numbers, [height, width]", name));
  }
  out[0] = values.front();
  out[1] = values.back();
}

WindowExtents resolve_window(const InferContext& context, const WindowAttributes& attributes) {
  WindowExtents e{window_without_padding(context, attributes), {}, {}};
  const Shape& x = context.inputs[0];
  std::copy_n(x.begin() + 2, 2, e.in);
  Window& w = e.window;
  if (const auto* word = std::get_if<std::string>(&attributes.padding)) {
    if (*word == "same") same_padding(e.in, w);
    else if (*word != "valid") fail_padding(context, attributes.padding);
  } else {
    explicit_padding(context, attributes.padding, w);
  }
  for (int axis = 0; axis < 2; ++axis) {
    const std::int64_t kernel_extent = dilated_kernel_extent(w, axis);
    const std::int64_t padded = e.in[axis] + w.pad_before[axis] + w.pad_after[axis];
    if (padded < kernel_extent) {
      fail_shape(context,
                 fmt::format("kernel {}×{} (dilation {}×{}) does not fit input {}", w.kernel[0],
                             w.kernel[1], w.dilation[0], w.dilation[1], batch_text(x)));
    }
    e.out[axis] = (padded - kernel_extent) / w.stride[axis] + 1;
  }
  return e;
}

WindowExtents resolve_window(const Node& node, const Shape& input, const WindowAttributes& a) {
  return resolve_window({node.name, node.op, node.attributes, {input}}, a);
}

WindowExtents resolve_transposed_window(const InferContext& context,
                                        const WindowAttributes& attributes,
                                        const std::vector<std::int64_t>& output_padding) {
  WindowExtents e{window_without_padding(context, attributes), {}, {}};
  const Shape& x = context.inputs[0];
  std::copy_n(x.begin() + 2, 2, e.out);
  Window& w = e.window;
  Pair extra;
  read_pair(context, "output_padding", output_padding, extra);
  const auto* word = std::get_if<std::string>(&attributes.padding);
  const bool same = word != nullptr && *word == "same";
  if (word != nullptr && !same && *word != "valid") fail_padding(context, attributes.padding);
  check_output_padding(context, w, extra, same);
  if (same) {
    for (int axis = 0; axis < 2; ++axis) e.in[axis] = e.out[axis] * w.stride[axis];
    same_padding(e.in, w);
    return e;
  }
  if (word == nullptr) explicit_padding(context, attributes.padding, w);
  for (int axis = 0; axis < 2; ++axis) {
    e.in[axis] = w.stride[axis] * (e.out[axis] - 1) + dilated_kernel_extent(w, axis) -
                 w.pad_before[axis] - w.pad_after[axis] + extra[axis];
    if (e.in[axis] < 1) {
      fail_shape(context, fmt::format("padding [[{}, {}], [{}, {}]] makes the output of input {} "
                                      "empty (use less padding)",
                                      w.pad_before[0], w.pad_after[0], w.pad_before[1],
                                      w.pad_after[1], batch_text(x)));
    }
  }
  return e;
}

SlidingWindow sliding_window(const Window& w) {
  SlidingWindow sliding;
  for (const std::size_t axis : {0, 1}) {
    sliding.kernel[axis] = w.kernel[axis];
    sliding.stride[axis] = w.stride[axis];
    sliding.dilation[axis] = w.dilation[axis];
    sliding.before[axis] = w.pad_before[axis];
  }
  return sliding;
}

}  // namespace selfnorm
