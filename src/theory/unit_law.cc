#include "theory/unit_law.h"

namespace selfnorm {
namespace {

// Calls body(link, element, other) for all elements that have a neighbour across a link.
template <class Body>
void for_each_link(const Extent& extent, Body body) {
  for (const Link link : kLinks) {
    for (std::int64_t e = 0; e < extent.elements(); ++e) {
      const std::int64_t other = linked(extent, e, link);
      if (other >= 0) body(link, static_cast<std::size_t>(e), static_cast<std::size_t>(other));
    }
  }
}

// Of c₀ + c₁·f + c₂·f²: the square from the terms that are known, and what f² has beyond them.
DualNode polynomial(const DualNode& f, const DualNode& f_squared, double c0, double c1, double c2) {
  DualNode y;
  double known = 0;
  for (std::size_t k = 0; k < DualNode::kTerms; ++k) {
    y.terms[k] = (k == 0 ? c0 : 0) + c1 * f.terms[k] + c2 * f_squared.terms[k];
    y.square += y.terms[k] * y.terms[k];
    known += f_squared.terms[k] * f_squared.terms[k];
  }
  y.square += c2 * c2 * (f_squared.square - known);
  return y;
}

}  // namespace

UnitLaw masked_law(const UnitLaw& x, double q, double a, double b, double other) {
  UnitLaw y{x.z, x.f, {}, {}};
  const double dropped = a * other + b;
  for (std::size_t k = 0; k < y.mean.size(); ++k) y.mean[k] = q * a * x.mean[k];
  for (std::size_t k = 0; k < y.square.size(); ++k) {
    y.square[k] = q * a * a * x.square[k];
    if (k < y.mean.size()) y.square[k] += 2 * q * a * b * x.mean[k];
  }
  y.mean[0] += q * b + (1 - q) * dropped;
  y.square[0] += q * b * b + (1 - q) * dropped * dropped;
  return y;
}

MomentField squares_of(const UnitLaw& x, double centre) {
  std::vector<DualNode> nodes = x.f->nodes_of(*x.z);
  const std::vector<DualNode> squares = x.f->squared().nodes_of(*x.z);
  const auto coefficient = [&](std::size_t k) {
    return x.square[k] - (k < x.mean.size() ? 2 * centre * x.mean[k] : 0);
  };
  for (std::size_t e = 0; e < nodes.size(); ++e) {
    nodes[e] = polynomial(nodes[e], squares[e], coefficient(0) + centre * centre, coefficient(1),
                          coefficient(2));
  }
  return field_of(*x.z, nodes);
}

MomentField squares_of(const MomentField& x, double centre) {
  MomentField y = zero_field(x.extent);
  for (std::size_t e = 0; e < x.mean.size(); ++e) {
    const double mean = x.mean[e] - centre, variance = x.variance(e);
    y.mean[e] = variance + mean * mean;
    y.square[e] = y.mean[e] * y.mean[e] + 2 * variance * (variance + 2 * mean * mean);
  }
  for_each_link(x.extent, [&](Link link, std::size_t e, std::size_t other) {
    const double covariance = x.product(link)[e] - x.mean[e] * x.mean[other];
    const double means = (x.mean[e] - centre) * (x.mean[other] - centre);
    y.product(link)[e] = y.mean[e] * y.mean[other] + 2 * covariance * (covariance + 2 * means);
  });
  return y;
}

MomentField slope_squares_of(const MomentField& x, const MomentField& z, const Dual& f) {
  MomentField y = squares_of(x, 0);
  const MomentField slopes = f.slope_squared().forward(z);
  for (std::size_t e = 0; e < y.mean.size(); ++e) {
    y.mean[e] *= slopes.mean[e];
    y.square[e] *= slopes.square[e];
  }
  for (const Link link : kLinks) {
    for (std::size_t e = 0; e < y.mean.size(); ++e) {
      y.product(link)[e] *= slopes.product(link)[e];
    }
  }
  return y;
}

}  // namespace selfnorm
