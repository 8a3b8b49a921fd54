// SPDX-License-Identifier: Apache-2.0
// The losses as plain formulas, one row or element at a time: the truth that the kernels are held
// to. T is double, or std::complex<double> for derivatives by complex step (comparisons look at the
// real part, so each formula is analytic on either side of its branches).
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <vector>

namespace selfnorm::ref {

inline double real_part(double x) { return x; }
inline double real_part(const std::complex<double>& x) { return x.real(); }

/// The largest element's real part is taken out before exponentials are.
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

/// q_c = w_c·((1−ε)·t_c + ε/K); no weights stand for ones.
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

/// −Σ q_c·log softmax(x)_c; classes with q_c = 0 do not count, whatever their logit.
template <class T>
T cross_entropy(const std::vector<T>& x, const std::vector<double>& q) {
  const std::vector<T> log_p = log_softmax(x);
  T loss = 0;
  for (std::size_t c = 0; c < x.size(); ++c) {
    if (q[c] != 0) loss -= q[c] * log_p[c];
  }
  return loss;
}

/// −t·log σ(x) − (1−t)·log(1−σ(x)), with the sign of x taken out.
template <class T>
T sigmoid_cross_entropy(const T& x, double t) {
  const bool positive = real_part(x) > 0;
  const T e = std::exp(positive ? -x : x);
  // log1p by its series where 1 + e would lose e; std::log1p knows no complex numbers.
  const T log_term = std::abs(e) < 1e-5 ? e * (1.0 - e / 2.0 + e * e / 3.0) : std::log(1.0 + e);
  return log_term + (positive ? x * (1 - t) : -x * t);
}

template <class T>
T squared_error(const T& x, double t) {
  return (x - t) * (x - t);
}

template <class T>
T huber(const T& x, double t, double delta) {
  const T e = x - t;
  if (std::abs(real_part(e)) <= delta) return 0.5 * e * e;
  return delta * ((real_part(e) < 0 ? -e : e) - 0.5 * delta);
}

/// d f(x + ih)/dx by complex step: exact to rounding, for nothing is subtracted.
template <class F>
double complex_step(F f, double x) {
  const double h = 1e-30;
  return f(std::complex<double>(x, h)).imag() / h;
}

}  // namespace selfnorm::ref
