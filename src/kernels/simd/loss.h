// SPDX-License-Identifier: Apache-2.0
// Losses and their gradients. A forward function writes one loss per row (or element) and returns
// their sum and weight. A gradient function writes scale·∂(sum)/∂(input), so scale = upstream /
// weight gives the gradient of the mean. All functions are single-threaded: callers split the rows
// and add the LossSums. No function throws or allocates.
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

/// A mean loss as sum and weight, so that parts of a batch can be added.
struct LossSum {
  double sum = 0;
  double weight = 0;

  /// Returns sum / weight, or 0 if the weight is 0.
  double mean() const { return weight > 0 ? sum / weight : 0; }
  LossSum& operator+=(const LossSum& other) {
    sum += other.sum;
    weight += other.weight;
    return *this;
  }
};

/// The options of softmax cross-entropy. For a one-hot or dense target t, smoothing ε, K classes
/// and class weights w (1 if null), the smoothed target is q_c = w_c·((1−ε)·t_c + ε/K), and the
/// loss of a row is −Σ_c q_c·log softmax(x)_c. This is PyTorch's loss and, with w = 1, Keras's. The
/// weight of a row is w_label (PyTorch's weighted mean), or Σ w_c·t_c for dense targets, so that
/// one-hot rows and labels agree (PyTorch divides by the number of rows there). Without class
/// weights, every row has weight 1.
struct CrossEntropyOptions {
  std::int64_t classes = 0;
  double label_smoothing = 0;            ///< ε in [0, 1)
  const float* class_weights = nullptr;  ///< `classes` weights ≥ 0, or null
};

/// Computes the softmax cross-entropy of logits x (rows × classes) and labels (rows, from 0). A
/// negative label is missing: the row has loss 0, gradient 0 and weight 0. A label past the classes
/// gives NaN. `losses` (rows) may be null. For the largest logit m and the softmax p,
/// |error| ≤ Σq·Σ_{x_k<m} p_k·(2 + m − x_k)·2⁻²⁴ + 5·2⁻²⁴·loss + 2⁻⁵¹, so small losses keep their
/// relative precision. A logit of −∞ has probability 0, so the loss is +∞ only if its target is not
/// 0. A row with NaN or +∞, or with only −∞, gives NaN.
LossSum softmax_cross_entropy(const float* x, const std::int32_t* labels, float* losses,
                              std::int64_t rows, const CrossEntropyOptions& options);
/// As above with dense targets (rows × classes), which need not sum to one.
LossSum softmax_cross_entropy(const float* x, const float* targets, float* losses,
                              std::int64_t rows, const CrossEntropyOptions& options);

/// Computes dx[r][c] = scale·(Σ_k q_k · softmax(x)_c − q_c). dx may be x. At a label, the
/// difference p − 1 is computed in double, so a confident row keeps its relative precision.
void softmax_cross_entropy_gradient(const float* x, const std::int32_t* labels, float* dx,
                                    std::int64_t rows, const CrossEntropyOptions& options,
                                    double scale);
void softmax_cross_entropy_gradient(const float* x, const float* targets, float* dx,
                                    std::int64_t rows, const CrossEntropyOptions& options,
                                    double scale);

/// Returns the LossSum::weight of these targets, without the logits.
double cross_entropy_weight(const std::int32_t* labels, std::int64_t rows,
                            const CrossEntropyOptions& options);
double cross_entropy_weight(const float* targets, std::int64_t rows,
                            const CrossEntropyOptions& options);

// The elementwise losses below take n inputs x and n targets t. A target of NaN is missing: it has
// loss and gradient 0, whatever x is, and does not count. The weight is the number of targets that
// are not missing, so the mean is over these. `losses` (n) may be null. Outputs may be x or t.

/// Returns the number of targets that are not missing.
double count_present_targets(const float* t, std::int64_t n);

enum class ElementLoss : std::uint8_t {
  /// −t·log σ(x) − (1−t)·log(1−σ(x)) from logits for t in [0, 1], as max(x,0) − x·t + log1p(e^−|x|)
  /// with positive terms only. The relative error is below 16·2⁻²⁴. Infinite logits give the
  /// limits.
  /// Its slope is σ(x) − t, for x > 0 from 1 − t and 1 − σ(x), so that nothing cancels for t of 0
  /// and 1.
  sigmoid_cross_entropy,
  squared,  ///< (x − t)². Overflows to +∞ for |x − t| above 1.8e19.
  /// (x − log(1 + t))² for targets t above −1. The logarithm has an error of at most 2 ULP.
  squared_log,
  /// e^x − t·x, the negative log likelihood of a Poisson distribution with mean e^x without the
  /// term
  /// that depends only on t. It is +∞ for x above 88.73. For t > 0, an infinite x gives NaN.
  poisson,
  /// ½e² for |e| ≤ delta, else delta·(|e| − ½·delta), with e = x − t and delta > 0 (Huber 1964).
  huber,
};

/// Computes the loss of each element. `delta` is only that of `huber`.
LossSum element_loss(ElementLoss loss, const float* x, const float* t, float* losses,
                     std::int64_t n, double delta = 1);
/// Computes dx = scale·∂loss/∂x.
void element_loss_gradient(ElementLoss loss, const float* x, const float* t, float* dx,
                           std::int64_t n, double scale, double delta = 1);

/// Returns the sum of squared residuals, each multiplied by the factor of its feature first. The
/// sum is in double. The features of a row are few, so this is not vectorized.
LossSum mean_squared_error_by_feature(const float* x, const float* t, const float* factors,
                                      std::int64_t rows, std::int64_t features);
/// Computes dx = scale·2·(x − t)·factor².
void mean_squared_error_by_feature_gradient(const float* x, const float* t, const float* factors,
                                            float* dx, std::int64_t rows, std::int64_t features,
                                            double scale);

}  // namespace selfnorm::kernels
