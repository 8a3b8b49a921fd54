// SPDX-License-Identifier: Apache-2.0
// The mathematics of self-normalization in double precision: how an activation changes the mean and
// variance of a normal signal and the second moment of a gradient, the fixed points of this map,
// and the SELU with a given fixed point. Nothing here needs a network, and everything is
// thread-safe.
//
// The pre-activation z of a unit is taken as normally distributed. This is exact for Gaussian
// weights and a given input. Otherwise it is the limit of many inputs (central limit theorem).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "selfnorm/constants.h"

namespace selfnorm {

/// A normal distribution with variance > 0.
struct Gaussian {
  double mean = 0;      ///< m
  double variance = 1;  ///< v
};

/// Moments of an activation f of z ~ N(m, v), and of its derivative.
struct ActivationMoments {
  double mean = 0;                   ///< E f(z)
  double variance = 0;               ///< Var f(z)
  double slope_mean = 0;             ///< E f′(z), which is ∂mean/∂m
  double slope_second_moment = 0;    ///< E f′(z)², the factor of a gradient's second moment
  double d_mean_d_variance = 0;      ///< ∂mean/∂v
  double d_variance_d_mean = 0;      ///< ∂variance/∂m
  double d_variance_d_variance = 0;  ///< ∂variance/∂v
};

/// The moment-propagation rule of an activation: takes a normal pre-activation to the moments.
using MomentRule = std::function<ActivationMoments(const Gaussian&)>;

/// The constants of SELU, λ·g(√s·x) with g(x) = x for x > 0, else α(eˣ − 1).
struct SeluConstants {
  double alpha = kSeluAlpha;    ///< α
  double lambda = kSeluLambda;  ///< λ
  double scale = 1;             ///< s: 1 is the published SELU, a smaller s is closer to a line
};

/// Returns the moments of SELU, in closed form over truncated normals. Requires α ≥ 0, λ > 0,
/// scale > 0 and v > 0, all finite. Numerics: for |m| ≤ 60 and 1e-10 ≤ v ≤ 1e5, the mean, variance
/// and slopes are within 1e-13 relative or, near a zero of the mean or of a derivative, within
/// 1e-15·√v. Nothing overflows.
/// Source: Klambauer et al. 2017, equations 4 and 5, rearranged so that nothing cancels.
ActivationMoments selu_moments(const Gaussian& z, const SeluConstants& constants = {});

/// Returns the moments of the activation x for x > 0, else slope·x. Slope 0 is ReLU, and slope 1 is
/// the identity.
ActivationMoments leaky_relu_moments(const Gaussian& z, double slope);

/// Returns the moments of any f with derivative df by adaptive quadrature. f is smooth except at
/// `kinks` and grows no faster than a polynomial. Accuracy: 1e-10 relative to the expectation of
/// the integrand's absolute value.
ActivationMoments quadrature_moments(const std::function<double(double)>& f,
                                     const std::function<double(double)>& df, const Gaussian& z,
                                     const std::vector<double>& kinks = {});

/// Returns the correlation of f(z₁) and f(z₂) for z₁ and z₂ ~ N(m, v) with correlation rho in
/// [−1, 1], by quadrature of the conditional mean over z₁. `rule` gives the moments of f, which is
/// smooth except at `kinks`. Accuracy: 1e-10 absolute.
double correlation_map(const std::function<double(double)>& f, const MomentRule& rule,
                       const Gaussian& z, double rho, const std::vector<double>& kinks = {});

/// The sums of a unit's weights, which act on the mean μ and variance ν of its inputs.
struct LayerWeights {
  double omega = 0;  ///< ω: the sum of a unit's weights
  double tau = 1;    ///< τ: the sum of their squares
  /// false: the paper's map with fixed weights, z ~ N(μω, ντ). true: the average over drawn
  /// weights, for which the mean of the inputs adds to the variance, z ~ N(μω, (ν + μ²)τ).
  bool is_random = false;
};

/// Mean and variance of a layer's inputs or outputs.
struct Moments {
  double mean = 0;      ///< μ
  double variance = 1;  ///< ν
};

/// Returns the distribution of the pre-activation for inputs with these moments.
Gaussian pre_activation(const Moments& inputs, const LayerWeights& weights);

/// One layer's moment map (μ, ν) → (μ̃, ν̃) with its Jacobian.
struct LayerMap {
  Moments outputs;             ///< μ̃ and ν̃
  double d_mean_d_mu = 0;      ///< ∂μ̃/∂μ
  double d_mean_d_nu = 0;      ///< ∂μ̃/∂ν
  double d_variance_d_mu = 0;  ///< ∂ν̃/∂μ
  double d_variance_d_nu = 0;  ///< ∂ν̃/∂ν
  double gradient_growth = 0;  ///< τ·E f′², the factor of a gradient's second moment

