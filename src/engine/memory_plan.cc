#include "engine/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "base/aligned_buffer.h"
#include "ops/table.h"

namespace selfnorm {
namespace {

// A stretch of memory with the span of nodes during which it is in use.
struct Buffer {
  std::size_t bytes = 0;
  int first = 0;
  int last = 0;
  std::size_t offset = 0;
};

std::size_t bytes_of(const Value& value) {
  return align_up(static_cast<std::size_t>(elements(value.shape)) * sizeof(float));
}

// The last node that reads each value; past the end for kept ones.
std::vector<int> last_reads(const Graph& graph, const std::vector<ValueId>& kept) {
  std::vector<int> last(graph.values.size(), -1);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    for (const ValueId input : graph.nodes[i].inputs) {
      last[static_cast<std::size_t>(input)] = static_cast<int>(i);
    }
  }
  for (const ValueId value : kept) {
    last[static_cast<std::size_t>(value)] = static_cast<int>(graph.nodes.size());
  }
  return last;
}

// Places buffers, large ones first, each at the lowest offset that is free during its whole life.
std::size_t place(std::vector<Buffer>& buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  std::vector<const Buffer*> placed;  // by offset
  std::size_t arena = 0;
  for (const std::size_t index : order) {
    Buffer& buffer = buffers[index];
    std::size_t offset = 0;
    for (const Buffer* other : placed) {
      if (other->last < buffer.first || buffer.last < other->first) continue;
      if (offset + buffer.bytes <= other->offset) break;
      offset = std::max(offset, other->offset + other->bytes);
    }
    buffer.offset = offset;
    arena = std::max(arena, offset + buffer.bytes);
    placed.insert(std::ranges::upper_bound(placed, offset, {}, &Buffer::offset), &buffer);
  }
  return arena;
}

}  // namespace

MemoryPlan plan_memory(const Graph& graph, const std::vector<char>& elsewhere,
                       const std::vector<ValueId>& kept) {
  constexpr int kNone = -1;
  const std::vector<int> last = last_reads(graph, kept);
  std::vector<int> buffer_of(graph.values.size(), kNone);
  std::vector<Buffer> buffers;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const int now = static_cast<int>(i);
    for (std::size_t k = 0; k < node.outputs.size(); ++k) {
      const auto out = static_cast<std::size_t>(node.outputs[k]);
      if (elsewhere[out]) continue;
      const std::size_t bytes = bytes_of(graph.values[out]);
      int buffer = kNone;
      if (k == 0 && row_of(node).traits.in_place && !node.inputs.empty()) {
        const int candidate = buffer_of[static_cast<std::size_t>(node.inputs[0])];
        const bool dies = candidate != kNone &&
                          buffers[static_cast<std::size_t>(candidate)].last == now &&
                          std::ranges::count(node.inputs, node.inputs[0]) == 1;
        if (dies && buffers[static_cast<std::size_t>(candidate)].bytes == bytes) buffer = candidate;
      }
      if (buffer == kNone) {
        buffer = static_cast<int>(buffers.size());
        buffers.push_back({bytes, now, now, 0});
      }
      Buffer& b = buffers[static_cast<std::size_t>(buffer)];
      b.last = std::max({b.last, last[out], now});
      buffer_of[out] = buffer;
    }
  }
  MemoryPlan plan;
  plan.arena_bytes = place(buffers);
  plan.offset.assign(graph.values.size(), MemoryPlan::kElsewhere);
  for (std::size_t i = 0; i < buffer_of.size(); ++i) {
    if (buffer_of[i] != kNone) {
      plan.offset[i] = buffers[static_cast<std::size_t>(buffer_of[i])].offset;
    }
  }
  return plan;
}

}  // namespace selfnorm
