// SPDX-License-Identifier: Apache-2.0
#include "theory/unit_distribution.h"

namespace selfnorm {
namespace {

// Calls body(link, element, other) for all elements that have a neighbor across a link.
template <class Body>
void for_each_link(const Extent& extent, Body body) {
  for (const Link link : kLinks) {
    for (std::int64_t e = 0; e < extent.elements(); ++e) {
      const std::int64_t other = linked_element(extent, e, link);
      if (other >= 0) body(link, static_cast<std::size_t>(e), static_cast<std::size_t>(other));
    }
  }
}

// Returns the expansion of c₀ + c₁·f + c₂·f². Its second moment is that of the known terms plus the
// rest of f².
HermiteExpansion polynomial(const HermiteExpansion& f, const HermiteExpansion& f_squared, double c0,
                            double c1, double c2) {
  HermiteExpansion y;
  double known = 0;
  for (std::size_t k = 0; k < HermiteExpansion::kTerms; ++k) {
    y.terms[k] = (k == 0 ? c0 : 0) + c1 * f.terms[k] + c2 * f_squared.terms[k];
    y.square += y.terms[k] * y.terms[k];
    known += f_squared.terms[k] * f_squared.terms[k];
  }
  y.square += c2 * c2 * (f_squared.square - known);
  return y;
}

}  // namespace

UnitDistribution apply_mask(const UnitDistribution& x, double q, double a, double b, double other) {
  UnitDistribution y{x.z, x.f, {}, {}};
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

MomentField moments_of_square(const UnitDistribution& x, double center) {
  std::vector<HermiteExpansion> expansions = x.f->expansions_of(*x.z);
  const std::vector<HermiteExpansion> squares = x.f->squared().expansions_of(*x.z);
  const auto coefficient = [&](std::size_t k) {
    return x.square[k] - (k < x.mean.size() ? 2 * center * x.mean[k] : 0);
  };
  for (std::size_t e = 0; e < expansions.size(); ++e) {
    expansions[e] = polynomial(expansions[e], squares[e], coefficient(0) + center * center,
                               coefficient(1), coefficient(2));
  }
  return field_from_expansions(*x.z, expansions);
}

MomentField moments_of_square(const MomentField& x, double center) {
  MomentField y = zero_field(x.extent);
  for (std::size_t e = 0; e < x.mean.size(); ++e) {
    const double mean = x.mean[e] - center, variance = x.variance(e);
    y.mean[e] = variance + mean * mean;
    y.square[e] = y.mean[e] * y.mean[e] + 2 * variance * (variance + 2 * mean * mean);
  }
  for_each_link(x.extent, [&](Link link, std::size_t e, std::size_t other) {
    const double covariance = x.product(link)[e] - x.mean[e] * x.mean[other];
    const double means = (x.mean[e] - center) * (x.mean[other] - center);
    y.product(link)[e] = y.mean[e] * y.mean[other] + 2 * covariance * (covariance + 2 * means);
  });
  return y;
}

MomentField moments_of_gradient_square(const MomentField& x, const MomentField& z,
                                       const DualActivation& f) {
  MomentField y = moments_of_square(x, 0);
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
