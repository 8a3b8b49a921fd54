// SPDX-License-Identifier: Apache-2.0
#include "theory/moment_field.h"

#include <algorithm>
#include <cmath>

#include "base/index.h"

namespace selfnorm {
namespace {

std::int64_t element(const Extent& extent, std::int64_t sample, std::int64_t row,
                     std::int64_t column) {
  return (sample * extent.height + row) * extent.width + column;
}

// Returns the mean of factor^distance over all pairs of `count` positions in a row.
double mean_pair_correlation(double factor, std::int64_t count) {
  double sum = 0, power = 1;
  for (std::int64_t distance = 0; distance < count; ++distance, power *= factor) {
    sum += power * static_cast<double>((distance == 0 ? 1 : 2) * (count - distance));
  }
  return sum / static_cast<double>(count * count);
}

// The average decay of the correlation between positions: the correlation `floor` of distant
// positions, and the excess of neighbors over it along each axis, relative to 1 − floor.
// `same_position` is the correlation of two samples at the same position.
struct CorrelationDecay {
  double floor = 0, right = 0, below = 0, same_position = 0;
};

// Returns the mean correlation of two positions in a field of this extent, relative to that of
// neighbors and without the floor.
double mean_near_correlation(const CorrelationDecay& decay, const Extent& extent) {
  return mean_pair_correlation(decay.below, extent.height) *
         mean_pair_correlation(decay.right, extent.width);
}

CorrelationDecay correlation_decay(const MomentField& x, const SampleRange& samples) {
  // Sums by link: covariances, and products of standard deviations.
  std::array<double, kLinkCount> shared{}, together{};
  for (const Link link : {Link::right, Link::below, Link::sample, Link::far}) {
    const auto l = static_cast<std::size_t>(link);
    for_each_linked(x.extent, link, samples, [&](std::int64_t e, std::int64_t other) {
      const std::size_t from = as_index(e), to = as_index(other);
      shared[l] += x.product(link)[from] - x.mean[from] * x.mean[to];
      together[l] += std::sqrt(std::max(0.0, x.variance(from) * x.variance(to)));
    });
  }
  const auto average = [&](Link link) {
    const auto l = static_cast<std::size_t>(link);
    return together[l] > 0 ? std::clamp(shared[l] / together[l], -1.0, 1.0) : 0;
  };
  const double floor = std::min(average(Link::far), 1 - 1e-9);
  const auto step = [&](Link link) { return std::max(0.0, (average(link) - floor) / (1 - floor)); };
  return {floor, step(Link::right), step(Link::below), average(Link::sample)};
}

}  // namespace

MomentField zero_field(const Extent& extent) {
  MomentField field{extent, {}, {}, {}};
  const std::size_t count = as_index(extent.elements());
  field.mean.assign(count, 0);
  field.square.assign(count, 0);
  for (auto& product : field.products) product.assign(count, 0);
  return field;
}

MomentField uniform_field(const Extent& extent, double mean, double square) {
  MomentField field = zero_field(extent);
  std::ranges::fill(field.mean, mean);
  std::ranges::fill(field.square, square);
  for (const Link link : kLinks) {
    for_each_linked(extent, link, [&](std::int64_t e, std::int64_t) {
      field.product(link)[as_index(e)] = mean * mean;
    });
  }
  return field;
}

// Spreads the offsets evenly by multiples of two irrational numbers, which differ for all samples.
DistantOffset distant_offset(const Extent& extent, std::int64_t sample) {
  constexpr double kDown = 0.7548776662466927, kRight = 0.5698402909980532;
  const auto steps = [&](double multiple, std::int64_t size) {
    const double turn = 0.5 + static_cast<double>(sample) * multiple;
    const double fraction = 0.25 + 0.5 * (turn - std::floor(turn));
    const auto whole = static_cast<std::int64_t>(fraction * static_cast<double>(size));
    return std::min(std::max<std::int64_t>(whole, 1), size - 1);
  };
  return {steps(kDown, extent.height), steps(kRight, extent.width)};
}

std::int64_t linked_element(const Extent& extent, std::int64_t e, Link link) {
  const std::int64_t column = e % extent.width, row = e / extent.width % extent.height;
  const std::int64_t next = (e / extent.positions() + 1) % extent.samples;
  if (link == Link::sample) return element(extent, next, row, column);
  if (link == Link::far) {
    const DistantOffset far = distant_offset(extent, e / extent.positions());
    return element(extent, next, (row + far.rows) % extent.height,
                   (column + far.columns) % extent.width);
  }
  const Offset& offset = offsets_of(extent)[static_cast<std::size_t>(link)];
  const std::int64_t i = row + offset.rows, j = column + offset.columns;
  const bool inside = i < extent.height && j >= 0 && j < extent.width;
  return inside ? e + offset.rows * extent.width + offset.columns : -1;
}

double correlation(const MomentField& x, std::int64_t e, Link link) {
  const std::int64_t other = linked_element(x.extent, e, link);
  return other < 0 ? 0 : correlation(x, e, other, link);
}

double correlation(const MomentField& x, std::int64_t e, std::int64_t other, Link link) {
  const double variances = x.variance(as_index(e)) * x.variance(as_index(other));
  if (variances <= 0) return 0;
  const double covariance =
      x.product(link)[as_index(e)] - x.mean[as_index(e)] * x.mean[as_index(other)];
  return std::clamp(covariance / std::sqrt(variances), -1.0, 1.0);
}

MomentField flatten_positions(const MomentField& x) {
  const std::int64_t positions = x.extent.positions();
  MomentField y = zero_field({x.extent.samples, 1, 1, x.extent.copies});
  for (std::int64_t e = 0; e < x.extent.elements(); ++e) {
    const std::size_t to = as_index(e / positions), from = as_index(e);
    const double fraction = 1 / static_cast<double>(positions);
    y.mean[to] += fraction * x.mean[from];
    y.square[to] += fraction * x.square[from];
    for (const Link link : {Link::sample, Link::far}) {
      y.product(link)[to] += fraction * x.product(Link::sample)[from];
    }
  }
  return y;
}

MomentField sum_independent_fields(const std::vector<WeightedField>& terms) {
  const Extent& extent = terms.front().field->extent;
  MomentField sum = zero_field(extent);
  for (const WeightedField& term : terms) {
    const MomentField* x = term.field;
    const double factor = term.factor;
    for (std::size_t e = 0; e < x->mean.size(); ++e) {
      sum.mean[e] += factor * x->mean[e];
      sum.square[e] += factor * factor * x->variance(e);
    }
    for (const Link link : kLinks) {
      for_each_linked(extent, link, [&](std::int64_t e, std::int64_t other) {
        const double means = x->mean[as_index(e)] * x->mean[as_index(other)];
        sum.product(link)[as_index(e)] += factor * factor * (x->product(link)[as_index(e)] - means);
      });
    }
  }
  for (std::size_t e = 0; e < sum.mean.size(); ++e) sum.square[e] += sum.mean[e] * sum.mean[e];
  for (const Link link : kLinks) {
    for_each_linked(extent, link, [&](std::int64_t e, std::int64_t other) {
      sum.product(link)[as_index(e)] += sum.mean[as_index(e)] * sum.mean[as_index(other)];
    });
  }
  return sum;
}

void accumulate_mixture(MomentField& sum, const MomentField& x, double fraction) {
  for (std::size_t e = 0; e < sum.mean.size(); ++e) {
    sum.mean[e] += fraction * x.mean[e];
    sum.square[e] += fraction * x.square[e];
    for (const Link link : kLinks) sum.product(link)[e] += fraction * x.product(link)[e];
  }
}

MomentField affine(const MomentField& x, double a, double b) {
  MomentField y = x;
  for (std::size_t e = 0; e < x.mean.size(); ++e) {
    y.mean[e] = a * x.mean[e] + b;
    y.square[e] = a * a * x.square[e] + 2 * a * b * x.mean[e] + b * b;
  }
  for (const Link link : kLinks) {
    for_each_linked(x.extent, link, [&](std::int64_t e, std::int64_t other) {
      const double means = x.mean[as_index(e)] + x.mean[as_index(other)];
      y.product(link)[as_index(e)] = a * a * x.product(link)[as_index(e)] + a * b * means + b * b;
    });
  }
  return y;
}

MomentField add_correlation(const MomentField& x, double correlation) {
  MomentField y = x;
  for (std::int64_t e = 0; e < x.extent.elements(); ++e) {
    for (const Link link : {Link::sample, Link::far}) {
      const double variances =
          x.variance(as_index(e)) * x.variance(as_index(linked_element(x.extent, e, link)));
      y.product(link)[as_index(e)] += correlation * std::sqrt(std::max(0.0, variances));
    }
  }
  return y;
}

double correlation_gain(const MomentField& more, const MomentField& less) {
  double gained = 0, variances = 0;
  for (std::size_t e = 0; e < less.mean.size(); ++e) {
    gained += more.product(Link::sample)[e] - less.product(Link::sample)[e];
    variances += less.variance(e);
  }
  return variances > 0 ? gained / variances : 0;
}

double variance_of_position_mean(const MomentField& x, std::int64_t sample) {
  const std::int64_t positions = x.extent.positions(), first = sample * positions;
  const CorrelationDecay decay = correlation_decay(x, {sample, sample + 1});
  double standard_deviation = 0;
  for (std::int64_t e = first; e < first + positions; ++e) {
    standard_deviation +=
        std::sqrt(std::max(0.0, x.variance(as_index(e)))) / static_cast<double>(positions);
  }
  const double near = mean_near_correlation(decay, x.extent);
  return std::max(
      0.0, standard_deviation * standard_deviation * (decay.floor + (1 - decay.floor) * near));
}

MomentField first_samples(const MomentField& x, std::int64_t count) {
  if (x.extent.samples <= count) return x;
  MomentField y{{count, x.extent.height, x.extent.width, x.extent.copies}, {}, {}, {}};
  const auto cut = [&](const std::vector<double>& all) {
    return std::vector<double>(all.begin(), all.begin() + y.extent.elements());
  };
  y.mean = cut(x.mean);
  y.square = cut(x.square);
  for (const Link link : kLinks) y.product(link) = cut(x.product(link));
  // The last sample is now linked with the first. Its previous correlations serve as an estimate.
  for (std::int64_t e = (count - 1) * y.extent.positions(); e < y.extent.elements(); ++e) {
    for (const Link link : {Link::sample, Link::far}) {
      const std::size_t at = as_index(e), to = as_index(linked_element(y.extent, e, link));
      const double variances = std::max(0.0, y.variance(at) * y.variance(to));
      y.product(link)[at] =
          y.mean[at] * y.mean[to] + correlation(x, e, link) * std::sqrt(variances);
    }
  }
  return y;
}

double variance_of_batch_mean(const MomentField& x, std::int64_t samples) {
  double within = 0, standard_deviation = 0;
  for (std::int64_t sample = 0; sample < x.extent.samples; ++sample) {
    within += variance_of_position_mean(x, sample) / static_cast<double>(x.extent.samples);
  }
  for (std::size_t e = 0; e < x.mean.size(); ++e) {
    standard_deviation +=
        std::sqrt(std::max(0.0, x.variance(e))) / static_cast<double>(x.mean.size());
  }
  const CorrelationDecay decay = correlation_decay(x, {0, x.extent.samples});
  const double near = mean_near_correlation(decay, x.extent);
  const double common = decay.floor + (decay.same_position - decay.floor) * near;
  // The average correlation of many samples cannot be negative.
  const double between = standard_deviation * standard_deviation * std::max(0.0, common);
  const double one = 1 / static_cast<double>(samples);
  return one * within + (1 - one) * between;
}

double mean_second_moment(const MomentField& x) {
  const double count = static_cast<double>(x.extent.elements());
  double square = 0;
  for (const double each : x.square) square += each / count;
  return square;
}

FieldAverage field_average(const MomentField& x) {
  FieldAverage all;
  const double count = static_cast<double>(x.extent.elements());
  for (std::size_t e = 0; e < x.square.size(); ++e) {
    all.mean += x.mean[e] / count;
    all.square += x.square[e] / count;
    all.sample_pair_product += x.product(Link::sample)[e] / count;
    all.any_pair_product += x.product(Link::far)[e] / count;
  }
  if (x.extent.positions() == 1) {  // all pairs of two samples are at the same position
    all.any_pair_product = all.sample_pair_product;
    return all;
  }
  const CorrelationDecay decay = correlation_decay(x, {0, x.extent.samples});
  all.any_pair_product +=
      (all.sample_pair_product - all.any_pair_product) * mean_near_correlation(decay, x.extent);
  return all;
}

}  // namespace selfnorm
