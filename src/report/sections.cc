#include "report/sections.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.h"
#include "report/heat_map.h"

namespace selfnorm {
namespace {

// Shares of the layer's elements by width of a bin.
Json densities(const std::vector<float>& counts, double width) {
  double all = 0;
  for (const float count : counts) all += count;
  Json list = Json::array();
  for (const float count : counts) {
    // Four digits are more than a curve shows.
    const double density = all > 0 ? count / (all * width) : 0;
    list.push_back(std::round(density * 1e4) / 1e4);
  }
  return list;
}

float value_at(const Field& field, std::size_t index) {
  return std::visit([&](const auto& values) { return static_cast<float>(values[index]); },
                    field.values);
}

bool is_image(const Field& field) {
  constexpr std::int64_t kMostPixels = 256 * 256;
  const Shape& shape = field.sample_shape;
  const bool has_axes = shape.size() == 3 && shape[1] > 1 && shape[2] > 1;
  return has_axes && (shape[0] == 1 || shape[0] == 3) && shape[1] * shape[2] <= kMostPixels;
}

// Its darkest value as black, its brightest as white; bytes as they are.
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

// The words by their numbers, up to the padding; "?" for those that the vocabulary has not.
std::string text_of(const Field& field, const std::vector<std::string>& words, std::int64_t row) {
  const auto steps = static_cast<std::size_t>(elements(field.sample_shape));
  std::string text;
  for (std::size_t step = 0; step < steps; ++step) {
    const auto word =
        static_cast<std::size_t>(value_at(field, static_cast<std::size_t>(row) * steps + step));
    if (word == 0 || word >= words.size()) break;
    text += (text.empty() ? "" : " ") + (words[word].empty() ? "?" : words[word]);
  }
  return text;
}

Json values_of(const Field& field, std::int64_t row) {
  constexpr std::size_t kMost = 20;
  const auto count = static_cast<std::size_t>(elements(field.sample_shape));
  Json list = Json::array();
  for (std::size_t i = 0; i < std::min(count, kMost); ++i) {
    const std::string name = i < field.columns.size() ? field.columns[i] : std::to_string(i);
    list.push_back(
        Json::array({name, number(value_at(field, static_cast<std::size_t>(row) * count + i))}));
  }
  return list;
}

void add_input(const Dataset& data, std::int64_t row, Json& mistake) {
  if (!data.words.empty()) {
    for (const Field& field : data.inputs) {
      mistake["text"].push_back(text_of(field, data.words, row));
    }
  } else if (is_image(data.inputs[0])) {
    mistake["image"] = image_json(data.inputs[0], row);
  } else {
    mistake["values"] = values_of(data.inputs[0], row);
  }
}

}  // namespace

std::vector<std::int64_t> evenly(const std::vector<std::int64_t>& rows, std::size_t most) {
  const std::size_t count = std::min(rows.size(), most);
  std::vector<std::int64_t> some;
  for (std::size_t i = 0; i < count; ++i) some.push_back(rows[i * rows.size() / count]);
  return some;
}

Json histograms_json(const std::vector<EpochRecord>& history) {
  std::vector<const std::vector<LayerHistogram>*> looks;
  for (const EpochRecord& record : history) {
    if (!record.histograms.empty()) looks.push_back(&record.histograms);
  }
  if (looks.size() < 2) return nullptr;
  const auto &before = *looks.front(), &after = *looks.back();
  constexpr double kWidth = (kHistogramHigh - kHistogramLow) / kHistogramBins;
  Json edges = Json::array(), layers = Json::array();
  for (std::int64_t i = 0; i <= kHistogramBins; ++i) {
    edges.push_back(kHistogramLow + kWidth * static_cast<double>(i));
  }
  for (std::size_t i = 0; i < std::min(before.size(), after.size()); ++i) {
    layers.push_back({{"name", after[i].layer},
                      {"op", after[i].op},
                      {"before", densities(before[i].counts, kWidth)},
                      {"after", densities(after[i].counts, kWidth)}});
  }
  return {{"edges", edges}, {"layers", layers}};
}

Json confusion_json(const Judged& judged, const NamedRows& of) {
  constexpr std::int64_t kMostClasses = 40;
  constexpr std::size_t kMostPairs = 40;
  const std::vector<std::string>& classes = of.data.targets.class_names;
  Json json{{"rows", of.rows.size()}, {"of", of.name}};
  if (judged.classes <= kMostClasses) {
    json["classes"] = classes;
    json["counts"] = confusion(judged);
    return json;
  }
  json["pairs"] = Json::array();
  for (const ConfusedPair& pair : confused_pairs(judged, kMostPairs)) {
    json["pairs"].push_back(
        Json::array({classes[static_cast<std::size_t>(pair.truth)],
                     classes[static_cast<std::size_t>(pair.predicted)], pair.rows}));
  }
  return json;
}

Json calibration_json(const Judged& judged, const NamedRows& of) {
  const std::vector<ConfidenceBin> bins = confidence_bins(judged);
  Json list = Json::array();
  for (const ConfidenceBin& bin : bins) {
    list.push_back(
        {{"confidence", bin.confidence}, {"accuracy", bin.accuracy}, {"rows", bin.rows}});
  }
  return {{"error", calibration_error(bins)}, {"of", of.name}, {"bins", list}};
}

Json mistakes_json(const Judged& judged, const NamedRows& of) {
  constexpr std::size_t kMost = 12;
  const std::vector<std::string>& classes = of.data.targets.class_names;
  Json list = Json::array();
  for (const std::size_t at : worst_mistakes(judged, kMost)) {
    const auto probabilities = judged.of(at);
    const auto predicted = static_cast<std::size_t>(predicted_class(probabilities));
    Json mistake{{"row", of.rows[at]},
                 {"truth", classes[static_cast<std::size_t>(judged.truth[at])]},
                 {"predicted", classes[predicted]},
                 {"probability", probabilities[predicted]}};
    add_input(of.data, of.rows[at], mistake);
    list.push_back(std::move(mistake));
  }
  return {{"of", of.name}, {"rows", list}};
}

}  // namespace selfnorm
