// SPDX-License-Identifier: Apache-2.0
// Common parts of the losses. The inputs are the network's output and the targets. The first output
// is the mean loss. The hidden second output is the weight of this mean (the number of rows or
// present targets, or the sum of the class weights), so that the means of batches can be combined.
// The gradient node of loss L is called L_gradient and has the inputs (upstream, output, targets).
#pragma once

#include "kernels/parallel.h"
#include "kernels/simd/loss.h"
#include "ops/row.h"
#include "ops/rules.h"

namespace selfnorm {

/// The rows of a loss, divided into blocks. The blocks depend only on the number and the width of
/// the rows, so that sums are the same for any number of threads. A small batch is one block, and a
/// batch of images has several.
class LossBlocks {
 public:
  LossBlocks(std::int64_t rows, std::int64_t width) : rows_(rows), size_(row_grain(width)) {}

  std::size_t scratch_bytes() const {
    return static_cast<std::size_t>(count()) * sizeof(kernels::LossSum);
  }

  /// Returns the sum of f(first, count) over the blocks.
  template <class F>
  kernels::LossSum sum(std::byte* scratch, F f) const {
    auto* sums = reinterpret_cast<kernels::LossSum*>(scratch);
    for_each([&](std::int64_t block, std::int64_t first, std::int64_t count) {
      sums[block] = f(first, count);
    });
    kernels::LossSum all;
    for (std::int64_t block = 0; block < count(); ++block) all += sums[block];
    return all;
  }

  /// Calls f(block, first, count) for each block, on all threads.
  template <class F>
  void for_each(F f) const {
    parallel_rows(count(), 1, [&](std::int64_t first, std::int64_t blocks) {
      for (std::int64_t block = first; block < first + blocks; ++block) {
        f(block, block * size_, std::min(size_, rows_ - block * size_));
      }
    });
  }

 private:
  std::int64_t count() const { return (rows_ + size_ - 1) / size_; }
  std::int64_t rows_, size_;
};

/// Writes the two outputs of a loss.
void write_loss(const kernels::LossSum& loss, const StepArguments& a);

/// Returns the factor that turns the gradient of the summed loss into that of the mean loss, times
/// the upstream gradient.
double loss_factor(const StepArguments& a, double weight);

/// Returns the shapes of the outputs of a loss.
Inferred loss_outputs();

/// Return the rows of the op table for a loss and for its gradient.
OpRow loss_row(std::string_view name, std::string_view doc, AttributeSchema attributes,
               InferRule infer, Step (*lower)(const LoweringContext&), Reference plain,
               const TestDomain& tests);
OpRow loss_gradient_row(std::string_view name, Step (*lower)(const LoweringContext&));

/// Whether the targets are class indices. Their shape is that of the output without the feature
/// axis, and they are stored as int32.
bool holds_labels(const Shape& output, const Shape& targets);
const std::int32_t* labels_in(const float* targets);

/// Throws Error(shape) unless the output is rows of features or images, and the targets are class
/// indexes, (N) or (N, H, W), or probabilities in the output's shape.
void check_class_targets(const InferContext& context);

}  // namespace selfnorm
