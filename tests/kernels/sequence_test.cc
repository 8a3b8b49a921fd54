// SPDX-License-Identifier: Apache-2.0
// Cases that the op sweep does not cover: token ids outside the vocabulary and samples without
// steps.
#include "kernels/sequence.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace selfnorm {
namespace {

TEST(Sequence, TreatsIdsOutsideTheVocabularyAsPadding) {
  const float beyond[] = {-1, 3, 1e30F, std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity()};
  for (const float id : beyond) EXPECT_EQ(row_of_id(id, 3), 0) << id;
  EXPECT_EQ(row_of_id(2, 3), 2);
  const std::vector<float> table = {9, 9, 1, 2, 3, 4};
  std::vector<float> y(10, 7), dtable(6, 7);
  embedding_lookup(beyond, 5, table.data(), 3, 2, y.data());
  EXPECT_EQ(y, std::vector<float>(10, 0));
  embedding_lookup_gradient(beyond, 5, y.data(), 3, 2, dtable.data());
  EXPECT_EQ(dtable, std::vector<float>(6, 0));
}

TEST(Sequence, ReturnsZerosForASampleWithoutSteps) {
  const SequenceShape shape{1, 3, 2};
  const std::vector<float> x(6, 5), padding(3, 0), one(2, 1);
  std::vector<float> y(2, 7), which(2, 7), dx(6, 7);
  for (const double power : {0.0, 0.5, 1.0}) {
    sum_steps(x.data(), {padding.data()}, shape, power, y.data());
    EXPECT_EQ(y, std::vector<float>(2, 0));
    sum_steps_gradient(one.data(), padding.data(), shape, power, dx.data());
    EXPECT_EQ(dx, std::vector<float>(6, 0));
  }
  max_steps(x.data(), {padding.data()}, shape, y.data(), which.data());
  EXPECT_EQ(y, std::vector<float>(2, 0));
  max_steps_gradient(one.data(), which.data(), shape, dx.data());
  EXPECT_EQ(dx, std::vector<float>(6, 0));
}

}  // namespace
}  // namespace selfnorm
