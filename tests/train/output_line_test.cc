// SPDX-License-Identifier: Apache-2.0
#include "train/output_line.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "base/random.h"
#include "data/split.h"
#include "passes/views.h"
#include "train/evaluator.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kRows = 500;
const Layer kSelu{"selu"}, kDropout{"alpha_dropout", {{"rate", 0.2}}};

Layer dense(std::int64_t units) { return {"dense", {{"units", units}}}; }

TrainedModel model_of(const std::vector<Layer>& layers) {
  TrainedModel model;
  model.network = {{{"x", {3}}}, layers, {}};
  model.objective = make_objective("mean_squared_error", {}, {}, TargetKind::values);
  model.schema.inputs = {{"x", {3}, {}, {}}};
  const Graph graph = build_engine_graph(model.network, 1);
  model.weights = Weights(graph);
  model.weights.initialize(graph, 4);
  return model;
}

// Inputs, and targets that depend on them with other scales and offsets for each output.
Dataset data_of(std::int64_t outputs) {
  Dataset data;
  data.name = "lines";
  data.rows = kRows;
  std::vector<float> x;
  for (std::uint64_t i = 0; i < 3 * kRows; ++i) {
    x.push_back(static_cast<float>(normal(random_key(1, "x", ""), i)));
  }
  data.targets.width = outputs;
  for (std::int64_t row = 0; row < kRows; ++row) {
    for (std::int64_t unit = 0; unit < outputs; ++unit) {
      const float* r = x.data() + 3 * row;
      const auto scale = static_cast<float>(100 * (unit + 1));
      data.targets.values.push_back(scale * (r[0] + 0.5f * r[1] - r[2]) + 7 * scale);
    }
  }
  data.inputs = {{"x", {3}, x, {}}};
  return data;
}

std::vector<std::int64_t> rows_of(const Dataset& data) { return all_rows(data.rows); }

struct Line {
  double slope, offset;
};

// The least-squares line of the targets of an output on its predictions.
Line line_of(TrainedModel& model, const Dataset& data, std::size_t unit) {
  Evaluator evaluator(model, {});
  const std::vector<float> x = evaluator.outputs(data, rows_of(data));
  const auto width = static_cast<std::size_t>(data.targets.width);
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (std::size_t i = unit; i < x.size(); i += width) {
    const double y = data.targets.values[i];
    if (!std::isfinite(y)) continue;
    n += 1, sx += x[i], sy += y, sxx += double{x[i]} * x[i], sxy += x[i] * y;
  }
  const double slope = (sxy - sx * sy / n) / (sxx - sx * sx / n);
  return {slope, (sy - slope * sx) / n};
}

std::vector<float> outputs_of(TrainedModel& model, const Dataset& data) {
  return Evaluator(model, {}).outputs(data, rows_of(data));
}

void expect_refitted(TrainedModel model, const Dataset& data) {
  ASSERT_TRUE(can_refit_output(model));
  std::vector<Line> before;
  const auto width = static_cast<std::size_t>(data.targets.width);
  for (std::size_t unit = 0; unit < width; ++unit) before.push_back(line_of(model, data, unit));
  const std::vector<float> trained = outputs_of(model, data);
  refit_output(model, data, rows_of(data));
  const std::vector<OutputLine> lines = model.output_lines;
  ASSERT_EQ(lines.size(), width);
  for (std::size_t unit = 0; unit < width; ++unit) {
    const double scale = 700.0 * static_cast<double>(unit + 1);  // the mean of the targets
    if (before[unit].slope <= 0) {                               // such an output explains nothing
      EXPECT_EQ(lines[unit].slope, 1);
      continue;
    }
    EXPECT_NEAR(lines[unit].slope / before[unit].slope, 1, 1e-4);
    EXPECT_NEAR(lines[unit].offset, before[unit].offset, 1e-4 * scale);
    const Line after = line_of(model, data, unit);
    EXPECT_NEAR(after.slope, 1, 1e-4);
    EXPECT_NEAR(after.offset, 0, 1e-4 * scale);
  }
  undo_output_lines(model);
  EXPECT_TRUE(model.output_lines.empty());
  const std::vector<float> restored = outputs_of(model, data);
  for (std::size_t i = 0; i < trained.size(); ++i) {
    ASSERT_NEAR(restored[i], trained[i], 1e-4 * (1 + std::abs(trained[i]))) << i;
  }
}

