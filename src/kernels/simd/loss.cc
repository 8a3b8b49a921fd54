// SPDX-License-Identifier: Apache-2.0
// Elementwise losses. The losses over rows of logits are in softmax_loss.cc.
#include "kernels/simd/loss.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/loss.cc"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h, which includes this file once for each target.
#include "hwy/highway.h"
#include "kernels/simd/exponential-inl.h"
#include "kernels/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace selfnorm::kernels::HWY_NAMESPACE {
namespace {

using selfnorm::HWY_NAMESPACE::exp_of_any;

const hn::ScalableTag<float> d;
const Wide<decltype(d)> wide;
using V = hn::Vec<decltype(d)>;

constexpr float kMissing = std::numeric_limits<float>::quiet_NaN();

// A rule has loss(x, t) and slope(x, t) = ∂loss/∂x.
struct SigmoidCrossEntropy {
  HWY_INLINE V loss(V x, V t) const {
    const V one = hn::Set(d, 1.0f), zero = hn::Zero(d), size = hn::Abs(x);
    // max(x,0) − x·t is |x|·(1−t) or |x|·t. It must be 0 for a factor of 0, even if |x| is
    // infinite.
    const V factor = hn::IfThenElse(hn::Gt(x, zero), hn::Sub(one, t), t);
    const V linear = hn::IfThenElseZero(hn::Ne(factor, zero), hn::Mul(size, factor));
    const V log_term = hn::Log1p(d, hn::Exp(d, hn::Neg(size)));
    return hn::IfThenElse(hn::Eq(x, x), hn::Add(linear, log_term), x);
  }
  HWY_INLINE V slope(V x, V t) const {
    const V one = hn::Set(d, 1.0f);
    const V e = exp_keeping_nan(d, hn::Neg(hn::Abs(x)));
    const V tail = hn::Div(e, hn::Add(one, e));  // σ(−|x|)
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Sub(hn::Sub(one, t), tail), hn::Sub(tail, t));
  }
};

struct SquaredError {
  HWY_INLINE V loss(V x, V t) const {
    const V e = hn::Sub(x, t);
    return hn::Mul(e, e);
  }
  HWY_INLINE V slope(V x, V t) const {
    const V e = hn::Sub(x, t);
    return hn::Add(e, e);
  }
};

struct SquaredLogError {
  HWY_INLINE V loss(V x, V t) const { return SquaredError{}.loss(x, hn::Log1p(d, t)); }
  HWY_INLINE V slope(V x, V t) const { return SquaredError{}.slope(x, hn::Log1p(d, t)); }
};

struct Poisson {
  HWY_INLINE V loss(V x, V t) const {
    const V product = hn::IfThenElseZero(hn::Ne(t, hn::Zero(d)), hn::Mul(t, x));  // not 0·∞
    return hn::Sub(exp_of_any(d, x), product);
  }
  HWY_INLINE V slope(V x, V t) const { return hn::Sub(exp_of_any(d, x), t); }
};

struct Huber {
  float delta;
  HWY_INLINE V loss(V x, V t) const {
    const V size = hn::Abs(hn::Sub(x, t)), limit = hn::Set(d, delta), half = hn::Set(d, 0.5f);
    const V square = hn::Mul(hn::Mul(half, size), size);
    const V line = hn::Mul(limit, hn::Sub(size, hn::Mul(half, limit)));
    return hn::IfThenElse(hn::Gt(size, limit), line, square);
  }
  HWY_INLINE V slope(V x, V t) const {
    const V e = hn::Sub(x, t), limit = hn::Set(d, delta);
    return hn::IfThenElse(hn::Gt(hn::Abs(e), limit), hn::CopySign(limit, e), e);
  }
};

template <class Rule>
LossSum Forward(const Rule& rule, const float* x, const float* t, float* losses, std::size_t n) {
  auto low = hn::Zero(wide), high = hn::Zero(wide);
  std::size_t present = 0;
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    const V target = lanes.load_or(d, t + i, kMissing);
    const auto here = hn::Eq(target, target);
    const V loss = hn::IfThenElseZero(here, rule.loss(lanes.load(d, x + i), target));
    if (losses != nullptr) lanes.store(loss, d, losses + i);
    add_promoted(d, loss, low, high);
    present += hn::CountTrue(d, here);
  });
  return {total(d, low, high), static_cast<double>(present)};
}

