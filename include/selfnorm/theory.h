// The mathematics of self-normalization in double precision: what an activation does to the mean
// and variance of a normal signal and to the second moment of a gradient, where that has a fixed
// point, and constants made for a target. Nothing here needs a network.
//
// z, the pre-activation of a unit, is taken as normal: exact for Gaussian weights given the input,
// and the limit of many inputs by the central limit theorem otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "selfnorm/constants.h"

namespace selfnorm {

/// A normal law by its mean and variance > 0.
struct Gaussian {
  double mean = 0;
  double variance = 1;
};

/// What an activation f makes of z ~ N(m, v).
struct ActivationMoments {
  double mean = 0;                 ///< E f(z)
  double variance = 0;             ///< Var f(z)
  double slope_mean = 0;           ///< E f′(z), which is ∂mean/∂m
  double slope_second_moment = 0;  ///< E f′(z)²: what a gradient's second moment is multiplied by
  double d_mean_d_variance = 0;    ///< ∂mean/∂v
  double d_variance_d_mean = 0;    ///< ∂variance/∂m
  double d_variance_d_variance = 0;  ///< ∂variance/∂v
};

/// How an activation acts on a normal law.
using MomentRule = std::function<ActivationMoments(const Gaussian&)>;

/// λ·g(√s·x), with g(x) = x for x > 0, else α(eˣ − 1). `scale` is s: 1 for the published SELU, less
/// for one that is nearer to a straight line (see `shape_for_depth`).
struct SeluConstants {
  double alpha = kSeluAlpha;
  double lambda = kSeluLambda;
  double scale = 1;
};

/// The moments of SELU, in closed form over truncated normals. α ≥ 0, λ > 0, scale > 0, v > 0, all
/// finite. Numerics: mean, variance and slopes within 1e-13 relative (mean and slopes' derivatives:
/// or 1e-15·√v near their zeros) for |m| ≤ 60 and 1e-10 ≤ v ≤ 1e5; no overflow anywhere.
/// Source: Klambauer et al. 2017, equations 4 and 5, rearranged so that nothing cancels.
ActivationMoments selu_moments(const Gaussian& z, const SeluConstants& constants = {});

/// The same for x for x > 0, else slope·x (ReLU: 0; the identity: 1).
ActivationMoments leaky_relu_moments(const Gaussian& z, double slope);

/// The same for any f with derivative df, which are smooth but at `kinks`, by adaptive quadrature.
/// f grows no faster than a polynomial. Relative error 1e-10 of the largest part.
ActivationMoments quadrature_moments(const std::function<double(double)>& f,
                                     const std::function<double(double)>& df, const Gaussian& z,
                                     const std::vector<double>& kinks = {});

/// Correlation of f(z₁) and f(z₂) where z₁ and z₂ ~ N(m, v) have correlation rho in [−1, 1]. By
/// quadrature over z₁ of the conditional mean of z₂: absolute error 1e-10.
double correlation_map(const std::function<double(double)>& f, const MomentRule& rule,
                       const Gaussian& z, double rho, const std::vector<double>& kinks = {});

/// What a layer's weights do to the mean μ and variance ν of its inputs.
struct LayerWeights {
  double omega = 0;  ///< ω: the sum of a unit's weights
  double tau = 1;    ///< τ: the sum of their squares
  /// false, the paper's map: the weights are given, z ~ N(μω, ντ). true: the weights are drawn, and
  /// inputs of mean μ add to the variance, z ~ N(μω, (ν + μ²)τ). They differ where μ ≠ 0.
  bool random = false;
};

/// Mean and variance of a layer's inputs or outputs.
struct Moments {
  double mean = 0;
  double variance = 1;
};

/// The law of z for inputs of these moments.
Gaussian pre_activation(const Moments& inputs, const LayerWeights& weights);

/// One layer's map (μ, ν) → (μ̃, ν̃) with its Jacobian.
struct LayerMap {
  Moments outputs;
  double d_mean_d_mu = 0, d_mean_d_nu = 0, d_variance_d_mu = 0, d_variance_d_nu = 0;
  double gradient_growth = 0;  ///< τ·E f′²: factor of the second moment of a gradient, backward

