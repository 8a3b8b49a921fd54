// SPDX-License-Identifier: Apache-2.0
#include "theory/interval_moments.h"

namespace selfnorm {

namespace {

// Returns Mills' ratio P(Z > x)/φ(x) at a number.
Interval mills_at(const Interval& x) {
  if (x.low() > 1e4) return {(Interval(1) / (x + Interval(1) / x)).low(), (Interval(1) / x).high()};
  return exp(Interval(0.5) * square(x)) * sqrt(Interval(0.5) * Interval::pi()) *
         erfc(x / sqrt(Interval(2)));
}

// Returns Mills' ratio over an interval. The ratio falls.
Interval mills(const Interval& x) { return {mills_at(x.high()).low(), mills_at(x.low()).high()}; }

}  // namespace

IntervalMoments selu_interval_moments(const Interval& given_m, const Interval& given_v,
                                      const SeluConstants& constants) {
  const Interval scale(constants.scale), root = sqrt(scale);
  const Interval m = root * given_m, v = scale * given_v;
  const Interval s = sqrt(v), half(0.5), two(2), root_two = sqrt(two);
  const Interval lambda(constants.lambda), depth = lambda * Interval(constants.alpha);
  // p0, p1 and p2 are moments of powers of z over the positive side. q0, q1 and q2 are those of
  // exponentials over the negative side.
  const Interval density = exp(Interval(-0.5) * square(m / s)) / sqrt(two * Interval::pi());
  const Interval q0 = half * erfc(m / (s * root_two)),
                 p0 = half * erfc(Interval(-1) * m / (s * root_two));
  const Interval p1 = m * p0 + s * density;
  const Interval p2 = (square(m) + v) * p0 + m * s * density;
  // q1 is e^(m + v/2)·P(Z > (m + v)/s), written without a product of a large and a small factor.
  const Interval q1 = density * mills((m + v) / s), q2 = density * mills((m + two * v) / s);

  const Interval lambda2 = square(lambda), depth2 = square(depth);
  const Interval mean = lambda * p1 + depth * (q1 - q0);
  const Interval second = lambda2 * p2 + depth2 * (q2 - two * q1 + q0);
  const Interval d_mean_d_m = lambda * p0 + depth * q1;
  const Interval d_mean_d_v = half * (depth * q1 + (lambda - depth) * density / s);
  const Interval second_by_m = two * (lambda2 * p1 + depth2 * (q2 - q1));
  const Interval second_by_v = lambda2 * p0 + depth2 * (two * q2 - q1);
  return {mean,
          second - square(mean),
          root * d_mean_d_m,
          scale * d_mean_d_v,
          root * (second_by_m - two * mean * d_mean_d_m),
          scale * (second_by_v - two * mean * d_mean_d_v)};
}

}  // namespace selfnorm
