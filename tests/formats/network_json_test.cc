// SPDX-License-Identifier: Apache-2.0
#include "formats/network_json.h"

#include <gtest/gtest.h>

#include "ops/table.h"
#include "selfnorm/error.h"

namespace selfnorm {
namespace {

// A network with every op of the table as a layer, with the attributes of the op's tests.
Network every_op() {
  Network network;
  network.inputs = {{"left", {3, 8, 8}}, {"a \"quoted\" name", {7}}};
  for (const OpRow& row : op_table()) {
    for (const TestCase& test : row.tests->cases) {
      Layer layer{std::string(*row.name), test.attributes};
      layer.name = "layer " + std::to_string(network.layers.size());
      layer.inputs = {"left", "ünïcode"};
      layer.share = "other";
      layer.l2 = 0.1;
      network.layers.push_back(layer);
    }
  }
  network.outputs = {"layer 0", "layer 1"};
  return network;
}

TEST(NetworkJson, RoundTripsEveryOp) {
  const Network network = every_op();
  const Network read = network_from_json(network_to_json(network));
  EXPECT_EQ(read.inputs, network.inputs);
  EXPECT_EQ(read.outputs, network.outputs);
  ASSERT_EQ(read.layers.size(), network.layers.size());
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const Layer &got = read.layers[i], &want = network.layers[i];
    EXPECT_EQ(got.op, want.op);
    EXPECT_EQ(got.attributes, want.attributes) << want.op;
    EXPECT_EQ(got.name, want.name);
    EXPECT_EQ(got.inputs, want.inputs);
    EXPECT_EQ(got.share, want.share);
    EXPECT_EQ(got.l2, want.l2);
  }
}

TEST(NetworkJson, KeepsEveryBitOfNumbers) {
  Network network;
  network.inputs = {{"x", {1}}};
  network.layers = {{"scale", {{"factor", 0.1 + 0.2}}}, {"scale", {{"factor", 1e-300}}}};
  const Network read = network_from_json(network_to_json(network));
  EXPECT_EQ(read.layers[0].attributes.at("factor"), Setting(0.1 + 0.2));
  EXPECT_EQ(read.layers[1].attributes.at("factor"), Setting(1e-300));
}

TEST(NetworkJson, ThrowsOurErrorForDamagedText) {
  const std::string whole = network_to_json(every_op());
  for (const std::string& text :
       {std::string(), std::string("{"), std::string("[]"), std::string("{\"inputs\": 1}"),
        whole.substr(0, whole.size() / 2)}) {
    try {
      network_from_json(text);
      ADD_FAILURE() << "read: " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::model_file);
      EXPECT_EQ(std::string(error.what()).find("json.exception"), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace selfnorm
