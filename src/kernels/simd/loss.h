// SPDX-License-Identifier: Apache-2.0
// Losses and their gradients. A forward function writes one loss a row (or an element) and returns
// what the mean is made of; a gradient function writes scale·∂(sum)/∂(input), so scale = upstream /
// weight gives the gradient of the mean. Single-threaded: callers split the rows and add the
// LossSums. No function throws or allocates.
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

/// The mean loss in parts, so that pieces of a batch can be added.
struct LossSum {
  double sum = 0;
  double weight = 0;

  /// 0 when there is nothing to average.
  double mean() const { return weight > 0 ? sum / weight : 0; }
  LossSum& operator+=(const LossSum& other) {
    sum += other.sum;
    weight += other.weight;
    return *this;
  }
};

/// With t a one-hot or dense target, ε the smoothing, K the classes and w the class weights (1 when
/// null), the target is q_c = w_c·((1−ε)·t_c + ε/K), and a row's loss is −Σ_c q_c·log softmax(x)_c.
/// That is PyTorch's loss and, with w = 1, Keras's. A row weighs w_label (PyTorch's weighted mean)
/// or Σ w_c·t_c for dense targets, so that one-hot rows and labels agree (PyTorch divides by the
/// number of rows there); without class weights every row weighs 1.
struct CrossEntropy {
  std::int64_t classes = 0;
  double label_smoothing = 0;            ///< ε in [0, 1)
  const float* class_weights = nullptr;  ///< `classes` weights ≥ 0, or null
};

/// Softmax cross-entropy from logits x (rows × classes) and labels (rows, from 0). A negative label
/// is missing: its row has loss 0, gradient 0 and weight 0; a label past the classes gives NaN.
/// `losses` (rows) may be null. With m the greatest logit and p the softmax,
/// |error| ≤ Σq·Σ_{x_k<m} p_k·(2 + m − x_k)·2⁻²⁴ + 5·2⁻²⁴·loss + 2⁻⁵¹: small losses keep their
/// relative precision. A logit of −∞ has probability 0, so the loss is +∞ only where its target is
/// not 0; NaN, +∞ or only −∞ in a row give NaN.
LossSum softmax_cross_entropy(const float* x, const std::int32_t* labels, float* losses,
                              std::int64_t rows, const CrossEntropy& options);
/// The same with dense targets (rows × classes), which need not sum to one.
LossSum softmax_cross_entropy(const float* x, const float* targets, float* losses,
                              std::int64_t rows, const CrossEntropy& options);

/// dx[r][c] = scale·(Σ_k q_k · softmax(x)_c − q_c). dx may be x. At a label the difference p − 1 is
/// formed in double, so a confident row keeps its relative precision.
void softmax_cross_entropy_gradient(const float* x, const std::int32_t* labels, float* dx,
                                    std::int64_t rows, const CrossEntropy& options, double scale);
void softmax_cross_entropy_gradient(const float* x, const float* targets, float* dx,
                                    std::int64_t rows, const CrossEntropy& options, double scale);

/// The LossSum::weight of these targets without looking at logits.
double cross_entropy_weight(const std::int32_t* labels, std::int64_t rows,
                            const CrossEntropy& options);
double cross_entropy_weight(const float* targets, std::int64_t rows, const CrossEntropy& options);

// The elementwise losses below take n inputs x and n targets t. A target of NaN is missing: loss
// and gradient 0, whatever x is, and it does not count. The weight is the number of targets
// present; the mean is over these. `losses` (n) may be null; outputs may be x or t.

/// The number of targets present.
double present_count(const float* t, std::int64_t n);

/// −t·log σ(x) − (1−t)·log(1−σ(x)) from logits, for t in [0, 1]: max(x,0) − x·t + log1p(e^−|x|) in
/// terms that are all positive, relative error below 16·2⁻²⁴. Infinite logits have their limits.
LossSum sigmoid_cross_entropy(const float* x, const float* t, float* losses, std::int64_t n);
/// dx = scale·(σ(x) − t), with 1 − t and 1 − σ taken apart so that nothing cancels for t of 0
/// and 1.
void sigmoid_cross_entropy_gradient(const float* x, const float* t, float* dx, std::int64_t n,
                                    double scale);

/// (x − t)²; overflows to +∞ for |x − t| above 1.8e19.
LossSum mean_squared_error(const float* x, const float* t, float* losses, std::int64_t n);
/// dx = scale·2·(x − t).
void mean_squared_error_gradient(const float* x, const float* t, float* dx, std::int64_t n,
                                 double scale);

/// ½e² for |e| ≤ delta, else delta·(|e| − ½·delta), with e = x − t and delta > 0 (Huber 1964).
LossSum huber(const float* x, const float* t, float* losses, std::int64_t n, double delta);
/// dx = scale·e held to [−delta, delta].
void huber_gradient(const float* x, const float* t, float* dx, std::int64_t n, double delta,
                    double scale);

}  // namespace selfnorm::kernels
