// SPDX-License-Identifier: Apache-2.0
#include "api/examination_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "api/default_network.h"
#include "api/folds.h"
#include "api/run.h"
#include "base/random.h"
#include "data/split.h"
#include "doctor/input_field.h"
#include "ops/table.h"
#include "passes/build.h"
#include "passes/vocabulary.h"
#include "selfnorm/dataset.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// An input without data. It has N(0, 1) numbers, or token ids, which are equally likely and without
// padding.
struct RandomInput {
  ValueId value;
  std::string name;
  Shape shape;
  std::int64_t vocabulary_size;  ///< 0: numbers
};

std::vector<RandomInput> inputs_of(const Graph& graph) {
  const auto token_inputs = vocabulary_sizes(graph);
  std::vector<RandomInput> inputs;
  for (const ValueId id : graph.inputs) {
    const auto known = token_inputs.find(id);
    inputs.push_back({id, graph.value(id).name, graph.value(id).shape,
                      known == token_inputs.end() ? 0 : known->second});
  }
  return inputs;
}

std::vector<float> draw(const RandomInput& input, std::uint64_t seed) {
  const RandomKey key = random_key(seed, "doctor", input.name);
  const auto count = static_cast<std::size_t>(elements(input.shape));
  if (input.vocabulary_size == 0) return standard_normals(key, count);
  std::vector<float> ids(count);
  const auto words = static_cast<double>(input.vocabulary_size - 1);
  for (std::size_t i = 0; i < count; ++i) {
    ids[i] = static_cast<float>(1 + std::floor(words * uniform(key, i)));
  }
  return ids;
}

// Returns the loss with the targets that it reads; nullopt if neither the configuration nor the
// targets, which may be empty, determine it.
std::optional<TrainingGoal> training_goal(const RunConfig& config, const Graph& graph,
                                          const Targets& targets,
                                          std::span<const std::int64_t> rows) {
  if (graph.outputs.size() != 1) return std::nullopt;  // no loss reads several outputs
  const bool has_targets = !targets.classes.empty() || !targets.values.empty();
  std::optional<Objective> objective =
      has_targets ? choose_objective(config.train, targets) : objective_of_loss(config.train);
  if (!objective) return std::nullopt;
  const Shape& output = graph.value(graph.outputs[0]).shape;
  resolve_objective(*objective, targets, {output.begin() + 1, output.end()});
  if (!has_targets) return TrainingGoal{*objective};
  return TrainingGoal{*objective, &targets, {rows.begin(), rows.end()}};
}

// Whether a network may end with an activation, so that a loss of these targets may not fit it.
bool may_end_with_activation(const Network& network) {
  if (!network.outputs.empty()) return true;
  for (auto layer = network.layers.rbegin(); layer != network.layers.rend(); ++layer) {
    const OpRow* row = find_op(layer->op);
    if (row == nullptr) return false;  // the builder reports this
    if (*row->category == Category::activation) return true;
    const std::vector<Option> options = row->attributes->describe();
    if (std::ranges::count(options, "init", &Option::name) > 0) return false;
  }
  return false;
}

ExaminationInput prepare_standard_normal_input(const RunConfig& config,
                                               const ExaminationOptions& options) {
  const std::int64_t samples = options.samples;
  ExaminationInput examined{
      "N(0, 1)", config.network, build_graph(config.network, samples), samples, false, {}, {}, {},
      {}};
  examined.tables = load_pretrained_tables(examined.graph, {{}});
  examined.goal = training_goal(config, examined.graph, {}, {});
  examined.rows = [inputs = inputs_of(examined.graph)](std::uint64_t seed) {
    InputRows rows;
    for (const RandomInput& input : inputs) rows.push_back(draw(input, seed));
    return rows;
  };
  examined.draw_fresh_rows = examined.rows;
  // The known fields of token ids are those of the first draw.
  examined.known_fields =
      known_fields(examined.graph, examined.rows(options.seed), examined.tables);
  // One sample stands for all, unless token ids have a field with all samples.
  const auto inputs = inputs_of(examined.graph);
  const bool has_token_ids = std::ranges::any_of(
      inputs, [](const RandomInput& input) { return input.vocabulary_size > 0; });
  for (const RandomInput& input : inputs) {
    if (input.vocabulary_size > 0) continue;
    examined.known_fields[input.value] = has_token_ids
                                             ? uniform_field(extent_of(input.shape, samples), 0, 1)
                                             : unit_normal_field(input.shape);
  }
  return examined;
}

RandomKey examined_rows_key(std::uint64_t seed) { return random_key(seed, "doctor", "rows"); }

}  // namespace

std::optional<Dataset> load_training_data(RunConfig& config) {
  if (config.data.source.empty() && config.data.inputs.empty()) return std::nullopt;
  // Targets are read if they matter: for the default network, for texts, since labels decide which
  // rows exist, for an activation before the loss, for `scaling`, and to hold out the same rows as
  // training.
  DataOptions options = data_options_of(config);
  const bool is_divided = options.test_split > 0 || options.validation_split.value_or(1) > 0;
  options.read_targets = config.network.layers.empty() || !options.text.empty() ||
                         options.scaling == "auto" || may_end_with_activation(config.network) ||
                         (is_divided && options.shuffle_split && options.stratify_split);
  LoadedData loaded = load_data(options, config.train.seed);
  resolve_folds(config);
  decide_validation_split(config.data, loaded.train.rows, loaded.test.has_value());
  return std::move(loaded.train);
}

ExaminationInput prepare_examination(const RunConfig& config, const Dataset& train,
                                     std::span<const std::int64_t> rows, const Schema& schema,
                                     const ExaminationOptions& options) {
  const std::vector<std::int64_t> drawn =
      draw_rows(rows, options.samples, examined_rows_key(options.seed));
  if (std::ssize(drawn) < 2) {
    throw Error(ErrorKind::data,
                fmt::format("{}: the doctor needs at least 2 training rows, got {}", train.name,
                            drawn.size()));
  }
  const auto count = std::ssize(drawn);
  InputRows examined_rows = gather_inputs(schema, train, drawn);
  ExaminationInput examined{train.name,
                            config.network,
                            build_graph(config.network, count),
                            count,
                            !config.data.standardize,
                            {},
                            {},
                            {},
                            {}};
  examined.tables = load_pretrained_tables(
      examined.graph, {train.vocabulary, count_tokens(train, rows), config.data.skip_bad});
  examined.known_fields = known_fields(examined.graph, examined_rows, examined.tables);
  examined.goal = training_goal(config, examined.graph, train.targets, rows);
  examined.rows = [examined_rows](std::uint64_t) { return examined_rows; };
  examined.draw_fresh_rows = [&train, schema, count,
                              all = std::vector(rows.begin(), rows.end())](std::uint64_t seed) {
    return gather_inputs(schema, train, draw_rows(all, count, examined_rows_key(seed)));
  };
  return examined;
}

ExaminationInput prepare_examination(const RunConfig& given, Dataset& train,
                                     const ExaminationOptions& options) {
  RunConfig config = given;
  const std::vector<std::int64_t> rows = complete_config(config, train).rows;
  const Schema schema = prepare_inputs(config, train, rows);
  return prepare_examination(config, train, rows, schema, options);
}

ExaminationInput prepare_examination(const RunConfig& config, std::optional<Dataset>& data,
                                     const ExaminationOptions& options) {
  return data ? prepare_examination(config, *data, options)
              : prepare_standard_normal_input(config, options);
}

}  // namespace selfnorm
