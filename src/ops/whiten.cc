// SPDX-License-Identifier: Apache-2.0
#include "kernels/whitening.h"

#include <fmt/format.h>

#include <cmath>

#include "kernels/dnnl/convolution.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "ops/window.h"

namespace selfnorm {
namespace {

struct Attributes {
  std::vector<std::int64_t> kernel = {3, 3};
  double epsilon = 0.01;
  Options options() {
    return {
        {"kernel", &kernel, "height and width of the patches, both odd", range::kExtent},
        {"epsilon", &epsilon, "fraction of the mean eigenvalue that is added to every eigenvalue",
         range::kNonNegative}};
  }
};

Inferred infer(const InferContext& context) {
  const Shape& x = context.inputs[0];
  if (x.size() != 4) {
    fail_shape(context, fmt::format("input is {}, expects images (N, channels, height, width)",
                                    batch_text(x)));
  }
  std::int64_t kernel[2];
  read_pair(context, "kernel", attributes_of<Attributes>(context.attributes).kernel, kernel);
  if (kernel[0] % 2 == 0 || kernel[1] % 2 == 0) {
    fail_shape(context, fmt::format("kernel is {}×{}, expects odd extents (input is {})", kernel[0],
                                    kernel[1], batch_text(x)));
  }
  const Shape filter = {x[1], x[1], kernel[0], kernel[1]};
  const auto state = [](const char* suffix, const Shape& shape) {
    return ParameterSpec{suffix, shape, "zeros", 1, 1, Role::state, false};
  };
  return {{x}, {state("filter", filter), state("bias", {x[1]})}};
}

WhiteningShape shape_of(const Settings& attributes, const Shape& x) {
  const auto kernel = attributes_of<Attributes>(attributes).kernel;
  return {x[0], x[2], x[3], x[1], {kernel.front(), kernel.back()}};
}

// Returns the shape of the convolution, which reads images padded by their border pixels.
ConvolutionShape convolution_of(const WhiteningShape& s) {
  ConvolutionShape convolution{s.batch, s.channels, s.channels, 1, {}, {s.height, s.width}, {}};
  convolution.in[0] = s.padded_height();
  convolution.in[1] = s.padded_width();
  convolution.window.kernel[0] = s.kernel[0];
  convolution.window.kernel[1] = s.kernel[1];
  return convolution;
}

// Returns the bytes of the padded images, which come first in the scratch memory. The convolution
// uses the rest.
std::size_t padded_bytes(const WhiteningShape& s) {
  constexpr std::size_t kLine = 64;
  const auto bytes = static_cast<std::size_t>(s.padded_elements()) * sizeof(float);
  return (bytes + kLine - 1) / kLine * kLine;
}

Step lower(const LoweringContext& context) {
  const WhiteningShape shape = shape_of(context.node.attributes, context.inputs[0]);
  const ConvolutionForward convolution(convolution_of(shape), true);
  return {[=, images = padded_bytes(shape)](const StepArguments& a) {
            auto* padded = reinterpret_cast<float*>(a.scratch);
            replicate_pad(a.inputs[0], padded, shape);
            convolution.run(padded, a.inputs[1], a.inputs[2], a.outputs[0], a.scratch + images);
          },
          padded_bytes(shape) + convolution.scratch_bytes()};
}

void gradient(GradientContext& c) {
  const Node& node = c.node();
  c.contribute(
      0, c.emit("whiten_gradient", {c.output_gradient(), node.inputs[1]}, node.attributes)[0]);
}

Step lower_gradient(const LoweringContext& context) {
  const WhiteningShape shape = shape_of(context.node.attributes, context.inputs[0]);
  const ConvolutionBackwardInput convolution(convolution_of(shape));
  return {[=, images = padded_bytes(shape)](const StepArguments& a) {
            auto* padded = reinterpret_cast<float*>(a.scratch);
            convolution.run(a.inputs[0], a.inputs[1], padded, a.scratch + images);
            replicate_pad_gradient(padded, a.outputs[0], shape);
          },
          padded_bytes(shape) + convolution.scratch_bytes()};
}

struct WhitenReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const Array<T>&x = a.inputs[0], &filter = a.inputs[1];
    Array<T>& y = a.outputs[0];
    const WhiteningShape s = shape_of(a.node.attributes, x.shape);
    const auto inside = [](std::int64_t i, std::int64_t extent) {
      return std::min(std::max<std::int64_t>(i, 0), extent - 1);
    };
    for (std::int64_t n = 0; n < s.batch; ++n) {
      for (std::int64_t o = 0; o < s.channels; ++o) {
        for (std::int64_t i = 0; i < s.height; ++i) {
          for (std::int64_t j = 0; j < s.width; ++j) {
            T sum = a.inputs[2].data[static_cast<std::size_t>(o)];
            for (std::int64_t c = 0; c < s.channels; ++c) {
              for (std::int64_t u = 0; u < s.kernel[0]; ++u) {
                for (std::int64_t v = 0; v < s.kernel[1]; ++v) {
                  sum += at(filter, o, c, u, v) * at(x, n, c,
                                                     inside(i + u - s.kernel[0] / 2, s.height),
                                                     inside(j + v - s.kernel[1] / 2, s.width));
                }
              }
            }
            at(y, n, o, i, j) = sum;
          }
        }
      }
    }
  }
};

