// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "formats/json.h"
#include "formats/network_json.h"
#include "formats/safetensors.h"
#include "kernels/simd/reduce.h"
#include "passes/inference_mode.h"
#include "passes/views.h"
#include "selfnorm/error.h"
#include "selfnorm/version.h"
#include "train/compile.h"
#include "train/output_line.h"
#include "train/schema_json.h"
#include "train/trained_model.h"

namespace selfnorm {
namespace {

constexpr const char* kFormat = "selfnorm-model-2";
/// The format of versions 0.1 and 0.2, where alpha dropout was the identity at inference.
constexpr const char* kFormat1 = "selfnorm-model-1";
constexpr const char* kOutputLines = "output_lines";
constexpr const char* kHeldOutErrors = "held_out_errors";

std::vector<TensorEntry> weight_tensors(const Weights& weights,
                                        const std::vector<std::vector<float>>& values) {
  std::vector<TensorEntry> tensors;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const WeightEntry& entry = weights.entries()[i];
    tensors.push_back(tensor_entry(entry.name, entry.shape, std::span<const float>(values[i])));
  }
  return tensors;
}

const std::string& metadata_of(const TensorFile& file, const std::string& key) {
  const auto found = file.metadata.find(key);
  if (found != file.metadata.end()) return found->second;
  throw Error(
      ErrorKind::model_file,
      fmt::format(
          "is a safetensors file without the metadata '{}', so it was not written by selfnorm",
          key));
}

// Checks that all tensors of the network exist with their shapes, before memory is allocated for
// them.
void check_tensors(const TensorFile& file, const Graph& graph) {
  for (const Parameter& parameter : graph.parameters) {
    const Value& value = graph.value(parameter.value);
    const TensorEntry* tensor = find_tensor(file, value.name);
    if (tensor == nullptr) {
      throw Error(ErrorKind::model_file, fmt::format("tensor '{}' is missing", value.name));
    }
    if (tensor->type != StoredType::f32 || tensor->shape != value.shape) {
      throw Error(
          ErrorKind::model_file,
          fmt::format("tensor '{}' is {} {}, but the network needs F32 {}", value.name,
                      stored_name(tensor->type), to_string(tensor->shape), to_string(value.shape)));
    }
  }
}

// Checks that the schema fits the inputs of the network.
void check_schema(const Schema& schema, const Network& network) {
  const auto fail = [](const std::string& what) {
    throw Error(ErrorKind::model_file, "its schema does not fit its network: " + what);
  };
  if (schema.inputs.size() != network.inputs.size()) fail("the number of inputs differs");
  for (std::size_t i = 0; i < schema.inputs.size(); ++i) {
    const Schema::Input& input = schema.inputs[i];
    const auto& [name, shape] = network.inputs[i];
    if (input.name != name)
      fail(fmt::format("input '{}' of the network is named '{}' in the schema", name, input.name));
    if (input.sample_shape != shape) {
      fail(fmt::format("input '{}' has shape {} in the network and {} in the schema", name,
                       to_string(shape), to_string(input.sample_shape)));
    }
    const Field field{name, shape, {}, {}};
    const auto features = static_cast<std::size_t>(standardized_features(field));
    const std::size_t given = input.standardizer.mean.size();
    if (given != 0 && given != features) {
      fail(fmt::format("input '{}' has {} means but {} features", name, given, features));
    }
    const std::int64_t columns = schema.vocabulary.empty() ? elements(shape) : 1;  // 1 for texts
    if (!input.columns.empty() && std::ssize(input.columns) != columns) {
      fail(fmt::format("input '{}' has {} column names but {} features", name, input.columns.size(),
                       elements(shape)));
    }
  }
}

// Returns the maximum number of classes for this number of outputs.
std::size_t max_class_names(TargetKind targets, std::int64_t outputs) {
  switch (targets) {
    case TargetKind::class_maps: return 0;  // numbers without names
    case TargetKind::classes:
    case TargetKind::distributions: return static_cast<std::size_t>(outputs);
    case TargetKind::probabilities: return 2;
    case TargetKind::values: return 0;
  }
  return 0;
}

// Checks that the loss accepts the outputs of the network, and that there are outputs for all named
// classes.
void check_objective(const Objective& objective, const Schema& schema, Graph graph) {
  const Shape& shape = graph.value(add_loss(graph, objective, only_output(graph)).output).shape;
  const std::size_t max_classes = max_class_names(objective.targets, elements(shape) / shape[0]);
  if (schema.class_names.size() <= max_classes) return;
  throw Error(
      ErrorKind::model_file,
      fmt::format("its schema names {} classes, but its network has outputs for {} with loss '{}'",
                  schema.class_names.size(), max_classes, objective.loss));
}

void check_finite(const std::string& name, std::span<const float> values, ErrorKind kind) {
  if (kernels::all_finite(values.data(), std::ssize(values))) return;
  throw Error(kind, fmt::format("tensor '{}' contains NaN or infinite numbers", name));
}

void read_weights(const TensorFile& file, Weights& weights) {
  for (const WeightEntry& entry : weights.entries()) {
    const std::span<const float> values = tensor_values<float>(*find_tensor(file, entry.name));
    check_finite(entry.name, values, ErrorKind::model_file);
    weights.set(entry, values);
  }
}

std::string output_lines_to_json(const std::vector<OutputLine>& lines) {
  auto json = nlohmann::json::array();
  for (const OutputLine& line : lines) {
    json.push_back({{"slope", line.slope}, {"offset", line.offset}});
  }
  return json.dump();
}

// Reads the lines of a file, which are absent if the outputs were not refitted.
std::vector<OutputLine> read_output_lines(const TensorFile& file) {
  const auto found = file.metadata.find(kOutputLines);
  if (found == file.metadata.end()) return {};
  return read_json(found->second, kOutputLines, [](const nlohmann::json& json) {
    std::vector<OutputLine> lines;
    for (const nlohmann::json& line : json) lines.push_back({line.at("slope"), line.at("offset")});
    return lines;
  });
}

void check_output_lines(const TrainedModel& model, const Graph& graph) {
  if (model.output_lines.empty()) return;
  const Shape& shape = graph.value(graph.outputs[0]).shape;
  const bool is_possible =
      can_refit_output(model) || model.objective.targets == TargetKind::classes;
  const bool fits =
      is_possible && has_own_last_layer(model) && std::ssize(model.output_lines) == elements(shape);
  const bool is_valid = std::ranges::all_of(model.output_lines, [](const OutputLine& line) {
    return std::isfinite(line.slope) && line.slope > 0 && std::isfinite(line.offset);
  });
  if (fits && is_valid) return;
  throw Error(
      ErrorKind::model_file,
      fmt::format("its {} do not fit its network (expected one slope above 0 and one offset "
                  "for each of {} outputs, got {})",
                  kOutputLines, elements(shape), model.output_lines.size()));
}

TrainedModel read_model(const TensorFile& file) {
  const std::string& format = metadata_of(file, "format");
  if (format != kFormat && format != kFormat1) {
    throw Error(ErrorKind::model_file,
                fmt::format("has format '{}', but this program reads '{}' and '{}'", format,
                            kFormat1, kFormat));
  }
  TrainedModel model;
  model.network = network_from_json(metadata_of(file, "network"));
  if (format == kFormat1) set_dropout_inference(model.network, "identity");
  const Graph graph = build_engine_graph(model.network, 1);
  model.schema = schema_from_json(metadata_of(file, "schema"));
  check_schema(model.schema, model.network);
  mark_token_inputs(graph, model.schema);
  model.objective = objective_from_json(metadata_of(file, "objective"));
  check_objective(model.objective, model.schema, graph);
  check_tensors(file, graph);
  model.weights = Weights(graph);
  read_weights(file, model.weights);
  model.output_lines = read_output_lines(file);
  check_output_lines(model, graph);
  if (const auto errors = file.metadata.find(kHeldOutErrors); errors != file.metadata.end()) {
    const Shape& output = graph.value(graph.outputs[0]).shape;
    model.held_out_errors = held_out_errors_from_json(errors->second, elements(output));
  }
  return model;
}

}  // namespace

