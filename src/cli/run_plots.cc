// SPDX-License-Identifier: Apache-2.0
#include "cli/run_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <span>

#include "cli/gnuplot.h"
#include "report/watched_layers.h"
#include "train/metric_table.h"

namespace selfnorm::cli {
namespace {

constexpr const char* kTrainingColor = "#0072b2";
constexpr const char* kValidationColor = "#d55e00";

std::string curve_plot(const std::vector<EpochRecord>& history, const std::string& metric) {
  std::vector<std::vector<double>> training, validation;
  for (const EpochRecord& record : history) {
    if (record.epoch == 0) continue;
    const auto epoch = static_cast<double>(record.epoch);
    training.push_back({epoch, find_score(record.training, metric)});
    if (!record.validation.empty()) {
      validation.push_back({epoch, find_score(record.validation, metric)});
    }
  }
  std::string text = data_block("training", training);
  std::string plot = fmt::format(
      "plot $training using 1:2 with lines lw 2 lc rgb '{}' title 'training'", kTrainingColor);
  if (!validation.empty()) {
    text += data_block("validation", validation);
    plot += fmt::format(", $validation using 1:2 with lines lw 2 lc rgb '{}' title 'validation'",
                        kValidationColor);
  }
  return draw_svg(text + "set xlabel 'epoch'\nset grid\nset ylabel " + gnuplot_quoted(metric) +
                  "\n" + plot + "\n");
}

// One quantity by layer and epoch.
struct LayerSeries {
  std::vector<std::string> layers;
  std::vector<std::vector<double>> rows;  ///< position of the epoch, position of the layer, value
  std::vector<std::int64_t> epochs;

  template <class Each>
  LayerSeries(std::span<const EpochRecord> history, std::vector<Each> EpochRecord::*list,
              double Each::*number) {
    for (const EpochRecord& record : history) {
      const std::vector<Each>& all = record.*list;
      if (all.empty()) continue;
      if (layers.empty()) {
        for (const Each& each : all) layers.push_back(each.layer);
      }
      for (std::size_t i = 0; i < std::min(all.size(), layers.size()); ++i) {
        rows.push_back(
            {static_cast<double>(epochs.size()), static_cast<double>(i), all[i].*number});
      }
      epochs.push_back(record.epoch);
    }
  }
};

// Returns the commands for an axis with at most `max_labels` labels.
template <class Names>
std::string tics(const char* axis, const Names& names, std::size_t max_labels) {
  std::string list;
  const std::size_t step = std::max<std::size_t>(1, (names.size() + max_labels - 1) / max_labels);
  for (std::size_t i = 0; i < names.size(); i += step) {
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ",
                        gnuplot_string(fmt::format("{}", names[i])), i);
  }
  return fmt::format("set {}tics noenhanced ({})\n", axis, list);
}

// Draws layers by epoch. The color range is [-deep, deep].
std::string heat_map_plot(const LayerSeries& cells, const std::string& title, bool logarithmic,
                          double color_limit) {
  std::string text = data_block("cells", cells.rows);
  text += tics("x", cells.epochs, 12) + tics("y", cells.layers, 24);
  text += fmt::format(
      "set title {}\nset xlabel 'epoch'\nset yrange [] reverse\nset cbrange [{}:{}]\n"
      "set palette defined (-1 '#0b50be', 0 '#ffffff', 1 '#be2814')\n"
      "plot $cells using 1:2:({}) with image pixels notitle\n",
      gnuplot_quoted(title), -color_limit, color_limit, logarithmic ? "log($3)/log(2)" : "$3");
  const int height = 160 + 14 * static_cast<int>(std::min<std::size_t>(cells.layers.size(), 40));
  return draw_svg(text, 760, std::max(height, 260));
}

// Draws the densities of the outputs before and after training, for at most twelve evenly spaced
// layers.
std::string activation_histograms_plot(const std::vector<LayerHistogram>& before,
                                       const std::vector<LayerHistogram>& after) {
  constexpr std::size_t kMaxLayers = 12, kColumns = 4;
  constexpr double kWidth = (kHistogramHigh - kHistogramLow) / kHistogramBins;
  const std::size_t all = std::min(before.size(), after.size()), count = std::min(all, kMaxLayers);
  const std::size_t rows = (count + kColumns - 1) / kColumns;
  std::string data, plots;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t layer = i * all / count;
    std::string plot;
    for (const auto* list : {&before, &after}) {
      const std::vector<float>& counts = (*list)[layer].counts;
      double sum = 0;
      for (const float each : counts) sum += each;
      std::vector<std::vector<double>> points;
      for (std::size_t bin = 0; bin < counts.size(); ++bin) {
        points.push_back({kHistogramLow + kWidth * (static_cast<double>(bin) + 0.5),
                          sum > 0 ? counts[bin] / (sum * kWidth) : 0});
      }
      const bool is_before = list == &before;
      const std::string name = fmt::format("{}{}", is_before ? "before" : "after", i);
      data += data_block(name, points);
      plot += fmt::format(
          "{} ${} using 1:2 with lines lw 2 lc rgb '{}' title '{}'", is_before ? "plot" : ",", name,
          is_before ? kTrainingColor : kValidationColor, is_before ? "before training" : "after");
    }
    plots += fmt::format("set title {}\n{}\n", gnuplot_quoted(after[layer].layer), plot);
  }
  return draw_svg(
      fmt::format("{}set multiplot layout {},{}\nset key font ',9'\n{}unset multiplot\n", data,
                  rows, std::min(count, kColumns), plots),
      240 * static_cast<int>(std::min(count, kColumns)), 220 * static_cast<int>(rows));
}

}  // namespace

