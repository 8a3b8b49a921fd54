// SPDX-License-Identifier: Apache-2.0
// Fused softmax cross-entropy. Probabilities are never stored.
#include <cmath>

#include "kernels/simd/loss.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/softmax_loss.cc"
#include "hwy/foreach_target.h"
// Must follow foreach_target.h, which includes this file once for each target.
#include "hwy/highway.h"
#include "kernels/simd/exponential-inl.h"

HWY_BEFORE_NAMESPACE();
namespace selfnorm::kernels::HWY_NAMESPACE {
namespace {

const hn::ScalableTag<float> d;
const Wide<decltype(d)> wide;
using V = hn::Vec<decltype(d)>;
using W = hn::Vec<decltype(wide)>;

// The target of one row without its label: q_c = w_c·(keep·t_c + floor).
struct DenseTarget {
  const float* targets;  // null if the row has a label
  const float* weights;  // null if all are 1
  float keep;            // 1 − ε
  float floor;           // ε / K

  template <class Lanes>
  HWY_INLINE V at(std::size_t i, Lanes lanes) const {
    V q = hn::Set(d, floor);
    if (targets != nullptr) q = hn::MulAdd(hn::Set(d, keep), lanes.load(d, targets + i), q);
    if (weights != nullptr) q = hn::Mul(q, lanes.load(d, weights + i));
    return lanes.keep(d, q);
  }
  bool is_zero() const { return targets == nullptr && floor == 0; }
};

DenseTarget dense_target(const CrossEntropyOptions& options, const float* targets) {
  return {targets, options.class_weights, static_cast<float>(1 - options.label_smoothing),
          static_cast<float>(options.label_smoothing / static_cast<double>(options.classes))};
}

struct RowSums {
  double target = 0;     // Σ q
  double surprisal = 0;  // −Σ q·(x − maximum) without terms with q = 0
};

RowSums row_sums(const DenseTarget& target, const float* x, std::size_t n, float maximum) {
  if (target.is_zero()) return {};
  const W shift = hn::Set(wide, static_cast<double>(maximum));
  const auto surprisal = [shift](W sum, W target_value, W logit) HWY_ATTR {
    const W product = hn::Mul(target_value, hn::Sub(shift, logit));  // cannot overflow in double
    return hn::Add(sum, hn::IfThenElseZero(hn::Ne(target_value, hn::Zero(wide)), product));
  };
  W target_low = hn::Zero(wide), target_high = target_low, low = target_low, high = target_low;
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    const V q = target.at(i, lanes), v = lanes.load(d, x + i);
    add_promoted(d, q, target_low, target_high);
    accumulate_halves(d, low, high, surprisal, q, v);
  });
  return {total(d, target_low, target_high), total(d, low, high)};
}

double target_sum(const DenseTarget& target, std::size_t n) {
  if (target.is_zero()) return 0;
  W low = hn::Zero(wide), high = low;
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    add_promoted(d, target.at(i, lanes), low, high);
  });
  return total(d, low, high);
}

// Returns the term that the label adds to q at its class, or NaN for a label past the classes.
double label_target(const CrossEntropyOptions& options, std::int32_t label) {
  if (label >= options.classes) return std::numeric_limits<double>::quiet_NaN();
  const double weight = options.class_weights == nullptr ? 1 : options.class_weights[label];
  return (1 - options.label_smoothing) * weight;
}

double RowLoss(const float* x, const DenseTarget& target, double label_target_value,
               std::int32_t label, std::size_t n) {
  const float maximum = row_maximum(d, x, n);
  RowSums sums = row_sums(target, x, n, maximum);
  sums.target += label_target_value;
  if (label_target_value > 0)
    sums.surprisal += label_target_value * (static_cast<double>(maximum) - x[label]);
  return sums.target * std::log(sum_of_exponentials(d, x, n, maximum)) + sums.surprisal;
}

void RowGradient(const float* x, const DenseTarget& target, double label_target_value,
                 std::int32_t label, float* dx, std::size_t n, double scale) {
  const float maximum = row_maximum(d, x, n);
  const double sum = sum_of_exponentials(d, x, n, maximum);
  const double all = target_sum(target, n) + label_target_value;
  double slope = 0;
  // This precedes the writing of dx, which may be x. e has the same bits as in the sum.
  if (label_target_value > 0) {
    const auto place = static_cast<std::size_t>(label);
    const double e = hn::GetLane(exp_keeping_nan(d, hn::Set(d, x[label] - maximum)));
    HWY_ALIGN float lanes[hn::MaxLanes(d)];
    hn::Store(target.at(place, PartialVector{1}), d, lanes);
    slope = scale * ((all * e - (label_target_value + static_cast<double>(lanes[0])) * sum) / sum);
  }
  const V shift = hn::Set(d, maximum), factor = hn::Set(d, static_cast<float>(scale * all / sum)),
          minus = hn::Set(d, static_cast<float>(-scale));
  sweep(d, n, [&](std::size_t i, auto lanes) HWY_ATTR {
    const V e = exp_keeping_nan(d, hn::Sub(lanes.load(d, x + i), shift));
    lanes.store(hn::MulAdd(minus, target.at(i, lanes), hn::Mul(factor, e)), d, dx + i);
  });
  if (label_target_value > 0) dx[label] = static_cast<float>(slope);
}

