// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/file.h"
#include "cli/gnuplot.h"
#include "cli/terminal.h"
#include "cli/theory_arguments.h"
#include "selfnorm/error.h"
#include "selfnorm/propagate.h"
#include "theory/selu.h"

namespace selfnorm::cli {
namespace {

namespace fs = std::filesystem;

struct PlotArguments {
  std::string output = "theory";
  std::vector<std::string> pictures;
  SeluArguments selu;
  WeightArguments weights;
  std::uint64_t seed = 1;
  bool json = false;
};

constexpr const char* kBlue = "#1f77b4";
constexpr const char* kOrange = "#ff7f0e";
constexpr const char* kGreen = "#2ca02c";
constexpr const char* kRed = "#d62728";

// ---- the activation and its slope -------------------------------------------------------------

std::string activation_plot(const PlotArguments& arguments) {
  std::vector<SeluConstants> shapes = {arguments.selu.read()};
  for (const double scale : {0.3, 0.1, 0.01}) shapes.push_back(selu_constants({0, 1}, {}, scale));
  std::string text =
      "set multiplot layout 1,2\nset key top left\nset xlabel 'x'\nset xrange [-4:1.5]\n";
  std::vector<std::vector<double>> rows;
  for (int i = -160; i <= 60; ++i) {
    const double x = 0.025 * i;
    if (i == 1) rows.emplace_back();  // the slope jumps at 0
    auto& row = rows.emplace_back(std::vector<double>{x});
    for (const SeluConstants& s : shapes) {
      row.push_back(selu_at(s, x));
      row.push_back(selu_slope_at(s, x));
    }
  }
  text += data_block("curves", rows);
  const char* colors[] = {kBlue, kOrange, kGreen, kRed};
  for (const int slope : {0, 1}) {
    text += fmt::format("set title '{}'\nplot ", slope == 0 ? "SELU" : "its slope");
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      text += fmt::format("{}$curves using 1:{} with lines lw 2 lc rgb '{}' title 's = {:g}'",
                          i == 0 ? "" : ", ", 2 + 2 * static_cast<int>(i) + slope, colors[i],
                          shapes[i].scale);
    }
    text += "\n";
  }
  return text + "unset multiplot\n";
}

// ---- the moment map ---------------------------------------------------------------------------

std::string moment_map_plot(const PlotArguments& arguments) {
  const SeluConstants selu = arguments.selu.read();
  const LayerWeights weights = arguments.weights.read();
  const MomentRule rule = [&](const Gaussian& z) { return selu_moments(z, selu); };
  std::vector<std::vector<double>> arrows, attracting, repelling;
  for (double mu = -0.5; mu <= 0.5001; mu += 0.2) {
    for (double nu = 0.2; nu <= 2.0001; nu += 0.3) {
      const Moments to = layer_map(rule, {mu, nu}, weights).outputs;
      arrows.push_back({mu, nu, to.mean - mu, to.variance - nu});
    }
  }
  for (const FixedPoint& point : fixed_points(rule, weights)) {
    const double mean = std::round(point.moments.mean * 1e6) / 1e6;  // shown as 0, not as 1e-17
    (point.is_attracting ? attracting : repelling).push_back({mean, point.moments.variance});
  }
  std::string blocks = data_block("arrows", arrows), points;
  for (const auto& [name, rows, type] :
       {std::tuple("attracts", &attracting, 7), {"repels", &repelling, 6}}) {
    if (rows->empty()) continue;
    blocks += data_block(name, *rows);
    points += fmt::format(
        ", ${0} using 1:2:(sprintf('  {0} (%.3g, %.3g)', $1, $2)) with labels point pt {1} "
        "ps 1.5 lc rgb '{2}' left notitle",
        name, type, kRed);
  }
  return blocks + fmt::format(
                      "set title 'one layer, omega = {:g} and tau = {:g}: arrows from input to "
                      "output (mean, variance)'\n"
                      "set xlabel 'mean'\n"
                      "set ylabel 'variance'\n"
                      "set xrange [-0.6:0.6]\n"
                      "set yrange [0:2.2]\n"
                      "plot $arrows using 1:2:3:4 with vectors head filled size 0.012,20 lc rgb "
                      "'{}' notitle{}\n",
                      weights.omega, weights.tau, kBlue, points);
}

// ---- shapes -----------------------------------------------------------------------------------

std::string depth_shape_plot(const PlotArguments&) {
  std::vector<std::vector<double>> rows;
  DepthTunedSeluOptions normal, orthogonal;
  normal.width = orthogonal.width = 128;
  normal.is_orthogonal = false;
  for (double log = -3; log <= 0.0001; log += 0.05) {
    const double scale = std::pow(10, log);
    const DepthTunedSelu shape = selu_for_scale(scale, normal);
    rows.push_back({scale, shape.contraction, shape.gradient_growth - 1, shape.spread,
                    selu_for_scale(scale, orthogonal).spread});
  }
  return data_block("shapes", rows) +
         fmt::format(
             "set logscale x\n"
             "set xlabel 's'\n"
             "set key center left\n"
             "set multiplot layout 1,2\n"
             "set title 'one layer, forward'\n"
             "set yrange [0:1]\n"
             "plot $shapes using 1:2 with lines lw 2 lc rgb '{0}' title 'contraction', '' using "
             "1:4 with lines lw 2 lc rgb '{1}' title 'spread, width 128, normal weights', '' using "
             "1:5 with lines lw 2 lc rgb '{2}' title 'the same, orthogonal'\n"
             "set title 'one layer, backward'\n"
             "set key top left\n"
             "set logscale y\n"
             "set yrange [1e-4:0.2]\n"
             "set format y '10^{{%T}}'\n"
             "plot $shapes using 1:3 with lines lw 2 lc rgb '{3}' title 'gradient growth - 1'\n"
             "unset multiplot\n",
             kBlue, kOrange, kGreen, kRed);
}

// ---- propagation ------------------------------------------------------------------------------

std::string propagation_plot(const PlotArguments& arguments) {
  std::string text =
      "set multiplot layout 2,2\nset xlabel 'layer'\nset yrange [-1:3.4]\nset key top left\n";
  for (const char* dropout : {"none", "plain", "alpha", "notebook"}) {
    PropagationOptions options;
    options.dropout = dropout;
    options.rate = 0.2;
    options.seed = arguments.seed;
    std::vector<std::vector<double>> rows;
    for (const PropagatedLayer& l : propagate(options)) {
      rows.push_back({static_cast<double>(l.layer), l.mean_min, l.mean_max, l.mean, l.std_min,
                      l.std_max, l.std, l.predicted_mean, l.predicted_std});
    }
    const std::string name = std::string("layers_") + dropout;
    text += data_block(name, rows) +
            fmt::format(
                "set title 'dropout: {0}{2}'\n"
                "plot ${1} using 1:5:6 with filledcurves fs transparent solid 0.25 lc rgb '{3}' "
                "notitle, "
                "'' using 1:2:3 with filledcurves fs transparent solid 0.25 lc rgb '{4}' notitle, "
                "'' using 1:7 with lines lw 2 lc rgb '{3}' title 'standard deviation of rows', "
                "'' using 1:4 with lines lw 2 lc rgb '{4}' title 'mean of rows', "
                "'' using 1:9 with lines lw 2 dt 2 lc rgb 'black' title 'predicted', "
                "'' using 1:8 with lines lw 2 dt 2 lc rgb 'black' notitle\nset key off\n",
                dropout, name, std::string(dropout) == "none" ? "" : " 0.2", kOrange, kBlue);
  }
  return text + "unset multiplot\n";
}

// ---- all of them ------------------------------------------------------------------------------

struct Picture {
  const char* name;
  std::string (*draw)(const PlotArguments&);
  int height;
};

constexpr Picture kPlots[] = {{"activation", activation_plot, 380},
                              {"map", moment_map_plot, 480},
                              {"shape", depth_shape_plot, 380},
                              {"propagation", propagation_plot, 620}};

void run_plot(const PlotArguments& arguments) {
  require_gnuplot("theory plot");
  std::vector<std::pair<fs::path, std::string>> files;
  for (const Picture& picture : kPlots) {
    const auto& wanted = arguments.pictures;
    if (!wanted.empty() && std::ranges::count(wanted, picture.name) == 0) continue;
    files.emplace_back(fs::path(arguments.output) / (std::string(picture.name) + ".svg"),
                       draw_svg(picture.draw(arguments), 860, picture.height));
  }
  std::error_code fault;
  fs::create_directories(arguments.output, fault);
  if (fault) throw Error(ErrorKind::io, arguments.output + ": " + fault.message());
  auto names = nlohmann::ordered_json::array();
  for (const auto& [path, svg] : files) {
    write_file(path, svg);
    names.push_back(path.string());
    if (!arguments.json) print("{}\n", path.string());
  }
  if (arguments.json) print("{}\n", nlohmann::ordered_json{{"files", names}}.dump(2));
}

}  // namespace

void add_theory_plot(Command& theory) {
  Command& command = theory.add_command(
      "plot",
      "Draw SVG files of the activation, the moment map, depth-tuned SELUs and the propagation");
  const auto arguments = std::make_shared<PlotArguments>();
  std::vector<std::string> names;
  for (const Picture& picture : kPlots) names.emplace_back(picture.name);
  command.add({.name = "pictures",
               .target = &arguments->pictures,
               .help = "pictures to draw",
               .choices = names,
               .default_text = "all",
               .is_repeatable = true});
  command.add({.name = "--output",
               .target = &arguments->output,
               .help = "folder to write to",
               .value = "DIR"});
  command.add(
      {.name = "--seed", .target = &arguments->seed, .help = "random seed of the propagation"});
  arguments->selu.add(command);
  arguments->weights.weights.omega = 0.1;
  arguments->weights.add(command);
  command.add_switch("--json", arguments->json, "print the files as one JSON document");
  command.run = [arguments] { return run_plot(*arguments), 0; };
}

}  // namespace selfnorm::cli
