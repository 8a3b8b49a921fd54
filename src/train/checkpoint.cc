// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cmath>
#include <sstream>
#include <utility>

#include "formats/json.h"
#include "formats/safetensors.h"
#include "kernels/simd/reduce.h"
#include "train/training_state.h"

namespace selfnorm {
namespace {

constexpr const char* kFormat = "selfnorm-checkpoint-2";
constexpr const char* kFormat1 = "selfnorm-checkpoint-1";
constexpr const char* kSlotPrefix = "optimizer.";

std::span<const float> arena(const Weights& weights) {
  return {weights.data(), static_cast<std::size_t>(weights.size())};
}

TensorEntry flat(std::string name, std::span<const float> values) {
  return tensor_entry(std::move(name), Shape{static_cast<std::int64_t>(values.size())}, values);
}

nlohmann::json to_json(const TrainingState& state, const Schedule& schedule, std::int64_t steps) {
  const ScheduleState& s = schedule.state();
  return {{"epoch", state.epoch},
          {"step_in_epoch", state.step_in_epoch},
          {"step", state.step},
          {"rows_since_watch", state.rows_since_watch},
          {"loss_sum", state.loss_sum},
          {"loss_weight", state.loss_weight},
          {"seconds", state.seconds},
          {"best",
           {{"epoch", state.best.epoch},
            {"value", number_to_json(state.best.value)},
            {"waited", state.best.epochs_without_improvement}}},
          {"schedule",
           {{"scale", s.scale},
            {"has_best", s.has_best},
            {"best", number_to_json(s.best)},
            {"waited", s.epochs_without_improvement}}},
          {"optimizer_steps", steps}};
}

std::int64_t read_count(const nlohmann::json& json, const char* key) {
  constexpr std::int64_t kMaxCount = std::int64_t{1} << 53;
  const std::int64_t value = integer_from_json(json.at(key));
  if (value >= -1 && value <= kMaxCount) return value;
  throw Error(ErrorKind::model_file, std::string("'") + key + "' is not a valid count");
}

// Returns the best score, which NaN never is.
double read_best(const nlohmann::json& json) {
  const double best = number_from_json(json);
  if (!std::isnan(best)) return best;
  throw Error(ErrorKind::model_file, "the best score is NaN");
}

void from_json(const nlohmann::json& json, TrainingState& state, Schedule& schedule,
               Optimizer& optimizer) {
  state.epoch = read_count(json, "epoch");
  state.step_in_epoch = read_count(json, "step_in_epoch");
  state.step = read_count(json, "step");
  state.rows_since_watch = read_count(json, "rows_since_watch");
  state.loss_sum = json.at("loss_sum");
  state.loss_weight = json.at("loss_weight");
  state.seconds = json.at("seconds");
  const nlohmann::json& best = json.at("best");
  state.best.epoch = read_count(best, "epoch");
  state.best.value = read_best(best.at("value"));
  state.best.epochs_without_improvement = read_count(best, "waited");
  const nlohmann::json& s = json.at("schedule");
  schedule.restore(
      {s.at("scale"), s.at("has_best"), read_best(s.at("best")), read_count(s, "waited")});
  optimizer.set_steps(read_count(json, "optimizer_steps"));
}

[[noreturn]] void fail(const std::string& where, const std::string& message) {
  throw Error(ErrorKind::model_file, where + ": " + message);
}

std::span<const float> floats(const TensorFile& file, const std::string& name,
                              const std::string& where) {
  const TensorEntry* entry = find_tensor(file, name);
  if (entry == nullptr || entry->type != StoredType::f32) {
    fail(where, fmt::format("tensor '{}' is missing or not F32", name));
  }
  return tensor_values<float>(*entry);
}

void read_floats(const TensorFile& file, const std::string& name, const std::string& where,
                 std::span<float> out) {
  const std::span<const float> values = floats(file, name, where);
  if (values.size() != out.size()) {
    fail(where,
         fmt::format("tensor '{}' has {} numbers, expected {}", name, values.size(), out.size()));
  }
  std::ranges::copy(values, out.begin());
}

// Returns the first pair of different lines in two configurations.
std::pair<std::string, std::string> first_difference(const std::string& a, const std::string& b) {
  std::istringstream lines_a(a), lines_b(b);
  std::string line_a, line_b;
  do {
    if (!std::getline(lines_a, line_a)) line_a.clear();
    if (!std::getline(lines_b, line_b)) line_b.clear();
  } while (line_a == line_b && (lines_a || lines_b));
  return {line_a, line_b};
}

}  // namespace

void save_checkpoint(const std::filesystem::path& path, const TrainedModel& model,
                     Optimizer& optimizer, const Schedule& schedule, const TrainingState& state,
                     const std::string& fingerprint) {
  std::vector<TensorEntry> tensors = {flat("weights", arena(model.weights)),
                                      flat("outputs", state.outputs)};
  for (const OptimizerSlot& slot : optimizer.slots()) {
    tensors.push_back(flat(kSlotPrefix + slot.name, slot.values));
  }
  if (state.best.epoch >= 0) tensors.push_back(flat("best", arena(state.best.weights)));
  write_safetensors(path, tensors,
                    {{"format", kFormat},
                     {"configuration", fingerprint},
                     {"state", to_json(state, schedule, optimizer.steps()).dump()}});
}

void load_checkpoint(const std::filesystem::path& path, TrainedModel& model, Optimizer& optimizer,
                     Schedule& schedule, TrainingState& state, const std::string& fingerprint) {
  const std::string where = path.string();
  const TensorFile file = read_safetensors(path);
  const auto metadata = [&](const char* key) {
    const auto found = file.metadata.find(key);
    if (found == file.metadata.end()) fail(where, fmt::format("has no metadata '{}'", key));
    return found->second;
  };
  const std::string format = metadata("format");
  if (format == kFormat1) {
    fail(where,
         "was written by version 0.1 or 0.2, in which alpha dropout computed something else at "
         "inference (finish the run with that version, or start it again)");
  }
  if (format != kFormat) fail(where, "is not a selfnorm checkpoint");
  if (const std::string written = metadata("configuration"); written != fingerprint) {
    const auto [then, now] = first_difference(written, fingerprint);
    fail(where,
         fmt::format("was written with another configuration: the line `{}` is now `{}` (only "
                     "epochs, threads, checkpoint_every, learning rate and clipping may differ)",
                     then, now));
  }
  TrainingState read;
  try {
    read_json(metadata("state"), "state", [&](const nlohmann::json& json) {
      from_json(json, read, schedule, optimizer);
      return 0;
    });
  } catch (const Error& error) {
    fail(where, error.detail());
  }
  read_floats(file, "weights", where,
              {model.weights.data(), static_cast<std::size_t>(model.weights.size())});
  for (const OptimizerSlot& slot : optimizer.slots()) {
    read_floats(file, kSlotPrefix + slot.name, where, slot.values);
  }
  if (read.best.epoch >= 0) {
    read.best.weights = model.weights;
    read_floats(file, "best", where,
                {read.best.weights.data(), static_cast<std::size_t>(read.best.weights.size())});
    if (!kernels::all_finite(read.best.weights.data(), read.best.weights.size()))
      fail(where, "tensor 'best' contains NaN or infinite numbers");
  }
  const std::span<const float> outputs = floats(file, "outputs", where);
  read.outputs.assign(outputs.begin(), outputs.end());
  state = std::move(read);
}

}  // namespace selfnorm
