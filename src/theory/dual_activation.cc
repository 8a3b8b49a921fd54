// SPDX-License-Identifier: Apache-2.0
#include "theory/dual_activation.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace selfnorm {
namespace {

constexpr double kStep = 0.05;        ///< grid step of ln v and of m/√v
constexpr double kLinearBeyond = 30;  ///< |m|/√v beyond which f is replaced by its tangent
constexpr double kVarianceFloor = 1e-60;
constexpr double kReach = 8;  ///< standard deviations that integrals cover
constexpr int kPanels = 24;   ///< panels per interval between kinks

// Returns He_k(x)/√k! by the recurrence He_{k+1} = x·He_k − k·He_{k−1}.
std::array<double, HermiteExpansion::kTerms> hermite(double x) {
  std::array<double, HermiteExpansion::kTerms> h{};
  h[0] = 1;
  h[1] = x;
  for (std::size_t k = 1; k + 1 < h.size(); ++k) {
    const double n = static_cast<double>(k);
    h[k + 1] = (x * h[k] - std::sqrt(n) * h[k - 1]) / std::sqrt(n + 1);
  }
  return h;
}

// Calls add(x, weight) with the nodes of a quadrature rule for E over N(0, 1), split at these
// points.
template <class Add>
void integrate_normal(std::vector<double> splits, Add add) {
  // Each panel has a three-point Gauss-Legendre rule.
  constexpr double kNode = 0.7745966692414834, kOuter = 5.0 / 9, kInner = 8.0 / 9;
  std::erase_if(splits, [](double x) { return !(std::abs(x) < kReach); });
  splits.push_back(-kReach);
  splits.push_back(kReach);
  std::ranges::sort(splits);
  for (std::size_t i = 0; i + 1 < splits.size(); ++i) {
    const double half = 0.5 * (splits[i + 1] - splits[i]) / kPanels;
    for (int panel = 0; panel < kPanels; ++panel) {
      const double middle = splits[i] + (2 * panel + 1) * half;
      for (const auto& [offset, weight] :
           {std::pair(-kNode, kOuter), {0.0, kInner}, {kNode, kOuter}}) {
        const double x = middle + offset * half;
        const double density = std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi);
        add(x, weight * half * density);
      }
    }
  }
}

template <class Terms>
double series(const Terms& a, const Terms& b, double rest_a, double rest_b, double rho) {
  double sum = 0, power = 1;
  for (std::size_t k = 0; k < a.size(); ++k, power *= rho) sum += a[k] * b[k] * power;
  return sum + std::sqrt(std::max(0.0, rest_a) * std::max(0.0, rest_b)) * power;
}

double sum_of_squares(const std::array<double, HermiteExpansion::kTerms>& terms) {
  double sum = 0;
  for (const double term : terms) sum += term * term;
  return sum;
}

// Adds a weighted term, with variances in place of second moments, since these may be much larger.
void add_weighted(HermiteExpansion& sum, const HermiteExpansion& term, double weight) {
  sum.square += weight * (term.square - term.terms[0] * term.terms[0]);
  sum.slope_square +=
      weight * (term.slope_square - term.slope_coefficients[0] * term.slope_coefficients[0]);
  for (std::size_t k = 0; k < HermiteExpansion::kTerms; ++k) {
    sum.terms[k] += weight * term.terms[k];
    sum.slope_coefficients[k] += weight * term.slope_coefficients[k];
  }
}

}  // namespace

double dual_product(const HermiteExpansion& a, const HermiteExpansion& b, double rho) {
  return series(a.terms, b.terms, a.square - sum_of_squares(a.terms),
                b.square - sum_of_squares(b.terms), rho);
}

double dual_slope_product(const HermiteExpansion& a, const HermiteExpansion& b, double rho) {
  return series(a.slope_coefficients, b.slope_coefficients,
                a.slope_square - sum_of_squares(a.slope_coefficients),
                b.slope_square - sum_of_squares(b.slope_coefficients), rho);
}

DualActivation::DualActivation(ActivationFunction activation)
    : activation_(std::move(activation)) {}

const DualActivation& DualActivation::squared() const {
  if (squared_ == nullptr) {
    const RealFunction &f = activation_.f, &df = activation_.df;
    const auto square = [f](double z) { return f(z) * f(z); };
    const auto slope = [f, df](double z) { return 2 * f(z) * df(z); };
    squared_ =
        std::make_unique<DualActivation>(ActivationFunction{square, slope, activation_.kinks});
  }
  return *squared_;
}

const DualActivation& DualActivation::slope_squared() const {
  if (slope_squared_ == nullptr) {
    const auto square = [df = activation_.df](double z) { return df(z) * df(z); };
    slope_squared_ = std::make_unique<DualActivation>(
        ActivationFunction{square, [](double) { return 0.0; }, activation_.kinks});
  }
  return *slope_squared_;
}

std::vector<HermiteExpansion> DualActivation::expansions_of(const MomentField& z) const {
  std::vector<HermiteExpansion> expansions;
  expansions.reserve(z.square.size());
  for (std::size_t e = 0; e < z.square.size(); ++e)
    expansions.push_back(at(z.mean[e], z.variance(e)));
  return expansions;
}

