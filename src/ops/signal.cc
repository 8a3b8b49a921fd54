// SPDX-License-Identifier: Apache-2.0
#include "ops/signal.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/index.h"
#include "kernels/dropout.h"
#include "kernels/ref/pointwise.h"
#include "ops/signal_rules.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

// Returns the table of an activation. Each thread keeps one table for all nodes with the same
// activation.
std::shared_ptr<const DualActivation> dual_of(const Activation& f) {
  using Key = std::tuple<ActivationKind, double, double, double>;
  thread_local std::map<Key, std::shared_ptr<const DualActivation>> duals;
  auto& dual = duals[{f.kind, f.alpha, f.lambda, f.input_scale}];
  if (dual == nullptr) {
    dual = std::make_shared<DualActivation>(
        ActivationFunction{[f](double x) { return ref::activation(f, x); },
                           [f](double x) { return ref::activation_derivative(f, x); },
                           {0}});
  }
  return dual;
}

// Returns two factors on the variance with their weights, for channels with different variances.
// The factors have the mean, variance and skewness of a gamma distribution with mean 1 and variance
// `spread`. Its shape parameter is half the effective number of squares in a channel's variance.
std::array<std::pair<double, double>, 2> scales_of(double spread) {
  const double standard_deviation = std::sqrt(spread), root = std::sqrt(1 + spread);
  return {
      {{1 + standard_deviation * (standard_deviation + root), (1 - standard_deviation / root) / 2},
       {1 + standard_deviation * (standard_deviation - root),
        (1 + standard_deviation / root) / 2}}};
}

MomentField scale_variance(double factor, const MomentField& z) {
  MomentField y = z;
  for (std::size_t e = 0; e < z.mean.size(); ++e) {
    y.square[e] = z.mean[e] * z.mean[e] + factor * z.variance(e);
    for (const Link link : kLinks) {
      const std::int64_t other = linked_element(z.extent, static_cast<std::int64_t>(e), link);
      if (other < 0) continue;
      const double means = z.mean[e] * z.mean[static_cast<std::size_t>(other)];
      y.product(link)[e] = means + factor * (z.product(link)[e] - means);
    }
  }
  return y;
}

// Returns Σ fraction·map(z with factor·variance) over these factors.
template <class Map>
MomentField average_over_channels(const Signal& z, Map map) {
  if (z.channel_variance_spread < kNegligibleSpread) return map(z.field());
  MomentField sum = zero_field(z.field().extent);
  for (const auto& [factor, fraction] : scales_of(z.channel_variance_spread)) {
    accumulate_mixture(sum, map(scale_variance(factor, z.field())), fraction);
  }
  return sum;
}

// Returns the relative variance over channels of the second moment of map(z with factor·variance).
template <class Map>
double square_spread_over_channels(const Signal& z, Map map) {
  if (z.channel_variance_spread < kNegligibleSpread) return 0;
  double mean = 0, square = 0;
  for (const auto& [factor, fraction] : scales_of(z.channel_variance_spread)) {
    const double each = mean_second_moment(map(scale_variance(factor, z.field())));
    mean += fraction * each;
    square += fraction * each * each;
  }
  return mean > 0 ? square / (mean * mean) - 1 : 0;
}

Signal forward_activation(const SignalContext& c) {
  const auto f = dual_of(pointwise_pass(c.node, Mode::training).activation);
  const auto activate = [&](const MomentField& z) { return f->forward(z); };
  Signal y(average_over_channels(*c.inputs[0], activate));
  y.channel_variance_spread = square_spread_over_channels(*c.inputs[0], activate);
  y.pre_activation = c.inputs[0]->field_pointer;
  y.activation = f;
  return y;
}

