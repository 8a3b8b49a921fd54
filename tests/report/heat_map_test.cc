// SPDX-License-Identifier: Apache-2.0
#include "report/heat_map.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace selfnorm {
namespace {

TEST(HeatMap, QuantizesTheWholeScale) {
  const ColorScale plain{-1, 0, 1}, logarithmic{-4, 0, 4, true};
  EXPECT_EQ(quantize(-1, plain), 0);
  EXPECT_EQ(quantize(0, plain), 127);
  EXPECT_EQ(quantize(1, plain), 254);
  EXPECT_EQ(quantize(7, plain), 254);
  EXPECT_EQ(quantize(std::nan(""), plain), 255);
  EXPECT_EQ(quantize(0, logarithmic), 0);
  EXPECT_EQ(quantize(1, logarithmic), 127);
  EXPECT_EQ(quantize(std::numeric_limits<double>::infinity(), logarithmic), 254);
}

// The examples of RFC 4648.
TEST(HeatMap, Base64) {
  const auto encoded = [](const std::string& text) { return base64({text.begin(), text.end()}); };
  EXPECT_EQ(encoded(""), "");
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foo"), "Zm9v");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
}

TEST(HeatMap, SubsamplesLargeMapsAndKeepsTheirEnds) {
  HeatMap map;
  for (int i = 0; i < 1000; ++i) map.layers.push_back("layer " + std::to_string(i));
  for (int i = 0; i < 300; ++i) map.times.push_back(std::to_string(i));
  map.value = [](std::size_t layer, std::size_t time) {
    return static_cast<double>(layer) + static_cast<double>(time) / 1000;
  };
  const Json json = heat_map(map, {0, 500, 1000});
  EXPECT_EQ(json["rows"], 256);
  EXPECT_EQ(json["columns"], 256);
  EXPECT_EQ(json["row_names"].front(), "layer 0");
  EXPECT_EQ(json["row_names"].back(), "layer 999");
  EXPECT_EQ(json["column_names"].back(), "299");
  EXPECT_EQ(json["cells"].get<std::string>().size(), (256 * 256 + 2) / 3 * 4u);
  EXPECT_EQ(json["names"].size(), 1000u);
  EXPECT_EQ(json["last"].back(), 999.299);
}

}  // namespace
}  // namespace selfnorm
