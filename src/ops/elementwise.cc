// SPDX-License-Identifier: Apache-2.0
// Arithmetic on values of the same shape: add, multiply and scale.
#include <fmt/format.h>

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

// ---- add --------------------------------------------------------------------------------------

struct AddAttributes {
  std::vector<double> weights = {};
  Options options() { return {{"weights", &weights, "factor of each input; empty: all 1"}}; }
};

std::vector<double> weights_of(const Node& node, std::size_t inputs) {
  auto weights = attributes_of<AddAttributes>(node.attributes).weights;
  if (weights.empty()) weights.assign(inputs, 1.0);
  return weights;
}

Inferred infer_add(const InferContext& context) {
  const std::size_t given = attributes_of<AddAttributes>(context.attributes).weights.size();
  if (given != 0 && given != context.inputs.size()) {
    fail_shape(context,
               fmt::format("has {} inputs but {} `weights`", context.inputs.size(), given));
  }
  return infer_equal(context);
}

Step lower_add(const LoweringContext& context) {
  const std::int64_t columns = row_elements(context.outputs[0]);
  const std::vector<double> weights = weights_of(context.node, context.inputs.size());
  return {[=](const StepArguments& a) {
    const auto w = [&](std::size_t i) { return static_cast<float>(weights[i]); };
    parallel_rows(a.rows * columns, kElementGrain, [&](std::int64_t first, std::int64_t count) {
      float* out = a.outputs[0] + first;
      if (weights.size() == 1) {
        kernels::scale(w(0), a.inputs[0] + first, out, count);
        return;
      }
      kernels::scale_add(w(0), a.inputs[0] + first, w(1), a.inputs[1] + first, out, count);
      for (std::size_t i = 2; i < weights.size(); ++i) {
        kernels::accumulate_scaled(w(i), a.inputs[i] + first, out, count);
      }
    });
  }};
}

void gradient_add(GradientContext& c) {
  const std::vector<double> weights = weights_of(c.node(), c.node().inputs.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!c.wanted(i)) continue;
    const ValueId dy = c.output_gradient();
    c.contribute(i, weights[i] == 1 ? dy : c.emit("scale", {dy}, {{"factor", weights[i]}})[0]);
  }
}

struct AddReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const std::vector<double> weights = weights_of(a.node, a.inputs.size());
    for (std::size_t i = 0; i < a.outputs[0].data.size(); ++i) {
      for (std::size_t k = 0; k < a.inputs.size(); ++k) {
        a.outputs[0].data[i] += weights[k] * a.inputs[k].data[i];
      }
    }
  }
};

Signal forward_add(const SignalContext& c) {
  const std::vector<double> weights = weights_of(c.node, c.inputs.size());
  std::vector<WeightedFlow> flows;
  for (std::size_t i = 0; i < weights.size(); ++i) flows.push_back({*c.inputs[i], weights[i]});
  if (c.inputs_share_weights) return {sum_with_shared_weights(flows[0], flows[1])};
  return {weighted_sum(flows)};
}

std::vector<SignalGradient> backward_add(const SignalContext& c, const SignalGradient& dy) {
  std::vector<SignalGradient> gradients;
  for (const double weight : weights_of(c.node, c.inputs.size())) {
    gradients.push_back({weighted_sum({{dy, weight}})});
  }
  return gradients;
}

void rescale_add(Settings& attributes, std::size_t inputs, double factor) {
  auto weights = attributes_of<AddAttributes>(attributes).weights;
  if (weights.empty()) weights.assign(inputs, 1.0);
  for (double& weight : weights) weight *= factor;
  attributes["weights"] = weights;
}

// ---- multiply ---------------------------------------------------------------------------------

