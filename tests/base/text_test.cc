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

TEST(Duration, IsParsedWithItsUnit) {
  EXPECT_EQ(parse_duration("60s"), 60);
  EXPECT_EQ(parse_duration("1.5m"), 90);
  EXPECT_EQ(parse_duration("10min"), 600);
  EXPECT_EQ(parse_duration("2h"), 7200);
  EXPECT_EQ(parse_duration("500ms"), 0.5);
  for (const char* other : {"", "60", "s", "60 s", "-1s", "0s", "nans", "1e999s", "5mins", "60sec"})
    EXPECT_FALSE(parse_duration(other).has_value()) << other;
}

TEST(Duration, IsWrittenForPeople) {
  EXPECT_EQ(format_duration(0.000123), "123 µs");
  EXPECT_EQ(format_duration(0.0045), "4.5 ms");
  EXPECT_EQ(format_duration(1.234), "1.23 s");
  EXPECT_EQ(format_duration(123), "2 min 03 s");
  EXPECT_EQ(format_duration(3900), "1 h 05 min");
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
