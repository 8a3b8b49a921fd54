// SPDX-License-Identifier: Apache-2.0
#include "ops/window_maxima.h"

#include <cmath>
#include <memory>

#include "base/index.h"
#include "kernels/dropout.h"
#include "ops/channels.h"

namespace selfnorm {
namespace {

constexpr double kRoundingError = 1e-12;  // fraction of a variance below which it counts as 0

using Largest = DualActivation::Largest;

// A dropout of elements below every value that is kept. So the maximum is that of the kept
// elements, or the dropped value if there is none.
struct ElementMask {
  const DualActivation& f;
  Dropout dropout;
  double q, dropped;
};

// Averages over the elements of a window: of their variance, of their covariance with each other,
// and of that with the same elements of another sample.
struct ElementCovariances {
  double variance = 0, within = 0, with_sample = 0, with_far = 0;
};

// The maximum of f(z) over a window, without and with a mask.
struct WindowMaximum {
  Largest largest, masked;
  MaskedMaximumCovariances covariances;
  // The variance of the average of z over the window, and the rest of that of the largest z.
  double average_variance = 0, deviation_variance = 0;
  ElementCovariances elements;
};

double variance(const Largest& x) { return std::max(x.square - x.mean * x.mean, 0.0); }

WindowMaximum maximum_over(const EquicorrelatedNormals& z, std::int64_t count,
                           const DualActivation& f, const ElementMask* mask) {
  WindowMaximum out;
  out.largest = f.largest(z.mean, z.variance, z.correlation, count);
  const double own = z.variance * (1 - z.correlation), average = 1 / static_cast<double>(count);
  out.average_variance = z.variance - own + own * average;
  out.deviation_variance =
      std::max(own * (standard_normal_maximum(as_index(count)).variance - average), 0.0);
  if (mask == nullptr) return out;
  const double none = std::pow(1 - mask->q, static_cast<double>(count));
  out.masked = f.largest(z.mean, z.variance, z.correlation, count, mask->q);
  out.masked.mean += none * mask->dropped;
  out.masked.square += none * mask->dropped * mask->dropped;
  out.covariances = masked_maximum_covariances(
      z, count, [&](double each) { return f.value(each); }, mask->q, mask->dropped);
  return out;
}

double mean_covariance(const MomentField& z, const std::vector<std::int64_t>& elements, Link link) {
  double sum = 0;
  for (const std::int64_t e : elements) {
    const auto to = as_index(linked_element(z.extent, e, link));
    sum += z.product(link)[as_index(e)] - z.mean[as_index(e)] * z.mean[to];
  }
  return sum / static_cast<double>(elements.size());
}

ElementCovariances element_covariances(const MomentField& z, const Normals& normals,
                                       const std::vector<std::int64_t>& elements) {
  const auto count = static_cast<double>(elements.size());
  ElementCovariances out;
  for (std::size_t i = 0; i < elements.size(); ++i)
    out.variance += normals.covariance(i, i) / count;
  for (const double each : normals.covariances) out.within += each / (count * count);
  out.with_sample = mean_covariance(z, elements, Link::sample);
  out.with_far = mean_covariance(z, elements, Link::far);
  return out;
}

std::vector<WindowMaximum> maxima_of(const MomentField& z, const DualActivation& f,
                                     const Windows& windows, const ElementMask* mask) {
  std::vector<WindowMaximum> maxima(as_index(windows.output.elements()));
  const CovarianceModel covariances(z);
  for (std::size_t e = 0; e < maxima.size(); ++e) {
    const auto elements = windows.elements(static_cast<std::int64_t>(e));
    if (elements.empty()) continue;
    const Normals normals = normals_at(z, covariances, elements);
    maxima[e] = maximum_over(match_equicorrelated(normals), std::ssize(elements), f, mask);
    maxima[e].elements = element_covariances(z, normals, elements);
  }
  return maxima;
}

// The covariance of two maxima of windows like x, with masks or without, if z is the same in both.
// It has parts from the average of z, from the deviations, and from the curvature of f.
struct Covariance {
  double average, deviations, curvature;
};
Covariance covariance(const WindowMaximum& x, bool is_masked, bool is_other_masked) {
  const double relative = is_masked && is_other_masked   ? x.covariances.of_masked
                          : is_masked || is_other_masked ? x.covariances.with_largest
                                                         : 1;
  const double slopes =
      (is_masked ? x.masked : x.largest).slope * (is_other_masked ? x.masked : x.largest).slope;
  const double all = relative * variance(x.largest);
  const double average = std::min(slopes * x.average_variance, all);
  const double deviations = std::min(slopes * x.deviation_variance, all - average);
  return {average, deviations, all - average - deviations};
}

// Negative products, which rounding causes, count as 0.
double geometric_mean(double x, double y) { return std::sqrt(std::max(x * y, 0.0)); }

// Returns the covariance of two maxima. The maximum is linear in the average of z. It is an even
// function of the deviations beyond that, and of the whole in the curvature, so that these parts
// are of the second order in the correlations.
double covariance(const Covariance& x, const Covariance& y, double averages, double deviations) {
  const double first = geometric_mean(x.average, y.average);
  const double second = geometric_mean(x.deviations, y.deviations);
  const double linear = first * averages + second * deviations * deviations;
  const double rho = first + second > 0 ? linear / (first + second) : 0;
  return linear + geometric_mean(x.curvature, y.curvature) * rho * rho;
}

// Returns the correlation of the elements' deviations from the average of their window. The
// elements of two windows of a sample have different places in them, so it is taken as that of the
// averages.
double deviation_correlation(const ElementCovariances& x, const ElementCovariances& y, Link link,
                             double averages) {
  if (is_within_sample(link)) return averages;
  const double variance = geometric_mean(x.variance - x.within, y.variance - y.within);
  const double elements = link == Link::sample ? x.with_sample : x.with_far;
  if (!(variance > kRoundingError * x.variance)) return averages;
  const double covariance = elements - averages * geometric_mean(x.within, y.within);
  return std::clamp(covariance / variance, -1.0, 1.0);
}

// Maxima with the lines that map them. `is_masked` holds by sample.
struct MappedMaxima {
  const std::vector<WindowMaximum>& maxima;
  const MomentField& averages;
  Line masked, unmasked;
  std::function<bool(std::int64_t)> is_masked;
};

MomentField field_of(const MappedMaxima& m) {
  MomentField y = m.averages;
  const auto is_masked = [&](std::int64_t e) { return m.is_masked(e / y.extent.positions()); };
  const auto moments = [&](std::int64_t e) -> const Largest& {
    const WindowMaximum& x = m.maxima[as_index(e)];
    return is_masked(e) ? x.masked : x.largest;
  };
  for (std::int64_t e = 0; e < y.extent.elements(); ++e) {
    const Line& line = is_masked(e) ? m.masked : m.unmasked;
    y.mean[as_index(e)] = line.slope * moments(e).mean + line.offset;
    y.square[as_index(e)] = line.square(moments(e).square, moments(e).mean);
    for (const Link link : kLinks) {
      const std::int64_t to = linked_element(y.extent, e, link);
      if (to < 0) continue;
      const Line& line_to = is_masked(to) ? m.masked : m.unmasked;
      const double averages = correlation(m.averages, e, link);
      const WindowMaximum &x = m.maxima[as_index(e)], &other = m.maxima[as_index(to)];
      const double product =
          moments(e).mean * moments(to).mean +
          covariance(covariance(x, is_masked(e), is_masked(to)),
                     covariance(other, is_masked(e), is_masked(to)), averages,
                     deviation_correlation(x.elements, other.elements, link, averages));
      y.product(link)[as_index(e)] =
          line.product(line_to, product, moments(e).mean, moments(to).mean);
    }
  }
  return y;
}

// Returns the mask of the dropout before a pooling, if its elements are dropped below every value.
std::unique_ptr<const ElementMask> element_mask(const Signal& x) {
  constexpr double kFarBelow = -1e3;  // f of it is the infimum, or f has none
  if (x.masked == nullptr || x.masked->input.normalization_input != nullptr) return nullptr;
  const DualActivation& f = underlying_normal(x.masked->input).f;
  const Dropout& dropout = x.masked->dropout;
  const double dropped = dropped_value(dropout);
  if (f.value(kFarBelow) < dropped) return nullptr;
  return std::make_unique<ElementMask>(ElementMask{f, dropout, keep_probability(dropout), dropped});
}

MomentField masked_maxima(const MaskedSignal& x, const ElementMask& mask, const Windows& windows) {
  const MomentField& z = underlying_normal(x.input).z;
  const auto maxima = maxima_of(z, mask.f, windows, &mask);
  return field_of({maxima, windows.average(z), line_of(mask.dropout),
                   line_of(inference_dropout(mask.dropout)), [&](std::int64_t sample) {
                     return x.at_inference.empty() || !x.at_inference[as_index(sample)];
                   }});
}

MaximumGradient masked_gradient(const MomentField& z, const ElementMask& mask,
                                const Windows& windows) {
  MaximumGradient out;
  const auto maxima = maxima_of(z, mask.f, windows, &mask);
  for (std::size_t e = 0; e < maxima.size(); ++e) {
    const auto count = static_cast<double>(windows.elements(static_cast<std::int64_t>(e)).size());
    const double any = 1 - std::pow(1 - mask.q, count);
    out.squared_slopes.push_back(maxima[e].masked.slope_square / any);
    out.kept.push_back(any / mask.q);
  }
  return out;
}

}  // namespace

// The maximum of a scaled and shifted channel is its maximum, scaled and shifted. That of a feature
// that is dropped as a whole is the dropped value.
MomentField window_maxima(const Signal& x, const Windows& windows) {
  if (x.masked != nullptr && x.masked->whole_features) {
    const MaskedSignal& masked = *x.masked;
    return propagate_dropout(window_maxima(masked.input, windows), masked.dropout,
                             masked.at_inference.empty(), masked.at_inference);
  }
  if (const auto mask = element_mask(x)) return masked_maxima(*x.masked, *mask, windows);
  MomentField y = zero_field(windows.output);
  for_each_channel(x, [&](const ChannelDistribution& c) {
    const auto maxima = maxima_of(c.z, c.f, windows, nullptr);
    const MomentField averages = windows.average(c.z);
    accumulate_mixture(
        y,
        field_of({maxima, averages, {}, {c.scale, c.offset}, [](std::int64_t) { return false; }}),
        c.fraction);
  });
  return y;
}

// Weights include scale², by which batch norm multiplies the squared gradient of a channel.
MaximumGradient gradient_at_maxima(const Signal& x, const Windows& windows) {
  if (x.masked != nullptr && x.masked->whole_features)
    return gradient_at_maxima(x.masked->input, windows);
  if (const auto mask = element_mask(x))
    return masked_gradient(underlying_normal(x.masked->input).z, *mask, windows);
  std::vector<double> slopes(as_index(windows.output.elements()), 0);
  double all = 0;
  for_each_channel(x, [&](const ChannelDistribution& c) {
    const auto maxima = maxima_of(c.z, c.f, windows, nullptr);
    const double weight = c.fraction * c.scale * c.scale;
    all += weight;
    for (std::size_t e = 0; e < slopes.size(); ++e) {
      slopes[e] += weight * maxima[e].largest.slope_square;
    }
  });
  for (double& slope : slopes) slope /= all;
  return {slopes};
}

}  // namespace selfnorm
