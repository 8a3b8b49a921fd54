// SPDX-License-Identifier: Apache-2.0
#include "train/history.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>

#include "base/file.h"
#include "formats/json.h"
#include "train/weight_statistics_json.h"

namespace selfnorm {
namespace {

constexpr const char* kValidationPrefix = "validation_";
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

std::vector<WeightStatistics> parse_weights(const nlohmann::ordered_json& json) {
  std::vector<WeightStatistics> weights;
  for (const auto& layer : json) {
    const auto at = [&](const char* key) { return number_from_json(layer.at(key)); };
    // Histories from the first weeks of 0.1.0 do not have these two members.
    const auto if_there = [&](const char* key) { return layer.contains(key) ? at(key) : kUnknown; };
    weights.push_back({layer.at("layer"), at("omega"), at("omega_deviation"), at("tau"),
                       at("tau_deviation"), if_there("outside"), if_there("gradient")});
  }
  return weights;
}

nlohmann::ordered_json histograms_json(const std::vector<LayerHistogram>& histograms) {
  auto layers = nlohmann::ordered_json::array();
  for (const LayerHistogram& layer : histograms) {
    std::vector<std::int64_t> counts(layer.counts.begin(), layer.counts.end());
    layers.push_back({{"layer", layer.layer}, {"op", layer.op}, {"counts", counts}});
  }
  return layers;
}

std::vector<float> parse_counts(const nlohmann::ordered_json& json) {
  constexpr std::int64_t kMaxCount = std::int64_t{1} << 53;
  std::vector<float> counts;
  for (const auto& each : json) {
    const std::int64_t count = integer_from_json(each);
    if (count < 0 || count > kMaxCount)
      throw Error(ErrorKind::data, fmt::format("a histogram counts {} values", count));
    counts.push_back(static_cast<float>(count));
  }
  if (std::ssize(counts) != kHistogramBins)
    throw Error(ErrorKind::data,
                fmt::format("a histogram has {} bins, expected {}", counts.size(), kHistogramBins));
  return counts;
}

std::vector<LayerHistogram> parse_histograms(const nlohmann::ordered_json& json) {
  std::vector<LayerHistogram> histograms;
  for (const auto& layer : json)
    histograms.push_back({layer.at("layer"), layer.at("op"), parse_counts(layer.at("counts"))});
  return histograms;
}

}  // namespace

nlohmann::ordered_json weight_statistics_json(const std::vector<WeightStatistics>& weights) {
  auto layers = nlohmann::ordered_json::array();
  for (const WeightStatistics& layer : weights) {
    layers.push_back({{"layer", layer.layer},
                      {"omega", number_to_json(layer.omega)},
                      {"omega_deviation", number_to_json(layer.omega_standard_deviation)},
                      {"tau", number_to_json(layer.tau)},
                      {"tau_deviation", number_to_json(layer.tau_standard_deviation)},
                      {"outside", number_to_json(layer.outside_fraction)},
                      {"gradient", number_to_json(layer.gradient_norm)}});
  }
  return layers;
}

std::string history_line(const EpochRecord& record) {
  nlohmann::ordered_json json{{"epoch", record.epoch},
                              {"step", record.step},
                              {"seconds", record.seconds},
                              {"learning_rate", record.learning_rate}};
  for (const auto& [name, value] : record.training) json[name] = number_to_json(value);
  for (const auto& [name, value] : record.validation)
    json[kValidationPrefix + name] = number_to_json(value);
  if (!record.moments.empty()) {
    auto layers = nlohmann::ordered_json::array();
    for (const LayerMoments& layer : record.moments) {
      layers.push_back({{"layer", layer.layer},
                        {"mean", number_to_json(layer.mean)},
                        {"variance", number_to_json(layer.variance)}});
    }
    json["moments"] = layers;
  }
  if (!record.histograms.empty()) json["histograms"] = histograms_json(record.histograms);
  if (!record.weights.empty()) json["weights"] = weight_statistics_json(record.weights);
  if (record.was_watched()) json["watch_seconds"] = record.watch_seconds;
  if (!record.validation.empty()) json["evaluation_seconds"] = record.evaluation_seconds;
  return json.dump();
}

EpochRecord parse_history_line(std::string_view line) {
  try {
    const auto json = nlohmann::ordered_json::parse(line);
    EpochRecord record;
    record.epoch = integer_from_json(json.at("epoch"));
    for (const auto& [key, value] : json.items()) {
      if (key == "epoch") continue;
      if (key == "step") record.step = integer_from_json(value);
      else if (key == "seconds") record.seconds = value;
      else if (key == "learning_rate") record.learning_rate = value;
      else if (key == "watch_seconds") record.watch_seconds = value;
      else if (key == "evaluation_seconds") record.evaluation_seconds = value;
      else if (key == "moments") {
        for (const auto& layer : value) {
          record.moments.push_back({layer.at("layer"), number_from_json(layer.at("mean")),
                                    number_from_json(layer.at("variance"))});
        }
      } else if (key == "histograms") {
        record.histograms = parse_histograms(value);
      } else if (key == "weights") {
        record.weights = parse_weights(value);
      } else if (key.starts_with(kValidationPrefix)) {
        record.validation.emplace_back(key.substr(std::strlen(kValidationPrefix)),
                                       number_from_json(value));
      } else {
        record.training.emplace_back(key, number_from_json(value));
      }
    }
    return record;
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorKind::data, "expected a JSON object with the record of an epoch");
  } catch (const Error& error) {
    throw Error(ErrorKind::data, error.detail());
  }
}

namespace {

// Reads the lines of a history and passes those that cannot be read to on_damage.
template <class OnDamage>
std::vector<EpochRecord> read_lines(const std::filesystem::path& path, bool drop_truncated,
                                    const OnDamage& on_damage) {
  std::istringstream lines(read_file(path));
  std::vector<EpochRecord> records;
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (lines.eof() && drop_truncated) break;
    try {
      records.push_back(parse_history_line(line));
    } catch (const Error& error) {
      on_damage(fmt::format("{}:{}: {}", path.string(), number, error.detail()));
    }
  }
  return records;
}

}  // namespace

std::vector<EpochRecord> read_history(const std::filesystem::path& path, bool drop_truncated) {
  return read_lines(path, drop_truncated, [](const std::string& damage) {
    throw Error(ErrorKind::data, damage + " (remove the line, or resume the run, which drops it)");
  });
}

HistoryFile::HistoryFile(std::filesystem::path path, std::int64_t last_epoch)
    : path_(std::move(path)) {
  if (last_epoch >= 0 && std::filesystem::exists(path_)) keep(last_epoch);
  std::string kept;
  for (const EpochRecord& record : records_) kept += history_line(record) + "\n";
  write_file(path_, kept);
}

void HistoryFile::keep(std::int64_t last_epoch) {
  records_ = read_lines(path_, true, [&](const std::string& damage) { damage_.push_back(damage); });
  std::erase_if(records_, [&](const EpochRecord& record) { return record.epoch > last_epoch; });
  if (!damage_.empty()) write_file(damaged_history(path_), read_file(path_));
}

std::filesystem::path damaged_history(std::filesystem::path history) {
  return history.replace_extension("damaged.jsonl");
}

void HistoryFile::sync() const { sync_to_disk(path_); }

void HistoryFile::append(const EpochRecord& record) {
  std::ofstream file(path_, std::ios::app);
  file << history_line(record) << '\n' << std::flush;
  if (!file) {
    throw Error(ErrorKind::io,
                fmt::format("{}: cannot write: {}", path_.string(), std::strerror(errno)));
  }
  records_.push_back(record);
}

}  // namespace selfnorm
