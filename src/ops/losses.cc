// SPDX-License-Identifier: Apache-2.0
// Elementwise losses.
#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "ops/loss.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

using kernels::ElementLoss;
using kernels::LossSum;

struct SquaredAttributes {
  double unit = 1;
  std::vector<double> units;
  Options options() {
    return {
        {"unit", &unit,
         "number that the residuals are divided by, such as the standard deviation of the targets",
         range::kPositive},
        {"units", &units, "the same for each output, instead of one number; empty: `unit`",
         range::kPositive}};
  }
};

struct SquaredLogAttributes {
  double unit = 1;
  Options options() {
    return {
        {"unit", &unit,
         "number that the residuals are divided by, such as the standard deviation of log(1 + y)",
         range::kPositive}};
  }
};

struct PoissonAttributes {
  double unit = 1;
  Options options() {
    return {{"unit", &unit, "number that the loss is divided by, such as the mean of the targets",
             range::kPositive}};
  }
};

struct HuberAttributes {
  double delta = 1;
  Options options() {
    return {{"delta", &delta, "residual at which the loss changes from quadratic to linear",
             range::kPositive}};
  }
};

// Returns the parameter of a loss: the residual at which it becomes linear (`delta`), or its unit.
// Returns 1 for a loss without a parameter.
double parameter_of(const Settings& attributes) {
  for (const char* name : {"delta", "unit"}) {
    const auto found = attributes.find(name);
    if (found != attributes.end()) return std::get<double>(found->second);
  }
  return 1;
}

// A loss of a kernel, divided by a power of its parameter.
template <ElementLoss kLoss, int kPower>
struct KernelLoss {
  static double divisor(double parameter) {
    return kPower == 2 ? parameter * parameter : kPower == 1 ? parameter : 1;
  }
  static LossSum forward(const float* x, const float* t, std::int64_t n, double parameter) {
    LossSum all = kernels::element_loss(kLoss, x, t, nullptr, n, parameter);
    all.sum /= divisor(parameter);
    return all;
  }
  static void gradient(const float* x, const float* t, float* dx, std::int64_t n, double parameter,
                       double scale) {
    kernels::element_loss_gradient(kLoss, x, t, dx, n, scale / divisor(parameter), parameter);
  }
};

struct SigmoidLoss : KernelLoss<ElementLoss::sigmoid_cross_entropy, 0> {
  template <class T>
  static T reference(T x, T t, double) {
    return std::log(1.0 + std::exp(x)) - x * t;
  }
};

struct SquaredLoss : KernelLoss<ElementLoss::squared, 2> {
  template <class T>
  static T reference(T x, T t, double unit) {
    const T e = (x - t) / unit;
    return e * e;
  }
};

struct SquaredLogLoss : KernelLoss<ElementLoss::squared_log, 2> {
  template <class T>
  static T reference(T x, T t, double unit) {
    return SquaredLoss::reference(x, T(std::log(1.0 + t)), unit);
  }
};

struct PoissonLoss : KernelLoss<ElementLoss::poisson, 1> {
  template <class T>
  static T reference(T x, T t, double unit) {
    return (std::exp(x) - t * x) / unit;
  }
};

struct HuberLoss : KernelLoss<ElementLoss::huber, 0> {
  template <class T>
  static T reference(T x, T t, double delta) {
    const T e = x - t;
    const T size = real_part(e) < 0 ? -e : e;
    return real_part(size) <= delta ? 0.5 * e * e : delta * (size - 0.5 * delta);
  }
};

Inferred infer_elementwise(const InferContext& context) {
  if (context.inputs[0] != context.inputs[1]) {
    fail_shape(context, fmt::format("output {} expects targets of the same shape, got {}",
                                    batch_text(context.inputs[0]), batch_text(context.inputs[1])));
  }
  return loss_outputs();
}

template <class Loss>
Step lower_elementwise(const LoweringContext& context) {
  const LossBlocks blocks(elements(context.inputs[0]), 1);
  const double parameter = parameter_of(context.node.attributes);
  return {[=](const StepArguments& a) {
            const auto all = blocks.sum(a.scratch, [&](std::int64_t first, std::int64_t count) {
              return Loss::forward(a.inputs[0] + first, a.inputs[1] + first, count, parameter);
            });
            write_loss(all, a);
          },
          blocks.scratch_bytes()};
}

template <class Loss>
Step lower_elementwise_gradient(const LoweringContext& context) {
  const std::int64_t n = elements(context.inputs[1]);
  const LossBlocks blocks(n, 1);
  const double parameter = parameter_of(context.node.attributes);
  return {[=](const StepArguments& a) {
    const double scale = loss_factor(a, kernels::count_present_targets(a.inputs[2], n));
    blocks.for_each([&](std::int64_t, std::int64_t first, std::int64_t count) {
      Loss::gradient(a.inputs[1] + first, a.inputs[2] + first, a.outputs[0] + first, count,
                     parameter, scale);
    });
  }};
}

template <class Loss>
struct ElementwiseReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    T sum(0);
    double count = 0;
    for (std::size_t i = 0; i < a.inputs[0].data.size(); ++i) {
      sum += Loss::reference(a.inputs[0].data[i], a.inputs[1].data[i],
                             parameter_of(a.node.attributes));
      count += 1;
    }
    a.outputs[0].data[0] = sum / count;
    a.outputs[1].data[0] = count;
  }
};

// ---- squared error with a unit for each output ------------------------------------------------

std::vector<float> inverse_units(const Settings& attributes) {
  std::vector<float> factors;
  for (const double unit : attributes_of<SquaredAttributes>(attributes).units)
    factors.push_back(static_cast<float>(1 / unit));
  return factors;
}

