// SPDX-License-Identifier: Apache-2.0
#include "tune/combine_models.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/index.h"
#include "passes/build.h"
#include "passes/members.h"
#include "selfnorm/error.h"
#include "train/evaluator.h"
#include "train/trainer_fixture.h"

namespace selfnorm {
namespace {

constexpr std::int64_t kRows = 40, kClasses = 4;

// A network with random weights, an ensemble of this many members. Networks differ in depth.
TrainedModel model_of(std::int64_t members, int depth, std::uint64_t seed) {
  RunConfig config;
  config.train.seed = seed;
  std::vector<Layer>& layers = config.network.layers;
  std::int64_t groups = 1;
  for (int i = 0; i < depth; ++i) {
    layers.push_back({"dense", {{"units", members * 8}, {"groups", groups}}});
    layers.push_back({"selu"});
    groups = members;
  }
  layers.push_back({"dense", {{"units", members * kClasses}, {"groups", groups}}});
  if (members > 1) layers.push_back({"average_members", {{"members", members}}});
  return prepare_run(config, {clusters(kRows), std::nullopt})->model;
}

TrainedModel combined(const std::vector<TrainedModel>& parts) {
  std::vector<Network> networks;
  for (const TrainedModel& part : parts) networks.push_back(part.network);
  TrainedModel whole = parts[0];
  whole.network = combine_networks(networks);
  whole.weights = Weights(build_graph(whole.network, 1));
  combine_weights(parts, whole);
  return whole;
}

std::vector<float> outputs_of(TrainedModel& model) {
  const Dataset data = clusters(kRows);
  return Evaluator(model, {}).outputs(data, all_rows(kRows));
}

// Each sum has a few terms of size 1, so a float holds the mean within some 1e-6.
void expect_mean(const std::vector<float>& got, const std::vector<std::vector<float>>& parts) {
  ASSERT_EQ(got.size(), kRows * kClasses);
  for (std::size_t i = 0; i < got.size(); ++i) {
    double sum = 0;
    for (const auto& part : parts) sum += static_cast<double>(part[i]);
    EXPECT_NEAR(got[i], sum / static_cast<double>(parts.size()), 1e-5);
  }
}

TEST(CombineModels, ComputesTheMeanOfTheOutputs) {
  for (const std::int64_t members : {1, 3}) {
    std::vector<TrainedModel> parts = {model_of(members, 1, 1), model_of(members, 3, 2),
                                       model_of(members, 2, 3)};
    TrainedModel whole = combined(parts);
    std::vector<std::vector<float>> outputs;
    for (TrainedModel& part : parts) outputs.push_back(outputs_of(part));
    expect_mean(outputs_of(whole), outputs);
  }
}

TEST(CombineModels, KeepsTheMembersSeparate) {
  std::vector<TrainedModel> parts = {model_of(2, 1, 1), model_of(2, 2, 2)};
  TrainedModel whole = combined(parts);
  const Members members = find_members(build_graph(whole.network, 1));
  EXPECT_EQ(members.count, 2);
  EXPECT_TRUE(members.are_separate);
  Dataset data = clusters(kRows);
  for (std::int64_t row = 0; row < kRows; ++row)
    data.folds.push_back(static_cast<std::int32_t>(row % 2));
  const auto held_out = [&](TrainedModel& model) {
    return Evaluator(model, {}).held_out_outputs(data, all_rows(kRows));
  };
  expect_mean(held_out(whole), {held_out(parts[0]), held_out(parts[1])});
}

TEST(CombineModels, OfOneIsThatModel) {
  std::vector<TrainedModel> parts = {model_of(3, 2, 1)};
  TrainedModel whole = combined(parts);
  EXPECT_EQ(outputs_of(whole), outputs_of(parts[0]));
}

TEST(CombineModels, RejectsWeightsOfAnotherNetwork) {
  const std::vector<TrainedModel> parts = {model_of(1, 1, 1), model_of(1, 2, 2)};
  TrainedModel whole = combined(parts);
  EXPECT_THROW(combine_weights({parts[1], parts[0]}, whole), Error);
}

}  // namespace
}  // namespace selfnorm
