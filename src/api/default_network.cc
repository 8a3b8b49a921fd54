// SPDX-License-Identifier: Apache-2.0
#include "api/default_network.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "data/split.h"
#include "ops/table.h"
#include "passes/build.h"
#include "train/objective.h"

namespace selfnorm {
namespace {

using Inputs = std::vector<std::pair<std::string, Shape>>;

// A name that no input has.
std::string unused(const Inputs& inputs, std::string name) {
  while (std::ranges::count(inputs, name, &Inputs::value_type::first) > 0) name += '_';
  return name;
}

// Layers that make one row of features of all inputs.
std::vector<Layer> flatten_and_concat(const Inputs& inputs) {
  std::vector<Layer> layers;
  std::vector<std::string> rows;
  for (const auto& [name, shape] : inputs) {
    rows.push_back(shape.size() == 1 ? name : unused(inputs, name + "_flat"));
    if (shape.size() != 1) layers.push_back({"flatten", {}, rows.back(), {name}});
  }
  if (inputs.size() > 1) layers.push_back({"concat", {}, unused(inputs, "inputs"), rows});
  return layers;
}

// Vectors of words from one table for all texts, summed so that their variance is kept.
std::vector<Layer> embed_and_pool_texts(const Inputs& inputs) {
  constexpr std::int64_t kDimension = 64;
  std::vector<Layer> layers;
  std::vector<std::string> rows;
  std::string table;
  for (const auto& input : inputs) {
    const std::string& name = input.first;
    Settings own;  // of the first, which the others share
    if (table.empty()) own = {{"dimension", kDimension}};
    const std::string words = unused(inputs, name + "_words");
    layers.push_back({"embedding", own, words, {name}, table});
    if (table.empty()) table = layers.back().name;
    rows.push_back(unused(inputs, name + "_text"));
    layers.push_back({"pool_steps", {}, rows.back(), {words}});
  }
  if (inputs.size() > 1) layers.push_back({"concat", {}, unused(inputs, "texts"), rows});
  return layers;
}

// Layers that read words by number know as many as the texts have, unless told otherwise.
void complete_vocabularies(Network& network, std::int64_t words) {
  for (Layer& layer : network.layers) {
    const OpRow* row = find_op(layer.op);
    if (row == nullptr || !layer.share.empty()) continue;
    const auto options = row->attributes->describe();
    if (std::ranges::count(options, "vocabulary", &Option::name) == 0) continue;
    layer.attributes.try_emplace("vocabulary", words);
  }
}

struct Spread {
  double mean = 0, deviation = 0;
};

// Of the targets that are there.
Spread spread_of(const Targets& targets, std::span<const std::int64_t> rows) {
  std::vector<double> there;
  for (const std::int64_t row : rows) {
    const double value = targets.values[static_cast<std::size_t>(row)];
    if (std::isfinite(value)) there.push_back(value);
  }
  Spread spread;
  const auto count = static_cast<double>(std::max<std::size_t>(there.size(), 1));
  for (const double value : there) spread.mean += value / count;
  for (const double value : there) {
    spread.deviation += (value - spread.mean) * (value - spread.mean) / count;
  }
  spread.deviation = std::sqrt(spread.deviation);
  return spread;
}

// Rounded where nothing follows from it: to a hundredth of the deviation or less.
Layer scale_to(const Spread& spread) {
  if (!(spread.deviation > 0)) return {"scale", {{"shift", spread.mean}}};
  const double unit = std::pow(10, std::floor(std::log10(spread.deviation / 100)));
  return {
      "scale",
      {{"factor", rounded(spread.deviation)}, {"shift", std::round(spread.mean / unit) * unit}}};
}

// Of losses the squared one alone counts in a unit; Huber's delta is in that of the targets.
bool should_scale_to_target(const RunConfig& config, const Targets& targets) {
  return targets.classes.empty() && targets.width == 1 &&
         choose_objective(config.train, targets).loss == "mean_squared_error";
}

// What the network gives is scaled to a target in a unit of its own, as the rows that train have
// it, and the loss counts in that unit: no weight has to learn whether it is euros or cents, and
// what is a good learning rate for one is for the other.
void scale_to_target(RunConfig& config, const Dataset& train) {
  const Split split = split_rows(train.rows, config.data.validation_split,
                                 config.data.shuffle_split, config.train.seed, "validation");
  const Layer scale = scale_to(spread_of(train.targets, split.train));
  const auto factor = scale.attributes.find("factor");
  if (factor != scale.attributes.end()) {
    config.train.loss_attributes.try_emplace("unit", factor->second);
  }
  config.network.layers.push_back(scale);
}

std::int64_t output_count(const Targets& targets) {
  if (!targets.classes.empty()) return std::ssize(targets.class_names);
  return targets.width;
}

}  // namespace

void complete_network(RunConfig& config, const Dataset& train) {
  Network& network = config.network;
  if (network.inputs.empty()) {
    for (const Field& field : train.inputs) {
      network.inputs.emplace_back(field.name, field.sample_shape);
    }
  }
  if (network.layers.empty()) {
    network.layers = train.words.empty() ? flatten_and_concat(network.inputs)
                                         : embed_and_pool_texts(network.inputs);
    for (const std::int64_t units : config.default_network.hidden) {
      network.layers.push_back({"dense", {{"units", units}}});
      network.layers.push_back({"selu"});
      if (config.default_network.dropout_rate > 0) {
        network.layers.push_back(
            {"alpha_dropout", {{"rate", config.default_network.dropout_rate}}});
      }
    }
    network.layers.push_back({"dense", {{"units", output_count(train.targets)}}});
    if (should_scale_to_target(config, train.targets)) scale_to_target(config, train);
  }
  if (!train.words.empty()) complete_vocabularies(network, std::ssize(train.words));
  network = complete_names(network);
}

}  // namespace selfnorm
