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
// one step and two, and falling on by the factor between those.
double axis_share(const MomentField& x, std::int64_t e, std::int64_t distance,
                  std::array<Link, 2> links, double floor) {
  const auto share = [&](Link link) {
    return std::clamp((correlation(x, e, link) - floor) / (1 - floor), 0.0, 1.0);
  };
  if (distance == 0) return 1;
  const double one = share(links[0]), two = std::min(one, share(links[1]));
  if (distance == 1) return one;
  return one > 0 ? two * std::pow(two / one, static_cast<double>(distance - 2)) : 0;
}

// E x·x′ of two positions of a sample, given as rows and columns.
double product_between(const MomentField& x, std::int64_t sample, std::int64_t i, std::int64_t j,
                       std::int64_t k, std::int64_t l) {
  if (i > k || (i == k && j > l)) std::swap(i, k), std::swap(j, l);
  const std::int64_t a = element(x.extent, sample, i, j), b = element(x.extent, sample, k, l);
  if (a == b) return x.square[index(a)];
  return x.mean[index(a)] * x.mean[index(b)] + covariance_at(x, a, k - i, l - j);
}

// The mean of factor^distance over all pairs of `count` places in a row.
double pair_share(double factor, std::int64_t count) {
  double sum = 0, power = 1;
  for (std::int64_t distance = 0; distance < count; ++distance, power *= factor) {
    sum += power * static_cast<double>((distance == 0 ? 1 : 2) * (count - distance));
  }
  return sum / static_cast<double>(count * count);
}

// Calls body(sample, row, column, element) for every element.
template <class Body>
void for_each(const Extent& extent, Body body) {
  std::int64_t e = 0;
  for (std::int64_t s = 0; s < extent.samples; ++s) {
    for (std::int64_t i = 0; i < extent.height; ++i) {
      for (std::int64_t j = 0; j < extent.width; ++j) body(s, i, j, e++);
    }
  }
}

