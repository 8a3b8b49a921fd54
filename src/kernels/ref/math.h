// SPDX-License-Identifier: Apache-2.0
// Elementary functions of real and complex arguments, so that one template computes a value and, as
// f(x + ih), its derivative. Complex results are exact to first order in the imaginary part or
// better, as a complex step (h about 1e-30) requires. They are not meant for large imaginary parts.
#pragma once

#include <cmath>
#include <complex>
#include <numbers>

namespace selfnorm::ref {

inline double real(double x) { return x; }
inline long double real(long double x) { return x; }
inline double real(const std::complex<double>& x) { return x.real(); }

template <class T>
T expm1(T x) {
  return std::expm1(x);
}
inline std::complex<double> expm1(const std::complex<double>& z) {
  const double half_sine = std::sin(z.imag() / 2);
  const double grown = std::expm1(z.real());  // keeps e^a·cos b − 1 accurate for small a
  return {grown - 2 * half_sine * half_sine * (grown + 1), (grown + 1) * std::sin(z.imag())};
}

template <class T>
T log1p(T x) {
  return std::log1p(x);
}
inline std::complex<double> log1p(const std::complex<double>& z) {
  const double a = z.real(), b = z.imag();
  return {0.5 * std::log1p(a * (2 + a) + b * b), std::atan2(b, 1 + a)};
}

template <class T>
T erfc(T x) {
  return std::erfc(x);
}
inline std::complex<double> erfc(const std::complex<double>& z) {  // to first order
  const double a = z.real();
  return {std::erfc(a), -z.imag() * 2 * std::numbers::inv_sqrtpi * std::exp(-a * a)};
}

template <class T>
T sigmoid(T x) {
  if (real(x) >= 0) return T(1) / (T(1) + std::exp(-x));
  const T e = std::exp(x);
  return e / (T(1) + e);
}

/// Returns Φ(x), the cumulative distribution function of the standard normal.
template <class T>
T normal_cdf(T x) {
  using Real = decltype(real(x));
  return T(0.5) * erfc(-x * T(1 / std::numbers::sqrt2_v<Real>));
}

/// Returns φ(x), the density of the standard normal.
template <class T>
T normal_pdf(T x) {
  using Real = decltype(real(x));
  return T(std::numbers::inv_sqrtpi_v<Real> / std::numbers::sqrt2_v<Real>) *
         std::exp(-x * x / T(2));
}

/// Returns x·factor for a factor that vanishes faster than x grows: 0 instead of NaN at −∞.
template <class T>
T product_or_zero(T x, T factor) {
  return factor == T(0) ? T(0) : x * factor;
}

}  // namespace selfnorm::ref
