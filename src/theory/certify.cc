// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <optional>
#include <queue>
#include <vector>

#include "selfnorm/error.h"
#include "selfnorm/theory.h"
#include "theory/interval_moments.h"

namespace selfnorm {
namespace {

// A box of (m, v) = (μω, ντ), on which alone the map depends. (μ, ω) and (ν, τ) are independent of
// each other, so their products fill a rectangle.
struct Box {
  Bounds m, v;
};

// Widens bounds by one double on either side, so that they enclose the exact result of a rounding.
Bounds widened(const Bounds& bounds) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return {std::nextafter(bounds.low, -kInfinity), std::nextafter(bounds.high, kInfinity)};
}

Bounds product(const Bounds& a, const Bounds& b) {
  const auto [low, high] =
      std::minmax({a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high});
  return widened({low, high});
}

// Within 1 % of the smallest variance that rises, a proof takes about ten thousand boxes.
constexpr std::int64_t kSearchBoxes = 20000;
constexpr double kMinSearchedVariance = 1e-8;

double middle(const Bounds& bounds) { return 0.5 * (bounds.low + bounds.high); }

// Bounds of the slack of a claim, which is negative if the claim is broken. Every point of a box
// has a slack of at least `lower` and at most `upper`.
struct Slack {
  double lower, upper;
};

Slack min_slack(std::initializer_list<Slack> all) {
  Slack out{std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
  for (const Slack& slack : all) {
    out.lower = std::min(out.lower, slack.lower);
    out.upper = std::min(out.upper, slack.upper);
  }
  return out;
}

// Returns the slack of the claim greater > less.
Slack slack(const Interval& greater, const Interval& less) {
  const Interval difference = greater - less;
  return {difference.low(), difference.high()};
}

// Returns the largest singular value of the Jacobian J = A·diag(ω, τ).
Interval singular_value(const IntervalMoments& f, const Interval& omega, const Interval& tau) {
  const Interval a = f.d_mean_d_m * omega, b = f.d_mean_d_v * tau;
  const Interval c = f.d_variance_d_m * omega, d = f.d_variance_d_v * tau;
  return Interval(0.5) *
         (sqrt(square(a + d) + square(b - c)) + sqrt(square(a - d) + square(b + c)));
}

// Returns enclosures of the moments over the box. The closed form alone is wide, since its terms
// cancel. The mean-value form (center plus derivative times distance) is narrow if the box is
// small. Both enclose the moments, and so does their intersection.
IntervalMoments moments_over(const Box& box, const SeluConstants& constants) {
  const Interval m(box.m.low, box.m.high), v(box.v.low, box.v.high);
  const Interval m0(middle(box.m)), v0(middle(box.v));
  IntervalMoments f = selu_interval_moments(m, v, constants);
  const IntervalMoments center = selu_interval_moments(m0, v0, constants);
  const Interval dm = m - m0, dv = v - v0;
  f.mean = intersection(f.mean, center.mean + f.d_mean_d_m * dm + f.d_mean_d_v * dv);
  f.variance =
      intersection(f.variance, center.variance + f.d_variance_d_m * dm + f.d_variance_d_v * dv);
  return f;
}

class Prover {
 public:
  Prover(Claim claim, const Domain& domain, const SeluConstants& constants)
      : claim_(claim), domain_(domain), constants_(constants) {}

  Box whole() const {
    return {product(domain_.mu, domain_.omega), product(domain_.nu, domain_.tau)};
  }

  // Checks every layer with (μω, ντ) in the box. The singular value rises with |ω| and τ, so their
  // maxima suffice.
  Slack slack_over(const Box& box) const {
    const double omega = std::max(std::abs(domain_.omega.low), std::abs(domain_.omega.high));
    const Bounds tau = quotient(box.v, domain_.nu, domain_.tau);
    const Bounds nu = quotient(box.v, domain_.tau, domain_.nu);
    return check(box, omega, tau.high, {nu.low, nu.high});
  }

  // Checks the layers of a box in all four numbers.
  Slack at(const Domain& box) const {
    return check({product(box.mu, box.omega), product(box.nu, box.tau)},
                 {box.omega.low, box.omega.high}, {box.tau.low, box.tau.high},
                 {box.nu.low, box.nu.high});
  }

  // Returns layers around the center of the box that break the claim, if the center breaks it.
  // Among the layers with the same (μω, ντ), the one with the largest |ω| and the worst τ breaks it
  // first.
  std::optional<Domain> counterexample(const Box& box) const {
    const double m = middle(box.m), v = middle(box.v);
    const bool below = std::abs(domain_.omega.low) > std::abs(domain_.omega.high);
    const double omega = below ? domain_.omega.low : domain_.omega.high;
    const double mu = omega == 0 ? domain_.mu.high : m / omega;
    const double tau = claim_ == Claim::variance_rises ? v / domain_.nu.high : v / domain_.nu.low;
    const double tau_within = std::clamp(tau, domain_.tau.low, domain_.tau.high);
    std::optional<Domain> found;
    for (const double fraction : {0.0, 1e-6, 1e-4, 1e-3, 1e-2}) {
      const Domain around = {near(mu, domain_.mu, fraction), near(omega, domain_.omega, fraction),
                             near(v / tau_within, domain_.nu, fraction),
                             near(tau_within, domain_.tau, fraction)};
      if (!(at(around).upper <= 0)) break;
      found = around;
    }
    return found;
  }

 private:
  // Returns the part of `wanted` for which a product with a number of `other` is in `whole`.
  static Bounds quotient(const Bounds& whole, const Bounds& other, const Bounds& wanted) {
    const Bounds all = widened({whole.low / other.high, whole.high / other.low});
    return {std::max(all.low, wanted.low), std::min(all.high, wanted.high)};
  }

  // Returns the part of the bounds within this fraction of their width from x.
  static Bounds near(double x, const Bounds& bounds, double fraction) {
    const double distance = fraction * (bounds.high - bounds.low);
    const double center = std::clamp(x, bounds.low, bounds.high);
    return {std::max(bounds.low, center - distance), std::min(bounds.high, center + distance)};
  }

  Slack check(const Box& box, const Interval& omega, const Interval& tau,
              const Interval& nu) const {
    const IntervalMoments f = moments_over(box, constants_);
    if (claim_ == Claim::variance_falls) return slack(nu, f.variance);
    if (claim_ == Claim::variance_rises) return slack(f.variance, nu);
    return min_slack({slack(f.mean, domain_.mu.low), slack(domain_.mu.high, f.mean),
                      slack(f.variance, domain_.nu.low), slack(domain_.nu.high, f.variance),
                      slack(1, singular_value(f, omega, tau))});
  }

  Claim claim_;
  Domain domain_;
  SeluConstants constants_;
};

bool divides(const Bounds& bounds) {
  return bounds.low < middle(bounds) && middle(bounds) < bounds.high;
}

// Returns the halves of a box, or nothing if its bounds are neighboring doubles.
std::vector<Box> halves(const Box& box) {
  const double m = box.m.high - box.m.low, v = box.v.high - box.v.low;
  Box first = box, second = box;
  const bool by_m = m / std::sqrt(box.v.high) > v / box.v.high;
  if (divides(box.m) && (by_m || !divides(box.v))) {
    first.m.high = second.m.low = middle(box.m);
  } else if (divides(box.v)) {
    first.v.high = second.v.low = middle(box.v);
  } else {
    return {};
  }
  return {first, second};
}

// Whether the variance rises at ν on a grid of the domain's means, in plain doubles. The smallest τ
// raises it least.
bool variance_rises_on_grid(double nu, const Domain& domain, const SeluConstants& constants) {
  constexpr int kSteps = 200;
  const Bounds m = product(domain.mu, domain.omega);
  for (int i = 0; i <= kSteps; ++i) {
    const Gaussian z{m.low + (m.high - m.low) * i / kSteps, nu * domain.tau.low};
    if (selu_moments(z, constants).variance <= nu) return false;
  }
  return true;
}

void check_domain(const Domain& domain, const SeluConstants& constants) {
  const auto check = [](const char* name, const Bounds& bounds, bool positive) {
    const bool finite = std::isfinite(bounds.low) && std::isfinite(bounds.high);
    if (finite && bounds.low <= bounds.high && (!positive || bounds.low > 0)) return;
    throw Error(
        ErrorKind::config,
        fmt::format(
            "theory certify: {}: expected bounds LOW,HIGH with LOW at most HIGH{}, got {},{}", name,
            positive ? " and above 0" : "", bounds.low, bounds.high));
  };
  const auto check_constant = [](const char* name, double value, bool good, const char* expected) {
    if (good && std::isfinite(value)) return;
    throw Error(ErrorKind::config,
                fmt::format("theory certify: {}: expected {}, got {}", name, expected, value));
  };
  check("mu", domain.mu, false);
  check("omega", domain.omega, false);
  check("nu", domain.nu, true);
  check("tau", domain.tau, true);
  check_constant("alpha", constants.alpha, constants.alpha >= 0, "a number of at least 0");
  check_constant("lambda", constants.lambda, constants.lambda > 0, "a number above 0");
  check_constant("scale", constants.scale, constants.scale > 0, "a number above 0");
}

}  // namespace

Certificate certify(Claim claim, const Domain& domain, const SeluConstants& constants,
                    std::int64_t max_boxes) {
  check_domain(domain, constants);
  const auto start = std::chrono::steady_clock::now();
  const Prover prover(claim, domain, constants);
  Certificate result;
  result.margin = std::numeric_limits<double>::infinity();
  result.verdict = Verdict::proved;
  std::queue<Box> open;  // the widest boxes first, so that no corner delays the others
  const auto check_box = [&](const Box& box) {
    const double lower = prover.slack_over(box).lower;
    if (!(lower > 0)) {
      open.push(box);
      return;
    }
    ++result.boxes;
    result.margin = std::min(result.margin, lower);
  };
  check_box(prover.whole());
  while (!open.empty() && result.verdict == Verdict::proved) {
    const Box box = open.front();
    if (const auto broken = prover.counterexample(box)) {
      result.verdict = Verdict::refuted;
      result.counterexample = *broken;
      break;
    }
    const std::vector<Box> sub_boxes = halves(box);
    if (sub_boxes.empty() || result.boxes + std::ssize(open) >= max_boxes) {
      result.verdict = Verdict::undecided;
      result.hit_box_limit = !sub_boxes.empty();
      break;
    }
    open.pop();
    std::ranges::for_each(sub_boxes, check_box);
  }
  if (result.verdict != Verdict::proved) {
    result.margin = 0;
    result.boxes += std::ssize(open);
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

namespace {

[[noreturn]] void throw_unknown_theorem(int theorem) {
  throw Error(ErrorKind::config,
              fmt::format("theory certify: theorem: expected 1, 2 or 3, got {}", theorem));
}

}  // namespace

std::vector<Domain> theorem_domains(int theorem) {
  const Bounds tenth{-0.1, 0.1};
  switch (theorem) {
    case 1: return {{tenth, tenth, {0.8, 1.5}, {0.95, 1.1}}};
    case 2: return {{{-1, 1}, tenth, {3, 16}, {0.8, 1.25}}};
    case 3:
      return {{tenth, tenth, {0.02, 0.16}, {0.8, 1.25}}, {tenth, tenth, {0.02, 0.24}, {0.9, 1.25}}};
    default: throw_unknown_theorem(theorem);
  }
}

Claim theorem_claim(int theorem) {
  switch (theorem) {
    case 1: return Claim::contracts;
    case 2: return Claim::variance_falls;
    case 3: return Claim::variance_rises;
    default: throw_unknown_theorem(theorem);
  }
}

double smallest_variance_proved_to_rise(const Domain& domain, const SeluConstants& constants) {
  if (domain.nu.low <= kMinSearchedVariance) return domain.nu.low;
  double good = std::log(domain.nu.low), bad = std::log(kMinSearchedVariance);
  while (good - bad > 1e-3) {
    const double middle = 0.5 * (good + bad);
    (variance_rises_on_grid(std::exp(middle), domain, constants) ? good : bad) = middle;
  }
  for (const double above : {1.01, 1.03, 1.1, 1.3, 2.0, 5.0}) {
    Domain from = domain;
    from.nu.low = std::min(above * std::exp(good), domain.nu.low);
    const Certificate tried = certify(Claim::variance_rises, from, constants, kSearchBoxes);
    if (tried.verdict == Verdict::proved) return from.nu.low;
  }
  return domain.nu.low;
}

}  // namespace selfnorm
