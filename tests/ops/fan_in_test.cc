// SPDX-License-Identifier: Apache-2.0
// Checks the fan-in that the rows of ops return. If all inputs and weights are 1, an output is the
// number of inputs that it sums.
#include <gtest/gtest.h>

#include "ops/single_op.h"

namespace selfnorm {
namespace {

using Ints = std::vector<std::int64_t>;
constexpr std::int64_t kOne = 1;

struct Counted {
  double mean;    // over the middle of the image, over full periods of the strides
  double fan_in;  // from the row
};

Counted count(const std::string& name, const Settings& attributes, std::int64_t channels) {
  constexpr std::int64_t kExtent = 24, kBorder = 6;  // 6 is a multiple of all tested strides
  const OpRow& row = *find_op(name);
  const TestCase test{{{1, channels, kExtent, kExtent}}, attributes};
  SingleOp op(row, test);
  for (auto& values : op.inputs) std::ranges::fill(values, 1);
  Program program(op.graph, Mode::inference, kMaskSeed, {});
  op.feed(program);
  program.run();
  const Node& node = op.graph.nodes[0];
  const Shape& shape = op.graph.value(op.graph.outputs[0]).shape;
  const Array<double> y{shape, from_memory(shape, program.data(op.graph.outputs[0]))};
  const std::int64_t height = (shape[2] - 2 * kBorder) / 6 * 6;
  const std::int64_t width = (shape[3] - 2 * kBorder) / 6 * 6;
  double sum = 0;
  for (std::int64_t i = kBorder; i < kBorder + height; ++i) {
    for (std::int64_t j = kBorder; j < kBorder + width; ++j) sum += at(y, 0, 0, i, j);
  }
  const Inferred inferred = (*row.infer)({node.name, node.op, node.attributes, test.inputs});
  return {sum / static_cast<double>(height * width), inferred.parameters[0].fan_in};
}

TEST(FanIn, IsTheMeanNumberOfInputsPerOutput) {
  const std::pair<std::string, Settings> layers[] = {
      {"conv2d", {{"kernel", Ints{3, 2}}, {"groups", 2 * kOne}}},
      {"conv_transpose2d", {{"kernel", Ints{3, 2}}, {"groups", 2 * kOne}}},
      {"conv_transpose2d", {{"kernel", Ints{4, 4}}, {"stride", Ints{2, 2}}}},
      // The phases sum different numbers of inputs.
      {"conv_transpose2d", {{"kernel", Ints{3, 5}}, {"stride", Ints{2, 3}}}},
      {"conv_transpose2d", {{"kernel", Ints{2, 2}}, {"stride", Ints{3, 3}}}},
      {"conv_transpose2d",
       {{"kernel", Ints{3, 3}}, {"stride", Ints{2, 2}}, {"dilation", Ints{2, 2}}}},
  };
  for (auto [name, attributes] : layers) {
    attributes["channels"] = 4 * kOne;
    attributes["bias"] = false;
    const Counted counted = count(name, attributes, 6);
    // Sums of ones are exact. Only the quotients are rounded.
    EXPECT_DOUBLE_EQ(counted.mean, counted.fan_in)
        << name << " with kernel " << to_string(attributes.at("kernel"));
  }
}

}  // namespace
}  // namespace selfnorm
