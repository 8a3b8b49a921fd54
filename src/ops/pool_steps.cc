// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/sequence.h"
#include "ops/reference.h"
#include "ops/rows.h"
#include "ops/rules.h"
#include "ops/signal_rules.h"
#include "ops/window_maxima.h"

namespace selfnorm {
namespace {

constexpr const char* kSum = "sum";
constexpr const char* kSqrt = "sqrt";
constexpr const char* kMean = "mean";
constexpr const char* kMax = "max";

struct Attributes {
  std::string mode = kSqrt;
  bool padded_sum = false;
  Options options() {
    return {
        {"mode",
         &mode,
         "sum, sum divided by √n (preserves the variance of n independent steps), mean or maximum",
         range::kAny,
         {kSum, kSqrt, kMean, kMax}},
        {"padded_sum", &padded_sum,
         "whether mode \"sum\" includes the padding, like a sum without a mask"}};
  }
};

std::string mode_of(const Node& node) { return attributes_of<Attributes>(node.attributes).mode; }
bool is_max_pooling(const Node& node) { return mode_of(node) == kMax; }
bool sums_padding(const Node& node) {
  return attributes_of<Attributes>(node.attributes).padded_sum;
}

// Returns the power of n by which the sum is divided.
double power_of(const Node& node) {
  const std::string mode = mode_of(node);
  return mode == kSum ? 0 : mode == kSqrt ? 0.5 : 1;
}

Inferred infer(const InferContext& context) {
  const Shape& x = context.inputs[0];
  if (x.size() != 3) {
    fail_shape(context,
               fmt::format("input is {}, expects sequences (N, steps, features)", batch_text(x)));
  }
  if (context.inputs.size() > 1) {
    const Shape& ids = context.inputs[1];
    if (ids.size() != 2 || ids[1] != x[1]) {
      fail_shape(
          context,
          fmt::format(
              "input is {}, but its token ids are {} (expected (N, steps) with the same steps)",
              batch_text(x), batch_text(ids)));
    }
  }
  const auto attributes = attributes_of<Attributes>(context.attributes);
  if (attributes.padded_sum && attributes.mode != kSum) {
    fail_shape(context, fmt::format("`padded_sum` requires mode \"sum\", got \"{}\" for input {}",
                                    attributes.mode, batch_text(x)));
  }
  Inferred inferred{{{x[0], x[2]}}};
  const bool largest = attributes.mode == kMax;
  if (largest) inferred.outputs.push_back({x[0], x[2]});
  return inferred;
}

SequenceShape steps_of(const Shape& x) { return {x[0], x[1], x[2]}; }

// After the packing pass, a third input holds the row of each step.
struct Steps {
  SequenceShape shape;
  bool has_ids, is_packed;
};
Steps steps_of(const Node& node, const std::vector<Shape>& inputs) {
  const Shape& x = inputs[0];
  const bool has_ids = inputs.size() > 1 && !sums_padding(node), is_packed = inputs.size() > 2;
  return {is_packed ? SequenceShape{inputs[2][0], inputs[2][1], x.back()} : steps_of(x), has_ids,
          is_packed};
}

StepRowIndex rows_of(const Steps& steps, float* const* inputs) {
  return {steps.has_ids ? inputs[1] : nullptr, steps.is_packed ? inputs[2] : nullptr};
}

Step lower(const LoweringContext& context) {
  const Steps steps = steps_of(context.node, context.inputs);
  if (is_max_pooling(context.node)) {
    return {[=](const StepArguments& a) {
      max_steps(a.inputs[0], rows_of(steps, a.inputs), steps.shape, a.outputs[0], a.outputs[1]);
    }};
  }
  return {[=, power = power_of(context.node)](const StepArguments& a) {
    sum_steps(a.inputs[0], rows_of(steps, a.inputs), steps.shape, power, a.outputs[0]);
  }};
}

// The gradient op reads dy, all inputs but x and, for the maximum, the indices of the maxima.
void gradient(GradientContext& c) {
  const Node& node = c.node();
  std::vector<ValueId> inputs = {c.output_gradient()};
  inputs.insert(inputs.end(), node.inputs.begin() + 1, node.inputs.end());
  if (is_max_pooling(node)) inputs.push_back(node.outputs[1]);
  const Settings attributes = with_shape(node.attributes, c.shape(node.inputs[0]));
  c.contribute(0, c.emit("pool_steps_gradient", inputs, attributes)[0]);
}

Step lower_gradient(const LoweringContext& context) {
  const Node node = without_shape(context.node);
  const bool largest = is_max_pooling(node);
  std::vector<Shape> shapes = context.inputs;
  shapes[0] = context.outputs[0];
  if (largest) shapes.pop_back();
  const std::size_t argmax = shapes.size();
  const Steps steps = steps_of(node, shapes);
  return {[=, power = power_of(node)](const StepArguments& a) {
    const StepRowIndex rows = rows_of(steps, a.inputs);
    const float* dy = a.inputs[0];
    float* dx = a.outputs[0];
    if (largest && steps.is_packed) {
      max_packed_gradient(dy, a.inputs[argmax], rows.step_rows, steps.shape, a.rows, dx);
    } else if (largest) {
      max_steps_gradient(dy, a.inputs[argmax], steps.shape, dx);
    } else if (steps.is_packed) {
      sum_packed_gradient(dy, rows, steps.shape, power, a.rows, dx);
    } else {
      sum_steps_gradient(dy, rows.ids, steps.shape, power, dx);
    }
  }};
}

struct PoolReference {
  template <class T>
  void operator()(ReferenceArguments<T>& a) const {
    const SequenceShape s = steps_of(a.inputs[0].shape);
    for (std::int64_t n = 0; n < s.samples; ++n) {
      for (std::int64_t k = 0; k < s.width; ++k) pool(a, s, n, k);
    }
  }

