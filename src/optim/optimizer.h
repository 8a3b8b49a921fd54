// SPDX-License-Identifier: Apache-2.0
// Moves one arena of parameters by its gradients.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "selfnorm/optimizer.h"

namespace selfnorm {

/// Some parameters of the arena that are treated alike.
struct ParameterSegment {
  std::int64_t offset = 0;
  std::int64_t count = 0;
  double l2 = 0;  ///< adds l2·Σw² to the loss, so 2·l2·w to the gradient
  bool trainable = true;
};

/// What an optimizer remembers of each parameter, to be saved and restored bit for bit.
struct OptimizerSlot {
  std::string name;
  std::span<float> values;  ///< one a parameter, in the order of the arena
};

/// The state is the slots and the number of steps taken. The formulas are in kernels/simd/update.h.
class Optimizer {
 public:
  /// Parameters outside the trainable segments are never touched. Throws Error(config) for options
  /// out of range or unused by this optimizer, and for segments that overlap or leave the arena.
  Optimizer(const OptimizerOptions& options, std::int64_t parameters,
            std::vector<ParameterSegment> segments);

  /// One step with this learning rate. With G the gradient of the loss with its L2 terms over all
  /// trainable parameters, clip_norm multiplies G by clip_norm/‖G‖ where ‖G‖ is greater (double
  /// accumulation), then clip_value holds each element. Threads share the work; the result is the
  /// same to the bit for any number of them. Nothing is allocated.
  void step(float* parameters, const float* gradients, double learning_rate);

  /// ‖G‖ of the last step before clipping; 0 when clip_norm is 0, which spares measuring it.
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
  std::vector<Chunk> chunks_;     // the trainable segments cut into pieces of work
  std::vector<double> partials_;  // a sum of squares for each chunk
  std::vector<std::string> slot_names_;
  std::vector<AlignedBuffer> slot_values_;
  std::int64_t steps_ = 0;
  double gradient_norm_ = 0;
};

}  // namespace selfnorm
