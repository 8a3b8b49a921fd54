// SPDX-License-Identifier: Apache-2.0
#include "data/check_dataset.h"

#include <fmt/format.h>

#include <cmath>

#include "files/byte_reader.h"

namespace selfnorm {
namespace {

void check_count(const std::string& where, const char* what, std::size_t got, std::int64_t rows,
                 std::int64_t each) {
  const auto width = static_cast<std::size_t>(each);
  if (got % width == 0 && got / width == static_cast<std::size_t>(rows)) return;
  throw_data_error(
      fmt::format("{}: expected {} rows of {} {}, got {} in total", where, rows, each, what, got));
}

void check_field(const std::string& dataset, const Field& field, std::int64_t rows, bool is_text) {
  const std::string where = fmt::format("{}: input '{}'", dataset, field.name);
  if (field.sample_shape.empty() || !is_plausible(field.sample_shape)) {
    throw_data_error(fmt::format("{}: a sample's extents must be at least 1, got {}", where,
                                 to_string(field.sample_shape)));
  }
  const std::int64_t features = elements(field.sample_shape);
  const auto count = std::visit([](const auto& values) { return values.size(); }, field.values);
  check_count(where, "numbers", count, rows, features);
  const std::int64_t columns = is_text ? 1 : features;
  if (!field.columns.empty() && std::ssize(field.columns) != columns) {
    throw_data_error(fmt::format("{}: has {} features but {} column names", where, columns,
                                 field.columns.size()));
  }
  const auto* values = std::get_if<std::vector<float>>(&field.values);
  if (values == nullptr) return;
  for (std::size_t i = 0; i < values->size(); ++i) {
    const bool is_missing_cell = !field.sources.empty() && std::isnan((*values)[i]);
    if (std::isfinite((*values)[i]) || is_missing_cell) continue;
    const auto at = static_cast<std::int64_t>(i);
    throw_data_error(
        fmt::format("{}: row {}, feature {} (from 0): expected a finite number, got {} (drop "
                    "the row or fill the value)",
                    where, at / features, at % features, (*values)[i]));
  }
}

void check_target_values(const std::string& where, const Targets& targets) {
  for (std::size_t i = 0; i < targets.values.size(); ++i) {
    if (!std::isinf(targets.values[i])) continue;
    const auto at = static_cast<std::int64_t>(i);
    throw_data_error(
        fmt::format("{}: row {}, number {} (from 0): expected a number, or NaN for a "
                    "missing one, got {}",
                    where, at / targets.width, at % targets.width, targets.values[i]));
  }
}

void check_classes(const std::string& where, const Targets& targets) {
  const auto names = std::ssize(targets.class_names);
  for (std::size_t row = 0; row < targets.classes.size(); ++row) {
    const std::int32_t label = targets.classes[row];
    if (label >= 0 && label < names) continue;
    throw_data_error(
        fmt::format("{}: row {} (from 0) has class {}, but class_names lists {} classes (name "
                    "every class, by class index from 0)",
                    where, row, label, names));
  }
}

}  // namespace

void check_token_ids(const Field& field, std::int64_t vocabulary, const std::string& dataset) {
  const auto* values = std::get_if<std::vector<float>>(&field.values);
  const std::string where = fmt::format("{}: input '{}'", dataset, field.name);
  if (values == nullptr) throw_data_error(where + ": expected token ids, got pixels");
  for (std::size_t i = 0; i < values->size(); ++i) {
    const float id = (*values)[i];
    if (id >= 0 && id < static_cast<float>(vocabulary) && id == std::floor(id)) continue;
    const auto at = static_cast<std::int64_t>(i), steps = elements(field.sample_shape);
    throw_data_error(
        fmt::format("{}: row {}, step {} (from 0): expected a token id from 0 (padding) to {}, "
                    "got {} (increase the embedding's `vocabulary`, or encode the data again)",
                    where, at / steps, at % steps, vocabulary - 1, id));
  }
}

void check_dataset(const Dataset& data) {
  if (data.rows < 1) throw_data_error(fmt::format("{}: has no rows", data.name));
  if (!data.folds.empty()) check_count(data.name, "fold", data.folds.size(), data.rows, 1);
  for (const Field& field : data.inputs) {
    check_field(data.name, field, data.rows, !data.vocabulary.empty());
    if (!data.vocabulary.empty()) check_token_ids(field, std::ssize(data.vocabulary), data.name);
  }
  const Targets& targets = data.targets;
  const std::string where = fmt::format("{}: target '{}'", data.name, targets.name);
  if (!targets.classes.empty() && !targets.values.empty()) {
    throw_data_error(where + ": expected classes or values, got both");
  }
  if (!targets.classes.empty()) {
    check_count(where, "class", targets.classes.size(), data.rows, 1);
    check_classes(where, targets);
  } else if (!targets.values.empty()) {
    if (targets.width < 1) throw_data_error(where + ": its width must be at least 1");
    check_count(where, "numbers", targets.values.size(), data.rows, targets.width);
    check_target_values(where, targets);
  }
}

}  // namespace selfnorm
