// SPDX-License-Identifier: Apache-2.0
// The mathematics of self-normalization in double precision: what an activation does to the mean
// and variance of a normal signal and to the second moment of a gradient, where that has a fixed
// point, and constants for a target. Nothing here needs a network, and all of it is thread-safe.
//
// The pre-activation z of a unit is taken as normally distributed. That is exact for Gaussian
// weights given the input, and else the limit of many inputs by the central limit theorem.
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

/// A moment-propagation rule of an activation: from a normal pre-activation to the moments.
using MomentRule = std::function<ActivationMoments(const Gaussian&)>;

/// The constants of SELU, λ·g(√s·x) with g(x) = x for x > 0, else α(eˣ − 1).
struct SeluConstants {
  double alpha = kSeluAlpha;    ///< α
  double lambda = kSeluLambda;  ///< λ
  double scale = 1;  ///< s: 1 is the published SELU, less is closer to a line (selu_for_depth)
};

/// The moments of SELU, in closed form over truncated normals. α ≥ 0, λ > 0, scale > 0, v > 0, all
/// finite. Numerics: mean, variance and slopes within 1e-13 relative (mean and slopes' derivatives:
/// or 1e-15·√v near their zeros) for |m| ≤ 60 and 1e-10 ≤ v ≤ 1e5; no overflow anywhere.
/// Source: Klambauer et al. 2017, equations 4 and 5, rearranged so that nothing cancels.
ActivationMoments selu_moments(const Gaussian& z, const SeluConstants& constants = {});

/// The moments of the activation x for x > 0, else slope·x (0 is ReLU, 1 the identity).
ActivationMoments leaky_relu_moments(const Gaussian& z, double slope);

/// The moments of any f with derivative df, smooth except at `kinks`, by adaptive quadrature. f
/// must grow no faster than a polynomial. Accuracy: 1e-10 relative to the largest part.
ActivationMoments quadrature_moments(const std::function<double(double)>& f,
                                     const std::function<double(double)>& df, const Gaussian& z,
                                     const std::vector<double>& kinks = {});

/// The correlation of f(z₁) and f(z₂) for z₁ and z₂ ~ N(m, v) with correlation rho in [−1, 1], by
/// quadrature over z₁ of the conditional mean. Accuracy: 1e-10 absolute.
double correlation_map(const std::function<double(double)>& f, const MomentRule& rule,
                       const Gaussian& z, double rho, const std::vector<double>& kinks = {});

/// The sums of a unit's weights, which act on the mean μ and variance ν of its inputs.
struct LayerWeights {
  double omega = 0;  ///< ω: the sum of a unit's weights
  double tau = 1;    ///< τ: the sum of their squares
  /// false is the paper's map with fixed weights, z ~ N(μω, ντ). true averages over drawn weights,
  /// so that a mean of the inputs adds to the variance: z ~ N(μω, (ν + μ²)τ).
  bool is_random = false;
};

/// Mean and variance of a layer's inputs or outputs.
struct Moments {
  double mean = 0;      ///< μ
  double variance = 1;  ///< ν
};

/// The distribution of the pre-activation for inputs with these moments.
Gaussian pre_activation(const Moments& inputs, const LayerWeights& weights);

/// One layer's moment map (μ, ν) → (μ̃, ν̃) with its Jacobian.
struct LayerMap {
  Moments outputs;             ///< μ̃ and ν̃
  double d_mean_d_mu = 0;      ///< ∂μ̃/∂μ
  double d_mean_d_nu = 0;      ///< ∂μ̃/∂ν
  double d_variance_d_mu = 0;  ///< ∂ν̃/∂μ
  double d_variance_d_nu = 0;  ///< ∂ν̃/∂ν
  double gradient_growth = 0;  ///< τ·E f′², the factor of a gradient's second moment

  /// The largest singular value of the Jacobian.
  double largest_singular_value() const;
  /// The largest magnitude of an eigenvalue of the Jacobian. Below 1 the map contracts.
  double spectral_radius() const;
};

/// The moment map of a layer at these input moments.
LayerMap layer_map(const MomentRule& rule, const Moments& inputs, const LayerWeights& weights = {});

/// The α and λ whose moment map has the fixed point `target` under these weights, in closed form (a
/// quadratic equation). Accuracy: 1e-14 for (0, 1). Throws Error(config) with the reason if there
/// are none.
SeluConstants selu_constants(const Moments& target, const LayerWeights& weights = {},
                             double scale = 1);

/// A fixed point of the moment map with ν > 0, and its basin of attraction along each axis,
/// searched in [−1e3, 1e3] for the mean and [1e-8, 1e8] for the variance.
struct FixedPoint {
  Moments moments;                ///< its mean and variance
  LayerMap map;                   ///< the moment map there
  bool is_attracting = false;     ///< whether the map contracts there
  double basin_min_mean = 0;      ///< smallest μ that leads here, at its ν
  double basin_max_mean = 0;      ///< largest
  double basin_min_variance = 0;  ///< smallest ν that leads here, at its μ
  double basin_max_variance = 0;  ///< largest
};

/// The fixed points with |μ| ≤ 1e3 and 1e-8 ≤ ν ≤ 1e8, ordered by variance. Newton's method finds
/// them from a grid of starts (|μ| up to 27 standard deviations, ν a factor of 2.5 apart), to the
/// rounding of the map. A fixed point that no start leads to is missed.
std::vector<FixedPoint> fixed_points(const MomentRule& rule, const LayerWeights& weights = {});

/// A SELU for a depth, and its effect on signals and gradients.
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

