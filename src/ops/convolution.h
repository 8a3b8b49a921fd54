// SPDX-License-Identifier: Apache-2.0
// Common parts of convolution and transposed convolution.
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

/// Returns the options of the op. `stride` and `padding` are the descriptions of these two options.
Options convolution_options(ConvolutionAttributes& attributes, const char* stride,
                            const char* padding);

/// Throws Error(shape) if there are no output channels, or if the groups do not divide the channels
/// of input and output.
void check_channels(const InferContext& context, const ConvolutionAttributes& attributes);

/// Returns the weight and, if the layer has one, the bias.
std::vector<ParameterSpec> convolution_parameters(const ConvolutionAttributes& attributes,
                                                  const Shape& weight, double fan_in,
                                                  double fan_out);

/// Adds the gradients of the input, the weight and the bias. The first two are computed by the ops
/// `<op>_gradient_input` and `<op>_gradient_weight`. Their attributes are those of the op and the
/// shape of the result.
void convolution_gradient(GradientContext& context);

}  // namespace selfnorm