std::vector<SignalGradient> backward_activation(const SignalContext& c, const SignalGradient& dy) {
  const auto f = dual_of(pointwise_pass(c.node, Mode::training).activation);
  MomentField dz = average_over_channels(
      *c.inputs[0], [&](const MomentField& z) { return f->backward(z, dy.field()); });
  for (std::size_t e = 0; e < dy.selected_slopes.size(); ++e)
    dz.square[e] = dy.field().square[e] * dy.selected_slopes[e];
  SignalGradient gradient(std::move(dz));
  const double spread = c.inputs[0]->channel_variance_spread;
  if (spread >= kNegligibleSpread) {
    double all = 0, scaled = 0;
    for (const auto& [factor, fraction] : scales_of(spread)) {
      const MomentField z = scale_variance(factor, c.inputs[0]->field());
      const double through = fraction * mean_second_moment(f->backward(z, dy.field()));
      all += through;
      scaled += factor * through;
    }
    if (all > 0) gradient.gradient_weighted_variance = scaled / all;
  }
  return {std::move(gradient)};
}

Signal forward_dropout(const SignalContext& c) {
  return dropout_signal(c, pointwise_pass(c.node, Mode::training).dropout, false);
}

std::vector<SignalGradient> backward_dropout(const SignalContext& c, const SignalGradient& dy) {
  return {dropout_signal_gradient(dy, pointwise_pass(c.node, Mode::training).dropout, false)};
}

}  // namespace

Signal dropout_signal(const SignalContext& c, const Dropout& dropout, bool whole_features) {
  const Signal& x = *c.inputs[0];
  Signal y(propagate_dropout(x.field(), dropout, whole_features && c.at_inference.empty(),
                             c.at_inference));
  if (draws_masks(dropout)) {
    y.masked =
        std::make_shared<MaskedSignal>(MaskedSignal{x, dropout, whole_features, c.at_inference});
  }
  return y;
}

SignalGradient dropout_signal_gradient(const SignalGradient& dy, const Dropout& dropout,
                                       bool whole_features) {
  MomentField field = propagate_dropout_gradient(dy.field(), dropout, whole_features);
  for (std::size_t e = 0; e < dy.selected_masks.size(); ++e)
    field.square[e] *= dy.selected_masks[e];
  SignalGradient dx(std::move(field));
  dx.selected_slopes = dy.selected_slopes;
  return dx;
}

Flow weighted_sum(const std::vector<WeightedFlow>& flows) {
  constexpr std::size_t kMaxTerms = 256;
  std::vector<std::pair<Flow::FieldPointer, double>> all;
  std::unordered_map<const MomentField*, std::size_t> places;
  std::vector<WeightedField> independent, split_terms;
  bool has_repeated_term = false;
  for (const auto& [flow, weight] : flows) {
    independent.push_back({&flow.field(), weight});
    for (const auto& [field, factor] : flow.terms) {
      const auto [place, is_new] = places.try_emplace(field.get(), all.size());
      has_repeated_term = has_repeated_term || !is_new;
      if (is_new) all.emplace_back(field, weight * factor);
      else all[place->second].second += weight * factor;
    }
  }
  for (const auto& [field, factor] : all) split_terms.push_back({field.get(), factor});
  Flow sum(sum_independent_fields(has_repeated_term ? split_terms : independent));
  if (all.size() <= kMaxTerms) sum.terms = std::move(all);
  return sum;
}

Extent extent_of(const Shape& shape, std::int64_t samples) {
  if (shape.size() == 4) return {samples, shape[2], shape[3]};
  return {samples, 1, shape.size() == 3 ? shape[1] : 1};
}

Extent extent_of(const Shape& shape, const Extent& samples) {
  Extent extent = extent_of(shape, samples.samples);
  extent.copies = samples.copies;
  return extent;
}

Normals normals_at(const MomentField& z, const CovarianceModel& covariances,
                   const std::vector<std::int64_t>& elements) {
  Normals normals;
  for (const std::int64_t p : elements) {
    normals.means.push_back(z.mean[static_cast<std::size_t>(p)]);
    for (const std::int64_t q : elements) {
      normals.covariances.push_back(covariances.covariance(p, q));
    }
  }
  return normals;
}

