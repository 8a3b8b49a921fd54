// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace selfnorm {

/// Returns the x at which the distribution function of N(0, 1) is `probability`, which must be
/// above 0 and below 1. The error is below 1e-14·max(1, |x|). Thread-safe.
double normal_quantile(double probability);

}  // namespace selfnorm
