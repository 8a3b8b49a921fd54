// SPDX-License-Identifier: Apache-2.0
#include "ops/convolution.h"

#include <fmt/format.h>

namespace selfnorm {

Options convolution_options(ConvolutionAttributes& a, const char* stride, const char* padding) {
  Options list = {
      {"channels", &a.channels, "number of output channels; required", range::kExtent},
      {"kernel", &a.kernel, "size of the window, [height, width]; required", range::kExtent},
      {"stride", &a.stride, stride, range::kExtent},
      {"padding", &a.padding, padding},
      {"dilation", &a.dilation, "spacing of the elements of the window", range::kExtent},
      {"groups", &a.groups,
       "number of independent groups of channels; for a depthwise convolution, the number of input "
       "channels",
       range::kExtent},
      {"bias", &a.bias, "whether to add a learned bias per channel"}};
  add_init_options(list, a.init);
  return list;
}

void check_channels(const InferContext& context, const ConvolutionAttributes& a) {
  if (a.channels < 1) fail_shape(context, "needs `channels`, the number of output channels");
  const Shape& x = context.inputs[0];
  if (x[1] % a.groups == 0 && a.channels % a.groups == 0) return;
  fail_shape(context, fmt::format("{} groups must divide both the {} channels of input {} and the "
                                  "{} output channels",
                                  a.groups, x[1], batch_text(x), a.channels));
}

std::vector<ParameterSpec> convolution_parameters(const ConvolutionAttributes& a,
                                                  const Shape& weight, double fan_in,
                                                  double fan_out) {
  std::vector<ParameterSpec> parameters = {{"weight", weight, "", fan_in, fan_out}};
  if (a.bias) parameters.push_back(bias_spec(a.channels, fan_in, fan_out));
  return parameters;
}

void convolution_gradient(GradientContext& c) {
  const Node& node = c.node();
  const ValueId dy = c.output_gradient(), x = node.inputs[0], w = node.inputs[1];
  const auto emit = [&](const char* suffix, ValueId other, ValueId made) {
    return c.emit(node.op + suffix, {dy, other}, with_shape(node.attributes, c.shape(made)))[0];
  };
  if (c.wanted(0)) c.contribute(0, emit("_gradient_input", w, x));
  if (c.wanted(1)) c.contribute(1, emit("_gradient_weight", x, w));
  if (node.inputs.size() > 2) c.contribute(2, c.emit("bias_gradient", {dy})[0]);
}

}  // namespace selfnorm