/// Requirements on a SELU for a depth.
struct DepthTunedSeluOptions {
  std::int64_t depth = 100;           ///< number of layers
  double growth = 2.718281828459045;  ///< maximum growth of the gradient over all layers
  std::int64_t width = 0;             ///< units per layer; 0 for infinite
  double max_spread = 0.1;            ///< maximum of `spread`
  /// Factor of dropout on the gradient's second moment per layer: `alpha_dropout_gradient_growth`.
  /// A factor below 1 stands for the alpha dropout with this growth (rate up to 0.95), which also
  /// changes contraction and spread.
  double dropout_growth = 1;
  bool is_orthogonal = true;  ///< orthogonal weights, else Gaussian
};

/// The fixed point's constants with the largest scale s ≤ 1 whose gradient grows by no more than
/// `growth` over `depth` layers: s = 1 is the published SELU and grows by 1.0716 a layer; E f′² ≥ 1
/// for any f that keeps the variance (the Gaussian Poincaré inequality), with equality only for
/// straight lines, which s → 0 approaches. The nearer to a line, the less the map contracts and the
/// more the noise of finite width adds up: where `spread` would exceed `max_spread`, s is
/// where the logarithm of the growth and the spread exceed their bounds by the same factor (for a
/// growth ≤ 1, which dropout reaches, the growth alone decides).
/// Error(config) for a depth below 1, a growth ≤ 1 that dropout does not reach, or one so near to 1
/// a layer that s would be below 1e-8, where double precision cannot tell it from 1.
DepthTunedSelu selu_for_depth(const DepthTunedSeluOptions& options);

/// As above for a given scale of at least 1e-8.
DepthTunedSelu selu_for_scale(double scale, const DepthTunedSeluOptions& options);

/// The factor of alpha dropout on a gradient's second moment, a²q = 1/(1 + α′²·rate) at (0, 1).
double alpha_dropout_gradient_growth(double rate);

/// The affine map y = a·z + b of alpha dropout, with z the input if kept and α′ if dropped.
struct AlphaAffine {
  double a = 1;  ///< factor
  double b = 0;  ///< offset
};

/// The a and b that give a·z + b the mean and variance of the input, when an element is dropped
/// with probability `rate` in [0, 1) and the input has this mean and this variance > 0. Numerics: a
/// within 1e-15 relative of the exact value; b too at mean 0, else within 1e-15 of |mean| + |α′|.
/// Error(config) for what is not in these ranges or has no finite a and b. Source: Klambauer et al.
/// 2017, section "New dropout technique", for any mean, variance and α′.
AlphaAffine alpha_dropout_affine(double rate, double mean, double variance,
                                 double alpha_prime = kAlphaPrime);

/// The closed interval from `low` to `high`.
struct Bounds {
  double low = 0;   ///< lower bound
  double high = 0;  ///< upper bound
  /// Whether both bounds are equal.
  bool operator==(const Bounds&) const = default;
};

/// All layers with μ, ω, ν and τ within these bounds.
struct Domain {
  Bounds mu;     ///< mean of the inputs
  Bounds omega;  ///< sum of the weights
  Bounds nu;     ///< variance of the inputs
  Bounds tau;    ///< sum of the squared weights
  /// Whether all bounds are equal.
  bool operator==(const Domain&) const = default;
};

/// The claims of the theorems of Klambauer et al. 2017 about a domain, for the paper's map.
enum class Claim : std::uint8_t {
  contracts,  ///< theorem 1: (μ̃, ν̃) stays in the domain, and σ_max of the Jacobian is below 1
  variance_falls,  ///< theorem 2: ν̃ < ν
  variance_rises,  ///< theorem 3: ν̃ > ν
};

/// The result of a proof.
enum class Verdict : std::uint8_t {
  proved,     ///< the claim holds on the whole domain
  refuted,    ///< a counterexample was found
  undecided,  ///< neither
};

/// A proof or refutation of a claim.
struct Certificate {
  Verdict verdict = Verdict::undecided;  ///< the result
  std::int64_t boxes = 0;                ///< final number of boxes in (μω, ντ)
  /// If proved, the smallest distance of a point of the domain to breaking the claim, in the unit
  /// of the nearest bound: σ, μ or ν.
  double margin = 0;
  double seconds = 0;          ///< time taken
  bool hit_box_limit = false;  ///< undecided, since `max_boxes` did not suffice
  Domain counterexample;       ///< if refuted: the claim is wrong on all of it
};

/// Number of boxes after which `certify` gives up.
inline constexpr std::int64_t kMaxBoxes = 100'000;

/// Proves or refutes a claim about SELU on a domain, whose bounds are the doubles as given, by
/// interval arithmetic: what depends on (μω, ντ) alone is divided until every box is proved; layers
/// around the center of a box that break the claim refute it. Undecided when `max_boxes` did not
/// suffice or a box is down to neighboring numbers, as where the claim is an equality.
/// Error(config) for bounds that are not in order, ν ≤ 0, τ ≤ 0, α < 0, λ ≤ 0 or a scale ≤ 0.
Certificate certify(Claim claim, const Domain& domain, const SeluConstants& constants = {},
                    std::int64_t max_boxes = kMaxBoxes);

/// Theorems 1, 2 and 3 (3 on its two domains) as the paper states them, with 0.02 as its text has.
std::vector<Domain> theorem_domains(int theorem);
/// The claim of theorem 1, 2 or 3.
Claim theorem_claim(int theorem);

/// How far ν.low of a domain on which the variance is proved to rise can fall for the proof to go
/// through still: the least ν that holds in plain doubles, and 1 % to a factor of 5 above it, as
/// near as a proof was found; no further than to 1e-8. It takes a second or more.
double smallest_variance_proved_to_rise(const Domain& domain, const SeluConstants& constants = {});

}  // namespace selfnorm
