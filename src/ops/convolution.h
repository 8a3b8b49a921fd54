// SPDX-License-Identifier: Apache-2.0
// What convolution and transposed convolution share.
#pragma once

#include <vector>

#include "ops/window.h"

namespace selfnorm {

struct ConvolutionAttributes : WindowAttributes {
  std::int64_t channels = 0;
  std::int64_t groups = 1;
  bool bias = true;
  InitAttributes init;
  ConvolutionAttributes() { stride = {1, 1}; }
};

/// Their options, with what stride and padding mean to the op.
Options convolution_options(ConvolutionAttributes& attributes, const char* stride,
                            const char* padding);

/// Throws Error(shape) unless there are channels, and groups that divide those of input and output.
void check_channels(const InferContext& context, const ConvolutionAttributes& attributes);

/// The weight, and the bias where there is one.
std::vector<ParameterSpec> convolution_parameters(const ConvolutionAttributes& attributes,
                                                  const Shape& weight, double fan_in,
                                                  double fan_out);

/// dx and dw by the op's own `_gradient_input` and `_gradient_weight`, which carry its attributes
/// and the shape that they make.
void convolution_gradient(GradientContext& context);

}  // namespace selfnorm
