// SPDX-License-Identifier: Apache-2.0
// The exponential, which turns outputs in log space into predictions.
#include <cmath>

#include "ops/rows.h"
#include "ops/rules.h"

namespace selfnorm {
namespace {

void fill_exp(const Settings&, Pointwise& pass) { pass.activation = {ActivationKind::exp}; }
void fill_expm1(const Settings&, Pointwise& pass) { pass.activation = {ActivationKind::expm1}; }

// Returns the moments of e^z − shift, which is log-normal.
ActivationMoments log_normal_moments(const Gaussian& z, double shift) {
  const double mean = std::exp(z.mean + z.variance / 2), spread = std::exp(z.variance);
  ActivationMoments moments;
  moments.mean = mean - shift;
  moments.variance = mean * mean * std::expm1(z.variance);
  moments.slope_mean = mean;
  moments.slope_second_moment = mean * mean * spread;
  moments.d_mean_d_variance = mean / 2;
  moments.d_variance_d_mean = 2 * moments.variance;
  moments.d_variance_d_variance = mean * mean * (2 * spread - 1);
  return moments;
}

MomentRule exp_moments(const Settings&) {
  return [](const Gaussian& z) { return log_normal_moments(z, 0); };
}

MomentRule expm1_moments(const Settings&) {
  return [](const Gaussian& z) { return log_normal_moments(z, 1); };
}

}  // namespace

OpRows exponential_rows() {
  return {activation_row("exp", "eˣ; +∞ above 88.7", schema<NoAttributes>(), fill_exp, exp_moments),
          activation_row("expm1", "eˣ − 1; +∞ above 88.7", schema<NoAttributes>(), fill_expm1,
                         expm1_moments)};
}

}  // namespace selfnorm
