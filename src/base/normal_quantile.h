// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace selfnorm {

/// Returns the x at which the standard normal distribution function is `probability`, with a
/// relative error below 1e-14. `probability` must be above 0 and below 1. Thread-safe.
double normal_quantile(double probability);

}  // namespace selfnorm
