#include "theory/moment_field.h"

#include <algorithm>
#include <cmath>

namespace selfnorm {
namespace {

std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

std::int64_t element(const Extent& extent, std::int64_t sample, std::int64_t row,
                     std::int64_t column) {
  return (sample * extent.height + row) * extent.width + column;
}

// What a correlation has beyond the floor at a distance along an axis: as its links carry it for
// one step, two, four and eight, on lines in between; beyond what they reach, down to none at twice
// that distance.
double axis_share(const MomentField& x, std::int64_t e, std::int64_t distance,
                  std::array<Link, 4> links, double floor) {
  double known = 1;
  std::int64_t at = 0;
  for (const Link link : links) {
    if (distance == at) return known;
    if (linked(x.extent, e, link) < 0) break;
    const std::int64_t next = at == 0 ? 1 : 2 * at;
    const double share = std::clamp((correlation(x, e, link) - floor) / (1 - floor), -1.0, 1.0);
    if (distance <= next) {
      return known +
             (share - known) * static_cast<double>(distance - at) / static_cast<double>(next - at);
    }
    known = share;
    at = next;
  }
  return known * std::max(0.0, 2 - static_cast<double>(distance) / static_cast<double>(at));
}

// The link of a sequence that leads furthest, but not beyond a distance.
Link longest_step(std::int64_t distance) {
  const Offset* longest = &kSequenceOffsets[0];
  for (const Offset& offset : kSequenceOffsets) {
    if (offset.columns <= distance && offset.columns > longest->columns) longest = &offset;
  }
  return longest->link;
}

// The mean of factor^distance over all pairs of `count` places in a row.
double pair_share(double factor, std::int64_t count) {
  double sum = 0, power = 1;
  for (std::int64_t distance = 0; distance < count; ++distance, power *= factor) {
    sum += power * static_cast<double>((distance == 0 ? 1 : 2) * (count - distance));
  }
  return sum / static_cast<double>(count * count);
}

// How the correlation of positions falls, on average over some elements: the floor of positions far
// apart, and what neighbours have beyond it along each axis.
struct Fall {
  double floor = 0, right = 0, below = 0;
};

Fall fall_of(const MomentField& x, std::int64_t first, std::int64_t last) {
  // Covariances by link, and the variances they meet.
  std::array<double, kLinkCount> shared{}, together{};
  for (std::int64_t e = first; e < last; ++e) {
    for (const Link link : {Link::right, Link::below, Link::far}) {
      const std::int64_t other = linked(x.extent, e, link);
      if (other < 0) continue;
      const auto l = static_cast<std::size_t>(link), from = index(e), to = index(other);
      shared[l] += x.product(link)[from] - x.mean[from] * x.mean[to];
      together[l] += std::sqrt(std::max(0.0, x.variance(from) * x.variance(to)));
    }
  }
  const auto average = [&](Link link) {
    const auto l = static_cast<std::size_t>(link);
    return together[l] > 0 ? std::clamp(shared[l] / together[l], -1.0, 1.0) : 0;
  };
  const double floor = std::min(average(Link::far), 1 - 1e-9);
  const auto step = [&](Link link) { return std::max(0.0, (average(link) - floor) / (1 - floor)); };
  return {floor, step(Link::right), step(Link::below)};
}

}  // namespace

MomentField zero_field(const Extent& extent) {
  MomentField field{extent, {}, {}, {}};
  const std::size_t count = index(extent.elements());
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
    for (std::int64_t e = 0; e < extent.elements(); ++e) {
      if (linked(extent, e, link) >= 0) field.product(link)[index(e)] = mean * mean;
    }
  }
  return field;
}

std::int64_t linked(const Extent& extent, std::int64_t e, Link link) {
  const std::int64_t column = e % extent.width, row = e / extent.width % extent.height;
  const std::int64_t next = (e / extent.positions() + 1) % extent.samples;
  if (link == Link::sample) return element(extent, next, row, column);
  if (link == Link::far) {
    return element(extent, next, (row + extent.height / 2) % extent.height,
                   (column + extent.width / 2) % extent.width);
  }
  const Offset& offset = offsets_of(extent)[static_cast<std::size_t>(link)];
  const std::int64_t i = row + offset.rows, j = column + offset.columns;
  const bool inside = i < extent.height && j >= 0 && j < extent.width;
  return inside ? e + offset.rows * extent.width + offset.columns : -1;
}

double correlation(const MomentField& x, std::int64_t e, Link link) {
  const std::int64_t other = linked(x.extent, e, link);
  if (other < 0) return 0;
  const double variances = x.variance(index(e)) * x.variance(index(other));
  if (variances <= 0) return 0;
  const double covariance = x.product(link)[index(e)] - x.mean[index(e)] * x.mean[index(other)];
  return std::clamp(covariance / std::sqrt(variances), -1.0, 1.0);
}

constexpr std::array<Link, 4> kRight = {Link::right, Link::two_right, Link::four_right,
                                        Link::eight_right};
constexpr std::array<Link, 4> kDown = {Link::below, Link::two_below, Link::four_below,
                                       Link::eight_below};

