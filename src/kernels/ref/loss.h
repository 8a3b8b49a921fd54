// SPDX-License-Identifier: Apache-2.0
// Reference losses as plain formulas of one row or element, for tests of the kernels. T is double,
// or std::complex<double> for derivatives by complex step. Comparisons use the real part, so each
// formula is analytic on either side of its branches.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <vector>

namespace selfnorm::ref {

inline double real_part(double x) { return x; }
inline double real_part(const std::complex<double>& x) { return x.real(); }

/// Subtracts the largest real part before it computes exponentials.
template <class T>
std::vector<T> log_softmax(const std::vector<T>& x) {
  double maximum = -HUGE_VAL;
  for (const T& v : x) maximum = std::max(maximum, real_part(v));
  T sum = 0;
  for (const T& v : x) sum += std::exp(v - maximum);
  std::vector<T> out;
  for (const T& v : x) out.push_back(v - maximum - std::log(sum));
  return out;
}

template <class T>
std::vector<T> softmax(const std::vector<T>& x) {
  std::vector<T> out = log_softmax(x);
  for (T& v : out) v = std::exp(v);
  return out;
}

/// Returns q_c = w_c·((1−ε)·t_c + ε/K). Without weights, every w_c is 1.
inline std::vector<double> smoothed_target(const std::vector<double>& target, double smoothing,
                                           const std::vector<double>& weights) {
  std::vector<double> q;
  for (std::size_t c = 0; c < target.size(); ++c) {
    const double weight = weights.empty() ? 1 : weights[c];
    q.push_back(weight *
                ((1 - smoothing) * target[c] + smoothing / static_cast<double>(target.size())));
  }
  return q;
}

/// Returns −Σ q_c·log softmax(x)_c. Classes with q_c = 0 do not count, whatever their logit.
template <class T>
T cross_entropy(const std::vector<T>& x, const std::vector<double>& q) {
  const std::vector<T> log_p = log_softmax(x);
  T loss = 0;
  for (std::size_t c = 0; c < x.size(); ++c) {
    if (q[c] != 0) loss -= q[c] * log_p[c];
  }
  return loss;
}

/// Returns −t·log σ(x) − (1−t)·log(1−σ(x)), computed from e^−|x|.
template <class T>
T sigmoid_cross_entropy(const T& x, double t) {
  const bool positive = real_part(x) > 0;
  const T e = std::exp(positive ? -x : x);
  // Uses the series of log1p where 1 + e would lose e, since std::log1p has no complex version.
  const T log_term = std::abs(e) < 1e-5 ? e * (1.0 - e / 2.0 + e * e / 3.0) : std::log(1.0 + e);
  return log_term + (positive ? x * (1 - t) : -x * t);
}

template <class T>
T squared_error(const T& x, double t) {
  return (x - t) * (x - t);
}

template <class T>
T squared_log_error(const T& x, double t) {
  return squared_error(x, std::log1p(t));
}

template <class T>
T poisson(const T& x, double t) {
  return std::exp(x) - t * x;
}

template <class T>
T huber(const T& x, double t, double delta) {
  const T e = x - t;
  if (std::abs(real_part(e)) <= delta) return 0.5 * e * e;
  return delta * ((real_part(e) < 0 ? -e : e) - 0.5 * delta);
}

/// Returns f′(x) by complex step. It is exact to rounding, since nothing is subtracted.
template <class F>
double complex_step(F f, double x) {
  const double h = 1e-30;
  return f(std::complex<double>(x, h)).imag() / h;
}

}  // namespace selfnorm::ref
