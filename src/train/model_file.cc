#include <fmt/format.h>

#include "formats/network_json.h"
#include "formats/safetensors.h"
#include "passes/views.h"
#include "selfnorm/error.h"
#include "selfnorm/version.h"
#include "train/schema_json.h"
#include "train/trained_model.h"

namespace selfnorm {
namespace {

constexpr const char* kFormat = "selfnorm-model-1";

std::vector<TensorEntry> weight_tensors(const Weights& weights,
                                        const std::vector<std::vector<float>>& values) {
  std::vector<TensorEntry> tensors;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const WeightEntry& entry = weights.entries()[i];
    tensors.push_back(tensor_entry(entry.name, entry.shape, std::span<const float>(values[i])));
  }
  return tensors;
}

const std::string& metadata_of(const TensorFile& file, const std::string& key,
                               const std::string& where) {
  const auto found = file.metadata.find(key);
  if (found != file.metadata.end()) return found->second;
  throw Error(
      ErrorKind::model_file,
      fmt::format("{}: is a safetensors file without '{}': not written by selfnorm", where, key));
}

void read_weights(const TensorFile& file, Weights& weights, const std::string& where) {
  for (const WeightEntry& entry : weights.entries()) {
    const TensorEntry* tensor = find_tensor(file, entry.name);
    if (tensor == nullptr) {
      throw Error(ErrorKind::model_file,
                  fmt::format("{}: tensor '{}' is missing", where, entry.name));
    }
    if (tensor->type != StoredType::f32 || tensor->shape != entry.shape) {
      throw Error(
          ErrorKind::model_file,
          fmt::format("{}: tensor '{}' is {} {}, the network needs F32 {}", where, entry.name,
                      stored_name(tensor->type), to_string(tensor->shape), to_string(entry.shape)));
    }
    weights.set(entry, tensor_values<float>(*tensor));
  }
}

}  // namespace

void save_model(const TrainedModel& model, const std::filesystem::path& path,
                const Metadata& more_metadata) {
  Metadata metadata = more_metadata;
  metadata["format"] = kFormat;
  metadata["version"] = SELFNORM_VERSION;
  metadata["network"] = network_to_json(model.network);
  metadata["schema"] = schema_to_json(model.schema);
  metadata["objective"] = objective_to_json(model.objective);
  std::vector<std::vector<float>> values;
  for (const WeightEntry& entry : model.weights.entries())
    values.push_back(model.weights.get(entry));
  write_safetensors(path, weight_tensors(model.weights, values), metadata);
}

TrainedModel load_model(const std::filesystem::path& path) {
  const std::string where = path.string();
  const TensorFile file = read_safetensors(path);
  const std::string& format = metadata_of(file, "format", where);
  if (format != kFormat) {
    throw Error(ErrorKind::model_file, fmt::format("{}: is of format '{}', this program reads '{}'",
                                                   where, format, kFormat));
  }
  TrainedModel model;
  try {
    model.network = network_from_json(metadata_of(file, "network", where));
    model.schema = schema_from_json(metadata_of(file, "schema", where));
    model.objective = objective_from_json(metadata_of(file, "objective", where));
    model.weights = Weights(build_engine_graph(model.network, 1));
  } catch (const Error& error) {
    throw Error(ErrorKind::model_file, fmt::format("{}: {}", where, error.what()));
  }
  read_weights(file, model.weights, where);
  return model;
}

}  // namespace selfnorm
