// SPDX-License-Identifier: Apache-2.0
#include "selfnorm/model.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// The rows of class `names[i]` are around x = (i, −i).
Dataset lines(const std::vector<std::string>& names, std::int64_t rows = 60) {
  Dataset data{"lines", rows, {}, {}};
  std::vector<float> x;
  for (std::int64_t row = 0; row < rows; ++row) {
    const auto label = static_cast<std::int32_t>(row % std::ssize(names));
    const float place = static_cast<float>(names[static_cast<std::size_t>(label)][0] - 'a');
    x.insert(x.end(), {place, -place});
    data.targets.classes.push_back(label);
  }
  data.targets.name = "letter";
  data.targets.class_names = names;
  data.inputs.push_back({"x", {2}, std::move(x), {"p", "q"}});
  return data;
}

Dataset numbers(std::int64_t rows = 20) {
  Dataset data = lines({"a", "b"}, rows);
  data.targets = {"y", {}, {}, std::vector<float>(static_cast<std::size_t>(rows), 1), 1};
  return data;
}

Model trained(const Dataset& data, std::int64_t epochs = 1) {
  TrainOptions options;
  options.epochs = epochs;
  options.optimizer.learning_rate = 0.05;
  return train({}, data, options);
}

std::string fault(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data) << error.what();
    return error.what();
  }
  return "no error";
}

TEST(Model, MatchesClassesByName) {
  const Model model = trained(lines({"a", "b", "c"}), 40);
  ASSERT_EQ(model.evaluate(lines({"a", "b", "c"})).at("accuracy"), 1);
  EXPECT_EQ(model.evaluate(lines({"b", "c"})).at("accuracy"), 1);
  EXPECT_NE(fault([&] { model.evaluate(lines({"b", "d"})); }).find("'d'"), std::string::npos);
  EXPECT_EQ(model.predict(lines({"b", "d"})).shape, (Shape{60, 3})) << "targets are not read";
}

TEST(Model, MatchesNumericColumnsByName) {
  Dataset data = lines({"a", "b", "c"});
  data.inputs[0].columns = {"2019", "2020"};
  const Model model = trained(data, 10);
  Dataset swapped = data;
  auto& x = std::get<std::vector<float>>(swapped.inputs[0].values);
  for (float& value : x) value = -value;  // the two columns have opposite signs
  swapped.inputs[0].columns = {"2020", "2019"};
  EXPECT_EQ(model.predict(swapped).data, model.predict(data).data);
}

TEST(Model, UsesSeparateValidationSet) {
  const Dataset data = lines({"a", "b", "c"});
  TrainOptions options;
  options.epochs = 2;
  Scores validation;
  TrainCallbacks callbacks;
  callbacks.on_epoch = [&](const EpochRecord& record) { validation = record.validation; };
  const LoadedData sets{data, std::nullopt, lines({"b", "c"})};
  const Model model = train({}, sets, options, {}, callbacks);
  ASSERT_FALSE(validation.empty());
  EXPECT_EQ(validation[0].second, model.evaluate(lines({"b", "c"})).at("loss"));
  DataOptions division;
  division.validation_split = 0.2;
  EXPECT_THROW(train({}, sets, options, division), Error);
}

// Data that a file reader would reject are also rejected by train, evaluate and predict.
TEST(Model, RejectsInconsistentData) {
  struct Case {
    const char* words;
    std::function<void(Dataset&)> damage;
    bool is_of_targets = false;
  };
  const auto x = [](Dataset & data) -> auto& {
    return std::get<std::vector<float>>(data.inputs[0].values);
  };
  const std::vector<Case> cases = {
      {"'x': expected 60 rows of 2 numbers, got 118", [&](Dataset& d) { x(d).resize(118); }},
      {"expected 61 rows", [](Dataset& d) { d.rows = 61; }},
      {"has no rows", [](Dataset& d) { d.rows = 0; }},
      {"extents must be at least 1",
       [](Dataset& d) {
         d.inputs[0].sample_shape = {2, 0};
       }},
      {"2 features but 3 column names", [](Dataset& d) { d.inputs[0].columns.emplace_back("r"); }},
      {"row 2, feature 1 (from 0): expected a finite number, got nan",
       [&](Dataset& d) { x(d)[5] = kNan; }},
      {"row 0, feature 0 (from 0): expected a finite number, got inf",
       [&](Dataset& d) { x(d)[0] = INFINITY; }},
      {"'letter': expected 60 rows of 1 class, got 59",
       [](Dataset& d) { d.targets.classes.pop_back(); }, true},
      {"row 7 (from 0) has class 3, but class_names lists 3",
       [](Dataset& d) { d.targets.classes[7] = 3; }, true},
      {"row 1 (from 0) has class -1", [](Dataset& d) { d.targets.classes[1] = -1; }, true},
      {"classes or values", [](Dataset& d) { d.targets.values = {1}; }, true}};
  const Dataset good = lines({"a", "b", "c"});
  const Model model = trained(good);
  for (const Case& c : cases) {
    Dataset bad = good;
    c.damage(bad);
    EXPECT_NE(fault([&] { trained(bad); }).find(c.words), std::string::npos)
        << c.words << ", got " << fault([&] { trained(bad); });
    EXPECT_NE(fault([&] { model.evaluate(bad); }).find(c.words), std::string::npos) << c.words;
    if (c.is_of_targets) EXPECT_NO_THROW(model.predict(bad));
    else EXPECT_NE(fault([&] { model.predict(bad); }).find(c.words), std::string::npos);
  }
  Dataset short_values = numbers();
  short_values.targets.values.pop_back();
  EXPECT_NE(fault([&] { trained(short_values); }).find("20 rows of 1 numbers, got 19"),
            std::string::npos);
}

