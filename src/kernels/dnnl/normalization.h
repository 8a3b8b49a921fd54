// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace selfnorm {

/// Which axis of a rows × features block statistics are taken along.
enum class NormalizationKind : std::uint8_t {
  batch,  ///< per feature over all rows
  layer,  ///< per row over all features
};

/// y = (x − mean)/√(variance + epsilon)·scale + shift on oneDNN, over rows × features (features
/// fastest). Training writes the batch's mean and (biased) variance; inference of kind batch reads
/// them.
class NormalizationForward {
 public:
  NormalizationForward(NormalizationKind kind, std::int64_t rows, std::int64_t features,
                       double epsilon, bool given_statistics);
  std::size_t scratch_bytes() const;
  void run(const float* x, const float* scale, const float* shift, float* mean, float* variance,
           float* y, std::byte* scratch) const;

 private:
  struct Plan;
  std::shared_ptr<Plan> plan_;
};

class NormalizationBackward {
 public:
  NormalizationBackward(NormalizationKind kind, std::int64_t rows, std::int64_t features,
                        double epsilon);
  std::size_t scratch_bytes() const;
  void run(const float* dy, const float* x, const float* scale, const float* mean,
           const float* variance, float* dx, float* dscale, float* dshift,
           std::byte* scratch) const;

 private:
  struct Plan;
  std::shared_ptr<Plan> plan_;
};

}  // namespace selfnorm