template <class Rule>
void Gradient(const Rule& rule, const float* x, const float* t, float* dx, std::size_t n,
              float scale) {
  const V factor = hn::Set(d, scale);
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    const V target = lanes.load_or(d, t + i, kMissing);
    const V slope = hn::Mul(factor, rule.slope(lanes.load(d, x + i), target));
    lanes.store(hn::IfThenElseZero(hn::Eq(target, target), slope), d, dx + i);
  });
}

// Calls body(rule) for the loss.
template <class Body>
HWY_INLINE auto with_loss(ElementLoss loss, float delta, const Body& body) {
  switch (loss) {
    case ElementLoss::sigmoid_cross_entropy: return body(SigmoidCrossEntropy{});
    case ElementLoss::squared: return body(SquaredError{});
    case ElementLoss::squared_log: return body(SquaredLogError{});
    case ElementLoss::poisson: return body(Poisson{});
    case ElementLoss::huber: break;
  }
  return body(Huber{delta});
}

LossSum ElementForward(ElementLoss loss, const float* x, const float* t, float* losses,
                       std::size_t n, float delta) {
  return with_loss(loss, delta,
                   [&](const auto& rule) HWY_ATTR { return Forward(rule, x, t, losses, n); });
}

void ElementGradient(ElementLoss loss, const float* x, const float* t, float* dx, std::size_t n,
                     float scale, float delta) {
  with_loss(loss, delta, [&](const auto& rule) HWY_ATTR { Gradient(rule, x, t, dx, n, scale); });
}

std::size_t PresentCount(const float* t, std::size_t n) {
  std::size_t present = 0;
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    const V target = lanes.load_or(d, t + i, kMissing);
    present += hn::CountTrue(d, hn::Eq(target, target));
  });
  return present;
}

}  // namespace
}  // namespace selfnorm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace selfnorm::kernels {

HWY_EXPORT(ElementForward);
HWY_EXPORT(ElementGradient);
HWY_EXPORT(PresentCount);

double count_present_targets(const float* t, std::int64_t n) {
  return static_cast<double>(HWY_DYNAMIC_DISPATCH(PresentCount)(t, static_cast<std::size_t>(n)));
}

LossSum element_loss(ElementLoss loss, const float* x, const float* t, float* losses,
                     std::int64_t n, double delta) {
  return HWY_DYNAMIC_DISPATCH(ElementForward)(loss, x, t, losses, static_cast<std::size_t>(n),
                                              static_cast<float>(delta));
}

void element_loss_gradient(ElementLoss loss, const float* x, const float* t, float* dx,
                           std::int64_t n, double scale, double delta) {
  HWY_DYNAMIC_DISPATCH(ElementGradient)
  (loss, x, t, dx, static_cast<std::size_t>(n), static_cast<float>(scale),
   static_cast<float>(delta));
}

LossSum mean_squared_error_by_feature(const float* x, const float* t, const float* factors,
                                      std::int64_t rows, std::int64_t features) {
  LossSum all;
  for (std::int64_t i = 0; i < rows * features; ++i) {
    if (std::isnan(t[i])) continue;
    const double residual = (static_cast<double>(x[i]) - t[i]) * factors[i % features];
    all += {residual * residual, 1};
  }
  return all;
}

void mean_squared_error_by_feature_gradient(const float* x, const float* t, const float* factors,
                                            float* dx, std::int64_t rows, std::int64_t features,
                                            double scale) {
  for (std::int64_t i = 0; i < rows * features; ++i) {
    const double factor = factors[i % features];
    const double slope = 2 * scale * factor * factor * (static_cast<double>(x[i]) - t[i]);
    dx[i] = std::isnan(t[i]) ? 0.0f : static_cast<float>(slope);
  }
}

}  // namespace selfnorm::kernels
#endif  // HWY_ONCE
