// SPDX-License-Identifier: Apache-2.0
#include "passes/layer_order.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

Network network_of(const std::vector<std::vector<std::string>>& inputs) {
  Network network;
  network.inputs = {{"x", {4}}};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Layer layer;
    layer.name = std::to_string(i);
    layer.op = "add";
    layer.inputs = inputs[i];
    network.layers.push_back(layer);
  }
  return network;
}

// Goes through the layers again and again and takes those that have all inputs. Returns fewer
// layers if some are on a cycle or after it.
std::vector<const Layer*> order_by_rounds(const Network& network) {
  std::set<std::string> ready = {"x"};
  std::vector<const Layer*> order;
  std::size_t before = 0;
  do {
    before = order.size();
    for (const Layer& layer : network.layers) {
      const bool can = std::ranges::all_of(
          layer.inputs, [&](const std::string& input) { return ready.contains(input); });
      if (!can || !ready.insert(layer.name).second) continue;
      order.push_back(&layer);
    }
  } while (order.size() != before);
  return order;
}

RC_GTEST_PROP(LayerOrder, IsThatOfRounds, ()) {
  const auto count = *rc::gen::inRange<std::size_t>(1, 12);
  std::vector<std::vector<std::string>> inputs(count);
  for (auto& each : inputs) {
    const auto size = *rc::gen::inRange<std::size_t>(1, 4);
    for (std::size_t i = 0; i < size; ++i) {
      const auto from = *rc::gen::inRange<std::size_t>(0, 2 * count);
      each.push_back(from < count ? std::to_string(from) : "x");
    }
  }
  const Network network = network_of(inputs);
  const std::vector<const Layer*> wanted = order_by_rounds(network);
  if (wanted.size() == count) {
    RC_ASSERT(order_layers(network) == wanted);
  } else {
    RC_ASSERT_THROWS_AS(order_layers(network), Error);
  }
}

TEST(LayerOrder, NamesOnlyTheLayersOfACycle) {
  // 0 is before the cycle of 1, 2 and 3, and 4 comes after it.
  const Network network = network_of({{"x"}, {"0", "3"}, {"1"}, {"2"}, {"3"}});
  try {
    order_layers(network);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.detail(), "these layers form a cycle: 1, 2, 3");
  }
}

TEST(LayerOrder, TakesAChainOfAHundredThousandLayersInReversedOrder) {
  constexpr int kLayers = 100'000;
  std::vector<std::vector<std::string>> inputs;
  for (int i = 0; i < kLayers; ++i)
    inputs.push_back({i + 1 < kLayers ? std::to_string(i + 1) : "x"});
  const Network network = network_of(inputs);
  const std::vector<const Layer*> order = order_layers(network);
  EXPECT_EQ(order.front()->name, std::to_string(kLayers - 1));
  EXPECT_EQ(order.back()->name, "0");
}

}  // namespace
}  // namespace selfnorm
