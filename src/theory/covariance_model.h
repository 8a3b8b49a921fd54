// SPDX-License-Identifier: Apache-2.0
// What any two elements of a sample have in common, told from the links that a field carries.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "theory/moment_field.h"

namespace selfnorm {

/// Covariances of one field's elements, which outlives them. As links carry them; between and
/// beyond those, modeled: along an axis on lines between the links' correlations, down to that of
/// positions far apart, and both axes as a product; in a sequence as the longest step carried which
/// is no longer.
class Covariances {
 public:
  explicit Covariances(const MomentField& x);

  /// Of two elements of one sample; the variance where they are one.
  double between(std::int64_t a, std::int64_t b) const;
  /// E x·x′ of them.
  double product(std::int64_t a, std::int64_t b) const;

 private:
  double correlation(std::int64_t e, Link link) const;
  double correlation_at(std::int64_t e, std::int64_t dy, std::int64_t dx) const;
  double axis_correlation(std::int64_t e, std::int64_t distance, const std::array<Link, 4>& links,
                          double floor) const;

  const MomentField& x_;
  std::vector<double> standard_deviations_;
  std::array<std::vector<double>, kLinkCount> correlations_;  ///< NaN: no neighbor
};

}  // namespace selfnorm
