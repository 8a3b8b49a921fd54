// SPDX-License-Identifier: Apache-2.0
// A transposed convolution is the gradient of a convolution for its input. Its forward pass and its
// gradients therefore use the three kernels of a convolution, with input and output swapped.
#include "base/random.h"
#include "kernels/parallel.h"
#include "kernels/simd/pointwise.h"
#include "ops/convolution.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

struct Attributes : ConvolutionAttributes {
  std::vector<std::int64_t> output_padding = {0, 0};
  Options options() {
    Options list =
        convolution_options(*this, "factor by which height and width grow",
                            "padding to remove from the output: \"valid\", \"same\" (output = "
                            "input·stride), [h, w] or [[top, bottom], [left, right]]");
    list.push_back(
        {"output_padding", &output_padding,
         "rows and columns added to the output at the bottom and right; smaller than the stride",
         range::kNonNegative});
    return list;
  }
};

Inferred infer(const InferContext& context) {
  const auto a = attributes_of<Attributes>(context.attributes);
  const WindowExtents e = resolve_transposed_window(context, a, a.output_padding);
  check_channels(context, a);
  const Shape& x = context.inputs[0];
  const Window& w = e.window;
  const Shape weight = {x[1], a.channels / a.groups, w.kernel[0], w.kernel[1]};
  // Only every stride-th tap contributes to an output. The number of these taps depends on the
  // position of the output, so the fan-in is their mean.
  const std::int64_t taps = x[1] / a.groups * weight[2] * weight[3];
  const double fan_in = static_cast<double>(taps) / static_cast<double>(w.stride[0] * w.stride[1]);
  const double fan_out = static_cast<double>(weight[1] * weight[2] * weight[3]);
  Inferred inferred{{{x[0], a.channels, e.in[0], e.in[1]}},
                    convolution_parameters(a, weight, fan_in, fan_out)};
  inferred.parameters[0].unit_axis = 1;
  return inferred;
}

// Returns the shape of the convolution from y to x.
ConvolutionShape extents(const Node& node, const Shape& x, const Shape& y) {
  const auto a = attributes_of<Attributes>(node.attributes);
  const WindowExtents e =
      resolve_transposed_window({node.name, node.op, node.attributes, {x}}, a, a.output_padding);
  return {x[0], y[1], x[1], a.groups, {e.in[0], e.in[1]}, {e.out[0], e.out[1]}, e.window};
}

// The forward rule is the backward rule of a convolution from y to x, and vice versa.
Signal forward_signal(const SignalContext& c) {
  const ConvolutionShape s = extents(c.node, c.shapes[0], c.output);
  const MomentField& x = c.inputs[0]->field();
  return {spread(x, extent_of(c.output, x.extent), sliding_window(s.window), c.weights,
                 static_cast<double>(s.out_channels) / static_cast<double>(s.groups))};
}

std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient& dy) {
  const ConvolutionShape s = extents(c.node, c.shapes[0], c.output);
  return {{contract(dy.field(), c.inputs[0]->field().extent, sliding_window(s.window),
                    {c.weights.mean, c.weights.variance},
                    static_cast<double>(s.in_channels) / static_cast<double>(s.groups))}};
}

Step lower(const LoweringContext& context) {
  const Shape& y_shape = context.outputs[0];
  const ConvolutionBackwardInput convolution(extents(context.node, context.inputs[0], y_shape));
  const bool has_bias = context.inputs.size() > 2, fused = !context.node.epilogue.empty();
  const std::int64_t rows = y_shape[0], columns = row_elements(y_shape), channels = y_shape[1];
  const Pointwise pass = pointwise_pass(context.node, context.mode);
  const bool masks = draws_masks(pass.dropout);
  const RandomKey key = random_key(context.seed, "mask", mask_name(context.node));
  return {[=](const StepArguments& a) {
            convolution.run(a.inputs[0], a.inputs[1], a.outputs[0], a.scratch);
            if (!has_bias && !fused) return;
            parallel_rows(rows, row_grain(columns), [&](std::int64_t first, std::int64_t count) {
              const MaskStream mask{key, a.step, a.first_row + static_cast<std::uint64_t>(first)};
              float* block = a.outputs[0] + first * columns;
              // The bias is the same at every pixel, but masks count the elements of a whole row.
              if (has_bias) {
                pointwise_forward(block, a.inputs[2], block, count * (columns / channels), channels,
                                  pass.activation, masks ? Dropout{} : pass.dropout, mask);
              }
              const Activation left = has_bias ? Activation{} : pass.activation;
              if (!has_bias || masks) {
                pointwise_forward(block, nullptr, block, count, columns, left, pass.dropout, mask);
              }
            });
          },
          convolution.scratch_bytes()};
}

