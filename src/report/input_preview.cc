// SPDX-License-Identifier: Apache-2.0
#include "report/input_preview.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "report/heat_map.h"
#include "tables/column_encoding.h"
#include "tables/embedded_categories.h"

namespace selfnorm {
namespace {

constexpr std::size_t kMaxPreviewedFeatures = 20;

float value_at(const Field& field, std::size_t index) {
  return std::visit([&](const auto& values) { return static_cast<float>(values[index]); },
                    field.values);
}

bool is_image(const Field& field) {
  constexpr std::int64_t kMaxPixels = std::int64_t{256} * 256;
  const Shape& shape = field.sample_shape;
  const bool has_axes = shape.size() == 3 && shape[1] > 1 && shape[2] > 1;
  return has_axes && (shape[0] == 1 || shape[0] == 3) && shape[1] * shape[2] <= kMaxPixels;
}

// Returns an image with its smallest value as black and its largest as white. Bytes stay as they
// are.
Json image_json(const Field& field, std::int64_t row) {
  const auto count = static_cast<std::size_t>(elements(field.sample_shape));
  const std::size_t first = static_cast<std::size_t>(row) * count;
  float low = 0, high = 255;
  if (std::holds_alternative<std::vector<float>>(field.values)) {
    low = std::numeric_limits<float>::infinity(), high = -low;
    for (std::size_t i = 0; i < count; ++i) {
      const float value = value_at(field, first + i);
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  std::vector<std::uint8_t> bytes;
  const float scale = high > low ? 255 / (high - low) : 0;
  for (std::size_t i = 0; i < count; ++i) {
    const float shade = (value_at(field, first + i) - low) * scale + 0.5f;
    bytes.push_back(std::isfinite(shade)
                        ? static_cast<std::uint8_t>(std::clamp(shade, 0.0f, 255.0f))
                        : std::uint8_t{0});
  }
  const Shape& shape = field.sample_shape;
  return {
      {"channels", shape[0]}, {"height", shape[1]}, {"width", shape[2]}, {"bytes", base64(bytes)}};
}

// Returns the words of a text up to the padding. "?" represents an unknown token.
std::string text_of(const Field& field, const std::vector<std::string>& vocabulary,
                    std::int64_t row) {
  const auto steps = static_cast<std::size_t>(elements(field.sample_shape));
  std::string text;
  for (std::size_t step = 0; step < steps; ++step) {
    const auto word =
        static_cast<std::size_t>(value_at(field, static_cast<std::size_t>(row) * steps + step));
    if (word == 0 || word >= vocabulary.size()) break;
    text += (text.empty() ? "" : " ") + (vocabulary[word].empty() ? "?" : vocabulary[word]);
  }
  return text;
}

// Returns the category of a row in a column of an embedding, or null.
Json category_of(const TableColumn& column, const Field& field, std::int64_t row) {
  const std::int64_t index = category_of_token_id(value_at(field, static_cast<std::size_t>(row)));
  if (index < 0 || index >= std::ssize(column.categories)) return nullptr;
  return column.categories[static_cast<std::size_t>(index)];
}

// Adds the numbers of an input to a list, as far as there is room. Of a column of a table that
// became several numbers, those that are 0 are left out: of 32 categories, only that of the row is
// of interest.
void add_feature_values(const Field& field, std::int64_t row, Json& list) {
  const auto count = static_cast<std::size_t>(elements(field.sample_shape));
  const auto has_source_of = [&](std::size_t i, std::size_t other) {
    return std::max(i, other) < field.sources.size() && field.sources[i] == field.sources[other];
  };
  for (std::size_t i = 0; i < count && list.size() < kMaxPreviewedFeatures; ++i) {
    const float value = value_at(field, static_cast<std::size_t>(row) * count + i);
    const bool is_part = (i > 0 && has_source_of(i, i - 1)) || has_source_of(i, i + 1);
    if (is_part && value == 0) continue;
    const std::string name = i < field.columns.size() ? field.columns[i] : std::to_string(i);
    list.push_back(Json::array({name, number(value)}));
  }
}

}  // namespace

void add_input_preview(const Dataset& data, std::int64_t row, Json& mistake) {
  if (!data.lines.empty()) mistake["line"] = data.lines[static_cast<std::size_t>(row)];
  if (!data.vocabulary.empty()) {
    for (const Field& field : data.inputs) {
      mistake["text"].push_back(text_of(field, data.vocabulary, row));
    }
  } else if (is_image(data.inputs[0])) {
    mistake["image"] = image_json(data.inputs[0], row);
  } else {
    Json& list = mistake["values"] = Json::array();
    for (const Field& field : data.inputs) {
      const TableColumn* column = find_embedded_column(data, field);
      if (column == nullptr) add_feature_values(field, row, list);
      else if (list.size() < kMaxPreviewedFeatures)
        list.push_back(Json::array({column->name, category_of(*column, field, row)}));
    }
  }
}

}  // namespace selfnorm