  double largest_singular_value() const;
  /// Largest magnitude of an eigenvalue; below 1 the map contracts towards a fixed point.
  double spectral_radius() const;
};

LayerMap layer_map(const MomentRule& rule, const Moments& inputs, const LayerWeights& weights = {});

/// α and λ whose map has the fixed point `target` under these weights. Closed form (a quadratic
/// equation); to 1e-14 for (0, 1). Error(config) where there are none, saying why.
SeluConstants selu_constants(const Moments& target, const LayerWeights& weights = {},
                             double scale = 1);

/// A fixed point of the map with ν > 0.
struct FixedPoint {
  Moments at;
  LayerMap map;  ///< there
  bool attracts = false;
  /// From which μ at its ν, and which ν at its μ, iteration leads here; looked for in
  /// [−1e3, 1e3] and [1e-8, 1e8].
  double basin_min_mean = 0, basin_max_mean = 0, least_variance = 0, basin_max_variance = 0;
};

/// The fixed points with |μ| ≤ 1e3 and 1e-8 ≤ ν ≤ 1e8, in order of their variance: what Newton's
/// method reaches from a grid of starts (|μ| up to 27 deviations, ν a factor of 2.5 apart), to the
/// rounding of the map. One that no start leads to would be missed.
std::vector<FixedPoint> fixed_points(const MomentRule& rule, const LayerWeights& weights = {});

/// A member of the SELU family for a depth: what it does to signals and gradients.
struct DepthTunedSelu {
  SeluConstants constants;
  double gradient_growth = 0;  ///< a layer, alpha dropout counted
  double contraction = 0;      ///< of the variance a layer, at (0, 1), alpha dropout counted
  /// Relative standard deviation of a sample's deviation in a layer of `width` units, around 1, far
  /// from the input; 0 for infinite width.
  double spread = 0;
  /// Of one sample's gradient over draws of the weights and masks: the geometric mean of its growth
  /// a layer, below the mean `gradient_growth` where width is finite, and the standard deviation of
  /// the logarithm of its growth over all layers. First order in 1/width.
  double typical_growth = 0, log_growth_spread = 0;
};

/// What a shape is wanted for.
struct DepthTunedSeluOptions {
  std::int64_t depth = 100;           ///< layers
  double growth = 2.718281828459045;  ///< most that the gradient's second moment may grow over all
  std::int64_t width = 0;             ///< units a layer; 0 for infinite width
  double max_spread = 0.1;            ///< most that `spread` should be
  /// What dropout multiplies the gradient's second moment by in a layer: `alpha_dropout_growth`.
  /// Below 1 it counts as the alpha dropout with this growth, of a rate up to 0.95, in contraction
  /// and spread too.
  double dropout_growth = 1;
  bool orthogonal = true;  ///< orthogonal weights, else Gaussian
};

/// The fixed point's constants with the largest scale s ≤ 1 whose gradient grows by no more than
/// `growth` over `depth` layers: s = 1 is the published SELU and grows by 1.0716 a layer; E f′² ≥ 1
/// for any f that keeps the variance (the Gaussian Poincaré inequality), with equality only for
/// straight lines, which s → 0 approaches. The nearer to a line, the less the map contracts and the
/// more the noise of finite width adds up: where `spread` would exceed `greatest_spread`, s is
/// where the logarithm of the growth and the spread exceed their bounds by the same factor (for a
/// growth ≤ 1, which dropout reaches, the growth alone decides).
/// Error(config) for a depth below 1, a growth ≤ 1 that dropout does not reach, or one so near to 1
/// a layer that s would be below 1e-8, where double precision cannot tell it from 1.
DepthTunedSelu selu_for_depth(const DepthTunedSeluOptions& request);

/// The same for a scale that is given, from 1e-8 on.
DepthTunedSelu selu_for_scale(double scale, const DepthTunedSeluOptions& request);

/// Factor of a gradient's second moment through alpha dropout: a²q = 1/(1 + α′²·rate) at (0, 1).
double alpha_dropout_gradient_growth(double rate);

/// y = a·z + b, with z the input where it is kept and α′ where it is dropped.
struct AlphaAffine {
  double a = 1;
  double b = 0;
};

/// The a and b that give a·z + b the mean and variance of the input, when an element is dropped
/// with probability `rate` in [0, 1) and the input has this mean and this variance > 0. Numerics: a
/// within 1e-15 relative of the exact value; b too at mean 0, else within 1e-15 of |mean| + |α′|.
/// Error(config) for what is not in these ranges or has no finite a and b. Source: Klambauer et al.
/// 2017, section "New dropout technique", for any mean, variance and α′.
AlphaAffine alpha_dropout_affine(double rate, double mean, double variance,
                                 double alpha_prime = kAlphaPrime);

/// From `low` to `high`, both included.
struct Bounds {
  double low = 0, high = 0;
  bool operator==(const Bounds&) const = default;
};

/// All layers with μ, ω, ν and τ within these bounds.
struct Domain {
  Bounds mu, omega, nu, tau;
  bool operator==(const Domain&) const = default;
};

/// What the theorems of Klambauer et al. 2017 say of a domain, for the paper's map.
enum class Claim : std::uint8_t {
  contracts,  ///< theorem 1: (μ̃, ν̃) stays in the domain, and σ_max of the Jacobian is below 1
  variance_falls,  ///< theorem 2: ν̃ < ν
  variance_rises,  ///< theorem 3: ν̃ > ν
};

enum class Verdict : std::uint8_t { proved, refuted, undecided };

struct Certificate {
  Verdict verdict = Verdict::undecided;
  std::int64_t boxes = 0;  ///< boxes in (μω, ντ) that the domain was divided into in the end
  /// Every point of the domain keeps the claim by at least this much (proved), in the unit of the
  /// bound that is nearest: σ, μ or ν.
  double margin = 0;
  double seconds = 0;
  bool hit_box_limit = false;  ///< undecided, since `most_boxes` did not suffice
  Domain counterexample;       ///< refuted: layers for all of which the claim is proved to be wrong
};

/// Boxes after which `certify` gives up.
inline constexpr std::int64_t kMaxBoxes = 100'000;

/// Proves or refutes a claim about SELU on a domain, whose bounds are the doubles as given, by
/// interval arithmetic: what depends on (μω, ντ) alone is divided until every box is proved; layers
/// around the centre of a box that break the claim refute it. Undecided when `most_boxes` did not
/// suffice or a box is down to neighbouring numbers, as where the claim is an equality.
/// Error(config) for bounds that are not in order, ν ≤ 0, τ ≤ 0, α < 0, λ ≤ 0 or a scale ≤ 0.
Certificate certify(Claim claim, const Domain& domain, const SeluConstants& constants = {},
                    std::int64_t max_boxes = kMaxBoxes);

/// Theorems 1, 2 and 3 (3 on its two domains) as the paper states them, with 0.02 as its text has.
std::vector<Domain> theorem_domains(int theorem);
Claim theorem_claim(int theorem);

/// How far ν.low of a domain on which the variance is proved to rise can fall for the proof to go
/// through still: the least ν that holds in plain doubles, and 1 % to a factor of 5 above it, as
/// near as a proof was found; no further than to 1e-8. It takes a second or more.
double smallest_variance_proved_to_rise(const Domain& domain, const SeluConstants& constants = {});

}  // namespace selfnorm
