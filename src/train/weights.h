// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/aligned_buffer.h"
#include "engine/program.h"
#include "graph/graph.h"

namespace selfnorm {

/// A parameter or state in the arena.
struct WeightEntry {
  std::string name;
  Shape shape;
  Role role = Role::parameter;
  double l2 = 0;
  Shape image = {};         ///< as Parameter::image: columns are in the memory order of this image
  std::int64_t offset = 0;  ///< of the first number, in floats
  std::int64_t count = 0;
};

/// All parameters and states of a network in one arena. Parameters come first. Each entry starts at
/// a multiple of 16 floats, and the gaps are zero. The numbers are in API order, except for entries
/// with an image, which are in memory order. Copies are deep.
class Weights {
 public:
  Weights() = default;
  explicit Weights(const Graph& graph);
  Weights(const Weights& other);
  Weights& operator=(const Weights& other);
  Weights(Weights&&) = default;
  Weights& operator=(Weights&&) = default;

  const std::vector<WeightEntry>& entries() const { return entries_; }
  float* data() { return reinterpret_cast<float*>(arena_.data()); }
  const float* data() const { return reinterpret_cast<const float*>(arena_.data()); }
  std::int64_t size() const { return static_cast<std::int64_t>(arena_.size() / sizeof(float)); }
  std::int64_t parameters_end() const { return parameters_end_; }
  /// Returns the number of learned parameters, without states and padding.
  std::int64_t parameter_count() const;

  /// Draws every entry with its initializer. The seed and the name of the entry determine the
  /// random numbers.
  void initialize(const Graph& graph, std::uint64_t seed);

  /// Get or set the numbers of an entry in API order.
  std::vector<float> get(const WeightEntry& entry) const;
  void set(const WeightEntry& entry, std::span<const float> values);

  /// Returns the memory of the parameters and states of a graph of the same network.
  Bindings bindings(const Graph& graph);

  /// Returns the entry named `name`, or null.
  const WeightEntry* find(const std::string& name) const;

 private:
  std::vector<WeightEntry> entries_;
  AlignedBuffer arena_;
  std::int64_t parameters_end_ = 0;
};

}  // namespace selfnorm