template <class Body>
void for_each_tap(const Sliding& window, Body body) {
  for (std::int64_t u = 0; u < window.kernel[0]; ++u) {
    for (std::int64_t v = 0; v < window.kernel[1]; ++v) body(u, v);
  }
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
  const Offset& offset = kOffsets[static_cast<std::size_t>(link)];
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

double covariance_at(const MomentField& x, std::int64_t e, std::int64_t dy, std::int64_t dx) {
  const std::int64_t width = x.extent.width;
  const std::int64_t end = e + dy * width + dx;
  const double both = std::sqrt(std::max(0.0, x.variance(index(e)) * x.variance(index(end))));
  if (both == 0) return 0;
  for (const Offset& offset : kOffsets) {
    if (offset.rows == dy && offset.columns == dx) return correlation(x, e, offset.link) * both;
  }
  const double floor = std::min(correlation(x, e, Link::far), 1 - 1e-9);
  const std::int64_t left = dx < 0 ? e + dx : e;  // links lead to the right
  const double share = axis_share(x, e, dy, {Link::below, Link::two_below}, floor) *
                       axis_share(x, left, std::abs(dx), {Link::right, Link::two_right}, floor);
  return (floor + (1 - floor) * share) * both;
}

std::int64_t tap(const Extent& in, const Sliding& w, std::int64_t i, std::int64_t j, std::int64_t u,
                 std::int64_t v) {
  const std::int64_t row = i * w.stride[0] + u * w.dilation[0] - w.before[0];
  const std::int64_t column = j * w.stride[1] + v * w.dilation[1] - w.before[1];
  const bool inside = row >= 0 && row < in.height && column >= 0 && column < in.width;
  return inside ? row * in.width + column : -1;
}

namespace {

// What all of a window's taps share: the mean of the weights, and the bias.
void add_common(MomentField& z, const WeightLaw& weights) {
  for (double& mean : z.mean) mean += weights.bias_mean;
  for (std::int64_t e = 0; e < z.extent.elements(); ++e) {
    const double mean = z.mean[index(e)];
    z.square[index(e)] += mean * mean + weights.bias_variance;
    for (const Link link : kLinks) {
      const std::int64_t other = linked(z.extent, e, link);
      if (other < 0) continue;
      z.product(link)[index(e)] += mean * z.mean[index(other)] + weights.bias_variance;
    }
  }
}

}  // namespace

namespace {

// A tap (u, v) of the window of output element e, at (i, j) of a sample, reads a position inside
// the image.
struct Reading {
  std::int64_t sample, i, j, e, u, v, position;
};

template <class Body>
void for_each_reading(const Extent& out, const Extent& in, const Sliding& w, Body body) {
  for_each(out, [&](std::int64_t s, std::int64_t i, std::int64_t j, std::int64_t e) {
    for_each_tap(w, [&](std::int64_t u, std::int64_t v) {
      const std::int64_t position = tap(in, w, i, j, u, v);
      if (position >= 0) body(Reading{s, i, j, e, u, v, position});
    });
  });
}

}  // namespace

// Each tap's weight meets itself alone: a product of two outputs sums, tap by tap, those of the two
// elements that the tap reads.
MomentField contract(const MomentField& x, const Extent& out, const Sliding& w,
                     const WeightLaw& weights, double channels) {
  MomentField z = zero_field(out);
  const Extent& in = x.extent;
  const double mean = weights.mean * channels, variance = weights.variance * channels;
  // What all units have in common: the sum of the channels, which vary independently.
  const double common = weights.mean * weights.mean * channels;
  for_each_reading(out, in, w, [&](const Reading& r) {
    const std::size_t e = index(r.e), at = index(r.sample * in.positions() + r.position);
    z.mean[e] += mean * x.mean[at];
    z.square[e] += variance * x.square[at] + common * x.variance(at);
    z.product(Link::sample)[e] += variance * x.product(Link::sample)[at];
    const std::int64_t far = linked(out, r.e, Link::far) % out.positions();
    if (tap(in, w, far / out.width, far % out.width, r.u, r.v) >= 0) {
      z.product(Link::far)[e] += variance * x.product(Link::far)[at];
    }
    for (const Offset& offset : kOffsets) {
      if (linked(out, r.e, offset.link) < 0) continue;
      const std::int64_t to = tap(in, w, r.i + offset.rows, r.j + offset.columns, r.u, r.v);
      if (to < 0) continue;
      z.product(offset.link)[e] +=
          variance * product_between(x, r.sample, r.position / in.width, r.position % in.width,
                                     to / in.width, to % in.width);
    }
  });
  add_common(z, weights);
  return z;
}

MomentField spread(const MomentField& x, const Extent& in, const Sliding& w,
                   const WeightLaw& weights, double channels) {
  MomentField y = zero_field(in);
  const Extent& out = x.extent;
  const double mean = weights.mean * channels, variance = weights.variance * channels;
  for_each_reading(out, in, w, [&](const Reading& r) {
    const std::int64_t to = r.sample * in.positions() + r.position;
    const std::size_t at = index(to), e = index(r.e);
    y.mean[at] += mean * x.mean[e];
    y.square[at] += variance * x.square[e];
    for (const Link link : {Link::sample, Link::far}) {
      y.product(link)[at] += variance * x.product(link)[e];
    }
    // The same tap reaches the neighbour from an output whole strides away.
    for (const Offset& offset : kOffsets) {
      const std::int64_t rows = offset.rows / w.stride[0], columns = offset.columns / w.stride[1];
      const std::int64_t i = r.i + rows, j = r.j + columns;
      const bool whole =
          rows * w.stride[0] == offset.rows && columns * w.stride[1] == offset.columns;
      const bool inside = i < out.height && j >= 0 && j < out.width;
      if (!whole || !inside || linked(in, to, offset.link) < 0) continue;
      y.product(offset.link)[at] += variance * product_between(x, r.sample, r.i, r.j, i, j);
    }
  });
  add_common(y, weights);
  return y;
}

MomentField mix_positions(const MomentField& x, const Extent& out, const PositionsOf& positions) {
  MomentField y = zero_field(out);
  const Extent& in = x.extent;
  std::vector<std::vector<WeightedPosition>> mixes;
  for_each({1, out.height, out.width}, [&](std::int64_t, std::int64_t i, std::int64_t j,
                                           std::int64_t) { mixes.push_back(positions(i, j)); });
  const auto product = [&](std::int64_t s, const std::vector<WeightedPosition>& a,
                           const std::vector<WeightedPosition>& b) {
    double sum = 0;
    for (const auto& [p, first] : a) {
      for (const auto& [q, second] : b) {
        sum += first * second *
               product_between(x, s, p / in.width, p % in.width, q / in.width, q % in.width);
      }
    }
    return sum;
  };
  for (std::int64_t e = 0; e < out.elements(); ++e) {
    const std::int64_t s = e / out.positions();
    const auto& here = mixes[index(e % out.positions())];
    double between = 0, variance = 0, whole = 0;
    for (const WeightedPosition& each : here) whole += each.weight;
    for (const auto& [position, weight] : here) {
      const std::size_t from = index(s * in.positions() + position);
      const std::size_t other = index(linked(in, static_cast<std::int64_t>(from), Link::sample));
      y.mean[index(e)] += weight * x.mean[from];
      y.product(Link::far)[index(e)] += whole * weight * x.product(Link::far)[from];
      between += weight * (x.product(Link::sample)[from] - x.mean[from] * x.mean[other]);
      variance += weight * x.variance(from);
    }
    const double mean = y.mean[index(e)];
    y.square[index(e)] = std::max(product(s, here, here), mean * mean);
    // What samples share falls with the distance as what positions of one sample share does.
    y.product(Link::sample)[index(e)] = variance > 0 ? between / variance : 0;
    for (const Offset& offset : kOffsets) {
      const std::int64_t other = linked(out, e, offset.link);
      if (other < 0) continue;
      y.product(offset.link)[index(e)] = product(s, here, mixes[index(other % out.positions())]);
    }
  }
  for (std::int64_t e = 0; e < out.elements(); ++e) {
    const std::size_t other = index(linked(out, e, Link::sample));
    double& shared = y.product(Link::sample)[index(e)];
    shared = shared * y.variance(index(e)) + y.mean[index(e)] * y.mean[other];
  }
  return y;
}

MomentField average(const MomentField& x, const Extent& out, const Sliding& w) {
  return mix_positions(x, out, [&](std::int64_t i, std::int64_t j) {
    std::vector<WeightedPosition> list;
    for_each_tap(w, [&](std::int64_t u, std::int64_t v) {
      const std::int64_t at = tap(x.extent, w, i, j, u, v);
      if (at >= 0) list.push_back({at, 1});
    });
    for (WeightedPosition& each : list) each.weight /= static_cast<double>(list.size());
    return list;
  });
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

FieldAverage average_of(const MomentField& x) {
  FieldAverage all;
  const double count = static_cast<double>(x.extent.elements());
  std::array<double, kLinkCount> shared{},
      together{};  // covariances by link, and the variances they meet
  for (std::size_t e = 0; e < x.square.size(); ++e) {
    all.mean += x.mean[e] / count;
    all.square += x.square[e] / count;
    all.between_samples += x.product(Link::sample)[e] / count;
    all.between_all += x.product(Link::far)[e] / count;
    for (const Link link : kLinks) {
      const std::int64_t other = linked(x.extent, static_cast<std::int64_t>(e), link);
      if (other < 0) continue;
      const auto l = static_cast<std::size_t>(link), to = index(other);
      shared[l] += x.product(link)[e] - x.mean[e] * x.mean[to];
      together[l] += std::sqrt(std::max(0.0, x.variance(e) * x.variance(to)));
    }
  }
  const auto average_correlation = [&](Link link) {
    const auto l = static_cast<std::size_t>(link);
    return together[l] > 0 ? std::clamp(shared[l] / together[l], -1.0, 1.0) : 0;
  };
  const double floor = std::min(average_correlation(Link::far), 1 - 1e-9);
  const auto step = [&](Link link) {
    return std::max(0.0, (average_correlation(link) - floor) / (1 - floor));
  };
  all.between_all += (all.between_samples - all.between_all) *
                     pair_share(step(Link::below), x.extent.height) *
                     pair_share(step(Link::right), x.extent.width);
  return all;
}

}  // namespace selfnorm
