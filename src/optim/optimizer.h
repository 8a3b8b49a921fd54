// SPDX-License-Identifier: Apache-2.0
// Updates one arena of parameters by their gradients.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "selfnorm/optimizer.h"

namespace selfnorm {

/// A range of parameters in the arena with the same treatment.
struct ParameterSegment {
  std::int64_t offset = 0;
  std::int64_t count = 0;
  double l2 = 0;  ///< adds l2·Σw² to the loss, so 2·l2·w to the gradient
  bool trainable = true;
};

/// The state of an optimizer for each parameter, which is saved and restored bit for bit.
struct OptimizerSlot {
  std::string name;
  std::span<float> values;  ///< one per parameter, in the order of the arena
};

/// An optimizer. Its state is the slots and the number of steps. The formulas are in
/// kernels/simd/update.h.
class Optimizer {
 public:
  /// Parameters outside the trainable segments are never touched. Throws Error(config) for options
  /// out of range or unused by this optimizer, and for segments that overlap or leave the arena.
  Optimizer(const OptimizerOptions& options, std::int64_t parameters,
            std::vector<ParameterSegment> segments);

  /// Makes one step with this learning rate. G is the gradient of the loss, including its L2 terms,
  /// over all trainable parameters. If ‖G‖ exceeds clip_norm, G is multiplied by clip_norm/‖G‖
  /// (with accumulation in double). Then clip_value limits each element. The result is the same bit
  /// for bit for any number of threads. Allocates no memory.
  void step(float* parameters, const float* gradients, double learning_rate);

  /// Returns ‖G‖ of the last step before clipping. It is 0 and not computed if clip_norm is 0.
  double gradient_norm() const { return gradient_norm_; }

  std::vector<OptimizerSlot> slots();
  std::int64_t steps() const { return steps_; }
  void set_steps(std::int64_t steps) { steps_ = steps; }

 private:
  struct Chunk {
    std::int64_t offset = 0, count = 0;
    double l2 = 0;
  };

  double measure_norm(const float* parameters, const float* gradients);
  void update(const Chunk& chunk, float* parameters, const float* gradients, double scale,
              double learning_rate);

  enum class Kind : std::uint8_t { sgd, adam, rmsprop };
  OptimizerOptions options_;
  Kind kind_ = Kind::adam;
  std::int64_t parameters_ = 0;
  std::vector<Chunk> chunks_;     // the trainable segments, divided into units of work
  std::vector<double> partials_;  // the sum of squares of each chunk
  std::vector<std::string> slot_names_;
  std::vector<AlignedBuffer> slot_values_;
  std::int64_t steps_ = 0;
  double gradient_norm_ = 0;
};

}  // namespace selfnorm
