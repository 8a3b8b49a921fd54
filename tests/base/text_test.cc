#include "base/text.h"

#include <gtest/gtest.h>

namespace selfnorm {
namespace {

TEST(NearestName, FindsASlip) {
  const std::vector<std::string> ops = {"dense", "selu", "alpha_dropout", "conv2d"};
  EXPECT_EQ(nearest_name("slu", ops), "selu");
  EXPECT_EQ(nearest_name("alphadropout", ops), "alpha_dropout");
  EXPECT_EQ(nearest_name("transformer", ops), "");
}

TEST(Suggestion, ListsWhatThereIsWhenNothingIsNear) {
  EXPECT_EQ(suggestion("densa", {"dense", "selu"}), " (did you mean 'dense'?)");
  EXPECT_EQ(suggestion("quantum", {"dense", "selu"}), " (there are: dense, selu)");
}

}  // namespace
}  // namespace selfnorm
