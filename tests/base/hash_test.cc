// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <gtest/gtest.h>

#include <string_view>

namespace selfnorm {
namespace {

// The published values of XXH64 for an empty text and for this sentence.
TEST(Hash, IsXxh64) {
  constexpr std::string_view kText = "Nobody inspects the spammish repetition";
  EXPECT_EQ(hash_bytes(nullptr, 0), 0xef46db3751d8e999U);
  EXPECT_EQ(hash_bytes(kText.data(), kText.size()), 0xfbcea83c8a378bf1U);
  EXPECT_NE(hash_bytes(kText.data(), kText.size(), 1), hash_bytes(kText.data(), kText.size()));
}

}  // namespace
}  // namespace selfnorm
