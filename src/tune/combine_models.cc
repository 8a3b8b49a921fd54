// SPDX-License-Identifier: Apache-2.0
#include "tune/combine_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

std::string prefix_of(std::size_t network) { return fmt::format("net{}_", network + 1); }

bool averages_members(const Layer& layer) { return find_op(layer.op)->traits.averages_members; }

// Returns the network with the prefix before the name of each layer.
Network with_prefix(Network network, const std::string& prefix) {
  const auto is_input = [&](const std::string& name) {
    return std::ranges::any_of(network.inputs, [&](const auto& in) { return in.first == name; });
  };
  for (Layer& layer : network.layers) {
    layer.name.insert(0, prefix);
    if (!layer.share.empty()) layer.share.insert(0, prefix);
    for (std::string& input : layer.inputs)
      if (!is_input(input)) input.insert(0, prefix);
  }
  return network;
}

}  // namespace

Network combine_networks(const std::vector<Network>& networks) {
  if (networks.size() == 1) return networks[0];
  Network combined{networks[0].inputs, {}, {}};
  Layer mean{"add", {}, "mean", {}};
  std::optional<Layer> average;
  for (std::size_t i = 0; i < networks.size(); ++i) {
    Network part = with_prefix(networks[i], prefix_of(i));
    std::string output = part.layers.back().name;
    if (averages_members(part.layers.back())) {
      average = part.layers.back();
      output = average->inputs[0];
      part.layers.pop_back();
    }
    mean.inputs.push_back(output);
    combined.layers.insert(combined.layers.end(), part.layers.begin(), part.layers.end());
  }
  mean.attributes["weights"] =
      std::vector<double>(networks.size(), 1 / static_cast<double>(networks.size()));
  combined.layers.push_back(mean);
  if (average.has_value()) {
    average->name = "average";
    average->inputs = {mean.name};
    combined.layers.push_back(*average);
  }
  return combined;
}

void combine_weights(const std::vector<TrainedModel>& parts, TrainedModel& combined) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::string prefix = parts.size() == 1 ? "" : prefix_of(i);
    for (const WeightEntry& entry : parts[i].weights.entries()) {
      const WeightEntry* place = combined.weights.find(prefix + entry.name);
      if (place == nullptr || place->shape != entry.shape) {
        throw Error(ErrorKind::model_file,
                    fmt::format("the weights '{}' do not fit the combined network", entry.name));
      }
      combined.weights.set(*place, parts[i].weights.get(entry));
    }
  }
}

}  // namespace selfnorm
