#include "ops/window.h"

#include <fmt/format.h>

#include <algorithm>

namespace selfnorm {
namespace {

using Pair = std::int64_t[2];

constexpr std::int64_t kMostPadding = 1000000;

void pair_of(const InferContext& context, const char* name, const std::vector<std::int64_t>& given,
             Pair& out) {
  if (given.empty() || given.size() > 2) {
    fail_shape(context, fmt::format("needs `{}` as two numbers, [height, width]", name));
  }
  out[0] = given.front();
  out[1] = given.back();
}

[[noreturn]] void fail_padding(const InferContext& context, const Setting& padding) {
  fail_shape(context, fmt::format("`padding` is \"valid\", \"same\", [height, width] or "
                                  "[[top, bottom], [left, right]], got {}",
                                  to_string(padding)));
}

void same_padding(const Pair& in, Window& w) {
  for (int axis = 0; axis < 2; ++axis) {
    const std::int64_t reach = (w.kernel[axis] - 1) * w.dilation[axis] + 1;
    const std::int64_t out = (in[axis] + w.stride[axis] - 1) / w.stride[axis];
    const std::int64_t total =
        std::max<std::int64_t>(0, (out - 1) * w.stride[axis] + reach - in[axis]);
    w.pad_before[axis] = total / 2;
    w.pad_after[axis] = total - total / 2;
  }
}

void explicit_padding(const InferContext& context, const Setting& padding, Window& w) {
  const auto* numbers = std::get_if<std::vector<std::int64_t>>(&padding);
  if (numbers == nullptr || (numbers->size() != 2 && numbers->size() != 4) ||
      std::ranges::any_of(*numbers,
                          [](std::int64_t pad) { return pad < 0 || pad > kMostPadding; })) {
    fail_padding(context, padding);
  }
  const bool sides = numbers->size() == 4;
  for (std::size_t axis = 0; axis < 2; ++axis) {
    w.pad_before[axis] = (*numbers)[sides ? 2 * axis : axis];
    w.pad_after[axis] = (*numbers)[sides ? 2 * axis + 1 : axis];
  }
}

}  // namespace

WindowExtents resolve_window(const InferContext& context, const WindowAttributes& attributes) {
  check_rank(context, 0, 4, 4);
  const Shape& x = context.inputs[0];
  WindowExtents e{{}, {x[2], x[3]}, {0, 0}};
  Window& w = e.window;
  pair_of(context, "kernel", attributes.kernel, w.kernel);
  pair_of(context, "stride", attributes.stride, w.stride);
  pair_of(context, "dilation", attributes.dilation, w.dilation);
  if (const auto* word = std::get_if<std::string>(&attributes.padding)) {
    if (*word == "same") same_padding(e.in, w);
    else if (*word != "valid") fail_padding(context, attributes.padding);
  } else {
    explicit_padding(context, attributes.padding, w);
  }
  for (int axis = 0; axis < 2; ++axis) {
    const std::int64_t reach = (w.kernel[axis] - 1) * w.dilation[axis] + 1;
    const std::int64_t padded = e.in[axis] + w.pad_before[axis] + w.pad_after[axis];
    if (padded < reach) {
      fail_shape(context,
                 fmt::format("kernel {}×{} (dilation {}×{}) does not fit input {}", w.kernel[0],
                             w.kernel[1], w.dilation[0], w.dilation[1], batch_text(x)));
    }
    e.out[axis] = (padded - reach) / w.stride[axis] + 1;
  }
  return e;
}

WindowExtents resolve_window(const Node& node, const Shape& input, const WindowAttributes& a) {
  return resolve_window({node.name, node.op, node.attributes, {input}}, a);
}

}  // namespace selfnorm
