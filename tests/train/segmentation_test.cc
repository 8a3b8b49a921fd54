// SPDX-License-Identifier: Apache-2.0
// Tests networks with images as outputs: targets, losses and metrics per pixel.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "api/run.h"
#include "base/random.h"
#include "selfnorm/error.h"
#include "selfnorm/model.h"
#include "train/objective.h"

namespace selfnorm {
namespace {

using Ints = std::vector<std::int64_t>;

constexpr std::int64_t kRows = 48, kHeight = 6, kWidth = 4, kPixels = kHeight * kWidth;
constexpr std::int64_t kClasses = 3;
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Returns noise images. The class of a pixel depends on its value: below −½, above ½, or between.
Dataset images() {
  Dataset data{"images", kRows, {}, {}};
  std::vector<float> x;
  for (std::uint64_t i = 0; i < kRows * kPixels; ++i) {
    x.push_back(static_cast<float>(normal(random_key(3, "images", "x"), i)));
    data.targets.values.push_back(x.back() < -0.5f ? 0 : x.back() > 0.5f ? 1 : 2);
  }
  data.targets.name = "mask";
  data.targets.width = kPixels;
  data.inputs.push_back({"image", {1, kHeight, kWidth}, std::move(x), {}});
  return data;
}

Dataset foreground() {
  Dataset data = images();
  for (float& value : data.targets.values) value = value == 1 ? 1 : 0;
  return data;
}

// Returns the same images with a probability for each class and pixel, class by class.
Dataset one_hot() {
  Dataset data = images();
  std::vector<float> shares(static_cast<std::size_t>(kRows * kClasses * kPixels));
  for (std::int64_t i = 0; i < kRows * kPixels; ++i) {
    const auto c = static_cast<std::int64_t>(data.targets.values[static_cast<std::size_t>(i)]);
    shares[static_cast<std::size_t>((i / kPixels * kClasses + c) * kPixels + i % kPixels)] = 1;
  }
  data.targets.values = std::move(shares);
  data.targets.width = kClasses * kPixels;
  return data;
}

Network network(std::int64_t channels) {
  const Settings one_by_one = {{"kernel", Ints{1, 1}}};
  const auto conv = [&](std::int64_t n) {
    Settings settings = one_by_one;
    settings["channels"] = n;
    return Layer{"conv2d", settings};
  };
  return {{{"image", {1, kHeight, kWidth}}}, {conv(16), {"selu"}, conv(channels)}, {}};
}

TrainOptions options(const std::string& loss, std::vector<std::string> metrics = {}) {
  TrainOptions options;
  options.loss = loss;
  options.metrics = std::move(metrics);
  options.epochs = 60;
  options.batch_size = 12;
  options.optimizer.learning_rate = 0.02;
  return options;
}

TEST(Segmentation, LearnsEquallyFromClassMapsAndDistributions) {
  const std::vector<std::string> metrics = {"accuracy", "iou", "dice"};
  for (const char* loss : {"softmax_cross_entropy", "dice"}) {
    std::vector<std::map<std::string, double>> scores;
    for (const Dataset& data : {images(), one_hot()}) {
      const Model model = train(network(kClasses), data, options(loss, metrics));
      scores.push_back(model.evaluate(data));
      EXPECT_GT(scores.back()["accuracy"], 0.95) << loss;
      EXPECT_GT(scores.back()["iou"], 0.85) << loss;
      const Tensor p = model.predict(data);
      EXPECT_EQ(p.shape, (Shape{kRows, kClasses * kPixels}));
      EXPECT_NEAR(p.data[0] + p.data[kPixels] + p.data[2 * kPixels], 1, 1e-6);
    }
    // The same computation in other kernels, with other roundings, which accumulate during
    // training.
    for (const auto& [name, score] : scores[0]) EXPECT_NEAR(scores[1][name], score, 0.02) << name;
  }
}

TEST(Segmentation, LearnsAForegroundWithOneChannel) {
  for (const char* loss : {"sigmoid_cross_entropy", "dice"}) {
    const Dataset data = foreground();
    const Model model = train(network(1), data, options(loss, {"iou", "dice"}));
    auto scores = model.evaluate(data);
    EXPECT_GT(scores["iou"], 0.9) << loss;
    EXPECT_NEAR(scores["dice"], 2 * scores["iou"] / (1 + scores["iou"]), 1e-12) << loss;
  }
}

// Metrics count pixels over the whole data set and ignore missing ones. Channels are stored
// separately.
TEST(Segmentation, MeasuresEveryPixel) {
  Targets targets;
  targets.width = 4;
  targets.values = {0, 1, kNan, 1, 0, 0, 1, kNan};
  Objective objective =
      make_objective("softmax_cross_entropy", {}, {"accuracy", "iou"}, TargetKind::distributions);
  resolve_objective(objective, targets, {2, 2, 2});
  EXPECT_EQ(objective.targets, TargetKind::class_maps);
  // Two samples of two channels of four pixels. The predictions are 0 1 1 0 | 0 1 1 1.
  const std::vector<float> scores = {1, 0, 0, 1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 1, 1, 1};
  const Scores got = compute_metrics(objective, scores, {2, 2, 2}, targets, Ints{0, 1});
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0], (std::pair<std::string, double>{"accuracy", 4.0 / 6}));
  EXPECT_DOUBLE_EQ(got[1].second, (2.0 / 4 + 2.0 / 4) / 2);
}

std::string refusal(const Network& network, const Dataset& data, const std::string& loss) {
  try {
    train(network, data, options(loss));
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Segmentation, RejectsInvalidLabelMaps) {
  Dataset data = images();
  data.targets.values[30] = 3;
  EXPECT_EQ(
      refusal(network(kClasses), data, "softmax_cross_entropy"),
      "data: images: target 'mask': row 1, column 6 (from 0): expected a class from 0 to 2, or "
      "NaN for a missing one, got 3");
  data.targets.values.resize(kRows * 5);
  data.targets.width = 5;
  EXPECT_EQ(refusal(network(kClasses), data, "softmax_cross_entropy"),
            "data: images: target 'mask': has 5 numbers per row, but the network's output of shape "
            "(3, 6, 4) needs 72");
  data = one_hot();
  data.targets.values[static_cast<std::size_t>(2 * kClasses * kPixels + 5)] = 0.5;
  EXPECT_EQ(refusal(network(kClasses), data, "softmax_cross_entropy"),
            "data: images: target 'mask': row 2, pixel 5 (from 0): the class probabilities must "
            "sum to 1, but they sum to 1.5 (for independent labels: loss = "
            "\"sigmoid_cross_entropy\")");
}

}  // namespace
}  // namespace selfnorm