  /// Returns the largest singular value of the Jacobian.
  double largest_singular_value() const;
  /// Returns the largest magnitude of an eigenvalue of the Jacobian. The map contracts if it is
  /// below 1.
  double spectral_radius() const;
};

/// Returns the moment map of a layer at these input moments.
LayerMap layer_map(const MomentRule& rule, const Moments& inputs, const LayerWeights& weights = {});

/// Returns the α and λ whose moment map has the fixed point `target` under these weights, in closed
/// form (a quadratic equation). Accuracy: 1e-14 for (0, 1). Throws Error(config) with the reason if
/// there are none, or if an argument is out of range.
SeluConstants selu_constants(const Moments& target, const LayerWeights& weights = {},
                             double scale = 1);

/// A fixed point of the moment map with ν > 0, and its basin of attraction along each axis,
/// searched in [−1e3, 1e3] for the mean and [1e-8, 1e8] for the variance. The basin of a fixed
/// point that does not attract is left at 0.
struct FixedPoint {
  Moments moments;                ///< mean and variance of the fixed point
  LayerMap map;                   ///< the moment map at the fixed point
  bool is_attracting = false;     ///< whether the map contracts there
  double basin_min_mean = 0;      ///< smallest μ that converges to it, for its ν
  double basin_max_mean = 0;      ///< largest μ that converges to it, for its ν
  double basin_min_variance = 0;  ///< smallest ν that converges to it, for its μ
  double basin_max_variance = 0;  ///< largest ν that converges to it, for its μ
};

/// Returns the fixed points with |μ| ≤ 1e3 and 1e-8 ≤ ν ≤ 1e8, ordered by variance. Newton's method
/// finds them from a grid of starting points (|μ| up to 27 standard deviations, ν a factor of 2.5
/// apart), to the rounding error of the map. A fixed point that no start converges to is missed.
std::vector<FixedPoint> fixed_points(const MomentRule& rule, const LayerWeights& weights = {});

/// A depth-tuned SELU, and its effect on signals and gradients.
struct DepthTunedSelu {
  SeluConstants constants;     ///< α, λ and s
  double gradient_growth = 0;  ///< per layer, alpha dropout included
  double contraction = 0;      ///< of the variance per layer at (0, 1), alpha dropout included
  /// Relative standard deviation, over samples, of a sample's standard deviation in a layer of
  /// `width` units far from the input. 0 for infinite width.
  double spread = 0;
  /// Geometric mean over draws of weights and masks of a gradient's growth per layer, to first
  /// order in 1/width. For finite width it is below `gradient_growth`.
  double typical_growth = 0;
  /// Standard deviation over draws of the logarithm of a gradient's growth over all layers.
  double log_growth_spread = 0;
};

/// Requirements on a depth-tuned SELU.
struct DepthTunedSeluOptions {
  std::int64_t depth = 100;           ///< number of layers
  double growth = 2.718281828459045;  ///< maximum growth of the gradient over all layers
  std::int64_t width = 0;             ///< units per layer; 0 for infinite
  double max_spread = 0.1;            ///< maximum of `spread`
  /// Factor by which dropout multiplies the gradient's second moment per layer, from
  /// `alpha_dropout_gradient_growth`. A factor below 1 stands for alpha dropout with this factor
  /// (at a rate of at most 0.95), which also changes contraction and spread.
  double dropout_growth = 1;
  bool is_orthogonal = true;  ///< orthogonal weights, else Gaussian
};

/// Returns the SELU with fixed point (0, 1) and the largest scale s ≤ 1 for which the gradient
/// grows by at most `growth` over `depth` layers.
///
/// s = 1 is the published SELU, with which the gradient grows by 1.0716 per layer. E f′² ≥ 1 for
/// any f that preserves the variance (the Gaussian Poincaré inequality), with equality only for
/// straight lines, which s → 0 approaches. The closer f is to a line, the less the map contracts,
/// and the more the noise of finite width accumulates. If `spread` would exceed `max_spread`, s is
/// chosen so that the spread and the logarithm of the growth exceed their bounds by the same
/// factor. (For a growth ≤ 1, which only dropout reaches, only the growth counts.)
///
/// Throws Error(config) for a depth below 1, a growth ≤ 1 that dropout does not reach, and a growth
/// per layer so close to 1 that s would be below 1e-8, where double precision does not distinguish
/// this growth from 1.
DepthTunedSelu selu_for_depth(const DepthTunedSeluOptions& options);

/// Returns the SELU with fixed point (0, 1) and this scale s ≥ 1e-8, and its effect for the given
/// depth, width, weights and dropout. Throws Error(config) for values out of range.
DepthTunedSelu selu_for_scale(double scale, const DepthTunedSeluOptions& options);

/// Returns the factor by which alpha dropout multiplies a gradient's second moment,
/// a²q = 1/(1 + α′²·rate), for inputs with mean 0 and variance 1.
double alpha_dropout_gradient_growth(double rate);

/// The affine map y = a·z + b of alpha dropout, where z is the input if it is kept and α′ if it is
/// dropped.
struct AlphaAffine {
  double a = 1;  ///< factor
  double b = 0;  ///< offset
};

/// Returns the a and b for which a·z + b has the mean and variance of the input, if elements are
/// dropped with probability `rate` in [0, 1) and the input has this mean and this variance > 0.
/// Numerics: a within 1e-15 relative; b also, for mean 0, else within 1e-15·(|mean| + |α′|). Throws
/// Error(config) for arguments outside these ranges and for those without finite a and b. Source:
/// Klambauer et al. 2017, section "New dropout technique", for any mean, variance and α′.
AlphaAffine alpha_dropout_affine(double rate, double mean, double variance,
                                 double alpha_prime = kAlphaPrime);

/// Returns the mean over masks of the output of alpha dropout, as a map a·x + b of its input x:
/// the factor is q·a with the a of `alpha_dropout_affine` and q = 1 − rate, and the shift
/// (1 − q·a)·mean, since the mean is preserved. Same arguments, errors and accuracy.
/// Source: docs/theory.md, "Alpha dropout at inference".
AlphaAffine expected_alpha_dropout(double rate, double mean, double variance,
                                   double alpha_prime = kAlphaPrime);

/// The closed interval from `low` to `high`.
struct Bounds {
  double low = 0;   ///< lower bound
  double high = 0;  ///< upper bound
  /// Returns whether both bounds are equal to those of the other interval.
  bool operator==(const Bounds&) const = default;
};

/// All layers with μ, ω, ν and τ within these bounds.
struct Domain {
  Bounds mu;     ///< mean of the inputs
  Bounds omega;  ///< sum of the weights
  Bounds nu;     ///< variance of the inputs
  Bounds tau;    ///< sum of the squared weights
  /// Returns whether all bounds are equal to those of the other domain.
  bool operator==(const Domain&) const = default;
};

/// The claims of the theorems of Klambauer et al. 2017 about the layers of a domain, for the
/// paper's map.
enum class Claim : std::uint8_t {
  contracts,  ///< theorem 1: (μ̃, ν̃) stays in the domain, and σ_max of the Jacobian is below 1
  variance_falls,  ///< theorem 2: ν̃ < ν
  variance_rises,  ///< theorem 3: ν̃ > ν
};

/// The result of a proof.
enum class Verdict : std::uint8_t {
  proved,     ///< the claim holds on the whole domain
  refuted,    ///< a counterexample was found
  undecided,  ///< neither proved nor refuted
};

/// A proof or refutation of a claim.
struct Certificate {
  Verdict verdict = Verdict::undecided;  ///< the result
  std::int64_t boxes = 0;                ///< final number of boxes in (μω, ντ)
  /// If proved: the smallest proved distance, over the domain, of σ_max, μ̃ or ν̃ from its bound, in
  /// the unit of that quantity.
  double margin = 0;
  double seconds = 0;          ///< time taken
  bool hit_box_limit = false;  ///< if undecided: whether `max_boxes` was the reason
  Domain counterexample;       ///< if refuted: the claim is false everywhere in it
};

/// Number of boxes after which `certify` gives up.
inline constexpr std::int64_t kMaxBoxes = 100'000;

/// Proves or refutes a claim about SELU on a domain by interval arithmetic. The bounds of the
/// domain are exact. The outputs of the map depend on (μω, ντ) alone, so the rectangle of these
/// values is divided into boxes until the claim is proved for each. The claim is refuted if it is
/// proved false for all layers around the center of a box. The result is undecided if `max_boxes`
/// does not suffice, or if a box is too small to divide, as where a quantity equals its bound.
/// Throws Error(config) for bounds that are not finite and in order, ν ≤ 0, τ ≤ 0, α < 0, λ ≤ 0 or
/// a scale ≤ 0.
Certificate certify(Claim claim, const Domain& domain, const SeluConstants& constants = {},
                    std::int64_t max_boxes = kMaxBoxes);

/// Returns the domains of theorem 1, 2 or 3 as the paper states them. Theorem 3 has two, with ν ≥
/// 0.02 as in the paper's text. Throws Error(config) for another number.
std::vector<Domain> theorem_domains(int theorem);

/// Returns the claim of theorem 1, 2 or 3. Throws Error(config) for another number.
Claim theorem_claim(int theorem);

/// Extends to smaller ν a domain on which the variance is proved to rise, and returns the smallest
/// ν.low for which a proof was found. The search first finds the smallest ν ≥ 1e-8 at which the
/// variance rises in plain doubles, then tries proofs from 1 % to a factor of 5 above it. Returns
/// ν.low of `domain` if none succeeds. Takes a second or more.
double smallest_variance_proved_to_rise(const Domain& domain, const SeluConstants& constants = {});

}  // namespace selfnorm