void save_model(const TrainedModel& model, const std::filesystem::path& path,
                const Metadata& extra_metadata) {
  Metadata metadata = extra_metadata;
  metadata["format"] = kFormat;
  metadata["version"] = SELFNORM_VERSION;
  metadata["network"] = network_to_json(model.network);
  metadata["schema"] = schema_to_json(model.schema);
  metadata["objective"] = objective_to_json(model.objective);
  if (!model.output_lines.empty()) {
    metadata[kOutputLines] = output_lines_to_json(model.output_lines);
  }
  if (!model.held_out_errors.empty())
    metadata[kHeldOutErrors] = held_out_errors_to_json(model.held_out_errors);
  std::vector<std::vector<float>> values;
  for (const WeightEntry& entry : model.weights.entries()) {
    values.push_back(model.weights.get(entry));
    check_finite(entry.name, values.back(), ErrorKind::numeric);
  }
  write_safetensors(path, weight_tensors(model.weights, values), metadata);
}

TrainedModel load_model(const std::filesystem::path& path, Checksums checksums) {
  const TensorFile file = read_safetensors(path, checksums);
  try {
    return read_model(file);
  } catch (const Error& error) {
    throw Error(ErrorKind::model_file, fmt::format("{}: {}", path.string(), error.detail()));
  }
}

}  // namespace selfnorm
