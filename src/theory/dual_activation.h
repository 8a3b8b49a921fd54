// SPDX-License-Identifier: Apache-2.0
// Activations of fields of normal signals: moments, and products of two correlated elements, by
// Hermite coefficients (Daniely et al. 2016).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "theory/moment_field.h"
#include "theory/quadrature.h"

namespace selfnorm {

/// An activation with its derivative, which jumps at the kinks.
struct ActivationFunction {
  RealFunction f, df;
  std::vector<double> kinks;
};

/// The Hermite expansion of f(z) for z ~ N(m, v): f(z) = Σ c_k·He_k((z − m)/√v)/√k!.
struct HermiteExpansion {
  static constexpr std::size_t kTerms = 12;
  double square = 0;                                ///< E f²
  double slope_square = 0;                          ///< E f′²
  std::array<double, kTerms> terms{};               ///< c_0 = E f, c_1 = √v·E f′, …
  std::array<double, kTerms> slope_coefficients{};  ///< the coefficients of f′
};

/// Returns E f(z)·f(z′) from the expansions of f(z) and f(z′), for z and z′ with correlation rho.
/// The rest beyond the terms is multiplied by the next power of rho. `dual_slope_product` is for
/// f′.
double dual_product(const HermiteExpansion& a, const HermiteExpansion& b, double rho);
double dual_slope_product(const HermiteExpansion& a, const HermiteExpansion& b, double rho);

/// Returns the field of f(z) for a field z of normals, given the expansion for each element.
MomentField field_from_expansions(const MomentField& z,
                                  const std::vector<HermiteExpansion>& expansions);

/// The expansions of an activation for any m and v, interpolated between the nodes of a grid. Nodes
/// are computed when needed. The error is about 1e-3 of the standard deviation of f. Not
/// thread-safe.
class DualActivation {
 public:
  explicit DualActivation(ActivationFunction activation);
  double value(double z) const { return activation_.f(z); }
  HermiteExpansion at(double mean, double variance) const;
  std::vector<HermiteExpansion> expansions_of(const MomentField& z) const;  ///< one per element

  /// The dual activations of f² and f′², created when needed. The latter has no derivative.
  const DualActivation& squared() const;
  const DualActivation& slope_squared() const;

  /// The activation of a field with elements that are normal over its channels.
  MomentField forward(const MomentField& z) const;
  /// The gradient before the activation from the gradient after it.
  MomentField backward(const MomentField& z, const MomentField& gradient) const;
  /// E f(M), E f(M)², E f′(M) and E f′(M)², where M is the largest of `count` normals N(m, v) with
  /// correlation rho. If each is kept with a probability q, M is the largest of those that are
  /// kept, and the case of none adds 0.
  struct Largest {
    double mean = 0, square = 0, slope = 0, slope_square = 0;
  };
  Largest largest(double mean, double variance, double rho, std::int64_t count, double q = 1) const;

 private:
  HermiteExpansion tangent(double mean, double variance) const;
  const HermiteExpansion& grid_expansion(std::int64_t mean_step, std::int64_t log_step) const;
  ActivationFunction activation_;
  /// Nodes by their steps along the mean and the logarithm of the variance, 32 bits each.
  /// References to nodes stay valid.
  mutable std::unordered_map<std::uint64_t, HermiteExpansion> grid_;
  mutable std::unique_ptr<const DualActivation> squared_, slope_squared_;
};

}  // namespace selfnorm