MomentField propagate_dropout(const MomentField& x, const Dropout& dropout, bool whole_features,
                              const std::vector<bool>& at_inference) {
  const double q = keep_probability(dropout);
  const Line kept = line_of(dropout), inference = line_of(inference_dropout(dropout));
  const double dropped = kept.slope * dropped_value(dropout) + kept.offset;
  const Line mean_over_masks{q * kept.slope, q * kept.offset + (1 - q) * dropped};
  const auto is_inference = [&](std::int64_t e) {
    return !at_inference.empty() && at_inference[as_index(e / x.extent.positions())];
  };
  MomentField y = x;
  for (std::int64_t e = 0; e < x.extent.elements(); ++e) {
    const std::size_t at = as_index(e);
    const Line line = is_inference(e) ? inference : mean_over_masks;
    y.mean[at] = line.slope * x.mean[at] + line.offset;
    y.square[at] = is_inference(e)
                       ? line.square(x.square[at], x.mean[at])
                       : q * kept.square(x.square[at], x.mean[at]) + (1 - q) * dropped * dropped;
    for (const Link link : kLinks) {
      const std::int64_t to = linked_element(x.extent, e, link);
      if (to < 0) continue;
      const double m = x.mean[at], m_to = x.mean[as_index(to)], product = x.product(link)[at];
      const bool one_mask = whole_features && is_within_sample(link) && !is_inference(e);
      const Line line_to = is_inference(to) ? inference : mean_over_masks;
      y.product(link)[at] =
          one_mask ? q * kept.product(kept, product, m, m_to) + (1 - q) * dropped * dropped
                   : line.product(line_to, product, m, m_to);
    }
  }
  return y;
}

MomentField propagate_dropout_gradient(const MomentField& gradient, const Dropout& dropout,
                                       bool whole_features) {
  const double q = keep_probability(dropout), a2 = dropout.a * dropout.a;
  MomentField dx = gradient;
  for (double& mean : dx.mean) mean *= q * dropout.a;
  for (double& square : dx.square) square *= q * a2;
  for (const Link link : kLinks) {
    const bool one_mask = whole_features && is_within_sample(link);
    for (double& product : dx.product(link)) product *= one_mask ? q * a2 : q * q * a2;
  }
  return dx;
}

MomentField broadcast_positions(const MomentField& x, const Extent& extent, double factor,
                                bool same_value) {
  MomentField y = zero_field(extent);
  for (std::int64_t e = 0; e < extent.elements(); ++e) {
    const auto at = static_cast<std::size_t>(e);
    const auto from = static_cast<std::size_t>(e / extent.positions());
    y.mean[at] = factor * x.mean[from];
    y.square[at] = factor * factor * x.square[from];
    for (const Link link : kLinks) {
      if (linked_element(extent, e, link) < 0) continue;
      const bool one_sample = is_within_sample(link);
      y.product(link)[at] = !one_sample  ? factor * factor * x.product(Link::sample)[from]
                            : same_value ? y.square[at]
                                         : y.mean[at] * y.mean[at];
    }
  }
  return y;
}

double covariance_from_shared_weights(const MomentField& x, const MomentField& y,
                                      std::int64_t element) {
  const auto e = static_cast<std::size_t>(element);
  double product = 1, sign = 1;
  for (const MomentField* each : {&x, &y}) {
    const auto next = static_cast<std::size_t>(linked_element(each->extent, element, Link::sample));
    const double own = each->product(Link::sample)[e] - each->mean[e] * each->mean[next];
    product *= std::abs(own);
    if (own < 0) sign = -1;
  }
  return sign * std::sqrt(product);
}

MomentField sum_with_shared_weights(const WeightedFlow& x, const WeightedFlow& y) {
  MomentField sum = weighted_sum({x, y}).field();
  for (std::int64_t i = 0; i < sum.extent.elements(); ++i) {
    const auto e = static_cast<std::size_t>(i);
    const double covariance = covariance_from_shared_weights(x.flow.field(), y.flow.field(), i);
    const double common = 2 * x.weight * y.weight * covariance;
    sum.square[e] += common;
    for (const Link link : kLinks) {
      if (linked_element(sum.extent, i, link) >= 0) sum.product(link)[e] += common;
    }
  }
  return sum;
}

UnderlyingNormal underlying_normal(const Signal& x) {
  thread_local const DualActivation identity(
      {[](double z) { return z; }, [](double) { return 1.0; }, {}});
  if (x.pre_activation != nullptr) return {*x.pre_activation, *x.activation};
  return {x.field(), identity};
}

const SignalRule kActivationSignal{forward_activation, backward_activation};
const SignalRule kDropoutSignal{forward_dropout, backward_dropout};

}  // namespace selfnorm
