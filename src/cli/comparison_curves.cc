#include "cli/comparison_curves.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "cli/gnuplot.h"
#include "report/comparison.h"
#include "train/metric_table.h"

namespace selfnorm::cli {
namespace {

// Of eight colours that differ for the colour-blind too (Okabe and Ito).
constexpr const char* kColors[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                   "#e69f00", "#56b4e9", "#000000", "#b8a800"};

std::int64_t last_epoch(const ContenderTrials& contender) {
  std::int64_t last = 0;
  for (const Trial& trial : contender.trials) {
    if (!trial.epochs.empty()) last = std::max(last, trial.epochs.back().epoch);
  }
  return last;
}

// Epoch, seconds, mean, the band's ends.
std::vector<std::vector<double>> points_of(const ContenderTrials& contender,
                                           const std::string& metric) {
  std::vector<std::vector<double>> points;
  for (std::int64_t epoch = 1; epoch <= last_epoch(contender); ++epoch) {
    const Spread score = over_trials(
        contender, [&](const Trial& trial) { return score_after(trial, metric, epoch); });
    const Spread seconds =
        over_trials(contender, [&](const Trial& trial) { return seconds_until(trial, epoch); });
    if (score.count == 0 || seconds.count == 0) continue;
    const double band = score.count > 1 ? score.deviation : 0;
    points.push_back({static_cast<double>(epoch), seconds.mean, score.mean, score.mean - band,
                      score.mean + band});
  }
  return points;
}

}  // namespace

std::string comparison_curves(const Comparison& comparison) {
  constexpr int kWidth = 1000, kHeight = 420;
  std::string data, bands, lines;
  std::int64_t longest = 0;
  for (std::size_t i = 0; i < comparison.contenders.size(); ++i) {
    const ContenderTrials& each = comparison.contenders[i];
    const auto points = points_of(each, comparison.metric);
    if (points.empty()) continue;
    longest = std::max(longest, last_epoch(each));
    const char* color = kColors[i % std::size(kColors)];
    data += data_block(fmt::format("c{}", i), points);
    bands += fmt::format(
        "$c{} using X:4:5 with filledcurves fs transparent solid 0.15 lc rgb '{}' notitle, ", i,
        color);
    lines += fmt::format("{}$c{} using X:3 with linespoints lw 2 pt 7 ps 0.4 lc rgb '{}' title {}",
                         lines.empty() ? "" : ", ", i, color, quoted(each.name));
  }
  const char* corner =
      higher_is_better(comparison.metric) ? "bottom" : "top";  // away from the ends
  std::string text =
      data + fmt::format("set multiplot layout 1,2\nset key {} right\nset grid\n", corner);
  text += "set ylabel " + quoted("validation " + comparison.metric) + "\n";
  const std::pair<const char*, const char*> axes[] = {{"1", "epoch"}, {"2", "seconds of training"}};
  for (const auto& [column, label] : axes) {
    std::string plot = bands + lines;
    for (std::size_t at = 0; (at = plot.find("using X", at)) != std::string::npos;) {
      plot.replace(at, 7, std::string("using ") + column);
    }
    // Epochs are whole.
    const bool is_short = column[0] == '1' && longest <= 12;
    text += fmt::format("set xlabel '{}'\nset xtics {}\nplot {}\n", label,
                        is_short ? "1" : "autofreq", plot);
  }
  return draw_svg(text, kWidth, kHeight);
}

}  // namespace selfnorm::cli
