// SPDX-License-Identifier: Apache-2.0
#include "train/weights.h"

#include <algorithm>
#include <cstring>

#include "base/random.h"
#include "kernels/initialize.h"
#include "kernels/simd/layout.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kFloatsPerLine = kAlignment / sizeof(float);

// Calls f(start, channels, positions) for every row of an entry with an image, whose columns are
// the elements of that image.
template <class F>
void for_each_image(const WeightEntry& entry, F f) {
  if (entry.image.empty()) return;
  const std::int64_t columns = elements(entry.image);
  for (std::int64_t start = 0; start < entry.count; start += columns) {
    f(start, entry.image[0], columns / entry.image[0]);
  }
}

}  // namespace

Weights::Weights(const Graph& graph) {
  std::int64_t end = 0;
  for (const Role role : {Role::parameter, Role::state}) {
    for (const Parameter& parameter : graph.parameters) {
      const Value& value = graph.value(parameter.value);
      if (value.role != role) continue;
      const std::int64_t count = elements(value.shape);
      entries_.push_back(
          {value.name, value.shape, role, parameter.l2, parameter.image, end, count});
      end += (count + kFloatsPerLine - 1) / kFloatsPerLine * kFloatsPerLine;
    }
    if (role == Role::parameter) parameters_end_ = end;
  }
  arena_ = AlignedBuffer(static_cast<std::size_t>(end) * sizeof(float));
}

Weights::Weights(const Weights& other)
    : entries_(other.entries_),
      arena_(other.arena_.size()),
      parameters_end_(other.parameters_end_) {
  if (arena_.size() > 0) std::memcpy(arena_.data(), other.arena_.data(), arena_.size());
}

Weights& Weights::operator=(const Weights& other) {
  if (this == &other) return *this;
  // Programs point into the arena, so an arena of equal size is overwritten, not replaced.
  if (arena_.size() != other.arena_.size()) arena_ = AlignedBuffer(other.arena_.size());
  entries_ = other.entries_;
  parameters_end_ = other.parameters_end_;
  if (arena_.size() > 0) std::memcpy(arena_.data(), other.arena_.data(), arena_.size());
  return *this;
}

std::int64_t Weights::parameter_count() const {
  std::int64_t count = 0;
  for (const WeightEntry& entry : entries_) {
    if (entry.role == Role::parameter) count += entry.count;
  }
  return count;
}

void Weights::initialize(const Graph& graph, std::uint64_t seed) {
  for (const Parameter& parameter : graph.parameters) {
    const Value& value = graph.value(parameter.value);
    const WeightEntry& entry = *find(value.name);
    const InitializerShape shape{entry.count, value.shape[0], parameter.fan_in, parameter.fan_out};
    std::vector<float> values(static_cast<std::size_t>(entry.count));
    selfnorm::initialize(parameter.init, parameter.gain * parameter.calibration, shape,
                         random_key(seed, "init", value.name), values.data());
    set(entry, values);
  }
}

std::vector<float> Weights::get(const WeightEntry& entry) const {
  const float* from = data() + entry.offset;
  std::vector<float> values(from, from + entry.count);
  for_each_image(entry, [&](std::int64_t start, std::int64_t channels, std::int64_t positions) {
    kernels::to_channels_first(from + start, values.data() + start, channels, positions);
  });
  return values;
}

void Weights::set(const WeightEntry& entry, std::span<const float> values) {
  float* to = data() + entry.offset;
  std::copy(values.begin(), values.end(), to);
  for_each_image(entry, [&](std::int64_t start, std::int64_t channels, std::int64_t positions) {
    kernels::to_channels_last(values.data() + start, to + start, channels, positions);
  });
}

Bindings Weights::bindings(const Graph& graph) {
  Bindings bindings;
  for (const Parameter& parameter : graph.parameters) {
    bindings[parameter.value] = data() + find(graph.value(parameter.value).name)->offset;
  }
  return bindings;
}

const WeightEntry* Weights::find(const std::string& name) const {
  const auto found = std::ranges::find(entries_, name, &WeightEntry::name);
  return found == entries_.end() ? nullptr : &*found;
}

}  // namespace selfnorm
