// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/tensorboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <type_traits>

#include "api/run_config.h"
#include "formats/event_file.h"
#include "passes/build.h"

namespace selfnorm {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

HyperParameter parameter_of(const Setting& setting) {
  return std::visit(
      [&](const auto& value) -> HyperParameter {
        using T = std::remove_cvref_t<decltype(value)>;
        if constexpr (std::is_same_v<T, bool> || std::is_same_v<T, std::string>) return value;
        else if constexpr (std::is_arithmetic_v<T>) return static_cast<double>(value);
        else return to_string(setting);
      },
      setting);
}

HyperParameters parameters_of(RunConfig config) {
  HyperParameters parameters;
  for (const auto& [name, value] : collect_settings(train_table(config))) {
    parameters[name] = parameter_of(value);
  }
  return parameters;
}

// Bins do not say what the smallest and the largest value are, so these are the outer edges of the
// bins that are not empty.
EventHistogram histogram_of(const LayerHistogram& layer, const LayerMoments* moments) {
  constexpr double kWidth = (kHistogramHigh - kHistogramLow) / kHistogramBins;
  EventHistogram histogram{kHistogramHigh, kHistogramLow, 0, 0, {}, {}};
  double count = 0;
  for (std::size_t i = 0; i < layer.counts.size(); ++i) {
    histogram.limits.push_back(kHistogramLow + kWidth * static_cast<double>(i + 1));
    histogram.counts.push_back(layer.counts[i]);
    count += layer.counts[i];
    if (layer.counts[i] == 0) continue;
    histogram.min = std::min(histogram.min, histogram.limits.back() - kWidth);
    histogram.max = histogram.limits.back();
  }
  if (moments != nullptr) {
    histogram.sum = count * moments->mean;
    histogram.sum_squares = count * (moments->variance + moments->mean * moments->mean);
  }
  return histogram;
}

}  // namespace

struct TensorBoardLog::State {
  EventFile file;
  bool has_begun = false;

  void scores(const std::string& part, const Scores& scores, std::int64_t epoch, double now) {
    for (const auto& [name, value] : scores) {
      file.scalar(fmt::format("{}/{}", part, name), epoch, now, value);
    }
  }

  void weights(const WeightStatistics& layer, std::int64_t epoch, double now) {
    const std::pair<const char*, double> numbers[] = {
        {"omega", layer.omega},
        {"omega_deviation", layer.omega_standard_deviation},
        {"tau", layer.tau},
        {"tau_deviation", layer.tau_standard_deviation},
        {"outside", layer.outside_fraction},
        {"gradient", layer.gradient_norm}};
    for (const auto& [name, value] : numbers) {
      if (std::isnan(value)) continue;  // not measured yet
      file.scalar(std::string(name) + "/" + layer.layer, epoch, now, value);
    }
  }
};

TensorBoardLog::TensorBoardLog(const std::filesystem::path& folder, const RunConfig& config,
                               const std::vector<std::string>& metrics) {
  const double now = seconds_now();
  state_ = std::make_shared<State>(State{EventFile(folder, now)});
  state_->file.graph(build_graph(config.network, 1), now);
  std::vector<std::string> metric_tags = {"validation/loss"};
  for (const std::string& metric : metrics) metric_tags.push_back("validation/" + metric);
  state_->file.begin_session(parameters_of(config), metric_tags, now);
}

void TensorBoardLog::add(const EpochRecord& record) {
  const double now = seconds_now();
  const std::int64_t epoch = record.epoch;
  EventFile& file = state_->file;
  if (!state_->has_begun && epoch > 0) file.start(epoch, now);  // it may be a resumed run
  state_->has_begun = true;
  state_->scores("train", record.training, epoch, now);
  state_->scores("validation", record.validation, epoch, now);
  if (epoch > 0) {
    file.scalar("train/learning_rate", epoch, now, record.learning_rate);
    file.scalar("train/seconds", epoch, now, record.seconds);
    if (!record.validation.empty()) {
      file.scalar("train/evaluation_seconds", epoch, now, record.evaluation_seconds);
    }
  }
  if (record.was_watched()) file.scalar("train/watch_seconds", epoch, now, record.watch_seconds);
  for (const LayerMoments& layer : record.moments) {
    file.scalar("mean/" + layer.layer, epoch, now, layer.mean);
    file.scalar("variance/" + layer.layer, epoch, now, layer.variance);
  }
  for (const WeightStatistics& layer : record.weights) state_->weights(layer, epoch, now);
  for (const LayerHistogram& layer : record.histograms) {
    const auto moments = std::ranges::find(record.moments, layer.layer, &LayerMoments::layer);
    const bool is_known = moments != record.moments.end();
    file.histogram("outputs/" + layer.layer, epoch, now,
                   histogram_of(layer, is_known ? &*moments : nullptr));
  }
  file.flush();
}

void TensorBoardLog::end(bool completed) {
  state_->file.end_session(seconds_now(), completed);
  state_->file.flush();
}

}  // namespace selfnorm
