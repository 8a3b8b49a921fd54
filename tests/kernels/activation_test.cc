// SPDX-License-Identifier: Apache-2.0
// Compares the activations with their scalar reference over the whole range of floats, and the
// reference with the complex step.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <complex>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "kernels/ref/activation.h"
#include "kernels/simd/pointwise.h"
#include "kernels/simd_targets.h"

namespace selfnorm {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr double kFloatEpsilon = 0x1p-24;  // half the distance from 1 to the next float

struct Case {
  const char* name;
  Activation f;
  double ulps;  // as stated in kernels/simd/pointwise.h
};

using Kind = ActivationKind;

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"identity", {Kind::identity}, 0},
      {"selu", {Kind::selu}, 2},
      {"selu, shaped", {Kind::selu, 1.2, 1.1, 0.3}, 3},
      {"elu", {Kind::elu, 1}, 2},
      {"elu 1.7", {Kind::elu, 1.7}, 2},
      {"relu", {Kind::relu}, 0},
      {"leaky_relu", {Kind::leaky_relu, 0.01}, 1.5},
      {"leaky_relu, negative slope", {Kind::leaky_relu, -0.3}, 1.5},
      {"tanh", {Kind::tanh}, 3},
      {"sigmoid", {Kind::sigmoid}, 3},
      {"softplus", {Kind::softplus}, 2.5},
      {"gelu", {Kind::gelu}, 6.5},
      {"silu", {Kind::silu}, 3.5},
      {"exp", {Kind::exp}, 1.5},
      {"expm1", {Kind::expm1}, 2},
  };
  return all;
}

// Returns every stride-th bit pattern. A prime stride covers every exponent and all low bits.
// SELFNORM_TEST_STRIDE=1 tests all floats.
std::vector<float> strided_floats() {
  const char* wish = std::getenv("SELFNORM_TEST_STRIDE");
  const std::uint64_t stride = wish == nullptr ? 4099 : std::stoull(wish);
  std::vector<float> floats;
  for (std::uint64_t bits = 0; bits < (1ull << 32); bits += stride) {
    const auto x = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    if (std::isfinite(x)) floats.push_back(x);
  }
  return floats;
}

std::vector<float> forward(const Activation& f, const std::vector<float>& x) {
  std::vector<float> y(x.size());
  pointwise_forward(x.data(), nullptr, y.data(), 1, static_cast<std::int64_t>(x.size()), f, {}, {});
  return y;
}

// f′ as the backward kernel computes it from the output of the forward kernel.
std::vector<float> slopes(const Activation& f, const std::vector<float>& x) {
  const std::vector<float> saved = can_differentiate_from_output(f) ? forward(f, x) : x;
  std::vector<float> dx(x.size(), 1.0f);
  pointwise_backward(dx.data(), saved.data(), dx.data(), 1, static_cast<std::int64_t>(x.size()), f,
                     {}, {});
  return dx;
}

// Returns the error in units in the last place of `want`, including gradual underflow.
double ulp_error(float got, double want) {
  if (std::isinf(static_cast<float>(want))) return got == static_cast<float>(want) ? 0 : kInfinity;
  const int exponent = want == 0 ? -126 : std::max(std::ilogb(want), -126);
  return std::abs(static_cast<double>(got) - want) / std::ldexp(1.0, exponent - 23);
}

TEST(Activation, MeetsItsErrorBoundOverAllFloats) {
  const std::vector<float> x = strided_floats();
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    std::vector<double> want(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      want[i] = ref::activation(c.f, static_cast<double>(x[i]));
    }
    for_each_simd_target([&] {
      const std::vector<float> y = forward(c.f, x);
      double worst = 0;
      std::size_t where = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double error = ulp_error(y[i], want[i]);
        if (!(error <= worst)) worst = error, where = i;
      }
      EXPECT_LE(worst, c.ulps) << "at x = " << x[where] << " got " << y[where] << " want "
                               << want[where];
      if (std::getenv("SELFNORM_TEST_STRIDE") != nullptr) {
        std::printf("%-28s %.3f ULP at %g\n", c.name, worst, static_cast<double>(x[where]));
      }
    });
  }
}

