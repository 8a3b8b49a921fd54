// SPDX-License-Identifier: Apache-2.0
// Tests the whitening of images: its effect on the images that it is fitted to, and its borders.
#include "kernels/whitening.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"

namespace selfnorm {
namespace {

constexpr double kFloatEpsilon = std::numeric_limits<float>::epsilon();

std::int64_t image_elements(const WhiteningShape& s) {
  return s.batch * s.height * s.width * s.channels;
}

// Returns images with correlated channels. The correlation along rows and columns falls by `keep`
// per pixel.
std::vector<float> smooth_images(const WhiteningShape& s, double keep) {
  const auto count = static_cast<std::size_t>(image_elements(s));
  std::vector<double> x(count);
  const RandomKey key = random_key(3, "whitening", "noise");
  const double fresh = std::sqrt(1 - keep * keep);
  const auto index = [&](std::int64_t n, std::int64_t i, std::int64_t j, std::int64_t c) {
    return static_cast<std::size_t>(((n * s.height + i) * s.width + j) * s.channels + c);
  };
  for (std::size_t e = 0; e < count; ++e) x[e] = normal(key, e);
  for (std::int64_t n = 0; n < s.batch; ++n) {
    for (std::int64_t i = 0; i < s.height; ++i) {
      for (std::int64_t j = 0; j < s.width; ++j) {
        for (std::int64_t c = 0; c < s.channels; ++c) {
          double& at = x[index(n, i, j, c)];
          if (c > 0) at = 0.8 * x[index(n, i, j, 0)] + 0.6 * at;
        }
      }
    }
    for (std::int64_t c = 0; c < s.channels; ++c) {
      for (std::int64_t i = 0; i < s.height; ++i) {
        for (std::int64_t j = 1; j < s.width; ++j) {
          double& at = x[index(n, i, j, c)];
          at = keep * x[index(n, i, j - 1, c)] + fresh * at;
        }
      }
      for (std::int64_t i = 1; i < s.height; ++i) {
        for (std::int64_t j = 0; j < s.width; ++j) {
          double& at = x[index(n, i, j, c)];
          at = keep * x[index(n, i - 1, j, c)] + fresh * at;
        }
      }
    }
  }
  std::vector<float> images(count);
  for (std::size_t e = 0; e < count; ++e) images[e] = static_cast<float>(2 * x[e] + 0.5);
  return images;
}

std::vector<double> whitened(const std::vector<float>& x, const WhiteningShape& s,
                             const Whitening& w) {
  std::vector<float> padded(static_cast<std::size_t>(s.padded_elements()));
  replicate_pad(x.data(), padded.data(), s);
  std::vector<double> y;
  for (std::int64_t n = 0; n < s.batch; ++n) {
    for (std::int64_t i = 0; i < s.height; ++i) {
      for (std::int64_t j = 0; j < s.width; ++j) {
        for (std::int64_t o = 0; o < s.channels; ++o) {
          double sum = w.bias[static_cast<std::size_t>(o)];
          auto weight = w.filter.begin() + o * s.channels * s.kernel[0] * s.kernel[1];
          for (std::int64_t c = 0; c < s.channels; ++c) {
            for (std::int64_t u = 0; u < s.kernel[0]; ++u) {
              for (std::int64_t v = 0; v < s.kernel[1]; ++v) {
                const std::int64_t at =
                    ((n * s.padded_height() + i + u) * s.padded_width() + j + v) * s.channels + c;
                sum += *weight++ * padded[static_cast<std::size_t>(at)];
              }
            }
          }
          y.push_back(sum);
        }
      }
    }
  }
  return y;
}

// Returns the mean of y[e]·y[e + step] over the elements of a channel, with both in one row.
double product(const std::vector<double>& y, const WhiteningShape& s, std::int64_t channel,
               std::int64_t other, std::int64_t columns) {
  double sum = 0;
  std::int64_t count = 0;
  for (std::int64_t row = 0; row < s.batch * s.height; ++row) {
    for (std::int64_t j = 0; j + columns < s.width; ++j, ++count) {
      const std::int64_t at = (row * s.width + j) * s.channels;
      sum += y[static_cast<std::size_t>(at + channel)] *
             y[static_cast<std::size_t>(at + columns * s.channels + other)];
    }
  }
  return sum / static_cast<double>(count);
}

const WhiteningShape kShape{48, 24, 20, 2, {3, 5}};

TEST(Whitening, GivesMeanZeroAndVarianceOne) {
  const std::vector<float> x = smooth_images(kShape, 0.9);
  const std::vector<double> y = whitened(x, kShape, fit_whitening(x.data(), kShape, 0.01));
  // The weights are at most about 5 (λ_min^-½) and are rounded to floats. The values are at most
  // about 8.
  const double bound = 16 * 30 * 5 * 8 * kFloatEpsilon;
  for (std::int64_t c = 0; c < kShape.channels; ++c) {
    double mean = 0;
    for (std::size_t e = static_cast<std::size_t>(c); e < y.size(); e += 2) mean += y[e];
    EXPECT_NEAR(2 * mean / static_cast<double>(y.size()), 0, bound);
    EXPECT_NEAR(product(y, kShape, c, c, 0), 1, bound);
  }
}

TEST(Whitening, RemovesTheCorrelationOfNeighborsAndChannels) {
  const std::vector<float> x = smooth_images(kShape, 0.9);
  const std::vector<double> before(x.begin(), x.end());
  const std::vector<double> y = whitened(x, kShape, fit_whitening(x.data(), kShape, 1e-6));
  EXPECT_GT(product(before, kShape, 0, 0, 1), 2);  // the variance is 4
  EXPECT_GT(product(before, kShape, 0, 1, 0), 2);
  // Beyond the window of five pixels, a correlation of 0.9^3 remains. Sampling adds 1/√23000.
  EXPECT_NEAR(product(y, kShape, 0, 0, 1), 0, 0.1);
  EXPECT_NEAR(product(y, kShape, 0, 1, 0), 0, 0.1);
  EXPECT_NEAR(product(y, kShape, 1, 0, 1), 0, 0.1);
}

TEST(Whitening, LeavesOutInputsWithoutVariance) {
  const WhiteningShape shape{2, 4, 4, 1, {3, 3}};
  const std::vector<float> x(32, 0.25F);
  const Whitening w = fit_whitening(x.data(), shape, 0.01);
  for (const float weight : w.filter) EXPECT_EQ(weight, 0);
  EXPECT_EQ(w.bias, std::vector<float>{0});
}

// A constant channel next to one that varies, like the opacity of an image.
TEST(Whitening, DoesNotAmplifyAConstantChannel) {
  WhiteningShape shape = kShape;
  std::vector<float> x = smooth_images(shape, 0.9);
  for (std::size_t e = 1; e < x.size(); e += 2) x[e] = 0.7F;
  for (const double epsilon : {0.0, 0.01}) {
    const Whitening w = fit_whitening(x.data(), shape, epsilon);
    const std::size_t half = w.filter.size() / 2;
    for (std::size_t i = half; i < w.filter.size(); ++i) EXPECT_EQ(w.filter[i], 0);
    EXPECT_EQ(w.bias[1], 0);
    EXPECT_GT(w.filter[half / 4], 0);  // the center of the other channel
  }
}

// ⟨repeat x, p⟩ = ⟨x, add p⟩. All numbers are integers, so both sides are exact.
TEST(Whitening, PaddingGradientIsTheAdjointOfPadding) {
  const WhiteningShape shape{3, 2, 5, 2, {5, 3}};  // the window is higher than the image
  std::vector<float> x(static_cast<std::size_t>(image_elements(shape)));
  std::vector<float> p(static_cast<std::size_t>(shape.padded_elements()));
  std::iota(x.begin(), x.end(), 1.0F);
  for (std::size_t i = 0; i < p.size(); ++i) p[i] = static_cast<float>(i * 7 % 13);
  std::vector<float> repeated(p.size()), added(x.size());
  replicate_pad(x.data(), repeated.data(), shape);
  replicate_pad_gradient(p.data(), added.data(), shape);
  EXPECT_EQ(std::inner_product(repeated.begin(), repeated.end(), p.begin(), 0.0),
            std::inner_product(x.begin(), x.end(), added.begin(), 0.0));
}

}  // namespace
}  // namespace selfnorm
