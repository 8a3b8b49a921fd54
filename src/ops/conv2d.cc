// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "kernels/parallel.h"
#include "kernels/simd/pointwise.h"
#include "ops/convolution.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/table.h"
#include "theory/covariance_model.h"

namespace selfnorm {
namespace {

struct Attributes : ConvolutionAttributes {
  Options options() {
    return convolution_options(*this, "step of the window, [height, width]",
                               "\"valid\", \"same\", [h, w] or [[top, bottom], [left, right]]");
  }
};

Inferred infer(const InferContext& context) {
  const auto a = attributes_of<Attributes>(context.attributes);
  const WindowExtents e = resolve_window(context, a);
  check_channels(context, a);
  const Shape& x = context.inputs[0];
  const auto& kernel = e.window.kernel;
  const std::int64_t in = x[1] / a.groups, out = a.channels / a.groups;  // of one group
  const std::int64_t fan_in = in * kernel[0] * kernel[1], fan_out = out * kernel[0] * kernel[1];
  return {{{x[0], a.channels, e.out[0], e.out[1]}},
          convolution_parameters(a, {a.channels, in, kernel[0], kernel[1]},
                                 static_cast<double>(fan_in), static_cast<double>(fan_out))};
}

ConvolutionShape extents(const Node& node, const Shape& x, const Shape& y) {
  const auto a = attributes_of<Attributes>(node.attributes);
  const WindowExtents e = resolve_window(node, x, a);
  return {x[0], x[1], y[1], a.groups, {x[2], x[3]}, {y[2], y[3]}, e.window};
}

SlidingWindow window_of(const SignalContext& c) {
  return sliding_window(
      resolve_window(c.node, c.shapes[0], attributes_of<Attributes>(c.node.attributes)).window);
}

// Returns the number of channels per group. For the input's shape, it is what an output sums. For
// the output's shape, it is what an input feeds.
double channels_of(const SignalContext& c, const Shape& shape) {
  const auto groups = attributes_of<Attributes>(c.node.attributes).groups;
  return static_cast<double>(shape[1]) / static_cast<double>(groups);
}

// Returns the relative variance over units of a unit's variance, which is τ times the mean square
// of its inputs and differs between units with few channels. Random inputs are taken as normal.
double channel_variance_spread(const SignalContext& c, double channels) {
  constexpr double kMaxChannels = 8;
  constexpr std::int64_t kSamples = 4, kWindows = 256;  // enough for an average
  if (channels > kMaxChannels) return 0;
  const MomentField x = first_samples(c.inputs[0]->field(), kSamples);
  const CovarianceModel covariances(x);
  const Extent out = extent_of(c.output, x.extent);
  const auto windows = window_positions(x.extent, out, window_of(c));
  // The step is coprime to the width, so that windows in all columns are visited.
  std::int64_t step = (out.elements() + kWindows - 1) / kWindows;
  while (std::gcd(step, out.width) > 1) ++step;
  double spread = 0, all = 0;
  for (std::int64_t e = 0; e < out.elements(); e += step) {
    const std::int64_t first = e / out.positions() * x.extent.positions();
    double square = 0, both = 0;
    for (const std::int64_t p : windows[static_cast<std::size_t>(e % out.positions())]) {
      square += x.square[static_cast<std::size_t>(first + p)];
      for (const std::int64_t q : windows[static_cast<std::size_t>(e % out.positions())]) {
        const double covariance = covariances.covariance(first + p, first + q);
        const double means = x.mean[static_cast<std::size_t>(first + p)] *
                             x.mean[static_cast<std::size_t>(first + q)];
        const double factor = p == q ? c.weights.square_variance : 2;
        both += factor * covariance * covariance + 4 * means * covariance;
      }
    }
    spread += both / channels;
    all += square * square;
  }
  const double own = all > 0 ? spread / all : 0;
  // A unit also takes over the differences between the channels that it reads.
  return own + (1 + own) * c.inputs[0]->channel_variance_spread / channels;
}

// Returns the mean squared weight of a unit, weighted by the gradient that passes through the unit,
// relative to its plain mean. A unit with large weights has a large variance, so its activation
// passes less of the gradient, or more. The mean follows from a linear regression of the squared
// weights on the unit's variance.
double relative_squared_weight(const SignalContext& c, double gradient_weighted_variance) {
  if (gradient_weighted_variance == 1) return 1;
  const SlidingWindow window = window_of(c);
  const double channels = channels_of(c, c.shapes[0]);
  const double inputs = channels * static_cast<double>(window.kernel[0] * window.kernel[1]);
  const double slope = c.weights.square_variance / inputs / channel_variance_spread(c, channels);
  return std::max(0.0, 1 + slope * (gradient_weighted_variance - 1));
}

Signal forward_signal(const SignalContext& c) {
  const MomentField& x = c.inputs[0]->field();
  const double channels = channels_of(c, c.shapes[0]);
  Signal z(contract(x, extent_of(c.output, x.extent), window_of(c), c.weights, channels));
  z.channel_variance_spread = channel_variance_spread(c, channels);
  return z;
}

std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient& dy) {
  const WeightMoments weights{c.weights.mean, c.weights.variance};
  const MomentField dx = spread(dy.field(), c.inputs[0]->field().extent, window_of(c), weights,
                                channels_of(c, c.output));
  return {{affine(dx, std::sqrt(relative_squared_weight(c, dy.gradient_weighted_variance)), 0)}};
}

Step lower(const LoweringContext& context) {
  const bool has_bias = context.inputs.size() > 2;
  const ConvolutionForward convolution(extents(context.node, context.inputs[0], context.outputs[0]),
                                       has_bias);
  const std::int64_t rows = context.outputs[0][0], columns = row_elements(context.outputs[0]);
  const Pointwise pass = pointwise_pass(context.node, context.mode);
  const bool fused = !context.node.epilogue.empty();
  const RandomKey key = random_key(context.seed, "mask", mask_name(context.node));
  return {[=](const StepArguments& a) {
            float* y = a.outputs[0];
            convolution.run(a.inputs[0], a.inputs[1], has_bias ? a.inputs[2] : nullptr, y,
                            a.scratch);
            if (!fused) return;
            parallel_rows(rows, row_grain(columns), [&](std::int64_t first, std::int64_t count) {
              const MaskStream mask{key, a.step, a.first_row + static_cast<std::uint64_t>(first)};
              float* block = y + first * columns;
              pointwise_forward(block, nullptr, block, count, columns, pass.activation,
                                pass.dropout, mask);
            });
          },
          convolution.scratch_bytes()};
}

struct ConvolutionReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const Array<T>&x = a.inputs[0], &w = a.inputs[1];
    Array<T>& y = a.outputs[0];
    const ConvolutionShape s = extents(a.node, x.shape, y.shape);
    for (std::int64_t n = 0; n < s.batch; ++n) {
      for (std::int64_t o = 0; o < s.out_channels; ++o) {
        for (std::int64_t i = 0; i < s.out[0]; ++i) {
          for (std::int64_t j = 0; j < s.out[1]; ++j) {
            const T bias =
                a.inputs.size() > 2 ? a.inputs[2].data[static_cast<std::size_t>(o)] : T(0);
            at(y, n, o, i, j) = bias + window_sum(s, x, w, n, o, i, j);
          }
        }
      }
    }
  }

  template <class T>
  static T window_sum(const ConvolutionShape& s, const Array<T>& x, const Array<T>& w,
                      std::int64_t n, std::int64_t o, std::int64_t i, std::int64_t j) {
    const std::int64_t per_group = s.in_channels / s.groups;
    const std::int64_t group = o / (s.out_channels / s.groups);
    T sum(0);
    for (std::int64_t c = 0; c < per_group; ++c) {
      for (std::int64_t u = 0; u < s.window.kernel[0]; ++u) {
        for (std::int64_t v = 0; v < s.window.kernel[1]; ++v) {
          const std::int64_t h = input_position(s.window, 0, i, u);
          const std::int64_t k = input_position(s.window, 1, j, v);
          if (h < 0 || h >= s.in[0] || k < 0 || k >= s.in[1]) continue;
          sum += at(x, n, group * per_group + c, h, k) * at(w, o, c, u, v);
        }
      }
    }
    return sum;
  }
};