Inferred infer_squared(const InferContext& context) {
  const auto count = std::ssize(attributes_of<SquaredAttributes>(context.attributes).units);
  const Shape& x = context.inputs[0];
  if (count > 0 && (x.size() != 2 || x[1] != count)) {
    fail_shape(context, fmt::format("`units` has {} numbers, expected one for each output of {}",
                                    count, batch_text(x)));
  }
  return infer_elementwise(context);
}

Step lower_squared(const LoweringContext& context) {
  const std::vector<float> factors = inverse_units(context.node.attributes);
  if (factors.empty()) return lower_elementwise<SquaredLoss>(context);
  const std::int64_t features = std::ssize(factors);
  const LossBlocks blocks(elements(context.inputs[0]) / features, features);
  return {[=](const StepArguments& a) {
            const auto all = blocks.sum(a.scratch, [&](std::int64_t first, std::int64_t count) {
              const std::int64_t at = first * features;
              return kernels::mean_squared_error_by_feature(a.inputs[0] + at, a.inputs[1] + at,
                                                            factors.data(), count, features);
            });
            write_loss(all, a);
          },
          blocks.scratch_bytes()};
}

Step lower_squared_gradient(const LoweringContext& context) {
  const std::vector<float> factors = inverse_units(context.node.attributes);
  if (factors.empty()) return lower_elementwise_gradient<SquaredLoss>(context);
  const std::int64_t features = std::ssize(factors), n = elements(context.inputs[1]);
  const LossBlocks blocks(n / features, features);
  return {[=](const StepArguments& a) {
    const double scale = loss_factor(a, kernels::count_present_targets(a.inputs[2], n));
    blocks.for_each([&](std::int64_t, std::int64_t first, std::int64_t count) {
      const std::int64_t at = first * features;
      kernels::mean_squared_error_by_feature_gradient(a.inputs[1] + at, a.inputs[2] + at,
                                                      factors.data(), a.outputs[0] + at, count,
                                                      features, scale);
    });
  }};
}

struct SquaredReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const auto given = attributes_of<SquaredAttributes>(a.node.attributes);
    const std::vector<double> units = given.units.empty() ? std::vector{given.unit} : given.units;
    T sum(0);
    const std::size_t count = a.inputs[0].data.size();
    for (std::size_t i = 0; i < count; ++i) {
      sum +=
          SquaredLoss::reference(a.inputs[0].data[i], a.inputs[1].data[i], units[i % units.size()]);
    }
    a.outputs[0].data[0] = sum / static_cast<double>(count);
    a.outputs[1].data[0] = static_cast<double>(count);
  }
};

// ---- rows -------------------------------------------------------------------------------------

// The tests use the default attributes and `variant`.
template <class Loss>
void add_elementwise(OpRows& rows, std::string_view name, std::string_view gradient_name,
                     std::string_view doc, AttributeSchema attributes,
                     const Settings& variant = {}) {
  std::vector<TestCase> cases = {
      {{{4, 3}, {4, 3}}}, {{{2, 3, 4, 2}, {2, 3, 4, 2}}}, {{{2, 1, 100, 100}, {2, 1, 100, 100}}}};
  if (!variant.empty()) cases.push_back({{{4, 3}, {4, 3}}, variant});
  rows.push_back(loss_row(name, doc, attributes, infer_elementwise, lower_elementwise<Loss>,
                          reference(ElementwiseReference<Loss>{}),
                          {.cases = cases, .invalid_cases = {{{{4, 3}, {4, 2}}}}}));
  rows.push_back(loss_gradient_row(gradient_name, lower_elementwise_gradient<Loss>));
}

}  // namespace

OpRows loss_rows() {
  OpRows rows;
  add_elementwise<SigmoidLoss>(
      rows, "sigmoid_cross_entropy", "sigmoid_cross_entropy_gradient",
      "cross-entropy of the sigmoid, for independent labels; NaN marks a missing label",
      schema<NoAttributes>());
  using Doubles = std::vector<double>;
  rows.push_back(loss_row(
      "mean_squared_error", "mean squared error; NaN marks a missing target",
      schema<SquaredAttributes>(), infer_squared, lower_squared, reference(SquaredReference{}),
      {.cases = {{{{4, 3}, {4, 3}}},
                 {{{4, 3}, {4, 3}}, {{"unit", 2.5}}},
                 {{{4, 3}, {4, 3}}, {{"units", Doubles{0.5, 2, 10}}}},
                 {{{2, 3, 4, 2}, {2, 3, 4, 2}}},
                 {{{2, 1, 100, 100}, {2, 1, 100, 100}}}},
       .invalid_cases = {{{{4, 3}, {4, 2}}}, {{{4, 3}, {4, 3}}, {{"units", Doubles{1, 2}}}}}}));
  rows.push_back(loss_gradient_row("mean_squared_error_gradient", lower_squared_gradient));
  add_elementwise<SquaredLogLoss>(
      rows, "mean_squared_log_error", "mean_squared_log_error_gradient",
      "(z − log(1 + y))² of an output z and a target y ≥ 0, for targets over orders of magnitude; "
      "the prediction is eᶻ − 1",
      schema<SquaredLogAttributes>(), {{"unit", 2.5}});
  add_elementwise<PoissonLoss>(
      rows, "poisson", "poisson_gradient",
      "eᶻ − y·z of an output z and a target y ≥ 0: negative log likelihood of counts; the "
      "prediction is eᶻ",
      schema<PoissonAttributes>(), {{"unit", 2.5}});
  add_elementwise<HuberLoss>(rows, "huber", "huber_gradient",
                             "squared error for small residuals, absolute error for large ones",
                             schema<HuberAttributes>());
  return rows;
}

}  // namespace selfnorm
