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
    const InitialShape shape{outputs * inputs, outputs, inputs, outputs};
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

}  // namespace
}  // namespace selfnorm
