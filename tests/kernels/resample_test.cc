// SPDX-License-Identifier: Apache-2.0
#include "kernels/simd/resample.h"

#include <gtest/gtest.h>

#include "kernels/kernel_testing.h"

namespace selfnorm {
namespace {

using kernels::AxisTaps;

// Returns the matrix of an axis: outputs × inputs.
std::vector<std::vector<double>> matrix(const AxisTaps& taps) {
  std::vector<std::vector<double>> rows;
  for (std::size_t o = 0; o < taps.first.size(); ++o) {
    rows.emplace_back(static_cast<std::size_t>(taps.inputs), 0.0);
    for (std::int64_t k = taps.begin[o]; k < taps.begin[o + 1]; ++k) {
      rows.back()[static_cast<std::size_t>(taps.first[o] + k - taps.begin[o])] =
          taps.weights[static_cast<std::size_t>(k)];
    }
  }
  return rows;
}

TEST(Taps, NearestRepeatsInputs) {
  EXPECT_EQ(matrix(kernels::nearest_taps(2, 3)),
            (std::vector<std::vector<double>>{{1, 0}, {1, 0}, {1, 0}, {0, 1}, {0, 1}, {0, 1}}));
}

// The result of PyTorch's interpolate for (1, 2, 4) with align_corners = False.
TEST(Taps, LinearHasHalfPixelCentersAndConstantEdges) {
  const double x[] = {1, 2, 4};
  const std::vector<std::vector<double>> want = {
      {1, 2, 4},
      {1, 1.25, 1.75, 2.5, 3.5, 4},
      {1, 1, 4.0 / 3, 5.0 / 3, 2, 8.0 / 3, 10.0 / 3, 4, 4}};
  for (std::int64_t factor = 1; factor <= 3; ++factor) {
    const auto rows = matrix(kernels::linear_taps(3, factor));
    const auto& wanted = want[static_cast<std::size_t>(factor - 1)];
    ASSERT_EQ(rows.size(), wanted.size());
    for (std::size_t o = 0; o < rows.size(); ++o) {
      double sum = 0;
      for (std::size_t i = 0; i < 3; ++i) sum += rows[o][i] * x[i];
      EXPECT_NEAR(sum, wanted[o], 4 * 4 * kRounding) << "factor " << factor << ", output " << o;
    }
  }
}

TEST(Taps, AreNeverZeroSoThatNoOtherInputIsRead) {
  for (std::int64_t factor = 1; factor <= 5; ++factor) {
    for (const float weight : kernels::linear_taps(4, factor).weights) EXPECT_GT(weight, 0);
  }
}

TEST(Taps, TransposeLikeTheMatrix) {
  for (std::int64_t inputs = 1; inputs <= 4; ++inputs) {
    for (std::int64_t factor = 1; factor <= 4; ++factor) {
      for (const auto& taps :
           {kernels::nearest_taps(inputs, factor), kernels::linear_taps(inputs, factor)}) {
        const auto there = matrix(taps), back = matrix(kernels::transposed(taps));
        ASSERT_EQ(back.size(), static_cast<std::size_t>(inputs));
        for (std::size_t o = 0; o < there.size(); ++o) {
          for (std::size_t i = 0; i < back.size(); ++i) ASSERT_EQ(back[i][o], there[o][i]);
        }
      }
    }
  }
}

// Every product of weights is rounded, and so are the taps × taps sums of products.
void expect_resampled(const AxisTaps& rows, const AxisTaps& columns, std::int64_t channels,
                      std::int64_t offset) {
  constexpr std::int64_t kBatch = 2;
  const std::int64_t in = rows.inputs * columns.inputs, out = rows.outputs() * columns.outputs();
  const auto values = draws(kBatch * in * channels, 1);
  Guarded<float> x(values, offset), y(kBatch * out * channels, offset);
  kernels::resample(x.data(), y.data(), kBatch, channels, rows, columns);
  const auto down = matrix(rows), across = matrix(columns);
  for (std::int64_t n = 0; n < kBatch; ++n) {
    for (std::int64_t o = 0; o < out; ++o) {
      const auto& r = down[static_cast<std::size_t>(o / columns.outputs())];
      const auto& k = across[static_cast<std::size_t>(o % columns.outputs())];
      for (std::int64_t c = 0; c < channels; ++c) {
        double want = 0, size = 0, terms = 1;
        for (std::int64_t i = 0; i < in; ++i) {
          const double weight = r[static_cast<std::size_t>(i / columns.inputs)] *
                                k[static_cast<std::size_t>(i % columns.inputs)];
          const double term =
              weight * values[static_cast<std::size_t>((n * in + i) * channels + c)];
          want += term;
          size += std::abs(term);
          terms += weight > 0;
        }
        ASSERT_NEAR(y[(n * out + o) * channels + c], want, (2 + terms) * kRounding * size)
            << "image " << n << ", pixel " << o << ", channel " << c;
      }
    }
  }
}

TEST(Resample, AppliesTheMatricesOfRowsAndColumns) {
  for_each_offset([](std::int64_t offset) {
    for (const std::int64_t channels : {1, 2, 3, 4, 7, 8, 15, 16, 17, 33, 69}) {
      SCOPED_TRACE(testing::Message() << "channels = " << channels);
      const AxisTaps rows = kernels::linear_taps(3, 2), columns = kernels::linear_taps(4, 3);
      expect_resampled(rows, columns, channels, offset);
      expect_resampled(transposed(rows), transposed(columns), channels, offset);
      expect_resampled(kernels::nearest_taps(3, 2), columns, channels, offset);
      if (testing::Test::HasFailure()) return;
    }
  });
}

}  // namespace
}  // namespace selfnorm
