// SPDX-License-Identifier: Apache-2.0
#include "passes/layer_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "base/text.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

using Positions = std::vector<std::size_t>;  // of layers in the network

struct Dependencies {
  std::vector<Positions> inputs, readers;  // by layer, without inputs of the network
};

Dependencies dependencies_of(const std::vector<Layer>& layers) {
  std::unordered_map<std::string_view, std::size_t> position;
  for (std::size_t i = 0; i < layers.size(); ++i) position[layers[i].name] = i;
  Dependencies found{std::vector<Positions>(layers.size()), std::vector<Positions>(layers.size())};
  for (std::size_t i = 0; i < layers.size(); ++i) {
    for (const std::string& input : layers[i].inputs) {
      const auto layer = position.find(input);
      if (layer == position.end()) continue;
      found.inputs[i].push_back(layer->second);
      found.readers[layer->second].push_back(i);
    }
  }
  return found;
}

// Removes elements without arcs, and then those that have none left, and so on (Kahn's algorithm).
// `arcs_in` are what an element waits for, `arcs_out` what waits for it. Calls on_removed for each
// and returns which are left.
template <class OnRemoved>
std::vector<char> peel(const std::vector<Positions>& arcs_in,
                       const std::vector<Positions>& arcs_out, std::vector<char> is_left,
                       const OnRemoved& on_removed) {
  std::vector<std::size_t> open(is_left.size());
  Positions free;
  for (std::size_t i = 0; i < is_left.size(); ++i) {
    if (is_left[i] == 0) continue;
    for (const std::size_t each : arcs_in[i]) open[i] += is_left[each] != 0 ? 1 : 0;
    if (open[i] == 0) free.push_back(i);
  }
  while (!free.empty()) {
    const std::size_t removed = free.back();
    free.pop_back();
    is_left[removed] = 0;
    on_removed(removed);
    for (const std::size_t each : arcs_out[removed])
      if (is_left[each] != 0 && --open[each] == 0) free.push_back(each);
  }
  return is_left;
}

[[noreturn]] void report_cycle(const std::vector<Layer>& layers, const Dependencies& dependencies,
                               const std::vector<char>& waiting) {
  // A layer after the cycle waits, too, but no waiting layer reads it in the end.
  const std::vector<char> on_cycle =
      peel(dependencies.readers, dependencies.inputs, waiting, [](std::size_t) {});
  std::vector<std::string> names;
  for (std::size_t i = 0; i < layers.size(); ++i)
    if (on_cycle[i] != 0) names.push_back(layers[i].name);
  throw Error(ErrorKind::config, fmt::format("these layers form a cycle: {}", join(names, ", ")));
}

}  // namespace

std::vector<const Layer*> order_layers(const Network& network) {
  const std::vector<Layer>& layers = network.layers;
  const Dependencies dependencies = dependencies_of(layers);
  // The number of times that one must go through the layers, in their order, before a layer has all
  // of its inputs: once more than for an input that comes later.
  std::vector<std::size_t> round(layers.size());
  const std::vector<char> waiting =
      peel(dependencies.inputs, dependencies.readers, std::vector<char>(layers.size(), 1),
           [&](std::size_t i) {
             for (const std::size_t input : dependencies.inputs[i])
               round[i] = std::max(round[i], round[input] + (input > i ? 1 : 0));
           });
  if (std::ranges::count(waiting, 1) > 0) report_cycle(layers, dependencies, waiting);
  Positions order(layers.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return round[i]; });
  std::vector<const Layer*> ordered;
  for (const std::size_t i : order) ordered.push_back(&layers[i]);
  return ordered;
}

}  // namespace selfnorm
