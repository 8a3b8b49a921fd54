// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace selfnorm {

/// The axis of a rows × features block over which statistics are computed.
enum class NormalizationKind : std::uint8_t {
  batch,  ///< per feature over all rows
  layer,  ///< per row over all features
};

/// Normalization on oneDNN, y = (x − mean)/√(variance + epsilon)·scale + shift, over rows ×
/// features (features fastest). `run` writes the mean and the (biased) variance of the input. With
/// given statistics, which only kind batch has, `run` reads them.
class NormalizationForward {
 public:
  NormalizationForward(NormalizationKind kind, std::int64_t rows, std::int64_t features,
                       double epsilon, bool use_running_statistics);
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