double LabelWeight(const CrossEntropyOptions& options, std::int32_t label) {
  if (label < 0) return 0;
  if (options.class_weights == nullptr || label >= options.classes) return 1;
  return options.class_weights[label];
}

double DenseWeight(const CrossEntropyOptions& options, const float* targets) {
  if (options.class_weights == nullptr) return 1;
  return target_sum({targets, options.class_weights, 1, 0},
                    static_cast<std::size_t>(options.classes));
}

LossSum LabelForward(const float* x, const std::int32_t* labels, float* losses, std::size_t rows,
                     const CrossEntropyOptions& options) {
  const auto n = static_cast<std::size_t>(options.classes);
  const DenseTarget target = dense_target(options, nullptr);
  LossSum all;
  for (std::size_t r = 0; r < rows; ++r) {
    const double loss =
        labels[r] < 0 ? 0
                      : RowLoss(x + r * n, target, label_target(options, labels[r]), labels[r], n);
    if (losses != nullptr) losses[r] = static_cast<float>(loss);
    all += {loss, LabelWeight(options, labels[r])};
  }
  return all;
}

LossSum DenseForward(const float* x, const float* targets, float* losses, std::size_t rows,
                     const CrossEntropyOptions& options) {
  const auto n = static_cast<std::size_t>(options.classes);
  LossSum all;
  for (std::size_t r = 0; r < rows; ++r) {
    const float* row = targets + r * n;
    const double weight = DenseWeight(options, row);
    const double loss = RowLoss(x + r * n, dense_target(options, row), 0, 0, n);
    if (losses != nullptr) losses[r] = static_cast<float>(loss);
    all += {loss, weight};
  }
  return all;
}

void LabelGradient(const float* x, const std::int32_t* labels, float* dx, std::size_t rows,
                   const CrossEntropyOptions& options, double scale) {
  const auto n = static_cast<std::size_t>(options.classes);
  const DenseTarget target = dense_target(options, nullptr);
  for (std::size_t r = 0; r < rows; ++r) {
    if (labels[r] < 0) {
      for (std::size_t c = 0; c < n; ++c) dx[r * n + c] = 0;
      continue;
    }
    RowGradient(x + r * n, target, label_target(options, labels[r]), labels[r], dx + r * n, n,
                scale);
  }
}

void DenseGradient(const float* x, const float* targets, float* dx, std::size_t rows,
                   const CrossEntropyOptions& options, double scale) {
  const auto n = static_cast<std::size_t>(options.classes);
  for (std::size_t r = 0; r < rows; ++r) {
    RowGradient(x + r * n, dense_target(options, targets + r * n), 0, 0, dx + r * n, n, scale);
  }
}

double DenseWeights(const float* targets, std::size_t rows, const CrossEntropyOptions& options) {
  double all = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    all += DenseWeight(options, targets + r * static_cast<std::size_t>(options.classes));
  }
  return all;
}

double LabelWeights(const std::int32_t* labels, std::size_t rows,
                    const CrossEntropyOptions& options) {
  double all = 0;
  for (std::size_t r = 0; r < rows; ++r) all += LabelWeight(options, labels[r]);
  return all;
}

}  // namespace
}  // namespace selfnorm::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace selfnorm::kernels {

HWY_EXPORT(LabelForward);
HWY_EXPORT(DenseForward);
HWY_EXPORT(LabelGradient);
HWY_EXPORT(DenseGradient);
HWY_EXPORT(LabelWeights);
HWY_EXPORT(DenseWeights);

LossSum softmax_cross_entropy(const float* x, const std::int32_t* labels, float* losses,
                              std::int64_t rows, const CrossEntropyOptions& options) {
  return HWY_DYNAMIC_DISPATCH(LabelForward)(x, labels, losses, static_cast<std::size_t>(rows),
                                            options);
}

LossSum softmax_cross_entropy(const float* x, const float* targets, float* losses,
                              std::int64_t rows, const CrossEntropyOptions& options) {
  return HWY_DYNAMIC_DISPATCH(DenseForward)(x, targets, losses, static_cast<std::size_t>(rows),
                                            options);
}

void softmax_cross_entropy_gradient(const float* x, const std::int32_t* labels, float* dx,
                                    std::int64_t rows, const CrossEntropyOptions& options,
                                    double scale) {
  HWY_DYNAMIC_DISPATCH(LabelGradient)
  (x, labels, dx, static_cast<std::size_t>(rows), options, scale);
}

void softmax_cross_entropy_gradient(const float* x, const float* targets, float* dx,
                                    std::int64_t rows, const CrossEntropyOptions& options,
                                    double scale) {
  HWY_DYNAMIC_DISPATCH(DenseGradient)
  (x, targets, dx, static_cast<std::size_t>(rows), options, scale);
}

double cross_entropy_weight(const std::int32_t* labels, std::int64_t rows,
                            const CrossEntropyOptions& options) {
  return HWY_DYNAMIC_DISPATCH(LabelWeights)(labels, static_cast<std::size_t>(rows), options);
}

double cross_entropy_weight(const float* targets, std::int64_t rows,
                            const CrossEntropyOptions& options) {
  return HWY_DYNAMIC_DISPATCH(DenseWeights)(targets, static_cast<std::size_t>(rows), options);
}

}  // namespace selfnorm::kernels
#endif  // HWY_ONCE
