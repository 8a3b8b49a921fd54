// SPDX-License-Identifier: Apache-2.0
// What the losses share. Inputs are the network's output and the targets. The first output is the
// mean loss, the hidden second one what it is the mean of (rows, class weights, targets present),
// so that the means of batches can be put together. The gradient node of loss L is called
// L_gradient and has the inputs (upstream, output, targets).
#pragma once

#include "kernels/parallel.h"
#include "kernels/simd/loss.h"
#include "ops/row.h"
#include "ops/rules.h"

namespace selfnorm {

/// The rows of a loss in blocks that follow from their number and width alone, so that sums are the
/// same for any number of threads. A batch of rows is one block, a batch of images has several.
class LossBlocks {
 public:
  LossBlocks(std::int64_t rows, std::int64_t width) : rows_(rows), size_(row_grain(width)) {}

  std::size_t scratch_bytes() const {
    return static_cast<std::size_t>(count()) * sizeof(kernels::LossSum);
  }

  /// Adds what f(first, count) gives for each block.
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

/// A loss's two outputs.
void write_loss(const kernels::LossSum& loss, const StepArguments& a);

/// The factor for gradients of sums: the gradient of the mean, times what flows in from above.
double loss_factor(const StepArguments& a, double weight);

/// The shapes of a loss's outputs.
Inferred loss_outputs();

/// The rows of a loss and of its gradient.
OpRow loss_row(std::string_view name, std::string_view doc, AttributeSchema attributes,
               InferRule infer, Step (*lower)(const LoweringContext&), Reference plain,
               const TestDomain& tests);
OpRow loss_gradient_row(std::string_view name, Step (*lower)(const LoweringContext&));

/// Targets of classes: an axis less than the output, the features'. Theirs is int32 memory.
bool holds_labels(const Shape& output, const Shape& targets);
const std::int32_t* labels_in(const float* targets);

/// Throws Error(shape) unless the output is rows of features or images, and the targets are class
/// indexes, (N) or (N, H, W), or probabilities in the output's shape.
void check_class_targets(const InferContext& context);

}  // namespace selfnorm
