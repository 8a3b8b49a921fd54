#include "kernels/initialize.h"

#include <gtest/gtest.h>

#include <vector>

namespace selfnorm {
namespace {

// Products of rows (wide) or columns (tall) of a matrix that was rounded to floats: each of its
// `length` terms is off by a rounding of numbers whose squares sum to 1.
TEST(Orthogonal, TheShorterSideIsOrthonormal) {
  constexpr double kError = 4 * 6e-8;
  for (const auto& [outputs, inputs] : {std::pair{5, 300}, {128, 128}, {300, 5}, {1, 7}, {7, 1}}) {
    const bool wide = inputs >= outputs;
    std::vector<float> w(static_cast<std::size_t>(outputs * inputs));
    const InitialShape shape{outputs * inputs, outputs, static_cast<double>(inputs),
                             static_cast<double>(outputs)};
    initialize("orthogonal", 2, shape, random_key(1, "init", "w"), w.data());
    const int vectors = wide ? outputs : inputs, length = wide ? inputs : outputs;
    const auto at = [&](int v, int i) {
      return static_cast<double>(
          w[static_cast<std::size_t>(wide ? v * inputs + i : i * inputs + v)]);
    };
    for (int a = 0; a < vectors; ++a) {
      for (int b = 0; b <= a; ++b) {
        double product = 0;
        for (int i = 0; i < length; ++i) product += at(a, i) * at(b, i);
        EXPECT_NEAR(product, a == b ? 4 : 0, 4 * kError) << outputs << " x " << inputs;
      }
    }
  }
}

// The same key draws the same numbers, so only the deviation differs.
TEST(Initialize, FansNeedNotBeWhole) {
  std::vector<float> unit(64), scaled(64);
  const RandomKey key = random_key(1, "init", "w");
  initialize("lecun_normal", 1, {64, 8, 1.0, 1.0}, key, unit.data());
  initialize("lecun_normal", 1.5, {64, 8, 2.25, 1.0}, key, scaled.data());
  for (std::size_t i = 0; i < unit.size(); ++i) EXPECT_FLOAT_EQ(scaled[i], unit[i]) << i;
}

}  // namespace
}  // namespace selfnorm