struct TransposedReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const Array<T>& x = a.inputs[0];
    Array<T>& y = a.outputs[0];
    const ConvolutionShape s = extents(a.node, x.shape, y.shape);
    for (std::int64_t n = 0; n < s.batch; ++n) {
      for (std::int64_t o = 0; o < y.shape[1] && a.inputs.size() > 2; ++o) {
        for (std::int64_t i = 0; i < y.shape[2]; ++i) {
          for (std::int64_t j = 0; j < y.shape[3]; ++j) {
            at(y, n, o, i, j) = a.inputs[2].data[static_cast<std::size_t>(o)];
          }
        }
      }
      for (std::int64_t c = 0; c < x.shape[1]; ++c) {
        for (std::int64_t i = 0; i < x.shape[2]; ++i) {
          for (std::int64_t j = 0; j < x.shape[3]; ++j) spread(s, x, a.inputs[1], y, n, c, i, j);
        }
      }
    }
  }

  // Adds the contribution of one input pixel to the output.
  template <class T>
  static void spread(const ConvolutionShape& s, const Array<T>& x, const Array<T>& w, Array<T>& y,
                     std::int64_t n, std::int64_t c, std::int64_t i, std::int64_t j) {
    const std::int64_t per_group = w.shape[1], group = c / (x.shape[1] / s.groups);
    for (std::int64_t o = 0; o < per_group; ++o) {
      for (std::int64_t u = 0; u < w.shape[2]; ++u) {
        for (std::int64_t v = 0; v < w.shape[3]; ++v) {
          const std::int64_t h = input_position(s.window, 0, i, u);
          const std::int64_t k = input_position(s.window, 1, j, v);
          if (h < 0 || h >= y.shape[2] || k < 0 || k >= y.shape[3]) continue;
          at(y, n, group * per_group + o, h, k) += at(x, n, c, i, j) * at(w, c, o, u, v);
        }
      }
    }
  }
};

// ---- gradients --------------------------------------------------------------------------------

Step lower_gradient_input(const LoweringContext& context) {
  const ConvolutionForward convolution(
      extents(without_shape(context.node), context.outputs[0], context.inputs[0]), false);
  return {[=](const StepArguments& a) {
            convolution.run(a.inputs[0], a.inputs[1], nullptr, a.outputs[0], a.scratch);
          },
          convolution.scratch_bytes()};
}

Step lower_gradient_weight(const LoweringContext& context) {
  const ConvolutionBackwardWeights convolution(
      extents(without_shape(context.node), context.inputs[1], context.inputs[0]));
  return {[=](const StepArguments& a) {
            convolution.run(a.inputs[1], a.inputs[0], a.outputs[0], a.scratch);
          },
          convolution.scratch_bytes()};
}

using Ints = std::vector<std::int64_t>;

TestDomain tests() {
  const std::int64_t one = 1;
  const Settings plain = {{"channels", 3 * one}, {"kernel", Ints{3, 3}}};
  const auto with = [&](Settings more) {
    more.insert(plain.begin(), plain.end());
    return more;
  };
  return {.cases = {{{{2, 1, 4, 5}}, plain},
                    {{{3, 4, 4, 3}},
                     {{"channels", 6 * one},
                      {"kernel", Ints{3, 2}},
                      {"padding", "same"},
                      {"stride", Ints{2, 2}},
                      {"groups", 2 * one}}},
                    // The stride exceeds the kernel, so some output pixels are only the bias.
                    {{{2, 2, 3, 4}}, with({{"padding", "same"}, {"stride", Ints{4, 1}}})},
                    {{{2, 5, 5, 4}},
                     {{"channels", 5 * one},
                      {"kernel", Ints{3, 3}},
                      {"padding", Ints{1, 2, 0, 1}},
                      {"stride", Ints{2, 3}},
                      {"output_padding", Ints{1, 2}},
                      {"groups", 5 * one},
                      {"bias", false}}},
                    {{{2, 3, 4, 5}},
                     with({{"dilation", Ints{2, 3}},
                           {"stride", Ints{1, 3}},
                           {"output_padding", Ints{0, 2}}})},
                    {{{2, 32, 5, 5}},
                     {{"channels", 16 * one}, {"kernel", Ints{2, 2}}, {"stride", Ints{2, 2}}}}},
          .invalid_cases = {
              {{{2, 36}}, plain},
              {{{2, 1, 1, 7}}, with({{"padding", Ints{2, 2}}})},
              {{{2, 1, 4, 4}}, with({{"output_padding", Ints{1, 0}}})},
              {{{2, 1, 4, 4}},
               with({{"padding", "same"}, {"stride", Ints{2, 2}}, {"output_padding", Ints{1, 1}}})},
              {{{2, 4, 4, 4}}, with({{"groups", 2 * one}})}}};
}

}  // namespace

OpRows conv_transpose2d_rows() {
  return {{
              .name = "conv_transpose2d",
              .category = Category::layer,
              .doc = "transposed two-dimensional convolution, which enlarges images (as ONNX "
                     "ConvTranspose)",
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
              .reference = reference(TransposedReference{}),
              .tests = tests(),
              .traits = {.takes_epilogue = true},
          },
          internal_row("conv_transpose2d_gradient_input", "dx of conv_transpose2d",
                       infer_shape_attribute, lower_gradient_input),
          internal_row("conv_transpose2d_gradient_weight", "dw of conv_transpose2d",
                       infer_shape_attribute, lower_gradient_weight)};
}

}  // namespace selfnorm
