// SPDX-License-Identifier: Apache-2.0
#include "cli/comparison_curves.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "cli/gnuplot.h"
#include "report/comparison.h"
#include "train/metric_table.h"

namespace selfnorm::cli {
namespace {

// Colors that color-blind people can distinguish (Okabe and Ito).
constexpr const char* kColors[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                   "#e69f00", "#56b4e9", "#000000", "#b8a800"};

}  // namespace

std::string comparison_curves(const Comparison& comparison) {
  constexpr int kWidth = 1000, kHeight = 420;
  std::string data, bands, lines;
  std::int64_t longest = 0;
  for (std::size_t i = 0; i < comparison.contenders.size(); ++i) {
    const ContenderTrials& each = comparison.contenders[i];
    std::vector<std::vector<double>> points;
    for (const CurvePoint& p : learning_curve(each, comparison.metric)) {
      points.push_back({static_cast<double>(p.epoch), p.seconds, p.mean,
                        p.mean - p.standard_deviation, p.mean + p.standard_deviation});
      longest = std::max(longest, p.epoch);
    }
    if (points.empty()) continue;
    const char* color = kColors[i % std::size(kColors)];
    data += data_block(fmt::format("c{}", i), points);
    bands += fmt::format(
        "$c{} using X:4:5 with filledcurves fs transparent solid 0.15 lc rgb '{}' notitle, ", i,
        color);
    lines += fmt::format("{}$c{} using X:3 with linespoints lw 2 pt 7 ps 0.4 lc rgb '{}' title {}",
                         lines.empty() ? "" : ", ", i, color, gnuplot_quoted(each.name));
  }
  const char* corner = higher_is_better(comparison.metric)
                           ? "bottom"
                           : "top";  // the corner without curves at the end of training
  std::string text =
      data + fmt::format("set multiplot layout 1,2\nset key {} right\nset grid\n", corner);
  text += "set ylabel " + gnuplot_quoted("validation " + comparison.metric) + "\n";
  const std::pair<const char*, const char*> axes[] = {{"1", "epoch"}, {"2", "seconds of training"}};
  for (const auto& [column, label] : axes) {
    std::string plot = bands + lines;
    for (std::size_t at = 0; (at = plot.find("using X", at)) != std::string::npos;) {
      plot.replace(at, 7, std::string("using ") + column);
    }
    // Tics at whole epochs only.
    const bool is_short = column[0] == '1' && longest <= 12;
    text += fmt::format("set xlabel '{}'\nset xtics {}\nplot {}\n", label,
                        is_short ? "1" : "autofreq", plot);
  }
  return draw_svg(text, kWidth, kHeight);
}

}  // namespace selfnorm::cli
