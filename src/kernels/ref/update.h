// SPDX-License-Identifier: Apache-2.0
// Reference optimizers as in their papers, for one parameter in double, for tests of
// kernels/simd/update.h. Each struct is the optimizer of one parameter with its state.
#pragma once

#include <cmath>

namespace selfnorm::ref {

/// Returns clip(scale·(dw + 2·l2·w)). A limit of 0 means no limit.
inline double total_gradient(double dw, double w, double scale, double l2, double limit) {
  const double g = scale * (dw + 2 * l2 * w);
  if (limit > 0 && std::abs(g) > limit) return std::copysign(limit, g);
  return g;
}

struct Sgd {
  double learning_rate, momentum;
  bool nesterov;
  double velocity = 0;

  double next(double w, double g) {
    velocity = momentum * velocity + g;
    return w - learning_rate * (nesterov ? g + momentum * velocity : velocity);
  }
};

/// Kingma & Ba, algorithm 1. With decay, Loshchilov & Hutter, algorithm 2, where the decay is
/// multiplied by the learning rate.
struct Adam {
  double learning_rate, beta1, beta2, epsilon, weight_decay;
  double m = 0, v = 0;
  int t = 0;

  double next(double w, double g) {
    ++t;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    const double m_hat = m / (1 - std::pow(beta1, t)), v_hat = v / (1 - std::pow(beta2, t));
    return w - learning_rate * (m_hat / (std::sqrt(v_hat) + epsilon) + weight_decay * w);
  }
};

struct Rmsprop {
  double learning_rate, rho, momentum, epsilon;
  double v = 0, b = 0;

  double next(double w, double g) {
    v = rho * v + (1 - rho) * g * g;
    b = momentum * b + learning_rate * g / std::sqrt(v + epsilon);
    return w - b;
  }
};

}  // namespace selfnorm::ref
