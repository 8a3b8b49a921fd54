// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "selfnorm/theory.h"
#include "theory/quadrature.h"

namespace selfnorm {

double correlation_map(const RealFunction& f, const MomentRule& rule, const Gaussian& z, double rho,
                       const std::vector<double>& kinks) {
  const ActivationMoments alone = rule(z);
  const double left = z.variance * (1 - rho * rho);
  const auto mean_of_other = [&](double x) {
    const double center = z.mean + rho * (x - z.mean);
    return left > 0 ? rule({center, left}).mean : f(center);
  };
  const auto centered = [&](double x) {
    return (f(x) - alone.mean) * (mean_of_other(x) - alone.mean);
  };
  return expectation(centered, z, kinks) / alone.variance;
}

}  // namespace selfnorm