Step lower_multiply(const LoweringContext& context) {
  const std::int64_t columns = row_elements(context.outputs[0]);
  const std::size_t inputs = context.inputs.size();
  return {[=](const StepArguments& a) {
    parallel_rows(a.rows * columns, kElementGrain, [&](std::int64_t first, std::int64_t count) {
      float* out = a.outputs[0] + first;
      kernels::multiply(a.inputs[0] + first, a.inputs[1] + first, out, count);
      for (std::size_t i = 2; i < inputs; ++i) {
        kernels::multiply(out, a.inputs[i] + first, out, count);
      }
    });
  }};
}

void gradient_multiply(GradientContext& c) {
  const std::vector<ValueId>& inputs = c.node().inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!c.wanted(i)) continue;
    std::vector<ValueId> factors = {c.output_gradient()};
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      if (k != i) factors.push_back(inputs[k]);
    }
    c.contribute(i, c.emit("multiply", factors)[0]);
  }
}

struct MultiplyReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    for (std::size_t i = 0; i < a.outputs[0].data.size(); ++i) {
      T product(1);
      for (const Array<T>& input : a.inputs) product *= input.data[i];
      a.outputs[0].data[i] = product;
    }
  }
};

// Returns the product of all inputs except `without`. Factors are taken as independent.
MomentField product_of(const SignalContext& c, std::size_t without) {
  MomentField y = uniform_field(c.inputs[0]->field().extent, 1, 1);
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    if (i == without) continue;
    const MomentField& x = c.inputs[i]->field();
    for (std::size_t e = 0; e < y.mean.size(); ++e) {
      y.mean[e] *= x.mean[e];
      y.square[e] *= x.square[e];
      for (const Link link : kLinks) y.product(link)[e] *= x.product(link)[e];
    }
  }
  return y;
}

// For jointly normal x and y with covariance cov, E x²y² = E x²·E y² + 2·cov² + 4·E x·E y·cov
// (Isserlis).
Signal forward_multiply(const SignalContext& c) {
  MomentField p = product_of(c, c.inputs.size());
  if (!c.inputs_share_weights) return {p};
  const MomentField &x = c.inputs[0]->field(), &y = c.inputs[1]->field();
  for (std::int64_t i = 0; i < p.extent.elements(); ++i) {
    const auto e = static_cast<std::size_t>(i);
    const double common = covariance_from_shared_weights(x, y, i);
    const double more = 2 * common * common + 4 * x.mean[e] * y.mean[e] * common;
    p.mean[e] += common;
    p.square[e] += more;
    for (const Link link : kLinks) {
      if (linked_element(p.extent, i, link) >= 0) p.product(link)[e] += more;
    }
  }
  return {p};
}

std::vector<SignalGradient> backward_multiply(const SignalContext& c, const SignalGradient& dy) {
  std::vector<SignalGradient> gradients;
  for (std::size_t i = 0; i < c.inputs.size(); ++i) {
    MomentField dx = product_of(c, i);
    for (std::size_t e = 0; e < dx.mean.size(); ++e) {
      dx.mean[e] *= dy.field().mean[e];
      dx.square[e] *= dy.field().square[e];
      for (const Link link : kLinks) dx.product(link)[e] *= dy.field().product(link)[e];
    }
    gradients.push_back({std::move(dx)});
  }
  return gradients;
}

// ---- scale ------------------------------------------------------------------------------------

struct ScaleAttributes {
  double factor = 1, shift = 0;
  Options options() { return {{"factor", &factor, "factor"}, {"shift", &shift, "offset"}}; }
};

ScaleAttributes scale_of(const Node& node) {
  return attributes_of<ScaleAttributes>(node.attributes);
}

Step lower_scale(const LoweringContext& context) {
  const std::int64_t columns = row_elements(context.outputs[0]);
  const ScaleAttributes attributes = scale_of(context.node);
  const auto factor = static_cast<float>(attributes.factor);
  const auto shift = static_cast<float>(attributes.shift);
  return {[=](const StepArguments& a) {
    parallel_rows(a.rows * columns, kElementGrain, [&](std::int64_t first, std::int64_t count) {
      kernels::scale_shift(factor, shift, a.inputs[0] + first, a.outputs[0] + first, count);
    });
  }};
}