// The slope is computed in float from y with a few roundings, each relative to the largest term,
// and y is f(x) with a rounding. So the error is relative to the range of the slope, and not to its
// value. The slope of an exponential may be larger than 1, and its error is relative to it.
TEST(Activation, SlopeMatchesTheComplexStepOfTheReference) {
  constexpr double kStep = 1e-30;
  constexpr double kRoundings = 8;
  std::vector<float> x;
  for (int i = -4000; i <= 4000; ++i) x.push_back(static_cast<float>(i) * 0.01f + 0.005f);
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    for_each_simd_target([&] {
      const std::vector<float> got = slopes(c.f, x);
      const double range = std::max(1.0, c.f.lambda * c.f.alpha);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const auto step = ref::activation(c.f, std::complex<double>(x[i], kStep));
        const double slope = step.imag() / kStep;
        ASSERT_NEAR(got[i], slope, kRoundings * kFloatEpsilon * std::max(range, slope)) << x[i];
      }
    });
  }
}

// f′ of selu and elu from the input, over all floats.
TEST(Activation, SlopeFromInputMeetsItsErrorBoundOverAllFloats) {
  const std::vector<float> x = strided_floats();
  for (const Case& c : cases()) {
    const bool is_unscaled = c.f.input_scale == 1;
    if (!is_unscaled || (c.f.kind != Kind::selu && c.f.kind != Kind::elu)) continue;
    SCOPED_TRACE(c.name);
    constexpr double kUlps = 2.5;  // as stated in kernels/simd/pointwise.h
    for_each_simd_target([&] {
      std::vector<float> dx(x.size(), 1.0f);
      selu_backward_from_input(dx.data(), x.data(), dx.data(), std::ssize(dx), c.f);
      double worst = 0;
      std::size_t where = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double want = ref::activation_derivative(c.f, static_cast<double>(x[i]));
        const double error = ulp_error(dx[i], want);
        if (!(error <= worst)) worst = error, where = i;
      }
      EXPECT_LE(worst, kUlps) << "at x = " << x[where] << " got " << dx[where];
      if (std::getenv("SELFNORM_TEST_STRIDE") != nullptr) {
        std::printf("%-28s %.3f ULP at %g\n", c.name, worst, static_cast<double>(x[where]));
      }
    });
  }
}

// From the output, the error of f′ is absolute, also where y does not change any more.
TEST(Activation, SlopeOfSeluFromOutputHasAnAbsoluteError) {
  constexpr double kError = 1e-6;  // as stated in selfnorm/functional.h
  const std::vector<float> x = strided_floats();
  for (const Activation& f : {Activation{Kind::selu}, Activation{Kind::elu, 1}}) {
    for_each_simd_target([&] {
      const std::vector<float> got = slopes(f, x);
      for (std::size_t i = 0; i < x.size(); ++i) {
        ASSERT_NEAR(got[i], ref::activation_derivative(f, static_cast<double>(x[i])), kError)
            << x[i];
      }
    });
  }
}

TEST(ReferenceActivation, DerivativesAgree) {
  constexpr double kStep = 1e-30;
  constexpr double kRoundings = 16 * 0x1p-53;  // a few, of values of at most about 2
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    for (double x = -30.005; x < 30; x += 0.01) {
      const double want = ref::activation(c.f, std::complex<double>(x, kStep)).imag() / kStep;
      const double tolerance = kRoundings * std::max(1.0, want);  // exponentials are larger
      ASSERT_NEAR(ref::activation_derivative(c.f, x), want, tolerance) << x;
      const long double wide = ref::activation_derivative(c.f, static_cast<long double>(x));
      ASSERT_NEAR(static_cast<double>(wide), want, tolerance) << x;
      if (can_differentiate_from_output(c.f)) {
        const double y = ref::activation(c.f, x);
        ASSERT_NEAR(ref::derivative_from_output(c.f, y), want, tolerance) << x;
      }
    }
  }
}

// The difference quotient is independent of the complex step. Its error is h²·f‴/6 + ε·|f|/h, which
// is proportional to the slope of an exponential.
TEST(ReferenceActivation, DerivativeMatchesTheDifferenceQuotient) {
  constexpr long double kStep = 1e-6L;
  constexpr double kTolerance = 2e-12;
  for (const Case& c : cases()) {
    for (long double x = -9.005L; x < 9; x += 0.01L) {
      const long double quotient =
          (ref::activation(c.f, x + kStep) - ref::activation(c.f, x - kStep)) / (2 * kStep);
      const auto slope = static_cast<double>(ref::activation_derivative(c.f, x));
      ASSERT_NEAR(slope, static_cast<double>(quotient), kTolerance * std::max(1.0, slope))
          << c.name << " at " << static_cast<double>(x);
    }
  }
}

