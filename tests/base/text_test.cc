// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

namespace selfnorm {
namespace {

TEST(NearestName, FindsTheNameForATypo) {
  const std::vector<std::string> ops = {"dense", "selu", "alpha_dropout", "conv2d"};
  EXPECT_EQ(nearest_name("slu", ops), "selu");
  EXPECT_EQ(nearest_name("alphadropout", ops), "alpha_dropout");
  EXPECT_EQ(nearest_name("transformer", ops), "");
  EXPECT_EQ(nearest_name("tcsh", {"bash", "zsh", "fish"}), "");  // two of four characters differ
  EXPECT_EQ(nearest_name("z", {"a", "b"}), "");
}

TEST(Suggestion, ListsAllNamesIfNoneIsSimilar) {
  EXPECT_EQ(suggestion("densa", {"dense", "selu"}), " (did you mean 'dense'?)");
  EXPECT_EQ(suggestion("quantum", {"dense", "selu"}), " (available: dense, selu)");
}

TEST(Grouped, SeparatesThousandsWithCommas) {
  EXPECT_EQ(group_digits(0), "0");
  EXPECT_EQ(group_digits(999), "999");
  EXPECT_EQ(group_digits(1000), "1,000");
  EXPECT_EQ(group_digits(1234567), "1,234,567");
  EXPECT_EQ(group_digits(-100), "-100");
  EXPECT_EQ(group_digits(-1000), "-1,000");
}

TEST(IsUtf8, RejectsLatin1AndOverlongForms) {
  for (const char* good : {"", "plain", "größer", "數字", "\xF0\x9F\x99\x82"})
    EXPECT_TRUE(is_utf8(good)) << good;
  const std::vector<std::string> bad = {"gr\xF6\xDF",       "\xC3",         "\x80",
                                        "\xC0\xAF",                          // truncated, overlong
                                        "\xE0\x80\xAF",     "\xED\xA0\x80",  // surrogate
                                        "\xF4\x90\x80\x80", "\xFF"};
  for (const std::string& text : bad) EXPECT_FALSE(is_utf8(text));
}

TEST(ReplaceAll, ReplacesEveryOccurrenceOnce) {
  EXPECT_EQ(replace_all("a.b.c", ".", ".."), "a..b..c");
  EXPECT_EQ(replace_all("aaa", "aa", "b"), "ba");
  EXPECT_EQ(replace_all("abc", "x", "y"), "abc");
}

}  // namespace
}  // namespace selfnorm
