// SPDX-License-Identifier: Apache-2.0
// Periodic features of numbers: √2·cos(2π(w·x + b)). The functions are single-threaded: callers
// split the rows. No function throws or allocates.
#pragma once

#include <cstdint>

namespace selfnorm::kernels {

/// Rows of features. Each feature has its own frequencies w and phases b, `frequencies` of each.
struct PeriodicShape {
  std::int64_t rows = 0, features = 0, frequencies = 0;
};

/// Computes y[n][f][k] = √2·cos(2πt) with t = w[f][k]·x[n][f] + b[f][k]. The error is at most
/// √2·2⁻²⁴·(2π·(|w·x| + |t|) + 4), since t is rounded to a float. For |t| ≥ 2²³, t is a whole
/// number, so that y is √2. NaN and infinite t give NaN.
void periodic(const float* x, const float* w, const float* b, float* y, const PeriodicShape& shape);

/// Computes the gradients of the phases and frequencies of each row from dy: g = −2π√2·sin(2πt)·dy,
/// and gx = g·x. Neither may be dy. The error of g is at most 2π·|dy| times that of `periodic`.
void periodic_phase_gradient(const float* dy, const float* x, const float* w, const float* b,
                             float* g, float* gx, const PeriodicShape& shape);

/// Computes dx[n][f] = Σ_k g[n][f][k]·w[f][k] in double.
void periodic_input_gradient(const float* g, const float* w, float* dx, const PeriodicShape& shape);

}  // namespace selfnorm::kernels
