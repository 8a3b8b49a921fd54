// SPDX-License-Identifier: Apache-2.0
#include "api/default_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/index.h"
#include "base/text.h"
#include "data/embedded_categories.h"
#include "data/split.h"
#include "ops/table.h"
#include "passes/build.h"
#include "selfnorm/error.h"
#include "train/objective.h"

namespace selfnorm {
namespace {

using Inputs = std::vector<std::pair<std::string, Shape>>;

// Returns `name`, changed until no input has it.
std::string make_unused_name(const Inputs& inputs, std::string name) {
  while (std::ranges::count(inputs, name, &Inputs::value_type::first) > 0) name += '_';
  return name;
}

// Returns the column whose token ids an input of the network consists of, or null.
const TableColumn* embedded_column_of(const Inputs& inputs, const std::string& name,
                                      const Dataset& train) {
  if (std::ranges::count(inputs, name, &Inputs::value_type::first) == 0) return nullptr;
  const auto field = train.inputs.size() == 1 ? train.inputs.begin()
                                              : std::ranges::find(train.inputs, name, &Field::name);
  return field == train.inputs.end() ? nullptr : find_embedded_column(train, *field);
}

// Returns layers that embed the token ids of columns, flatten all inputs and concatenate them.
std::vector<Layer> flatten_and_concat(const Inputs& inputs, const Dataset& train) {
  constexpr std::int64_t kDimension = 8;  // as in RealMLP
  std::vector<Layer> layers;
  std::vector<std::string> rows;
  for (const auto& [name, shape] : inputs) {
    const bool is_embedded = embedded_column_of(inputs, name, train) != nullptr;
    rows.push_back(shape.size() == 1 && !is_embedded ? name
                                                     : make_unused_name(inputs, name + "_flat"));
    const std::string vectors = make_unused_name(inputs, name + "_vector");
    if (is_embedded) layers.push_back({"embedding", {{"dimension", kDimension}}, vectors, {name}});
    if (rows.back() != name)
      layers.push_back({"flatten", {}, rows.back(), {is_embedded ? vectors : name}});
  }
  if (inputs.size() > 1) layers.push_back({"concat", {}, make_unused_name(inputs, "inputs"), rows});
  return layers;
}

// Adds layers that concatenate the flat inputs and their periodic features. For "pbld", three
// linear functions of the periodic features of each input take their place.
void add_numeric_embedding(Network& network, const std::string& kind) {
  constexpr std::int64_t kFrequencies = 16, kLinear = 3;
  std::vector<Layer>& layers = network.layers;
  const std::string flat = layers.empty() ? network.inputs[0].first : layers.back().name;
  std::int64_t features = 0;
  for (const auto& input : network.inputs) features += elements(input.second);
  layers.push_back({"periodic", {{"frequencies", kFrequencies}}, {}, {flat}});
  if (kind == "pbld") {  // a convolution whose groups are the inputs
    layers.push_back({"reshape", {{"shape", Shape{features * kFrequencies, 1, 1}}}});
    layers.push_back(
        {"conv2d",
         {{"channels", features * kLinear}, {"kernel", Shape{1, 1}}, {"groups", features}}});
    layers.push_back({"flatten"});
  }
  layers.back().name = make_unused_name(network.inputs, "numeric_embedding");
  const std::string all = make_unused_name(network.inputs, "embedded_features");
  layers.push_back({"concat", {}, all, {flat, layers.back().name}});
}

// Returns layers that embed all texts with one table and pool their steps so that the variance is
// preserved.
std::vector<Layer> embed_and_pool_texts(const Inputs& inputs) {
  constexpr std::int64_t kDimension = 64;
  std::vector<Layer> layers;
  std::vector<std::string> rows;
  std::string table;
  for (const auto& input : inputs) {
    const std::string& name = input.first;
    Settings own;  // only of the first, which owns the table
    if (table.empty()) own = {{"dimension", kDimension}};
    const std::string words = make_unused_name(inputs, name + "_words");
    layers.push_back({"embedding", own, words, {name}, table});
    if (table.empty()) table = layers.back().name;
    rows.push_back(make_unused_name(inputs, name + "_text"));
    layers.push_back({"pool_steps", {}, rows.back(), {words}});
  }
  if (inputs.size() > 1) layers.push_back({"concat", {}, make_unused_name(inputs, "texts"), rows});
  return layers;
}

// Returns the number of token ids of an input: that of its column, or of the words in the texts.
std::int64_t token_ids_of(const Network& network, const std::string& input, const Dataset& train) {
  const TableColumn* column = embedded_column_of(network.inputs, input, train);
  return column == nullptr ? std::ssize(train.vocabulary) : vocabulary_size(*column);
}

// Sets the vocabulary of layers that read token ids unless the user gave it.
void complete_vocabularies(Network& network, const Dataset& train) {
  for (Layer& layer : network.layers) {
    const OpRow* row = find_op(layer.op);
    if (row == nullptr || !layer.share.empty()) continue;
    const auto options = row->attributes->describe();
    if (std::ranges::count(options, "vocabulary", &Option::name) == 0) continue;
    const std::int64_t size =
        token_ids_of(network, layer.inputs.empty() ? "" : layer.inputs[0], train);
    if (size > 0) layer.attributes.try_emplace("vocabulary", size);
  }
}

struct TargetMoments {
  double mean = 0, standard_deviation = 0;
};

// Returns the mean and standard deviation of the targets of a column that are not missing, or of
// the logarithms of 1 + target.
TargetMoments target_moments(const Targets& targets, std::span<const std::int64_t> rows,
                             std::int64_t column, bool of_logarithms) {
  std::vector<double> present_values;
  for (const std::int64_t row : rows) {
    const double target = targets.values[static_cast<std::size_t>(row * targets.width + column)];
    const double value = of_logarithms ? std::log1p(target) : target;
    if (std::isfinite(value)) present_values.push_back(value);
  }
  TargetMoments moments;
  const auto count = static_cast<double>(std::max<std::size_t>(present_values.size(), 1));
  for (const double value : present_values) moments.mean += value / count;
  for (const double value : present_values) {
    moments.standard_deviation += (value - moments.mean) * (value - moments.mean) / count;
  }
  moments.standard_deviation = std::sqrt(moments.standard_deviation);
  return moments;
}

// Rounds the numbers where this has no effect: the mean to a hundredth of the standard deviation or
// less. A target that does not vary keeps its unit.
TargetMoments rounded(const TargetMoments& moments) {
  if (!(moments.standard_deviation > 0)) return {moments.mean, 1};
  const double unit = std::pow(10, std::floor(std::log10(moments.standard_deviation / 100)));
  return {std::round(moments.mean / unit) * unit, round_to_digits(moments.standard_deviation)};
}

// The scale of an output and the unit of its loss.
struct OutputScale {
  double factor = 1, shift = 0, unit = 1;
};

// Returns the scale of an output that is the logarithm of a rate. It starts at the logarithm of the
// mean target. The factor is the standard deviation of the logarithm of a log-normal distribution
// with the mean and variance of the targets, and at most 1, so that no rate starts far too high.
OutputScale scale_of_rate(const TargetMoments& targets) {
  if (!(targets.mean > 0)) return {};
  const double relative = targets.standard_deviation / targets.mean;
  const double deviation = std::min(1.0, std::sqrt(std::log1p(relative * relative)));
  const TargetMoments logarithm = rounded({std::log(targets.mean), deviation});
  return {logarithm.standard_deviation, logarithm.mean, round_to_digits(targets.mean)};
}

OutputScale output_scale(const std::string& loss, const Targets& targets,
                         std::span<const std::int64_t> rows, std::int64_t column) {
  if (loss == "poisson") return scale_of_rate(target_moments(targets, rows, column, false));
  const bool are_logarithms = loss == "mean_squared_log_error";
  const TargetMoments moments = rounded(target_moments(targets, rows, column, are_logarithms));
  return {moments.standard_deviation, moments.mean, moments.standard_deviation};
}

// Only these losses have a unit. Huber's delta is in the unit of the targets.
bool has_unit(const std::string& loss) {
  return loss == "mean_squared_error" || loss == "mean_squared_log_error" || loss == "poisson";
}

// Gives the loss a unit for each output. Of several units, a loss that has a single one gets their
// mean.
void set_units(const std::string& loss, const std::vector<double>& units, Settings& attributes) {
  const bool has_several = units.size() > 1;
  if (has_several && loss == "mean_squared_error") {
    attributes.try_emplace("units", units);
    return;
  }
  double mean = 0;
  for (const double unit : units) mean += unit / static_cast<double>(units.size());
  attributes.try_emplace("unit", has_several ? round_to_digits(mean) : mean);
}

// Scales the outputs of the network to the mean and standard deviation of the targets over the
// training rows, or to those of their logarithms, and counts the loss in these units. Then no
// weight has to learn the unit of a target (euros or cents), a good learning rate for one unit is
// good for the other, and no target outweighs the others.
void scale_to_targets(RunConfig& config, const Dataset& train, const std::string& loss) {
  const Split split = split_validation_rows(config.data, train, config.train.seed);
  std::vector<double> factors, shifts, units;
  for (std::int64_t column = 0; column < train.targets.width; ++column) {
    const OutputScale scale = output_scale(loss, train.targets, split.train, column);
    factors.push_back(scale.factor);
    shifts.push_back(scale.shift);
    units.push_back(scale.unit);
  }
  set_units(loss, units, config.train.loss_attributes);
  if (factors.size() == 1) {
    config.network.layers.push_back({"scale", {{"factor", factors[0]}, {"shift", shifts[0]}}});
  } else {
    config.network.layers.push_back({"scale_features", {{"factors", factors}, {"shifts", shifts}}});
  }
}

void scale_to_targets_if_numbers(RunConfig& config, const Dataset& train) {
  if (!train.targets.classes.empty() || train.targets.width == 0) return;
  const std::string loss = choose_objective(config.train, train.targets).loss;
  if (has_unit(loss)) scale_to_targets(config, train, loss);
}

// Replaces the class weights "balanced" by rows / (classes · rows of the class), over the training
// rows. Without classes, there is nothing to weigh.
void resolve_class_weights(RunConfig& config, const Dataset& train) {
  const auto given = config.train.loss_attributes.find("class_weights");
  if (given == config.train.loss_attributes.end()) return;
  const auto* mode = std::get_if<std::string>(&given->second);
  if (mode == nullptr) return;
  if (*mode != "balanced") {
    throw Error(ErrorKind::config,
                fmt::format("[train]: class_weights expects \"balanced\" or a list of one number "
                            "per class, got {}",
                            to_string(given->second)));
  }
  if (train.targets.classes.empty()) {
    config.train.loss_attributes.erase(given);
    return;
  }
  const Split split = split_validation_rows(config.data, train, config.train.seed);
  std::vector<double> counts(train.targets.class_names.size(), 0), weights;
  for (const std::int64_t row : split.train)
    counts[as_index(train.targets.classes[as_index(row)])] += 1;
  const auto rows = static_cast<double>(split.train.size());
  for (const double count : counts) {
    const double even = rows / static_cast<double>(counts.size());
    weights.push_back(count > 0 ? even / count : 0);
  }
  given->second = weights;
}

// Lists the columns of embeddings in the configuration, so that it reads the data in the same way
// with the completed network. Leaves out their categories that occur in no training row.
void leave_out_unlearned_categories(RunConfig& config, Dataset& train) {
  std::vector<std::string> embedded;
  for (const TableColumn& column : train.table)
    if (column.kind == "embedded") embedded.push_back(column.name);
  if (embedded.empty()) return;
  config.data.embed = embedded;
  const Split split = split_validation_rows(config.data, train, config.train.seed);
  convert_categories(learned_categories(train, split.train), train);
}

std::int64_t output_count(const Targets& targets) {
  if (!targets.classes.empty()) return std::ssize(targets.class_names);
  return targets.width;
}

}  // namespace

DataOptions data_options_of(const RunConfig& config) {
  DataOptions options = config.data;
  options.embed_large = config.network.layers.empty() && config.data.inputs.empty();
  return options;
}

void complete_network(RunConfig& config, Dataset& train) {
  leave_out_unlearned_categories(config, train);
  resolve_class_weights(config, train);
  Network& network = config.network;
  if (network.inputs.empty()) {
    for (const Field& field : train.inputs) {
      network.inputs.emplace_back(field.name, field.sample_shape);
    }
  }
  if (network.layers.empty()) {
    network.layers = train.vocabulary.empty() ? flatten_and_concat(network.inputs, train)
                                              : embed_and_pool_texts(network.inputs);
    const std::string& embedding = config.default_network.numeric_embedding;
    if (embedding != "none" && train.vocabulary.empty()) add_numeric_embedding(network, embedding);
    for (const std::int64_t units : config.default_network.hidden) {
      network.layers.push_back({"dense", {{"units", units}}});
      network.layers.push_back({"selu"});
      if (config.default_network.dropout_rate > 0) {
        network.layers.push_back(
            {"alpha_dropout", {{"rate", config.default_network.dropout_rate}}});
      }
    }
    network.layers.push_back({"dense", {{"units", output_count(train.targets)}}});
    scale_to_targets_if_numbers(config, train);
  }
  complete_vocabularies(network, train);
  network = complete_names(network);
}

}  // namespace selfnorm
