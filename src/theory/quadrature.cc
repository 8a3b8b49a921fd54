// SPDX-License-Identifier: Apache-2.0
#include "theory/quadrature.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "theory/truncated_normal.h"

namespace selfnorm {
namespace {

constexpr int kPoints = 20;
constexpr double kMaxStandardDeviations = 12;
constexpr double kTolerance = 1e-14;  ///< per panel, relative to E|f|; ten times the rounding error
constexpr int kMaxDepth = 16;

struct Rule {
  std::array<double, kPoints> node, weight;
};

// Computes the Gauss-Legendre rule. Nodes are the roots of the Legendre polynomial P_n, by Newton's
// method from Chebyshev nodes. Weights are 2/((1 − x²)·P_n′(x)²). Source: any textbook, such as
// Numerical Recipes.
Rule legendre_rule() {
  Rule rule{};
  for (std::size_t i = 0; i < kPoints; ++i) {
    double x = std::cos(std::numbers::pi * (static_cast<double>(i) + 0.75) / (kPoints + 0.5));
    double slope = 0;
    for (int iteration = 0; iteration < 8; ++iteration) {
      double before = 1, value = x;
      for (int n = 2; n <= kPoints; ++n) {
        const double next = ((2 * n - 1) * x * value - (n - 1) * before) / n;
        before = value;
        value = next;
      }
      slope = kPoints * (before - x * value) / (1 - x * x);
      x -= value / slope;
    }
    rule.node[i] = x;
    rule.weight[i] = 2 / ((1 - x * x) * slope * slope);
  }
  return rule;
}

struct Estimate {
  double value = 0;
  double magnitude = 0;  ///< ∫|f|
};

Estimate integrate_panel(const RealFunction& f, double a, double b) {
  static const Rule rule = legendre_rule();
  const double half = 0.5 * (b - a), middle = 0.5 * (a + b);
  Estimate sum;
  for (std::size_t i = 0; i < kPoints; ++i) {
    const double value = rule.weight[i] * f(middle + half * rule.node[i]);
    sum.value += value;
    sum.magnitude += std::abs(value);
  }
  return {sum.value * half, sum.magnitude * half};
}

// Bisects until the sum of two halves agrees with the whole to within `allowed`. (The error of the
// halves is then far smaller.)
double integrate_adaptively(const RealFunction& f, double a, double b, const Estimate& whole,
                            double allowed, int depth) {
  const double middle = 0.5 * (a + b);
  const Estimate left = integrate_panel(f, a, middle), right = integrate_panel(f, middle, b);
  const double sum_of_halves = left.value + right.value;
  if (depth >= kMaxDepth || std::abs(sum_of_halves - whole.value) <= allowed) return sum_of_halves;
  return integrate_adaptively(f, a, middle, left, allowed, depth + 1) +
         integrate_adaptively(f, middle, b, right, allowed, depth + 1);
}

}  // namespace

double integrate(const RealFunction& f, double a, double b) {
  return integrate_panel(f, a, b).value;
}

double expectation(const RealFunction& f, const Gaussian& z, const std::vector<double>& kinks) {
  const double standard_deviation = std::sqrt(z.variance);
  const auto weighted = [&](double x) {
    return f(z.mean + standard_deviation * x) * normal_density(x);
  };
  std::vector<double> ends = {-kMaxStandardDeviations, 0, kMaxStandardDeviations};
  for (const double kink : kinks) {
    const double at = (kink - z.mean) / standard_deviation;
    if (std::abs(at) < kMaxStandardDeviations) ends.push_back(at);
  }
  std::ranges::sort(ends);
  std::vector<Estimate> panels;
  double magnitude = 0;
  for (std::size_t i = 1; i < ends.size(); ++i) {
    panels.push_back(integrate_panel(weighted, ends[i - 1], ends[i]));
    magnitude += panels.back().magnitude;
  }
  double sum = 0;
  for (std::size_t i = 1; i < ends.size(); ++i) {
    sum += integrate_adaptively(weighted, ends[i - 1], ends[i], panels[i - 1],
                                kTolerance * magnitude, 0);
  }
  return sum;
}

}  // namespace selfnorm
