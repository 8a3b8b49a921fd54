// SPDX-License-Identifier: Apache-2.0
#include "data/synthetic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/random.h"
#include "base/text.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

using std::numbers::pi;

// Each function returns the point of class 0 or 1 at the position `along`, from 0 to 1, of the
// curve of that class.
SyntheticPoint on_spiral(double along, int class_index) {
  const double angle = 3 * pi * along + pi * class_index;
  return {along * std::cos(angle), along * std::sin(angle), class_index};
}

SyntheticPoint on_moon(double along, int class_index) {
  const double x = std::cos(pi * along), y = std::sin(pi * along);
  return class_index == 0 ? SyntheticPoint{x, y, class_index}
                          : SyntheticPoint{1 - x, 0.5 - y, class_index};
}

SyntheticPoint on_circle(double along, int class_index) {
  const double radius = class_index == 0 ? 1 : 0.5;
  return {radius * std::cos(2 * pi * along), radius * std::sin(2 * pi * along), class_index};
}

struct Generator {
  const char* name;
  SyntheticPoint (*at)(double along, int class_index);
};
constexpr Generator kGenerators[] = {
    {"spirals", on_spiral}, {"moons", on_moon}, {"circles", on_circle}};

void check(const SyntheticOptions& options) {
  constexpr std::int64_t kMaxSyntheticRows = 10'000'000;
  if (options.rows < 2 || options.rows > kMaxSyntheticRows) {
    throw Error(ErrorKind::config, fmt::format("rows: expected from 2 to {}, got {}",
                                               kMaxSyntheticRows, options.rows));
  }
  if (!(options.noise >= 0) || !std::isfinite(options.noise)) {
    throw Error(ErrorKind::config,
                fmt::format("noise: expected a number of at least 0, got {}", options.noise));
  }
}

}  // namespace

const std::vector<std::string>& synthetic_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> list;
    for (const Generator& generator : kGenerators) list.emplace_back(generator.name);
    return list;
  }();
  return names;
}

std::vector<SyntheticPoint> make_synthetic(const std::string& name,
                                           const SyntheticOptions& options) {
  const auto* generator =
      std::ranges::find_if(kGenerators, [&](const Generator& each) { return each.name == name; });
  if (generator == std::end(kGenerators)) {
    throw Error(ErrorKind::config, fmt::format("unknown synthetic data set '{}'{}", name,
                                               suggestion(name, synthetic_names())));
  }
  check(options);
  const RandomKey places = random_key(options.seed, "figure", name + " places");
  const RandomKey noise = random_key(options.seed, "figure", name + " noise");
  std::vector<SyntheticPoint> points;
  for (std::int64_t row = 0; row < options.rows; ++row) {
    const auto draw = static_cast<std::uint64_t>(row);
    SyntheticPoint point = generator->at(uniform(places, draw), static_cast<int>(row % 2));
    point.x += options.noise * normal(noise, 2 * draw);
    point.y += options.noise * normal(noise, 2 * draw + 1);
    points.push_back(point);
  }
  return points;
}

}  // namespace selfnorm
