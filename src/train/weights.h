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
  Shape image = {};         ///< as Parameter::image: columns lie in this image's memory order
  std::int64_t offset = 0;  ///< in floats
  std::int64_t count = 0;
};

/// All parameters and states of a network in one arena, parameters first, each at a multiple of 16
/// floats; what lies between is zero. Numbers lie as the engine reads them: in API order, but for
/// entries with an image. Copies are deep.
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
  /// The number of learned parameters, without states and padding.
  std::int64_t parameter_count() const;

  /// Draws every entry by its initializer, from the seed and its name.
  void initialize(const Graph& graph, std::uint64_t seed);

  /// The numbers of an entry in API order, and back.
  std::vector<float> get(const WeightEntry& entry) const;
  void set(const WeightEntry& entry, std::span<const float> values);

  /// Where a graph of the same network finds its parameters and states.
  Bindings bindings(const Graph& graph);

  /// The entry called `name`, or null.
  const WeightEntry* find(const std::string& name) const;

 private:
  std::vector<WeightEntry> entries_;
  AlignedBuffer arena_;
  std::int64_t parameters_end_ = 0;
};

}  // namespace selfnorm