TEST(Activation, PropagatesNanForwardAndThroughSmoothGradients) {
  const auto payload = std::bit_cast<float>(0xffc12345u);
  const std::vector<float> x(37, payload);
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    for_each_simd_target([&] {
      for (const float y : forward(c.f, x)) ASSERT_TRUE(std::isnan(y));
      const bool kinked =
          c.f.kind == Kind::identity || c.f.kind == Kind::relu || c.f.kind == Kind::leaky_relu;
      if (kinked) return;
      for (const float slope : slopes(c.f, x)) ASSERT_TRUE(std::isnan(slope));
    });
  }
}

float at(const Activation& f, float x) { return forward(f, std::vector<float>(19, x))[17]; }
float slope_at(const Activation& f, float x) { return slopes(f, std::vector<float>(19, x))[17]; }

TEST(Selu, IsExactAtSpecialValues) {
  const auto lambda = static_cast<float>(kSeluLambda);
  const auto saturation = static_cast<float>(kAlphaPrime);
  const float tiny = std::numeric_limits<float>::denorm_min();
  const Activation f{Kind::selu};
  for_each_simd_target([&] {
    for (const float x : {-17.5f, -20.0f, -100.0f, -1000.0f, -3e38f, -kInfinity}) {
      EXPECT_EQ(at(f, x), saturation) << x;
      EXPECT_EQ(slope_at(f, x), 0.0f) << x;
    }
    EXPECT_EQ(at(f, kInfinity), kInfinity);
    EXPECT_EQ(at(f, 1000.0f), 1000.0f * lambda);
    EXPECT_EQ(at(f, 0.0f), 0.0f);
    EXPECT_EQ(at(f, -0.0f), 0.0f);
    EXPECT_EQ(at(f, -tiny), -2 * tiny);  // 1.76 subnormals, rounded
    EXPECT_EQ(at(f, tiny), tiny);
    EXPECT_EQ(slope_at(f, 0.0f), -saturation);  // the branch of x ≤ 0
    EXPECT_EQ(slope_at(f, -0.0f), -saturation);
    EXPECT_EQ(slope_at(f, tiny), lambda);
    EXPECT_EQ(slope_at(f, kInfinity), lambda);
  });
}

TEST(Activation, HasTheRightLimits) {
  for_each_simd_target([&] {
    for (const float far : {1000.0f, 3e38f, kInfinity}) {
      for (const Kind kind : {Kind::gelu, Kind::silu, Kind::softplus, Kind::relu}) {
        EXPECT_EQ(at({kind}, far), far);
        EXPECT_EQ(at({kind}, -far), 0.0f);
        EXPECT_EQ(slope_at({kind}, far), 1.0f);
        EXPECT_EQ(slope_at({kind}, -far), 0.0f);
      }
      EXPECT_EQ(at({Kind::tanh}, far), 1.0f);
      EXPECT_EQ(at({Kind::tanh}, -far), -1.0f);
      EXPECT_EQ(at({Kind::sigmoid}, far), 1.0f);
      EXPECT_EQ(at({Kind::sigmoid}, -far), 0.0f);
      EXPECT_EQ(at({Kind::elu, 1}, -far), -1.0f);
      for (const Kind kind : {Kind::exp, Kind::expm1}) {
        EXPECT_EQ(at({kind}, far), kInfinity);
        EXPECT_EQ(at({kind}, -far), kind == Kind::exp ? 0.0f : -1.0f);
        EXPECT_EQ(slope_at({kind}, far), kInfinity);
        EXPECT_EQ(slope_at({kind}, -far), 0.0f);
      }
    }
    for (const Kind kind : {Kind::tanh, Kind::gelu, Kind::silu, Kind::identity}) {
      EXPECT_TRUE(std::signbit(at({kind}, -0.0f)));
      EXPECT_FALSE(std::signbit(at({kind}, 0.0f)));
    }
    EXPECT_EQ(slope_at({Kind::relu}, 0.0f), 0.0f);
    EXPECT_EQ(slope_at({Kind::leaky_relu, 0.25}, 0.0f), 0.25f);
    EXPECT_EQ(slope_at({Kind::elu, 1.5}, 0.0f), 1.5f);
  });
}

}  // namespace
}  // namespace selfnorm
