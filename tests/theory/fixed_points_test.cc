// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "golden_tables.h"
#include "selfnorm/error.h"
#include "selfnorm/theory.h"

namespace selfnorm {
namespace {

MomentRule selu_rule(const SeluConstants& constants = {}) {
  return [=](const Gaussian& z) { return selu_moments(z, constants); };
}

std::string fault(const Moments& target, const LayerWeights& weights = {}) {
  try {
    selu_constants(target, weights);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
    return error.what();
  }
  return "";
}

TEST(SeluConstants, MatchTheReferenceTable) {
  // A dozen roundings, and a quadratic equation with terms of similar size.
  constexpr double kRelative = 1e-14;
  const auto rows = golden_rows("constants.csv");
  ASSERT_EQ(rows.size(), 6u);
  for (const auto& row : rows) {
    SCOPED_TRACE(testing::Message() << row[0] << ", " << row[1]);
    const SeluConstants got = selu_constants({row[0], row[1]});
    expect_close(got.alpha, row[2], kRelative);
    expect_close(got.lambda, row[3], kRelative);
  }
}

TEST(SeluConstants, GiveAFixedPointForAnyWeightsAndScale) {
  constexpr double kError = 1e-13;
  for (const double scale : {1.0, 0.1, 1e-3}) {
    for (const LayerWeights weights : {LayerWeights{}, {1, 1}, {0.3, 0.7}, {-0.5, 1.3, true}}) {
      for (const Moments target : {Moments{0, 1}, {0.1, 2}, {-0.1, 2}}) {
        SCOPED_TRACE(testing::Message()
                     << "scale " << scale << " omega " << weights.omega << " mean " << target.mean);
        const SeluConstants constants = selu_constants(target, weights, scale);
        const LayerMap map = layer_map(selu_rule(constants), target, weights);
        expect_close(map.outputs.mean, target.mean, 0, kError / scale);
        expect_close(map.outputs.variance, target.variance, kError / scale);
      }
    }
  }
}

TEST(SeluConstants, MatchReferenceValuesForAScale) {
  const SeluConstants constants = selu_constants({0, 1}, {}, 0.1);
  EXPECT_NEAR(constants.alpha, 1.2036512, 5e-8);
  EXPECT_NEAR(constants.lambda, 3.2331894, 5e-8);
}

TEST(SeluConstants, ExplainWhyThereIsNoSolution) {
  EXPECT_NE(fault({5, 1}).find("a mean of 5 needs a variance above 53.5"), std::string::npos)
      << fault({5, 1});
  EXPECT_NE(fault({-5, 1}).find("only an exponential"), std::string::npos) << fault({-5, 1});
  EXPECT_NE(fault({0, 0}).find("variance: expected a number above 0"), std::string::npos);
  EXPECT_NE(fault({0, -1}), "");
  EXPECT_NE(fault({std::nan(""), 1}), "");
  EXPECT_NE(fault({0, std::nan("")}), "");
  EXPECT_NE(fault({0, 1}, {0, 0}), "");
  EXPECT_NE(fault({0, 1}, {INFINITY, 1}), "");
  // The bound in the message is the smallest variance with a solution.
  EXPECT_NE(fault({5, 53.5}), "");
  EXPECT_EQ(fault({5, 53.6}), "");
}

TEST(FixedPoints, PublishedSeluAttractsFromEverywhere) {
  const auto points = fixed_points(selu_rule());
  ASSERT_EQ(points.size(), 1u);
  EXPECT_NEAR(points[0].moments.mean, 0, 1e-13);
  EXPECT_NEAR(points[0].moments.variance, 1, 1e-13);
  EXPECT_TRUE(points[0].is_attracting);
  EXPECT_NEAR(points[0].basin_min_variance, 1e-8, 1e-20);
  EXPECT_NEAR(points[0].basin_max_variance, 1e8, 1e-4);
}

// The published helper solves for ω = 1 but is used with ω = 0, so (−0.1, 2) is not the fixed
// point.
TEST(FixedPoints, PublishedHelperHasAnotherFixedPoint) {
  const SeluConstants helper = selu_constants({-0.1, 2}, {1, 1});
  const auto points = fixed_points(selu_rule(helper));
  ASSERT_EQ(points.size(), 1u);
  EXPECT_NEAR(points[0].moments.mean, 0.016, 5e-4);
  EXPECT_NEAR(points[0].moments.variance, 2.223, 5e-4);
}

TEST(FixedPoints, FindsARepellingFixedPoint) {
  const auto points = fixed_points(selu_rule(), {1, 1});
  ASSERT_EQ(points.size(), 1u);
  EXPECT_NEAR(points[0].moments.variance, 1, 1e-9);
  EXPECT_FALSE(points[0].is_attracting);
}

TEST(FixedPoints, ReluHasNoFixedPoint) {
  const MomentRule relu = [](const Gaussian& z) { return leaky_relu_moments(z, 0); };
  EXPECT_TRUE(fixed_points(relu).empty());
}

// τ is so small that signals vanish: no ν above 0 is a fixed point.
TEST(FixedPoints, FindsNoneIfSignalsVanish) {
  EXPECT_TRUE(fixed_points(selu_rule(), {0, 0.4}).empty());
}

TEST(DepthTunedSelu, MatchesReferenceValues) {
  DepthTunedSeluOptions request;
  const DepthTunedSelu tenth = selu_for_scale(0.1, request);
  EXPECT_NEAR(tenth.gradient_growth, 1.0101777, 1e-6);
  EXPECT_NEAR(tenth.contraction, 0.899, 5e-4);
  EXPECT_NEAR(std::pow(tenth.gradient_growth, 100), 2.75, 5e-3);
  EXPECT_NEAR(std::pow(selu_for_scale(1, request).gradient_growth, 100), 1005, 1);
}

TEST(DepthTunedSelu, GrowsByTheBoundOverTheDepth) {
  for (const std::int64_t depth : {20, 100, 1000, 100000}) {
    DepthTunedSeluOptions request;
    request.depth = depth;
    const DepthTunedSelu shape = selu_for_depth(request);
    const double growth = std::pow(shape.gradient_growth, static_cast<double>(depth));
    // The growth per layer is 1 + 1/depth to within 1e-15, so the logarithm is accurate to
    // 1e-15·depth.
    expect_close(growth, request.growth, 1e-14 * static_cast<double>(depth) + 1e-9);
  }
  DepthTunedSeluOptions shallow;
  shallow.depth = 10;
  shallow.growth = 3;
  EXPECT_EQ(selu_for_depth(shallow).constants.scale, 1) << "the published constants are sufficient";
}

TEST(DepthTunedSelu, IncludesDropout) {
  EXPECT_NEAR(alpha_dropout_gradient_growth(0.05), 0.866, 5e-4);
  DepthTunedSeluOptions request;
  request.dropout_growth = alpha_dropout_gradient_growth(0.05);
  const DepthTunedSelu shape = selu_for_depth(request);
  EXPECT_EQ(shape.constants.scale, 1);
  EXPECT_NEAR(shape.gradient_growth, 0.928, 5e-4);
}

TEST(DepthTunedSelu, BalancesGrowthAndSpreadForAWidth) {
  DepthTunedSeluOptions request;
  request.depth = 1000;
  request.is_orthogonal = false;
  const DepthTunedSelu wide = selu_for_depth(request);
  request.width = 128;
  const DepthTunedSelu narrow = selu_for_depth(request);
  EXPECT_GT(narrow.constants.scale, wide.constants.scale)
      << "further from a line, so more contraction";
  const double growth = 1000 * std::log(narrow.gradient_growth);
  EXPECT_NEAR(growth / 1, narrow.spread / request.max_spread, 1e-6)
      << "both bounds are exceeded by the same factor";
  request.is_orthogonal = true;
  EXPECT_EQ(selu_for_depth(request).constants.scale, wide.constants.scale)
      << "orthogonal weights do not add this noise";
}

TEST(DepthTunedSelu, RejectsBadRequests) {
  const auto fails = [](DepthTunedSeluOptions request) {
    EXPECT_THROW(selu_for_depth(request), Error);
  };
  DepthTunedSeluOptions request;
  request.depth = 0;
  fails(request);
  request.depth = 10;
  request.growth = 1;
  fails(request);
  request.growth = std::nan("");
  fails(request);
  request.growth = 0.9;
  fails(request);
  request.dropout_growth = alpha_dropout_gradient_growth(0.05);
  EXPECT_LE(std::pow(selu_for_depth(request).gradient_growth, 10), 0.9 * (1 + 1e-9));
}

}  // namespace
}  // namespace selfnorm