const HermiteExpansion& DualActivation::grid_expansion(std::int64_t mean_step,
                                                       std::int64_t log_step) const {
  const std::uint64_t key =
      static_cast<std::uint64_t>(mean_step) << 32 | static_cast<std::uint32_t>(log_step);
  const auto [found, is_new] = grid_.try_emplace(key);
  if (!is_new) return found->second;
  HermiteExpansion& expansion = found->second;
  const double standard_deviation = std::exp(0.5 * kStep * static_cast<double>(log_step));
  const double mean = kStep * static_cast<double>(mean_step) * standard_deviation;
  std::vector<double> splits;
  for (const double kink : activation_.kinks) splits.push_back((kink - mean) / standard_deviation);
  integrate_normal(splits, [&](double x, double weight) {
    const double y = activation_.f(mean + standard_deviation * x),
                 dy = activation_.df(mean + standard_deviation * x);
    const auto h = hermite(x);
    expansion.square += weight * y * y;
    expansion.slope_square += weight * dy * dy;
    for (std::size_t k = 0; k < HermiteExpansion::kTerms; ++k) {
      expansion.terms[k] += weight * y * h[k];
      expansion.slope_coefficients[k] += weight * dy * h[k];
    }
  });
  return expansion;
}

HermiteExpansion DualActivation::tangent(double mean, double variance) const {
  const double y = activation_.f(mean), dy = activation_.df(mean);
  return {y * y + variance * dy * dy, dy * dy, {y, std::sqrt(variance) * dy}, {dy}};
}

HermiteExpansion DualActivation::at(double mean, double variance) const {
  if (variance <= 0) return tangent(mean, 0);  // at a kink, on the side that f′ uses
  const double v = std::max(variance, kVarianceFloor);
  if (std::abs(mean) > kLinearBeyond * std::sqrt(v)) return tangent(mean, v);
  const double log = std::log(v) / kStep, t = mean / std::sqrt(v) / kStep;
  const double log_floor = std::floor(log), t_floor = std::floor(t);
  const double log_fraction = log - log_floor, t_fraction = t - t_floor;
  HermiteExpansion sum;
  for (const int i : {0, 1}) {
    for (const int j : {0, 1}) {
      const double weight =
          (i == 0 ? 1 - t_fraction : t_fraction) * (j == 0 ? 1 - log_fraction : log_fraction);
      if (weight == 0) continue;
      add_weighted(sum,
                   grid_expansion(static_cast<std::int64_t>(t_floor) + i,
                                  static_cast<std::int64_t>(log_floor) + j),
                   weight);
    }
  }
  sum.square += sum.terms[0] * sum.terms[0];
  sum.slope_square += sum.slope_coefficients[0] * sum.slope_coefficients[0];
  return sum;
}

MomentField field_from_expansions(const MomentField& z,
                                  const std::vector<HermiteExpansion>& expansions) {
  MomentField y = zero_field(z.extent);
  for (std::size_t e = 0; e < expansions.size(); ++e) {
    y.mean[e] = expansions[e].terms[0];
    y.square[e] = expansions[e].square;
  }
  for (const Link link : kLinks) {
    for_each_linked(z.extent, link, [&](std::int64_t e, std::int64_t other) {
      y.product(link)[static_cast<std::size_t>(e)] =
          dual_product(expansions[static_cast<std::size_t>(e)],
                       expansions[static_cast<std::size_t>(other)], correlation(z, e, other, link));
    });
  }
  return y;
}

MomentField DualActivation::forward(const MomentField& z) const {
  return field_from_expansions(z, expansions_of(z));
}

MomentField DualActivation::backward(const MomentField& z, const MomentField& gradient) const {
  MomentField dz = gradient;
  const std::vector<HermiteExpansion> expansions = expansions_of(z);
  for (std::size_t e = 0; e < expansions.size(); ++e) {
    dz.mean[e] *= expansions[e].slope_coefficients[0];
    dz.square[e] *= expansions[e].slope_square;
  }
  for (const Link link : kLinks) {
    for_each_linked(z.extent, link, [&](std::int64_t e, std::int64_t other) {
      dz.product(link)[static_cast<std::size_t>(e)] *= dual_slope_product(
          expansions[static_cast<std::size_t>(e)], expansions[static_cast<std::size_t>(other)],
          correlation(z, e, other, link));
    });
  }
  return dz;
}

// The normals are z = m + √v·(√ρ·a + √(1−ρ)·b). The largest has the largest b, which has density
// count·q·(1 − q + q·Φ)^(count−1)·φ.
DualActivation::Largest DualActivation::largest(double mean, double variance, double rho,
                                                std::int64_t count, double q) const {
  Largest out;
  const double standard_deviation = std::sqrt(std::max(variance, 0.0));
  const double shared = std::sqrt(std::clamp(rho, 0.0, 1.0)), own = std::sqrt(1 - shared * shared);
  const double power = static_cast<double>(count) - 1;
  integrate_normal({}, [&](double b, double b_weight) {
    const double below = 0.5 * std::erfc(-b / std::numbers::sqrt2);
    const double weight = b_weight * (power + 1) * q * std::pow(1 - q + q * below, power);
    if (weight < 1e-12) return;
    const HermiteExpansion conditional =
        at(mean + standard_deviation * own * b, variance * shared * shared);
    out.mean += weight * conditional.terms[0];
    out.square += weight * conditional.square;
    out.slope += weight * conditional.slope_coefficients[0];
    out.slope_square += weight * conditional.slope_square;
  });
  return out;
}

}  // namespace selfnorm
