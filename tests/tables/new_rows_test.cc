// SPDX-License-Identifier: Apache-2.0
// Tests how the rows of another table are read for a model.
#include <gtest/gtest.h>

#include "base/text.h"
#include "tables/table_fixture.h"

namespace selfnorm {
namespace {

class NewRowsTest : public TableTest {
 protected:
  /// Returns the first numbers of a column in new rows.
  Floats new_numbers(const Dataset& train, const std::string& text, const std::string& column,
                     const std::string& header = "auto") const {
    DataOptions options = planned(train);
    options.header = header != "auto" ? header : train.has_header ? "yes" : "auto";
    return numbers(read(text, "", options), column);
  }
  std::string new_fault(const Dataset& train, const std::string& text,
                        const std::string& header = "auto") const {
    return data_error_message([&] { new_numbers(train, text, "", header); });
  }
};

TEST_F(NewRowsTest, AHeaderOfNumbersMayHaveAnotherOrder) {
  const Dataset train = read("0,1,2\n5,3,8.5\n2,7,9.5\n", "2");
  EXPECT_TRUE(train.has_header);
  EXPECT_EQ(new_numbers(train, "1,0,2\n3,5,8\n7,2,9\n", "0"), (Floats{5, 2}));
  EXPECT_EQ(new_numbers(train, "1,0\n3,5\n7,2\n", "1"), (Floats{3, 7}));
  expect_contains("--header no reads it as data", new_fault(train, "5,3\n2,7\n"));
  EXPECT_EQ(new_numbers(train, "5,3\n2,7\n", "1", "no"), (Floats{3, 7}));
}

TEST_F(NewRowsTest, WithoutAHeaderTheColumnsHaveTheOrderOfTheModel) {
  const Dataset train = read("a,b,y\n5,3,8.5\n2,7,9.5\n");
  expect_contains("--header no reads it as data, with the columns in the order of training",
                  new_fault(train, "5,3\n2,7\n"));
  EXPECT_EQ(new_numbers(train, "5,3\n2,7\n", "b", "no"), (Floats{3, 7}));
  expect_contains("the 2 columns of the model are needed in their order: a, b (the table has 3",
                  new_fault(train, "5,3,1\n2,7,1\n", "no"));
  const Dataset numbered = read("5,3,8.5\n2,7,9.5\n", "2");
  EXPECT_FALSE(numbered.has_header);
  EXPECT_EQ(new_numbers(numbered, "5,3\n2,7\n", "1"), (Floats{3, 7}));
  EXPECT_EQ(new_numbers(numbered, "a,b\n5,3\n2,7\n", "1"), (Floats{3, 7}));
  DataOptions with_target = planned(numbered);
  with_target.read_targets = true;
  with_target.task = "regression";
  EXPECT_EQ(numbers(read("y,a,b\n8.5,5,3\n9.5,2,7\n", "y", with_target), "1"), (Floats{3, 7}));
}

TEST_F(NewRowsTest, ErrorsShowTheFormatOfTheColumn) {
  const Dataset train =
      read("day,price,x,y\n2020-01-01,\"1,234.5\",1,2.5\n2020-03-01,\"5,000\",2,3.5\n");
  const std::string row = "day,price,x\n";
  expect_contains("expected a time written as 2019-03-23, got '01/02/2020'",
                  new_fault(train, row + "01/02/2020,5,1\n"));
  expect_contains("expected a number written as 1,234.5, got '1,5'",
                  new_fault(train, row + "2020-01-02,\"1,5\",1\n"));
  expect_contains("expected a number written as 1234.5, got '1,5'",
                  new_fault(train, row + "2020-01-02,5,\"1,5\"\n"));
  expect_contains("expected a number, got 'x'", new_fault(train, row + "2020-01-02,5,x\n"));
}

TEST_F(NewRowsTest, NumbersHaveTheFormatOfTraining) {
  const Dataset train = read("a;x;y\n62,881;1;196,54\n2,5;2;7,5\n");
  EXPECT_EQ(train.targets.formats, (Names{"decimal comma"}));
  expect_contains("expected a number written as 1.234,5, got '62.88'",
                  new_fault(train, "a,x\n62.88,1\n"));
  DataOptions options = planned(train);
  expect_contains("column 'a': '62.881' is read as 62881, since training had decimal commas",
                  join(read("a,x\n62.881,1\n", "", options).notes, "\n"));
  options.read_targets = true;
  options.task = "regression";
  options.target_formats = train.targets.formats;
  EXPECT_EQ(read("a;x;y\n1,5;1;19.654\n", "y", options).targets.values, (Floats{19654}));
}

TEST_F(NewRowsTest, TargetsHaveTheFormatOfTraining) {
  const Dataset classes = read("a,y\n1,\"1,000\"\n2,\"2,000\"\n3,\"2,000\"\n");
  EXPECT_EQ(classes.targets.class_names, (Names{"1000", "2000"}));
  DataOptions options = planned(classes);
  options.read_targets = true;
  options.task = "classification";
  options.target_formats = classes.targets.formats;
  EXPECT_EQ(read("a,y\n1,\"2,000\"\n2,\"1,000\"\n", "y", options).targets.class_names,
            (Names{"1000", "2000"}));
  expect_contains("no row has a target 'y'",
                  data_error_message([&] { read("a,y\n1,\n2,\n", "y", options); }));
}

TEST_F(NewRowsTest, WithoutAHeaderAGivenTargetHasAnyPlace) {
  const Dataset train = read("a,b,y\n5,3,8.5\n2,7,9.5\n4,4,1.5\n");
  DataOptions options = planned(train);
  options.read_targets = true;
  options.task = "regression";
  options.header = "no";
  const Dataset rows = read("5,8.5,3\n2,9.5,7\n", "1", options);
  EXPECT_EQ(numbers(rows, "b"), (Floats{3, 7}));
  EXPECT_EQ(rows.targets.values, (Floats{8.5, 9.5}));
}

TEST_F(NewRowsTest, AWrongTargetOfNewRowsCanOnlyBeCorrected) {
  const Dataset train = read("a,y\n1,2.5\n3,4.5\n5,7.5\n");
  DataOptions options = planned(train);
  options.read_targets = true;
  options.task = "regression";
  const auto message = data_error_message([&] { read("a,y\n1,oops\n", "y", options); });
  expect_contains("expected a number as the target, got 'oops' (correct the cells, or empty them",
                  message);
  EXPECT_EQ(message.find("--"), message.npos);
  expect_contains("--task classification makes each different cell a class",
                  fault("a,y\n1,2.5\n3,4.5\n5,oops\n"));
}

}  // namespace
}  // namespace selfnorm
