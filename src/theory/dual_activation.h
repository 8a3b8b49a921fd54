// SPDX-License-Identifier: Apache-2.0
// An activation on fields of normal signals: moments, and products of two correlated elements, by
// its Hermite coefficients (Daniely et al. 2016).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "theory/moment_field.h"
#include "theory/quadrature.h"

namespace selfnorm {

/// An activation with its derivative and where that jumps.
struct ActivationFunction {
  RealFunction f, df;
  std::vector<double> kinks;
};

/// What f makes of z ~ N(m, v): f(z) = Σ c_k·He_k((z − m)/√v)/√k!.
struct HermiteExpansion {
  static constexpr std::size_t kTerms = 12;
  double square = 0;                                ///< E f²
  double slope_square = 0;                          ///< E f′²
  std::array<double, kTerms> terms{};               ///< c_0 = E f, c_1 = √v·E f′, …
  std::array<double, kTerms> slope_coefficients{};  ///< the same of f′
};

/// E f(z)·f(z′) for z and z′ of correlation rho, of two nodes; what is beyond the terms falls with
/// the highest power of rho.
double dual_product(const HermiteExpansion& a, const HermiteExpansion& b, double rho);
double dual_slope_product(const HermiteExpansion& a, const HermiteExpansion& b, double rho);

/// Moments of what a field of normals is made into, given the node of each element.
MomentField field_from_expansions(const MomentField& z, const std::vector<HermiteExpansion>& nodes);

/// Nodes for any m and v, interpolated between those of a grid that are made when they are needed:
/// within about 1e-3 of the deviation of f. Not to be shared between threads.
class DualActivation {
 public:
  explicit DualActivation(ActivationFunction activation);
  HermiteExpansion at(double mean, double variance) const;
  std::vector<HermiteExpansion> expansions_of(const MomentField& z) const;  ///< by element

  /// f² and f′² in place of f, made when they are asked for; the latter without a derivative.
  const DualActivation& squared() const;
  const DualActivation& slope_squared() const;

  /// The activation of a field whose elements are normal over its channels.
  MomentField forward(const MomentField& z) const;
  /// The gradient in front of the activation from the one behind it.
  MomentField backward(const MomentField& z, const MomentField& gradient) const;
  /// E f(M) and E f(M)², M the largest of `count` normals N(m, v) of correlation rho, and E f′(M)².
  struct Largest {
    double mean = 0, square = 0, slope_square = 0;
  };
  Largest largest(double mean, double variance, double rho, std::int64_t count) const;

 private:
  HermiteExpansion tangent(double mean, double variance) const;
  const HermiteExpansion& node(std::int64_t mean_step, std::int64_t log_step) const;
  ActivationFunction activation_;
  /// By the steps along mean and logarithm of the variance, 32 bits each; nodes stay where they
  /// are.
  mutable std::unordered_map<std::uint64_t, HermiteExpansion> nodes_;
  mutable std::unique_ptr<const DualActivation> squared_, slope_squared_;
};

}  // namespace selfnorm
