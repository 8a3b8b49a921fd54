// SPDX-License-Identifier: Apache-2.0
// The covariance of any two elements of a sample, modeled from the links of a field.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "theory/moment_field.h"

namespace selfnorm {

/// Covariances of the elements of a field, which must outlive this object. They are those of the
/// links where a link exists, and else modeled. Along an axis, correlations are linear between
/// those of the links and fall to that of distant positions. Off the axes, they are a product of
/// both axes. In a sequence, the correlation is that of the longest link that is not longer than
/// the distance.
class CovarianceModel {
 public:
  explicit CovarianceModel(const MomentField& x);

  /// The covariance of two elements of one sample, or the variance of an element with itself.
  double covariance(std::int64_t a, std::int64_t b) const;
  const MomentField& field() const { return x_; }
  /// E x·x′ of two elements of one sample.
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