void gradient_scale(GradientContext& c) {
  c.contribute(0,
               c.emit("scale", {c.output_gradient()}, {{"factor", scale_of(c.node()).factor}})[0]);
}

struct ScaleReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    for (std::size_t i = 0; i < a.outputs[0].data.size(); ++i) {
      const auto [factor, shift] = scale_of(a.node);
      a.outputs[0].data[i] = factor * a.inputs[0].data[i] + shift;
    }
  }
};

Signal forward_scale(const SignalContext& c) {
  const auto [factor, shift] = scale_of(c.node);
  if (shift == 0) return {weighted_sum({{*c.inputs[0], factor}})};
  const Flow constant = uniform_field(c.inputs[0]->field().extent, shift, shift * shift);
  return {weighted_sum({{*c.inputs[0], factor}, {constant, 1}})};
}

std::vector<SignalGradient> backward_scale(const SignalContext& c, const SignalGradient& dy) {
  return {{weighted_sum({{dy, scale_of(c.node).factor}})}};
}

void rescale_scale(Settings& attributes, std::size_t, double factor) {
  const auto given = attributes_of<ScaleAttributes>(attributes);
  attributes["factor"] = factor * given.factor;
  if (given.shift != 0) attributes["shift"] = factor * given.shift;
}

OpRow row(std::string_view name, std::string_view doc, Arity arity, AttributeSchema attributes,
          InferRule infer, GradientRule gradient, SignalRule signal, RuleOrGap<RescaleRule> rescale,
          Traits traits, Step (*lower)(const LoweringContext&), Reference plain,
          const TestDomain& tests) {
  return {
      .name = name,
      .category = Category::layer,
      .doc = doc,
      .arity = arity,
      .attributes = attributes,
      .infer = infer,
      .gradient = gradient,
      .pointwise = Gap{"arithmetic between values"},
      .moments = Gap{"not an activation"},
      .signal = signal,
      .rescale = rescale,
      .fit = Gap{"has no states"},
      .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
      .reference = plain,
      .tests = tests,
      .traits = traits,
  };
}

}  // namespace

OpRows elementwise_rows() {
  using Doubles = std::vector<double>;
  const Shape s = {3, 5}, image = {2, 3, 4, 5};
  return {
      row("add", "weighted sum of its inputs", {1, -1}, schema<AddAttributes>(), infer_add,
          gradient_add, {forward_add, backward_add}, rescale_add,
          {.can_run_in_place = true,
           .is_stepwise = true,
           .sums = true,
           .depends_on_correlation = true},
          lower_add, reference(AddReference{}),
          {.cases = {{{s, s}}, {{image, image, image}, {{"weights", Doubles{0.5, -2, 1}}}}},
           .invalid_cases = {{{s, {3, 6}}}, {{s, image}}}}),
      row("multiply", "elementwise product of its inputs", {2, -1}, schema<NoAttributes>(),
          infer_equal, gradient_multiply, {forward_multiply, backward_multiply},
          Gap{"has no factor"},
          {.can_run_in_place = true,
           .is_stepwise = true,
           .multiplies = true,
           .depends_on_correlation = true},
          lower_multiply, reference(MultiplyReference{}),
          {.cases = {{{s, s}}, {{image, image, image}}}, .invalid_cases = {{{s, s, {3, 6}}}}}),
      row("scale", "multiplies every element by a constant and adds another constant", {1, 1},
          schema<ScaleAttributes>(), infer_same, gradient_scale, {forward_scale, backward_scale},
          rescale_scale, {.can_run_in_place = true, .is_stepwise = true, .is_affine = true},
          lower_scale, reference(ScaleReference{}),
          {.cases = {{{s}, {{"factor", 0.3}}}, {{image}, {{"factor", -2.0}, {"shift", 0.7}}}}})};
}

}  // namespace selfnorm
