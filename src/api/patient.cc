#include "api/patient.h"

#include <algorithm>

#include "api/run.h"
#include "base/random.h"
#include "data/load.h"
#include "doctor/input_field.h"
#include "passes/build.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

Shape batch_shape(const Shape& sample, std::int64_t rows) {
  Shape shape = sample;
  shape.insert(shape.begin(), rows);
  return shape;
}

Patient with_data(RunConfig config, Dataset& train, const ExaminationOptions& options) {
  complete_network(config, train);
  const auto [split, schema] = prepare_inputs(config, train);
  std::vector<std::int64_t> drawn =
      permutation(random_key(options.seed, "doctor", "rows"), std::ssize(split.train));
  drawn.resize(static_cast<std::size_t>(std::min(options.samples, std::ssize(split.train))));
  if (std::ssize(drawn) < 2) {
    throw Error(ErrorKind::data, train.name + ": the doctor needs at least 2 rows to look at");
  }
  for (std::int64_t& row : drawn) row = split.train[static_cast<std::size_t>(row)];
  const auto count = std::ssize(drawn);
  const InputRows rows = gather_inputs(schema, train, drawn);
  Patient patient{train.name, config.network,           build_graph(config.network, count),
                  count,      !config.data.standardize, {},
                  {}};
  for (std::size_t i = 0; i < schema.inputs.size(); ++i) {
    const ValueId input = patient.graph.inputs[i];
    patient.known[input] = field_of_rows(rows[i], patient.graph.value(input).shape);
  }
  patient.known.merge(fields_of_fitted(patient.graph, rows));
  patient.rows = [rows](std::uint64_t) { return rows; };
  return patient;
}

Patient with_unit_normals(const RunConfig& config, const ExaminationOptions& options) {
  const std::int64_t samples = options.samples;
  Patient patient{
      "N(0, 1)", config.network, build_graph(config.network, samples), samples, false, {}, {}};
  for (const auto& [name, sample] : config.network.inputs) {
    const ValueId input = find_value(patient.graph, name);
    patient.known[input] = unit_normal_field(batch_shape(sample, samples));
  }
  patient.rows = [inputs = config.network.inputs, samples](std::uint64_t seed) {
    InputRows rows;
    for (const auto& [name, sample] : inputs) {
      rows.push_back(
          unit_normals(random_key(seed, "doctor", name),
                       static_cast<std::size_t>(elements(batch_shape(sample, samples)))));
    }
    return rows;
  };
  return patient;
}

}  // namespace

std::optional<Dataset> load_rows(RunConfig config) {
  if (config.data.source.empty() && config.data.inputs.empty()) return std::nullopt;
  config.data.read_targets = config.network.layers.empty();  // else nothing follows from them
  return load_data(config.data, config.train.seed).train;
}

Patient admit(const RunConfig& config, std::optional<Dataset>& data,
              const ExaminationOptions& options) {
  return data ? with_data(config, *data, options) : with_unit_normals(config, options);
}

}  // namespace selfnorm
