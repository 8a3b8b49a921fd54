// SPDX-License-Identifier: Apache-2.0
#include "train/temperature.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/index.h"
#include "base/random.h"
#include "train/output_line.h"
#include "train/trainer_fixture.h"

namespace selfnorm {
namespace {

struct LabeledOutputs {
  std::vector<float> outputs;
  std::vector<std::int32_t> labels;
};

// Normal outputs, and labels drawn from softmax(outputs/temperature).
LabeledOutputs draw(std::int64_t rows, std::int64_t classes, double temperature) {
  LabeledOutputs drawn;
  for (std::int64_t row = 0; row < rows; ++row) {
    std::vector<double> weights;
    double sum = 0;
    for (std::int64_t k = 0; k < classes; ++k) {
      const double z = 2 * normal(random_key(1, "z", ""), as_index(row * classes + k));
      drawn.outputs.push_back(static_cast<float>(z));
      weights.push_back(std::exp(z / temperature));
      sum += weights.back();
    }
    double left = sum * uniform(random_key(1, "label", ""), as_index(row));
    std::int32_t label = 0;
    while (label + 1 < classes && left > weights[as_index(label)])
      left -= weights[as_index(label++)];
    drawn.labels.push_back(label);
  }
  return drawn;
}

// The cross entropy by its definition, plus the prior.
double objective(const LabeledOutputs& data, std::size_t classes, double log_temperature) {
  double total = 2 * log_temperature * log_temperature;
  for (std::size_t row = 0; row < data.labels.size(); ++row) {
    double sum = 0;
    const auto scaled = [&](std::size_t k) {
      return static_cast<double>(data.outputs[row * classes + k]) / std::exp(log_temperature);
    };
    for (std::size_t k = 0; k < classes; ++k) sum += std::exp(scaled(k));
    total += std::log(sum) - scaled(as_index(data.labels[row]));
  }
  return total;
}

TEST(Temperature, IsFoundWithinItsStandardError) {
  for (const double truth : {0.3, 1.0, 2.5}) {
    for (const std::int64_t classes : {2, 7}) {
      const LabeledOutputs data = draw(4000, classes, truth);
      const double found = std::log(fit_temperature(data.outputs, classes, data.labels));
      const auto at = [&](double s) { return objective(data, as_index(classes), s); };
      constexpr double kStep = 1e-3;
      const double curvature =
          (at(found + kStep) - 2 * at(found) + at(found - kStep)) / (kStep * kStep);
      EXPECT_NEAR(found, std::log(truth), 4 / std::sqrt(curvature)) << truth << ", " << classes;
      EXPECT_LT(at(found), at(found + kStep));
      EXPECT_LT(at(found), at(found - kStep));
    }
  }
}

TEST(Temperature, OfFewOrMissingLabelsIsNearOne) {
  const std::vector<float> outputs = {3, 0, 3, 0};
  EXPECT_EQ(fit_temperature(outputs, 2, std::vector<std::int32_t>{-1, -1}), 1);
  // One right row: the prior allows a gain of at most log(1 + e⁻³) = 0.05 nats.
  const double found = fit_temperature(outputs, 2, std::vector<std::int32_t>{0, -1});
  EXPECT_GT(found, std::exp(-std::sqrt(0.05 / 2)));
  EXPECT_LT(found, 1);
}

class TemperatureTest : public TrainerTest {
 protected:
  // Targets are clusters of which a third have a random label, so that a network that learns them
  // by heart is too confident.
  static Dataset noisy(std::int64_t rows) {
    Dataset data = clusters(rows);
    for (std::int64_t row = 0; row < rows; row += 3) {
      const double u = uniform(random_key(5, "noise", ""), as_index(row));
      data.targets.classes[as_index(row)] = static_cast<std::int32_t>(4 * u);
    }
    return data;
  }
  std::unique_ptr<PreparedRun> trained(std::int64_t members, bool scaling) const {
    RunConfig config;
    config.default_network = {.hidden = {32}, .dropout_rate = 0, .members = members};
    config.data.validation_split = 0.25;
    config.train.epochs = 40;
    config.train.temperature_scaling = scaling;
    auto run = prepare_run(config, {noisy(400), std::nullopt});
    Trainer(run->model, run->rows, run->config.train, {}).run();
    return run;
  }
  static Scores score(PreparedRun& run) {
    return Evaluator(run.model, {.loss = true})
        .score(*run.rows.validation, run.rows.validation_rows);
  }
};

TEST_F(TemperatureTest, ImprovesTheProbabilitiesAndKeepsTheClasses) {
  for (const std::int64_t members : {1, 2}) {
    const auto plain = trained(members, false), scaled = trained(members, true);
    EXPECT_FALSE(temperature_of(plain->model).has_value());
    const double temperature = temperature_of(scaled->model).value();
    EXPECT_GT(temperature, 1);
    const Scores before = score(*plain), after = score(*scaled);
    EXPECT_LT(after[0].second, before[0].second);  // the loss
    EXPECT_EQ(after[1].second, before[1].second);  // the accuracy
    const std::vector<std::int64_t> rows = all_rows(scaled->train.rows);
    const std::vector<float> x = Evaluator(plain->model, {}).outputs(plain->train, rows);
    const std::vector<float> y = Evaluator(scaled->model, {}).outputs(scaled->train, rows);
    // Weights are rounded once more, and 32 products with them are added.
    for (std::size_t i = 0; i < x.size(); ++i)
      EXPECT_NEAR(y[i], x[i] / temperature, 1e-5 * (1 + std::abs(x[i])));
    undo_output_lines(scaled->model);
    const std::vector<float> restored = Evaluator(scaled->model, {}).outputs(scaled->train, rows);
    for (std::size_t i = 0; i < x.size(); ++i)
      EXPECT_NEAR(restored[i], x[i], 1e-5 * (1 + std::abs(x[i])));
  }
}

TEST_F(TemperatureTest, IsKeptInTheModelFile) {
  const auto run = trained(2, true);
  std::filesystem::create_directories(folder_);
  save_model(run->model, folder_ / "model.safetensors");
  EXPECT_EQ(temperature_of(load_model(folder_ / "model.safetensors")), temperature_of(run->model));
}

TEST_F(TemperatureTest, LeavesWeightedClassesAndNetworksWithoutALastLayerAsTheyAre) {
  auto run = trained(1, false);
  run->model.objective.attributes["class_weights"] = std::vector<double>{1, 2, 3, 4};
  const std::vector<std::int64_t> rows = all_rows(run->train.rows);
  scale_temperature(run->model, run->train, rows);
  EXPECT_FALSE(temperature_of(run->model).has_value());
}

}  // namespace
}  // namespace selfnorm