  template <class T>
  static void pool(ReferenceArguments<T>& a, const SequenceShape& s, std::int64_t n,
                   std::int64_t k) {
    T sum(0), best(0);
    double count = 0;
    for (std::int64_t t = 0; t < s.steps; ++t) {
      const auto step = static_cast<std::size_t>(n * s.steps + t);
      const bool masks = a.inputs.size() > 1 && !sums_padding(a.node);
      if (masks && real_part(a.inputs[1].data[step]) == 0) continue;
      const T& x =
          a.inputs[0].data[step * static_cast<std::size_t>(s.width) + static_cast<std::size_t>(k)];
      if (count == 0 || real_part(x) > real_part(best)) best = x;
      sum += x;
      count += 1;
    }
    const double factor = count > 0 ? std::pow(count, -power_of(a.node)) : 0;
    a.outputs[0].data[static_cast<std::size_t>(n * s.width + k)] =
        is_max_pooling(a.node) ? best : sum * factor;
  }
};

// ---- signals ----------------------------------------------------------------------------------

// Returns the steps of a sample that are pooled, which excludes padding unless it is summed.
std::vector<std::int64_t> present_steps(const SignalContext& c, std::int64_t sample) {
  const std::int64_t steps = c.inputs[0]->field().extent.width;
  std::vector<std::int64_t> there;
  for (std::int64_t t = 0; t < steps; ++t) {
    const auto e = static_cast<std::size_t>(sample * steps + t);
    if (c.inputs.size() < 2 || sums_padding(c.node) || c.inputs[1]->field().square[e] != 0) {
      there.push_back(sample * steps + t);
    }
  }
  return there;
}

double pooling_factor(const SignalContext& c, std::size_t count) {
  return count > 0 ? std::pow(static_cast<double>(count), -power_of(c.node)) : 0;
}

// Returns the covariance between a step of sample n and a step of the next one. It is an average
// over the links between samples and over the steps of the first sample or, for copies of rows,
// over all pairs of steps.
double covariance_between_samples(const MomentField& x, const CovarianceModel& covariances,
                                  std::int64_t n, const std::vector<std::int64_t>& steps) {
  if (x.extent.copies > 1) {
    std::vector<WeightedPosition> all;
    const double weight = 1 / static_cast<double>(steps.size());
    for (const std::int64_t e : steps) all.push_back({e - n * x.extent.positions(), weight});
    return covariance_of_copies(covariances, n, all);
  }
  double sum = 0;
  for (const std::int64_t e : steps) {
    for (const Link link : {Link::sample, Link::far}) {
      const auto from = static_cast<std::size_t>(e);
      const auto to = static_cast<std::size_t>(linked_element(x.extent, e, link));
      sum += (x.product(link)[from] - x.mean[from] * x.mean[to]) / 2;
    }
  }
  return steps.empty() ? 0 : sum / static_cast<double>(steps.size());
}

// Returns the moments of Σ x over the steps, with Var Σ x = Σ cov.
Moments sum_over(const MomentField& x, const CovarianceModel& covariances,
                 const std::vector<std::int64_t>& steps) {
  Moments sum{0, 0};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    sum.mean += x.mean[static_cast<std::size_t>(steps[i])];
    sum.variance += x.variance(static_cast<std::size_t>(steps[i]));
    for (std::size_t j = i + 1; j < steps.size(); ++j) {
      sum.variance += 2 * covariances.covariance(steps[i], steps[j]);
    }
  }
  return {sum.mean, std::max(sum.variance, 0.0)};
}

MomentField summed(const SignalContext& c, const MomentField& x) {
  MomentField y = zero_field({x.extent.samples, 1, 1, x.extent.copies});
  const CovarianceModel covariances(x);
  std::vector<double> counts, sample_covariances;
  for (std::int64_t n = 0; n < x.extent.samples; ++n) {
    const auto steps = present_steps(c, n);
    const double factor = pooling_factor(c, steps.size());
    const Moments sum = sum_over(x, covariances, steps);
    const auto e = static_cast<std::size_t>(n);
    y.mean[e] = factor * sum.mean;
    y.square[e] = factor * factor * sum.variance + y.mean[e] * y.mean[e];
    counts.push_back(factor * static_cast<double>(steps.size()));
    sample_covariances.push_back(covariance_between_samples(x, covariances, n, steps));
  }
  for (const Link link : {Link::sample, Link::far}) {
    for (std::int64_t n = 0; n < x.extent.samples; ++n) {
      const auto e = static_cast<std::size_t>(n);
      const auto to = static_cast<std::size_t>(linked_element(y.extent, n, link));
      const double limit = std::sqrt(std::max(0.0, y.variance(e) * y.variance(to)));
      y.product(link)[e] =
          y.mean[e] * y.mean[to] +
          std::clamp(counts[e] * counts[to] * sample_covariances[e], -limit, limit);
    }
  }
  return y;
}

// Each step of a sample is equally likely to be the maximum.
Signal forward_signal(const SignalContext& c) {
  const Signal& x = *c.inputs[0];
  if (!is_max_pooling(c.node)) return {summed(c, x.field())};
  const Extent& in = x.field().extent;
  return {window_maxima(x, {{in.samples, 1, 1, in.copies},
                            [&](std::int64_t sample) { return present_steps(c, sample); },
                            [&](const MomentField& z) { return summed(c, z); }})};
}

// Every pooled step receives the same gradient, times the factor. For the maximum, one step in n
// receives it.
std::vector<SignalGradient> backward_signal(const SignalContext& c, const SignalGradient& dy) {
  const MomentField& g = dy.field();
  MomentField dx = zero_field(c.inputs[0]->field().extent);
  const bool largest = is_max_pooling(c.node);
  for (std::int64_t n = 0; n < dx.extent.samples; ++n) {
    const auto steps = present_steps(c, n);
    const double factor =
        largest ? std::sqrt(1 / static_cast<double>(std::max<std::size_t>(steps.size(), 1)))
                : pooling_factor(c, steps.size());
    for (const std::int64_t step : steps) {
      const auto e = static_cast<std::size_t>(step);
      dx.square[e] = factor * factor * g.square[static_cast<std::size_t>(n)];
      for (const Link link : kLinks) {
        const std::int64_t other = linked_element(dx.extent, step, link);
        if (other < 0) continue;
        if (is_within_sample(link)) {
          const bool are_both_present = std::ranges::binary_search(steps, other);
          if (are_both_present && !largest) dx.product(link)[e] = dx.square[e];
        } else {
          dx.product(link)[e] = factor * factor * g.product(link)[static_cast<std::size_t>(n)];
        }
      }
    }
  }
  std::vector<SignalGradient> gradients = {{std::move(dx)}};
  if (c.inputs.size() > 1) gradients.push_back(zero_field(c.inputs[1]->field().extent));
  return gradients;
}

TestDomain tests() {
  TestDomain domain{.cases = {}, .invalid_cases = {{{{4, 6}}}, {{{4, 6, 2}, {4, 5}}}}};
  for (const char* mode : {kSum, kSqrt, kMean, kMax}) {
    domain.cases.push_back({{{5, 4, 3}, {5, 4}}, {{"mode", mode}}});
    domain.cases.push_back({{{40, 3, 19}}, {{"mode", mode}}});
  }
  const Settings padded = {{"mode", std::string(kSum)}, {"padded_sum", true}};
  domain.cases.push_back({{{5, 4, 3}, {5, 4}}, padded});
  domain.invalid_cases.push_back({{{5, 4, 3}, {5, 4}}, {{"padded_sum", true}}});
  return domain;
}

}  // namespace

OpRows pool_steps_rows() {
  return {
      {
          .name = "pool_steps",
          .category = Category::layer,
          .doc = "pooling over time, without the padding: (N, steps, features) to (N, "
                 "features); after an embedding, its token ids are added automatically as a second "
                 "input, in which 0 is padding",
          .arity = Arity{1, 2},
          .attributes = schema<Attributes>(),
          .infer = infer,
          .gradient = gradient,
          .pointwise = Gap{"mixes steps"},
          .moments = Gap{"not an activation"},
          .signal = SignalRule{forward_signal, backward_signal},
          .rescale = Gap{"has no factor"},
          .fit = Gap{"has no states"},
          .lowerings = std::vector<Lowering>{{Backend::cpu, DType::f32, lower}},
          .reference = reference(PoolReference{}),
          .tests = tests(),
          .traits = {.id_input = 1, .pools = true},
      },
      internal_row("pool_steps_gradient", "dx of pool_steps", infer_shape_attribute,
                   lower_gradient)};
}

}  // namespace selfnorm