double covariance_at(const MomentField& x, std::int64_t e, std::int64_t dy, std::int64_t dx) {
  const std::int64_t width = x.extent.width;
  const std::int64_t end = e + dy * width + dx;
  const double both = std::sqrt(std::max(0.0, x.variance(index(e)) * x.variance(index(end))));
  if (both == 0) return 0;
  if (x.extent.height == 1) return correlation(x, e, longest_step(dx)) * both;
  for (const Offset& offset : kImageOffsets) {
    if (offset.rows == dy && offset.columns == dx) return correlation(x, e, offset.link) * both;
  }
  const double floor = std::min(correlation(x, e, Link::far), 1 - 1e-9);
  const std::int64_t left = dx < 0 ? e + dx : e;  // links lead to the right
  const double share =
      axis_share(x, e, dy, kDown, floor) * axis_share(x, left, std::abs(dx), kRight, floor);
  return (floor + (1 - floor) * share) * both;
}

double covariance_between(const MomentField& x, std::int64_t a, std::int64_t b) {
  if (a == b) return x.variance(index(a));
  if (a > b) std::swap(a, b);
  const std::int64_t width = x.extent.width;
  return covariance_at(x, a, b / width - a / width, b % width - a % width);
}

MomentField merge_positions(const MomentField& x) {
  const std::int64_t positions = x.extent.positions();
  MomentField y = zero_field({x.extent.samples, 1, 1});
  for (std::int64_t e = 0; e < x.extent.elements(); ++e) {
    const std::size_t to = index(e / positions), from = index(e);
    const double share = 1 / static_cast<double>(positions);
    y.mean[to] += share * x.mean[from];
    y.square[to] += share * x.square[from];
    for (const Link link : {Link::sample, Link::far}) {
      y.product(link)[to] += share * x.product(Link::sample)[from];
    }
  }
  return y;
}

MomentField combine(const std::vector<Part>& parts) {
  const Extent& extent = parts.front().field->extent;
  MomentField sum = zero_field(extent);
  for (const auto& [x, factor] : parts) {
    for (std::int64_t e = 0; e < extent.elements(); ++e) {
      sum.mean[index(e)] += factor * x->mean[index(e)];
      sum.square[index(e)] += factor * factor * x->variance(index(e));
      for (const Link link : kLinks) {
        const std::int64_t other = linked(extent, e, link);
        if (other < 0) continue;
        const double means = x->mean[index(e)] * x->mean[index(other)];
        sum.product(link)[index(e)] += factor * factor * (x->product(link)[index(e)] - means);
      }
    }
  }
  for (std::int64_t e = 0; e < extent.elements(); ++e) {
    const double mean = sum.mean[index(e)];
    sum.square[index(e)] += mean * mean;
    for (const Link link : kLinks) {
      const std::int64_t other = linked(extent, e, link);
      if (other >= 0) sum.product(link)[index(e)] += mean * sum.mean[index(other)];
    }
  }
  return sum;
}

void mix_in(MomentField& sum, const MomentField& x, double share) {
  for (std::size_t e = 0; e < sum.mean.size(); ++e) {
    sum.mean[e] += share * x.mean[e];
    sum.square[e] += share * x.square[e];
    for (const Link link : kLinks) sum.product(link)[e] += share * x.product(link)[e];
  }
}

MomentField affine(const MomentField& x, double a, double b) {
  MomentField y = x;
  for (std::int64_t e = 0; e < x.extent.elements(); ++e) {
    const double mean = x.mean[index(e)];
    y.mean[index(e)] = a * mean + b;
    y.square[index(e)] = a * a * x.square[index(e)] + 2 * a * b * mean + b * b;
    for (const Link link : kLinks) {
      const std::int64_t other = linked(x.extent, e, link);
      if (other < 0) continue;
      y.product(link)[index(e)] =
          a * a * x.product(link)[index(e)] + a * b * (mean + x.mean[index(other)]) + b * b;
    }
  }
  return y;
}

double variance_of_mean(const MomentField& x, std::int64_t sample) {
  const std::int64_t positions = x.extent.positions(), first = sample * positions;
  const Fall fall = fall_of(x, first, first + positions);
  double deviation = 0;
  for (std::int64_t e = first; e < first + positions; ++e) {
    deviation += std::sqrt(std::max(0.0, x.variance(index(e)))) / static_cast<double>(positions);
  }
  const double near =
      pair_share(fall.below, x.extent.height) * pair_share(fall.right, x.extent.width);
  return std::max(0.0, deviation * deviation * (fall.floor + (1 - fall.floor) * near));
}

FieldAverage average_of(const MomentField& x) {
  FieldAverage all;
  const double count = static_cast<double>(x.extent.elements());
  for (std::size_t e = 0; e < x.square.size(); ++e) {
    all.mean += x.mean[e] / count;
    all.square += x.square[e] / count;
    all.between_samples += x.product(Link::sample)[e] / count;
    all.between_all += x.product(Link::far)[e] / count;
  }
  const Fall fall = fall_of(x, 0, x.extent.elements());
  all.between_all += (all.between_samples - all.between_all) *
                     pair_share(fall.below, x.extent.height) *
                     pair_share(fall.right, x.extent.width);
  return all;
}

}  // namespace selfnorm