TEST(RefitOutput, MakesTheLeastSquaresLineTheIdentity) {
  expect_refitted(model_of({dense(8), kSelu, kDropout, dense(1)}), data_of(1));
}

TEST(RefitOutput, OfSeveralOutputs) {
  expect_refitted(model_of({dense(8), kSelu, kDropout, dense(4)}), data_of(4));
}

TEST(RefitOutput, ThroughScaleLayers) {
  const Layer first{"scale", {{"factor", -2.0}, {"shift", 3.0}}};
  const Layer second{"scale", {{"factor", 50.0}, {"shift", 600.0}}};
  expect_refitted(model_of({dense(8), kSelu, kDropout, dense(1), first, second}), data_of(1));
}

TEST(RefitOutput, LeavesOutMissingTargets) {
  Dataset data = data_of(2);
  for (std::size_t i = 0; i < data.targets.values.size(); i += 5) {
    data.targets.values[i] = std::numeric_limits<float>::quiet_NaN();
  }
  expect_refitted(model_of({dense(8), kSelu, kDropout, dense(2)}), data);
}

// The mean of many equal floats is rounded, so the sums of squares are not 0.
TEST(RefitOutput, KeepsAnOutputThatDoesNotVary) {
  for (const float target : {3.0f, 0.1f}) {
    Dataset data = data_of(1);
    std::ranges::fill(data.targets.values, target);
    TrainedModel model = model_of({dense(8), kSelu, kDropout, dense(1)});
    refit_output(model, data, rows_of(data));
    EXPECT_EQ(model.output_lines[0].slope, 1) << target;
  }
  const Dataset data = data_of(1);
  TrainedModel model = model_of({dense(8), kSelu, kDropout, dense(1)});
  const WeightEntry& weight = model.weights.entries()[2];  // of the last layer
  ASSERT_EQ(weight.shape, (Shape{1, 8}));
  model.weights.set(weight, std::vector<float>(8, 0));
  const WeightEntry& bias = model.weights.entries()[3];
  model.weights.set(bias, std::vector<float>(1, 0.1f));
  refit_output(model, data, rows_of(data));
  EXPECT_EQ(model.output_lines[0].slope, 1);
  EXPECT_EQ(model.output_lines[0].offset, 0);
}

TEST(RefitOutput, NeedsTwoRowsWithATarget) {
  Dataset data = data_of(1);
  std::fill(data.targets.values.begin() + 1, data.targets.values.end(),
            std::numeric_limits<float>::quiet_NaN());
  TrainedModel model = model_of({dense(8), kSelu, {"dropout"}, dense(1)});
  refit_output(model, data, rows_of(data));
  EXPECT_EQ(model.output_lines[0].slope, 1);
}

TEST(RefitOutput, IsForRegressionsWithDropoutAndALastDenseLayer) {
  EXPECT_FALSE(can_refit_output(model_of({dense(8), kSelu, dense(1)})));
  EXPECT_FALSE(can_refit_output(model_of({kDropout, dense(1), kSelu})));
  const Layer without_bias{"dense", {{"units", 1}, {"bias", false}}};
  EXPECT_FALSE(can_refit_output(model_of({dense(8), kSelu, kDropout, without_bias})));
  TrainedModel classifier = model_of({dense(8), kSelu, kDropout, dense(2)});
  classifier.objective = make_objective("softmax_cross_entropy", {}, {}, TargetKind::classes);
  EXPECT_FALSE(can_refit_output(classifier));
  // A layer that shares its weights with another one must not change.
  Layer first = dense(3), last{"dense", {}, "last", {}, "first"};
  first.name = "first";
  EXPECT_FALSE(can_refit_output(model_of({first, kSelu, kDropout, last})));
}

}  // namespace
}  // namespace selfnorm