// ---- signals ----------------------------------------------------------------------------------

double standard_deviation_of(const MomentField& x) {
  constexpr double kMinVariance = 1e-300;
  const FieldAverage all = field_average(x);
  return std::sqrt(std::max(all.square - all.mean * all.mean, kMinVariance));
}

// Predicts mean 0, variance 1 and uncorrelated neighbors, because the fitted filter is not known.
Signal forward_signal(const SignalContext& c) {
  const MomentField& x = c.inputs[0]->field();
  const double scale = 1 / standard_deviation_of(x);
  MomentField y = affine(x, scale, -field_average(x).mean * scale);
  for (const Link link : kLinks) {
    if (!is_within_sample(link)) continue;
    for (double& product : y.product(link)) product = 0;
  }
  return {y};
}

std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient& dy) {
  return {{affine(dy.field(), 1 / standard_deviation_of(c.inputs[0]->field()), 0)}};
}

std::vector<std::vector<float>> fit(const FitContext& c) {
  const Whitening whitening = fit_whitening(c.input, shape_of(c.node.attributes, c.shape),
                                            attributes_of<Attributes>(c.node.attributes).epsilon);
  return {whitening.filter, whitening.bias};
}

using Ints = std::vector<std::int64_t>;

TestDomain tests() {
  return {.cases = {{{{2, 1, 6, 7}}},
                    {{{3, 3, 5, 4}}, {{"kernel", Ints{5, 3}}}},
                    {{{2, 2, 1, 3}}, {{"kernel", Ints{1, 3}}}}},
          .invalid_cases = {{{{2, 36}}}, {{{2, 1, 4, 4}}, {{"kernel", Ints{2, 3}}}}}};
}

}  // namespace

OpRows whiten_rows() {
  return {{
              .name = "whiten",
              .category = Category::layer,
              .doc = "local whitening (ZCA of patches), fitted to the training rows: makes "
                     "neighboring pixels and channels uncorrelated, with mean 0 and variance 1",
              .arity = Arity{1, 1},
              .attributes = schema<Attributes>(),
              .infer = infer,
              .gradient = gradient,
              .pointwise = Gap{"mixes positions"},
              .moments = Gap{"not an activation"},
              .signal = SignalRule{forward_signal, backward_signal},
              .rescale = Gap{"it makes variance 1"},
              .fit = fit,
              .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
              .reference = reference(WhitenReference{}),
              .tests = tests(),
          },
          internal_row("whiten_gradient", "dx of whiten", infer_same, lower_gradient)};
}

}  // namespace selfnorm
