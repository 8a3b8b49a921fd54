// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/softmax.h"

#include <cmath>
#include <vector>

#include "base/random.h"

#include "kernels/parallel.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

Step lower(const LoweringContext& context) {
  const FeatureMatrixShape block = feature_matrix_shape(context.outputs[0]);
  return {[=](const StepArguments& a) {
    parallel_rows(
        block.rows, row_grain(block.features), [&](std::int64_t first, std::int64_t count) {
          const std::int64_t offset = first * block.features;
          kernels::softmax(a.inputs[0] + offset, a.outputs[0] + offset, count, block.features);
        });
  }};
}

Step lower_gradient(const LoweringContext& context) {
  const FeatureMatrixShape block = feature_matrix_shape(context.outputs[0]);
  return {[=](const StepArguments& a) {
    parallel_rows(block.rows, row_grain(block.features),
                  [&](std::int64_t first, std::int64_t count) {
                    const std::int64_t offset = first * block.features;
                    kernels::softmax_gradient(a.inputs[1] + offset, a.inputs[0] + offset,
                                              a.outputs[0] + offset, count, block.features);
                  });
  }};
}

void gradient(GradientContext& c) {
  c.contribute(0, c.emit("softmax_gradient", {c.output_gradient(), c.node().outputs[0]})[0]);
}

struct SoftmaxReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const FeatureAxis axis = feature_axis(a.inputs[0].shape);
    for (std::int64_t o = 0; o < axis.outer; ++o) {
      for (std::int64_t i = 0; i < axis.inner; ++i) {
        T sum(0);
        for (std::int64_t f = 0; f < axis.features; ++f) {
          sum += std::exp(a.inputs[0].data[axis.index(o, f, i)]);
        }
        for (std::int64_t f = 0; f < axis.features; ++f) {
          const std::size_t at = axis.index(o, f, i);
          a.outputs[0].data[at] = std::exp(a.inputs[0].data[at]) / sum;
        }
      }
    }
  }
};

// Averages over draws of the features of one element, because there is no closed form.
struct SoftmaxMoments {
  double square = 0;        ///< E p²
  double slope_square = 0;  ///< E Σⱼ (∂pⱼ/∂xᵢ)²
};

SoftmaxMoments sample_softmax_moments(double variance, std::int64_t features) {
  constexpr std::int64_t kDraws = 256;
  const RandomKey key = random_key(0, "signal", "softmax");
  SoftmaxMoments sum;
  std::vector<double> p(static_cast<std::size_t>(features));
  for (std::int64_t draw = 0; draw < kDraws; ++draw) {
    double all = 0, squares = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
      const auto counter = static_cast<std::uint64_t>(draw) * p.size() + i;
      p[i] = std::exp(std::sqrt(std::max(0.0, variance)) * normal(key, counter));
      all += p[i];
    }
    for (double& probability : p) probability /= all, squares += probability * probability;
    for (const double probability : p) {
      const double count = static_cast<double>(kDraws * features);
      sum.square += probability * probability / count;
      sum.slope_square += probability * probability * (1 - 2 * probability + squares) / count;
    }
  }
  return sum;
}

Signal forward_signal(const SignalContext& c) {
  const MomentField& x = c.inputs[0]->field();
  const std::int64_t features = feature_matrix_shape(c.output).features;
  const double mean = 1 / static_cast<double>(features);
  MomentField y = uniform_field(x.extent, mean, mean * mean);
  for (std::size_t e = 0; e < y.square.size(); ++e) {
    y.square[e] = sample_softmax_moments(x.variance(e), features).square;
  }
  return y;
}

std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient& dy) {
  const MomentField& x = c.inputs[0]->field();
  MomentField dx = dy.field();
  for (std::size_t e = 0; e < dx.square.size(); ++e) {
    const double factor =
        sample_softmax_moments(x.variance(e), feature_matrix_shape(c.output).features).slope_square;
    dx.mean[e] = 0;
    dx.square[e] *= factor;
    for (const Link link : kLinks) dx.product(link)[e] *= factor;
  }
  return {{std::move(dx)}};
}

}  // namespace

OpRows softmax_rows() {
  return {{
              .name = "softmax",
              .category = Category::activation,
              .doc = "class probabilities over the features: eˣ / Σ eˣ",
              .arity = Arity{1, 1},
              .attributes = schema<NoAttributes>(),
              .infer = infer_same,
              .gradient = gradient,
              .pointwise = Gap{"sums over the features"},
              .moments = Gap{"mixes features"},
              .signal = SignalRule{forward_signal, backward_signal},
              .rescale = Gap{"its output is a probability"},
              .fit = Gap{"has no states"},
              .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
              .reference = reference(SoftmaxReference{}),
              .tests = TestDomain{{{{{4, 7}}}, {{{2, 3, 4, 2}}}}, -5, 5},
              .traits = {.can_run_in_place = true, .is_distribution = true},
          },
          internal_row("softmax_gradient", "dx of softmax from its output", infer_same,
                       lower_gradient, {.can_run_in_place = true})};
}

}  // namespace selfnorm
