// SPDX-License-Identifier: Apache-2.0
#include "api/default_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "api/input_layers.h"
#include "api/output_scale.h"
#include "base/index.h"
#include "ops/table.h"
#include "passes/build.h"
#include "selfnorm/error.h"
#include "tables/column_encoding.h"
#include "tables/embedded_categories.h"

namespace selfnorm {
namespace {

using TrainingRows = std::span<const std::int64_t>;

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
    if (!has_attribute(*row, "vocabulary")) continue;
    const std::int64_t size = token_ids_of(network, layer.inputs[0], train);
    if (size > 0) layer.attributes.try_emplace("vocabulary", size);
  }
}

// Replaces the class weights "balanced" by rows / (classes · rows of the class), over the training
// rows.
void resolve_class_weights(RunConfig& config, const Dataset& train, TrainingRows train_rows) {
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
    throw Error(ErrorKind::config,
                fmt::format("[train]: class_weights = \"balanced\", but the target '{}' is a "
                            "number (task = \"classification\" makes its values classes)",
                            train.targets.name));
  }
  std::vector<double> counts(train.targets.class_names.size(), 0), weights;
  for (const std::int64_t row : train_rows)
    counts[as_index(train.targets.classes[as_index(row)])] += 1;
  const auto rows = static_cast<double>(train_rows.size());
  for (const double count : counts) {
    const double even = rows / static_cast<double>(counts.size());
    weights.push_back(count > 0 ? even / count : 0);
  }
  given->second = weights;
}

// Lists the embedded columns in the configuration, so that it reads the data in the same way with
// the completed network.
void list_embedded_columns(RunConfig& config, const Dataset& train) {
  config.data.embed.clear();
  for (const TableColumn& column : train.table)
    if (is_embedded(column)) config.data.embed.push_back(column.name);
}

std::int64_t output_count(const Targets& targets) {
  if (!targets.classes.empty()) return std::ssize(targets.class_names);
  return targets.width;
}

// Adds the dense layers. Each member of an ensemble has its group of features in each of them.
void add_hidden_layers(const DefaultNetworkOptions& options, std::int64_t outputs,
                       Network& network) {
  bool is_first = true;  // this layer reads the inputs, which the members share
  const auto add_dense = [&](std::int64_t units) {
    Layer dense{"dense", {{"units", options.members * units}}};
    if (options.members > 1 && !is_first) dense.attributes["groups"] = options.members;
    network.layers.push_back(std::move(dense));
    is_first = false;
  };
  for (const std::int64_t units : options.hidden) {
    add_dense(units);
    network.layers.push_back({"selu"});
    if (options.dropout_rate > 0)
      network.layers.push_back({"alpha_dropout", {{"rate", options.dropout_rate}}});
  }
  add_dense(outputs);
}

}  // namespace

DataOptions data_options_of(const RunConfig& config) {
  DataOptions options = config.data;
  // With folds, the members must not share an embedding.
  options.embed_many = config.network.layers.empty() && config.data.inputs.empty() &&
                       config.default_network.folds == 0;
  if (const std::int64_t folds = config.default_network.folds; folds > 1)
    options.validation_split = 1 / static_cast<double>(folds);
  return options;
}

void complete_network(RunConfig& config, Dataset& train, std::span<const std::int64_t> train_rows) {
  list_embedded_columns(config, train);
  // This has an effect only on data that were read for another split.
  convert_categories(learned_categories(train, train_rows), train);
  resolve_class_weights(config, train, train_rows);
  Network& network = config.network;
  if (network.inputs.empty()) {
    for (const Field& field : train.inputs) {
      network.inputs.emplace_back(field.name, field.sample_shape);
    }
  }
  if (network.layers.empty()) {
    network.layers = input_layers(network.inputs, train, config.default_network.numeric_embedding);
    add_hidden_layers(config.default_network, output_count(train.targets), network);
    scale_to_targets(config, train, train_rows);
    const std::int64_t members = config.default_network.members;
    if (members > 1) network.layers.push_back({"average_members", {{"members", members}}});
  }
  network = complete_names(network);
  complete_vocabularies(network, train);
}

}  // namespace selfnorm
