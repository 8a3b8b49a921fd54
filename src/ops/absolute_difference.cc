// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "kernels/parallel.h"
#include "kernels/simd/arithmetic.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "ops/signal_rules.h"

namespace selfnorm {
namespace {

Step lower(const LoweringContext& context) {
  const std::int64_t columns = row_elements(context.outputs[0]);
  return {[=](const StepArguments& a) {
    parallel_rows(a.rows * columns, kElementGrain, [&](std::int64_t at, std::int64_t count) {
      kernels::absolute_difference(a.inputs[0] + at, a.inputs[1] + at, a.outputs[0] + at, count);
    });
  }};
}

// The gradient for y is the gradient for x with x and y swapped.
void gradient(GradientContext& c) {
  const auto [x, y] = std::pair(c.node().inputs[0], c.node().inputs[1]);
  const ValueId dy = c.output_gradient();
  if (c.wanted(0)) c.contribute(0, c.emit("absolute_difference_gradient", {dy, x, y})[0]);
  if (c.wanted(1)) c.contribute(1, c.emit("absolute_difference_gradient", {dy, y, x})[0]);
}

Step lower_gradient(const LoweringContext& context) {
  const std::int64_t columns = row_elements(context.outputs[0]);
  return {[=](const StepArguments& a) {
    parallel_rows(a.rows * columns, kElementGrain, [&](std::int64_t at, std::int64_t count) {
      kernels::absolute_difference_slope(a.inputs[1] + at, a.inputs[2] + at, a.inputs[0] + at,
                                         a.outputs[0] + at, count);
    });
  }};
}

struct DifferenceReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    for (std::size_t i = 0; i < a.outputs[0].data.size(); ++i) {
      const T difference = a.inputs[0].data[i] - a.inputs[1].data[i];
      a.outputs[0].data[i] = real_part(difference) < 0 ? -difference : difference;
    }
  }
};

const DualActivation& absolute() {
  thread_local const DualActivation dual({[](double x) { return std::abs(x); },
                                          [](double x) { return x > 0   ? 1.0
                                                                : x < 0 ? -1.0
                                                                        : 0.0; },
                                          {0}});
  return dual;
}

// Returns the field of x − y, which is taken as normal.
MomentField difference_of(const SignalContext& c) {
  const WeightedFlow x{*c.inputs[0], 1}, y{*c.inputs[1], -1};
  return c.inputs_share_weights ? sum_with_shared_weights(x, y) : weighted_sum({x, y}).field();
}

// Returns E|x − y| for each element. If x and y are the same activation of normal pre-activations,
// E|x − y| = 2·E max(x, y) − E x − E y. Otherwise, the difference is taken as normal.
std::vector<double> means_of(const SignalContext& c, const MomentField& normal) {
  std::vector<double> means = normal.mean;
  const Signal &x = *c.inputs[0], &y = *c.inputs[1];
  if (x.pre_activation == nullptr || y.pre_activation == nullptr || x.activation != y.activation)
    return means;
  for (std::int64_t i = 0; i < normal.extent.elements(); ++i) {
    const auto e = static_cast<std::size_t>(i);
    const double mean = (x.pre_activation->mean[e] + y.pre_activation->mean[e]) / 2;
    const double variance = (x.pre_activation->variance(e) + y.pre_activation->variance(e)) / 2;
    const double common = c.inputs_share_weights ? covariance_from_shared_weights(
                                                       *x.pre_activation, *y.pre_activation, i)
                                                 : 0;
    const double rho = variance > 0 ? common / variance : 0;
    means[e] = 2 * x.activation->largest(mean, variance, rho, 2).mean - x.field().mean[e] -
               y.field().mean[e];
  }
  return means;
}

Signal forward_signal(const SignalContext& c) {
  const MomentField d = difference_of(c), normal = absolute().forward(d);
  MomentField y = normal;
  y.mean = means_of(c, normal);
  y.square = d.square;
  for (const Link link : kLinks) {
    for (std::int64_t i = 0; i < d.extent.elements(); ++i) {
      const std::int64_t other = linked_element(d.extent, i, link);
      if (other < 0) continue;
      const auto e = static_cast<std::size_t>(i), to = static_cast<std::size_t>(other);
      const double both = std::sqrt(std::max(0.0, y.variance(e) * y.variance(to)));
      y.product(link)[e] = y.mean[e] * y.mean[to] + correlation(normal, i, link) * both;
    }
  }
  return {std::move(y)};
}

std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient& dy) {
  const MomentField dx = absolute().backward(difference_of(c), dy.field());
  return {{dx}, {affine(dx, -1, 0)}};
}

}  // namespace

OpRows absolute_difference_rows() {
  const Shape s = {3, 5}, image = {2, 3, 4, 5};
  return {
      {
          .name = "absolute_difference",
          .category = Category::layer,
          .doc = "elementwise |x − y| of two inputs",
          .arity = Arity{2, 2},
          .attributes = schema<NoAttributes>(),
          .infer = infer_equal,
          .gradient = gradient,
          .pointwise = Gap{"arithmetic between values"},
          .moments = Gap{"not an activation"},
          .signal = SignalRule{forward_signal, backward_signal},
          .rescale = Gap{"has no factor"},
          .fit = Gap{"has no states"},
          .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
          .reference = reference(DifferenceReference{}),
          .tests =
              TestDomain{.cases = {{{s, s}}, {{image, image}}}, .invalid_cases = {{{s, {3, 6}}}}},
          .traits = {.can_run_in_place = true, .is_stepwise = true, .depends_on_correlation = true},
      },
      internal_row("absolute_difference_gradient", "dx of absolute_difference", infer_same,
                   lower_gradient, {.can_run_in_place = true})};
}

}  // namespace selfnorm