TEST(Model, RejectsTargetsOfAnotherKind) {
  const Model classes = trained(lines({"a", "b"})), regression = trained(numbers());
  EXPECT_NE(fault([&] { classes.evaluate(numbers()); }).find("expected classes, got numbers"),
            std::string::npos);
  EXPECT_NE(fault([&] {
              regression.evaluate(lines({"a", "b"}));
            }).find("expected numbers"),
            std::string::npos);
  Dataset none = numbers();
  none.targets = {};
  EXPECT_NE(fault([&] { regression.evaluate(none); }).find("has no target 'y'"), std::string::npos);
}

TEST(Model, RejectsOutOfRangeLabelsNamingRowAndColumn) {
  const auto message = [](const std::string& loss, std::vector<float> values) {
    Dataset data = lines({"a"}, 2);
    data.targets = {"p,q", {}, {}, std::move(values), 2, {"p", "q"}};
    TrainOptions options;
    options.loss = loss;
    options.epochs = 1;
    return fault([&] { train({}, data, options); });
  };
  const char *const sigmoid = "sigmoid_cross_entropy", *const softmax = "softmax_cross_entropy";
  EXPECT_EQ(message(sigmoid, {0, 1, kNan, 0.5F}), "no error");
  EXPECT_NE(message(sigmoid, {0, 1, 0, 2}).find("row 1 (from 0), column 'q'"), std::string::npos);
  EXPECT_NE(message(sigmoid, {-1, 1, 0, 1}).find("row 0 (from 0), column 'p'"), std::string::npos);
  EXPECT_EQ(message(softmax, {0, 1, 0.3334F, 0.6667F}), "no error");
  EXPECT_NE(message(softmax, {0, 1, kNan, 1}).find("row 1 (from 0), column 'p'"),
            std::string::npos);
  EXPECT_NE(message(softmax, {-0.5F, 1.5F, 0, 1}).find("row 0 (from 0), column 'p'"),
            std::string::npos);
  EXPECT_NE(message(softmax, {0, 1, 1, 1}).find("row 1 (from 0): the class probabilities must sum"),
            std::string::npos);
  for (const char* loss : {"poisson", "mean_squared_log_error"}) {
    EXPECT_EQ(message(loss, {0, 100, kNan, 0.5F}), "no error");
    EXPECT_NE(message(loss, {0, 1, 0, -0.5F}).find("row 1 (from 0), column 'q'"),
              std::string::npos);
  }
}

// A table whose class depends on a word. In new rows, other words come first.
TEST(Model, LoadsRowsAsItsTrainingData) {
  const auto folder = std::filesystem::path(testing::TempDir());
  const auto write = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  };
  std::string text = "color,size,y\n";
  for (int i = 0; i < 90; ++i) {
    const char* color = i % 3 == 0 ? "red" : i % 3 == 1 ? "green" : "blue";
    text += fmt::format("{},{},{}\n", color, i % 7, i % 3 == 1 ? "yes" : "no");
  }
  DataOptions options;
  options.source = write("load_rows.csv", text);
  options.target = "y";
  const Model model = trained(load_data(options).train, 30);
  options = {};
  options.read_targets = false;
  options.source = write("new_rows.csv", "size,color\n3,green\n3,mauve\n,red\n");
  const Dataset rows = model.load_rows(options);
  EXPECT_EQ(rows.rows, 3);
  const Tensor predicted = model.predict(rows);
  const auto yes = static_cast<std::size_t>(std::ranges::find(model.class_names(), "yes") -
                                            model.class_names().begin());
  EXPECT_GT(predicted.data[yes], 0.9f);
  EXPECT_LT(predicted.data[4 + yes], 0.1f);
}

}  // namespace
}  // namespace selfnorm