std::vector<std::pair<std::string, std::string>> run_plots(
    const std::vector<EpochRecord>& history) {
  std::vector<std::pair<std::string, std::string>> pictures;
  if (history.empty()) return pictures;
  for (const auto& score : history.back().training) {
    const std::string name = score.first + ".svg";
    const bool is_file =
        std::filesystem::path(name).filename() == name;  // the history is untrusted
    const bool has_points = std::ranges::any_of(history, [&](const EpochRecord& record) {
      return std::isfinite(find_score(record.training, score.first));
    });
    if (is_file && has_points) pictures.emplace_back(name, curve_plot(history, score.first));
  }
  const auto add = [&](const char* name, const LayerSeries& cells, const char* title,
                       bool logarithmic, double color_limit) {
    if (cells.epochs.size() < 2 || cells.layers.size() < 2)
      return;  // gnuplot needs two rows and two columns
    pictures.emplace_back(name, heat_map_plot(cells, title, logarithmic, color_limit));
  };
  add("mean.svg", {history, &EpochRecord::moments, &LayerMoments::mean},
      "mean of each layer's output", false, 1);
  add("variance.svg", {history, &EpochRecord::moments, &LayerMoments::variance},
      "variance of each layer's output, logarithm to base 2", true, 4);
  add("tau.svg", {history, &EpochRecord::weights, &WeightStatistics::tau},
      "sum of a unit's squared weights, logarithm to base 2", true, 2);
  const std::span trained = std::span(history).subspan(history.front().epoch == 0 ? 1 : 0);
  add("gradient.svg", {trained, &EpochRecord::weights, &WeightStatistics::gradient_norm},
      "norm of the gradient of each layer's weights, logarithm to base 2", true, 8);
  const auto has_histograms = [](const EpochRecord& r) { return !r.histograms.empty(); };
  const auto before = std::ranges::find_if(history, has_histograms);
  const auto after = std::ranges::find_if(history.rbegin(), history.rend(), has_histograms);
  if (before != history.end() && &*before != &*after) {
    pictures.emplace_back("activations.svg",
                          activation_histograms_plot(hidden_layer_histograms(*before),
                                                     hidden_layer_histograms(*after)));
  }
  return pictures;
}

}  // namespace selfnorm::cli
