#include "api/default_network.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/split.h"
#include "doctor/findings.h"
#include "ops/table.h"
#include "passes/build.h"
#include "train/objective.h"

namespace selfnorm {
namespace {

// Layers that make one row of features of all inputs, under names that no input has.
using Inputs = std::vector<std::pair<std::string, Shape>>;

// A name that no input has.
std::string unused(const Inputs& inputs, std::string name) {
  while (std::ranges::count(inputs, name, &Inputs::value_type::first) > 0) name += '_';
  return name;
}

std::vector<Layer> joined_inputs(const Inputs& inputs) {
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
std::vector<Layer> joined_texts(const Inputs& inputs) {
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

// One number a row in its own unit: what the network gives is scaled to it as the rows that train
// have it, so that no weight has to learn whether that is euros or cents.
std::optional<Layer> scale_of_targets(const Targets& targets, std::span<const std::int64_t> rows) {
  double sum = 0, squares = 0, count = 0;
  for (const std::int64_t row : rows) {
    const double value = targets.values[static_cast<std::size_t>(row)];
    if (!std::isfinite(value)) continue;
    sum += value;
    squares += value * value;
    count += 1;
  }
  const double mean = sum / count, variance = squares / count - mean * mean;
  constexpr double kRounding = 1e-12;  // of a constant
  if (!(variance > kRounding * mean * mean)) return std::nullopt;
  return Layer{"scale", {{"factor", rounded(std::sqrt(variance))}, {"shift", rounded(mean)}}};
}

// What the default network ends with.
std::vector<Layer> head_for(const RunConfig& config, const Dataset& train) {
  const Targets& targets = train.targets;
  if (!targets.classes.empty()) {
    return {{"dense", {{"units", std::ssize(targets.class_names)}}}};
  }
  std::vector<Layer> head = {{"dense", {{"units", targets.width}}}};
  const bool are_numbers =
      targets.width == 1 && choose_objective(config.train, targets).targets == TargetKind::values;
  if (!are_numbers) return head;
  const Split split = split_rows(train.rows, config.data.validation_split,
                                 config.data.shuffle_split, config.train.seed, "validation");
  if (const auto scale = scale_of_targets(targets, split.train)) head.push_back(*scale);
  return head;
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
    network.layers =
        train.words.empty() ? joined_inputs(network.inputs) : joined_texts(network.inputs);
    for (const std::int64_t units : config.default_network.hidden) {
      network.layers.push_back({"dense", {{"units", units}}});
      network.layers.push_back({"selu"});
      if (config.default_network.dropout_rate > 0) {
        network.layers.push_back(
            {"alpha_dropout", {{"rate", config.default_network.dropout_rate}}});
      }
    }
    std::ranges::copy(head_for(config, train), std::back_inserter(network.layers));
  }
  if (!train.words.empty()) complete_vocabularies(network, std::ssize(train.words));
  network = complete_names(network);
}

}  // namespace selfnorm
