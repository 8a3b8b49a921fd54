// SPDX-License-Identifier: Apache-2.0
#include "config/option.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

struct Example {
  int epochs = 5;
  double rate = 0.1;
  std::string loss = "huber";
  std::vector<std::int64_t> kernel = {3, 3};
  bool shuffle = true;
  std::optional<double> split = {};

  Options options() {
    return {{"epochs", &epochs, "passes over the data", range::kAtLeastOne},
            {"rate", &rate, "fraction dropped", range::kRate},
            {"loss", &loss, "what is minimized", range::kAny, {"huber", "mean_squared_error"}},
            {"kernel", &kernel, "extent", range::kAtLeastOne},
            {"shuffle", &shuffle, "new order every epoch"},
            {"split", &split, "part held out", range::kRate}};
  }
};

std::string message(Example& example, const Settings& settings) {
  try {
    apply_settings(example.options(), settings, "net.toml: [train]");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::config);
    return error.what();
  }
  return "";
}

TEST(Options, SetValuesOfEveryType) {
  Example example;
  EXPECT_EQ(message(example, {{"epochs", std::int64_t{7}},
                              {"rate", std::int64_t{0}},
                              {"loss", "mean_squared_error"},
                              {"kernel", std::vector<std::int64_t>{1, 5}},
                              {"shuffle", false}}),
            "");
  EXPECT_EQ(example.epochs, 7);
  EXPECT_EQ(example.rate, 0.0);
  EXPECT_EQ(example.loss, "mean_squared_error");
  EXPECT_EQ(example.kernel, (std::vector<std::int64_t>{1, 5}));
  EXPECT_FALSE(example.shuffle);
}

TEST(Options, RoundTripThroughSettings) {
  Example from, to;
  from.rate = 0.25;
  from.kernel = {7};
  apply_settings(to.options(), collect_settings(from.options()), "copy");
  EXPECT_EQ(collect_settings(to.options()), collect_settings(from.options()));
}

TEST(Options, AnUnsetNumberIsAuto) {
  Example example;
  const Option split = example.options().back();
  EXPECT_EQ(get_option(split), Setting("auto"));
  EXPECT_EQ(parse_setting(split, "auto", "--split"), Setting("auto"));
  set_option(split, parse_setting(split, "0.5", "--split"), "--split");
  EXPECT_EQ(example.split, 0.5);
  set_option(split, Setting("auto"), "--split");
  EXPECT_FALSE(example.split.has_value());
  EXPECT_EQ(message(example, {{"split", 1.0}}),
            "config: net.toml: [train]: 'split' expects a number in [0, 1) or \"auto\", got 1.0 "
            "(part held out)");
  EXPECT_THROW(set_option(split, Setting("autos"), "--split"), Error);
}

TEST(Options, ErrorsNameLocationAndExpectedValue) {
  Example example;
  EXPECT_EQ(message(example, {{"epoch", std::int64_t{1}}}),
            "config: net.toml: [train]: unknown key 'epoch' (did you mean 'epochs'?)");
  EXPECT_EQ(
      message(example, {{"rate", 1.0}}),
      "config: net.toml: [train]: 'rate' expects a number in [0, 1), got 1.0 (fraction dropped)");
  EXPECT_NE(message(example, {{"rate", std::nan("")}}), "");
  EXPECT_NE(message(example, {{"epochs", 1.5}}), "");
  EXPECT_NE(message(example, {{"epochs", std::int64_t{1} << 40}}), "");
  EXPECT_NE(message(example, {{"kernel", std::vector<std::int64_t>{3, 0}}}), "");
  EXPECT_EQ(message(example, {{"loss", "hubber"}}),
            "config: net.toml: [train]: unknown loss 'hubber' (did you mean 'huber'?)");
}

TEST(Options, ParseFlagsByType) {
  Example example;
  const Options options = example.options();
  EXPECT_EQ(parse_setting(options[0], "12", "--epochs"), Setting(std::int64_t{12}));
  EXPECT_EQ(parse_setting(options[3], "3,5", "--kernel"), Setting(std::vector<std::int64_t>{3, 5}));
  EXPECT_THROW(parse_setting(options[1], "0.1x", "--rate"), Error);
  EXPECT_THROW(parse_setting(options[4], "yes", "--shuffle"), Error);
}

}  // namespace
}  // namespace selfnorm