// ---- gradients --------------------------------------------------------------------------------

Step lower_gradient_input(const LoweringContext& context) {
  const ConvolutionBackwardInput convolution(
      extents(without_shape(context.node), context.outputs[0], context.inputs[0]));
  return {[=](const StepArguments& a) {
            convolution.run(a.inputs[0], a.inputs[1], a.outputs[0], a.scratch);
          },
          convolution.scratch_bytes()};
}

Step lower_gradient_weight(const LoweringContext& context) {
  const ConvolutionBackwardWeights convolution(
      extents(without_shape(context.node), context.inputs[1], context.inputs[0]));
  return {[=](const StepArguments& a) {
            convolution.run(a.inputs[0], a.inputs[1], a.outputs[0], a.scratch);
          },
          convolution.scratch_bytes()};
}

using Ints = std::vector<std::int64_t>;

TestDomain tests() {
  const std::int64_t one = 1;
  return {.cases = {{{{2, 1, 6, 7}}, {{"channels", 3 * one}, {"kernel", Ints{3, 3}}}},
                    {{{3, 4, 8, 8}},
                     {{"channels", 6 * one},
                      {"kernel", Ints{3, 2}},
                      {"padding", "same"},
                      {"stride", Ints{2, 2}},
                      {"groups", 2 * one}}},
                    {{{2, 5, 9, 7}},
                     {{"channels", 5 * one},
                      {"kernel", Ints{3, 3}},
                      {"padding", Ints{1, 2, 0, 1}},
                      {"dilation", Ints{2, 1}},
                      {"groups", 5 * one},
                      {"bias", false}}},
                    {{{2, 16, 5, 5}}, {{"channels", 32 * one}, {"kernel", Ints{1, 1}}}}},
          .invalid_cases = {{{{2, 36}}, {{"channels", 3 * one}, {"kernel", Ints{3, 3}}}},
                            {{{2, 1, 2, 7}}, {{"channels", 3 * one}, {"kernel", Ints{3, 3}}}}}};
}

}  // namespace

OpRows conv2d_rows() {
  return {{
              .name = "conv2d",
              .category = Category::layer,
              .doc = "two-dimensional convolution (a cross-correlation, as in ONNX Conv)",
              .arity = Arity{1, 1},
              .attributes = schema<Attributes>(),
              .infer = infer,
              .gradient = convolution_gradient,
              .pointwise = Gap{"mixes positions"},
              .moments = Gap{"not an activation"},
              .signal = SignalRule{forward_signal, backward_signal},
              .rescale = rescale_weights,
              .fit = Gap{"has no states"},
              .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
              .reference = reference(ConvolutionReference{}),
              .tests = tests(),
              .traits = {.takes_epilogue = true},
          },
          internal_row("conv2d_gradient_input", "dx of conv2d", infer_shape_attribute,
                       lower_gradient_input),
          internal_row("conv2d_gradient_weight", "dw of conv2d", infer_shape_attribute,
                       lower_gradient_weight)};
}

}  // namespace selfnorm
