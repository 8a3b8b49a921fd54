// SPDX-License-Identifier: Apache-2.0
#include "passes/multiply_adds.h"

#include <gtest/gtest.h>

#include "passes/views.h"

namespace selfnorm {
namespace {

double count(const Shape& input, const std::vector<Layer>& layers, std::int64_t batch) {
  return multiply_adds(build_engine_graph({{{"x", input}}, layers, {}}, batch));
}

TEST(MultiplyAdds, OfDenseLayersAreTheirWeightsTimesTheRows) {
  const std::vector<Layer> layers = {
      {"dense", {{"units", 20}}}, {"selu"}, {"dense", {{"units", 3}}}};
  EXPECT_EQ(count({10}, layers, 7), 7 * (10 * 20 + 20 * 3));
  EXPECT_EQ(count({10}, {{"dense", {{"units", 20}, {"groups", 2}}}}, 7), 7 * (10 / 2 * 20));
}

TEST(MultiplyAdds, OfConvolutionsAreTheirWeightsTimesThePositions) {
  const Layer convolution{"conv2d", {{"channels", 5}, {"kernel", Shape{3, 3}}}};
  EXPECT_EQ(count({2, 8, 8}, {convolution}, 4), 4 * (3 * 3 * 2) * 5 * (6 * 6));
}

TEST(MultiplyAdds, OfLookupsAreZero) {
  const Layer lookup{"embedding",
                     {{"vocabulary", std::int64_t{1000}}, {"dimension", std::int64_t{8}}}};
  EXPECT_EQ(count({10}, {lookup}, 7), 0);
}

TEST(MultiplyAdds, OfLayersWithoutMatricesAreZero) {
  EXPECT_EQ(count({10}, {{"selu"}, {"layer_norm"}}, 7), 0);
}

}  // namespace
}  // namespace selfnorm
