// SPDX-License-Identifier: Apache-2.0
// What options say about the columns and rows of a table, and faults of both.

#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "data/targets.h"
#include "table_fixture.h"
#include "tables/column_encoding.h"
#include "tables/csv.h"
#include "tables/dialect.h"

namespace selfnorm {
namespace {

class TableOptionsTest : public TableTest {};

TEST_F(TableOptionsTest, OrdinalWordsAreTheirRanks) {
  DataOptions options;
  options.ordinal = {"size=S<M<L"};
  const Dataset data = read("size,y\nM,0\nL,1\nS,0\nNA,1\n", "y", options);
  EXPECT_EQ(data.inputs[0].columns, (Names{"size", "size is missing"}));
  const Floats ranks = numbers(data, "size");
  EXPECT_EQ((Floats{ranks[0], ranks[1], ranks[2]}), (Floats{1, 2, 0}));
  EXPECT_TRUE(std::isnan(ranks[3]));
  expect_contains("t.csv:3, column 'size': expected one of S, M, L, got 'XL'",
                  fault("size,y\nM,0\nXL,1\nS,0\n", options));
  options.ordinal = {"size=S"};
  expect_contains("from low to high", fault("size,y\nM,0\n", options));
}

TEST_F(TableOptionsTest, DatesHaveTheGivenFormat) {
  const std::string text = "when,y\n03/04/2019,0\n05/04/2019,1\n";
  DataOptions options;
  options.date = {"when=day/month/year"};
  EXPECT_EQ(numbers(read(text, "y", options), "when"), (Floats{0, 2}));
  options.date = {"when"};
  const Dataset compact = read("when,y\n20190323,0\n20190423,1\n", "y", options);
  EXPECT_EQ(numbers(compact, "when"), (Floats{0, 31}));
  expect_contains("t.csv:3, column 'when': expected a time written as 2019-03-23, got 'soon'",
                  fault("when,y\n2019-03-23,0\nsoon,1\n", options));
  options.date = {"when=dmy"};
  expect_contains("expected one of year-month-day", fault(text, options));
}

TEST_F(TableOptionsTest, AColumnWithoutANameHasAnIndex) {
  const std::string text = ",x,y\n5,1,2.5\n6,3,3.5\n7,4,1.5\n";
  EXPECT_EQ(read(text).inputs[0].columns, (Names{"x"}));
  DataOptions options;
  options.keep = {"0"};
  EXPECT_EQ(read(text, "y", options).inputs[0].columns, (Names{"", "x"}));
  options.keep = {};
  options.time = "0";
  EXPECT_EQ(read(text, "y", options).times, (std::vector<double>{5, 6, 7}));
}

TEST_F(TableOptionsTest, RowsWithOneCellMoreThanTheHeaderBeginWithNames) {
  EXPECT_EQ(read("x,y\na,1,2.5\nb,2,4.5\n").inputs[0].columns, (Names{"x"}));
  expect_contains("t.csv:2: the rows have 3 cells, but the header names 2 columns",
                  fault("x,y\n62,88,2.5\n62,5,4.5\n"));
}

TEST_F(TableOptionsTest, NamesAndDifferentNumbersMakeAnIdentifier) {
  std::string text = "user,customer_id,x,y\n", few = text;
  for (int i = 0; i < 40; ++i)
    text += fmt::format("u{},{},{},{}\n", i, 1000 + 7 * i, i % 7, i % 13 + 0.5);
  const Dataset data = read(text);
  EXPECT_EQ(data.inputs[0].columns, (Names{"x"}));
  EXPECT_EQ(data.table[0].kind, "id");
  EXPECT_EQ(data.table[1].kind, "id");
  DataOptions options;
  options.keep = {"customer_id"};
  EXPECT_EQ(read(text, "y", options).inputs[0].columns, (Names{"customer_id", "x"}));
  for (int i = 0; i < 40; ++i)
    few += fmt::format("u{},{},{},{}\n", i % 9, 1000 + i % 9, i % 7, i % 13 + 0.5);
  EXPECT_EQ(read(few).table[1].kind, "number");
}

TEST_F(TableOptionsTest, TimesMayHaveAFewWrongCells) {
  std::string text = "when,y\n";
  for (int i = 1; i < 29; ++i) text += fmt::format("2021-02-{:02},{}.5\n", i, i % 7);
  expect_contains(
      "t.csv:30, column 'when': expected a time written as 2019-03-23, got "
      "'2021-02-30'",
      fault(text + "2021-02-30,2.5\n"));
}

TEST_F(TableOptionsTest, CodesWithZerosAreNoNumbers) {
  std::string text = "zip,x,y\n";
  for (int i = 0; i < 100; ++i) text += fmt::format("{:05},{},{}.5\n", 970 * i, i % 9, i % 7);
  EXPECT_EQ(read(text).table[0].kind, "id");
}

TEST_F(TableOptionsTest, ErrorsListTheFaultsOfTargetsAndFeatures) {
  std::string text = "a,b,y\n";
  for (int i = 0; i < 40; ++i) text += fmt::format("{0},{0},{0}.5\n", i);
  const std::string message = fault(text + "x1,1,2\n3,x2,4\n5,6,bad\n");
  expect_contains(":44, column 'y': expected a number as the target, since most", message);
  expect_contains(":42, column 'a': expected a number, got 'x1'", message);
  expect_contains(":43, column 'b': expected a number, got 'x2'", message);
}

TEST_F(TableOptionsTest, TargetsMustDifferInTheirNumbers) {
  expect_contains("where 32-bit numbers do not differ enough (subtract 16000000001815",
                  fault("a,y\n1,16000000001815\n2,16000000001999\n3,16000000001900\n"));
  EXPECT_EQ(fault("a,y\n1,1990\n2,2020\n3,2001\n"), "");
  DataOptions classes;
  classes.task = "classification";
  expect_contains("expected a class below 9007199254740992",
                  fault("a,y\n1,9007199254740993\n2,9007199254740992\n", classes));
}

TEST_F(TableOptionsTest, ADelimiterAtTheEndOfRowsIsNoColumn) {
  EXPECT_EQ(read("x,y,\n1,2.5,\n3,4.5,\n").table.size(), 1U);
  EXPECT_EQ(read("x,y,\n1,2.5,5\n3,4.5,7\n").inputs[0].columns, (Names{"x", "column 2"}));
  const std::string message = data_error_message([&] { read("1,2.5,\n3,4.5,\n", "-1"); });
  expect_contains("(the last cell of each row is empty; --target '1' is the column before it)",
                  message);
}

TEST_F(TableOptionsTest, IdentifiersAreNotFeaturesAndStayAsTheyAre) {
  DataOptions options;
  options.id = {"key"};
  options.read_ids = true;
  const Dataset data = read("key,x,y\n1.50,1,0\nNA,2,1\n,3,0\n", "y", options);
  EXPECT_EQ(data.inputs[0].columns, (Names{"x"}));
  ASSERT_EQ(data.ids.size(), 1U);
  EXPECT_EQ(data.ids[0].name, "key");
  EXPECT_EQ(data.ids[0].cells, (Names{"1.50", "NA", ""}));
  options.read_ids = false;
  EXPECT_TRUE(read("key,x,y\n1.50,1,0\n", "y", options).ids.empty());
}

TEST_F(TableOptionsTest, GroupsAndTimesOrderTheRows) {
  DataOptions options;
  const std::string text = "g,t,x,y\nb,2020-01-02,1,0\na,2020-01-01,2,1\nb,2020-01-03,3,0\n";
  options.group = "g";
  const Dataset grouped = read(text, "y", options);
  EXPECT_EQ(grouped.groups, (std::vector<std::int32_t>{0, 1, 0}));
  EXPECT_EQ(std::ranges::count(grouped.inputs[0].sources, "g"), 0);
  options.group.clear();
  options.time = "t";
  const Dataset timed = read(text, "y", options);
  EXPECT_EQ(timed.times[2] - timed.times[1], 2 * 86400);
  EXPECT_EQ(std::ranges::count(timed.inputs[0].sources, "t"), 1);
  options.time = "x";
  expect_contains("t.csv:3, column 'x': expected a time or a number, got ''",
                  fault("x,z,y\n1,1,0\n,2,1\n", options));
}

TEST_F(TableOptionsTest, OnlyTheListedColumnsAreRead) {
  DataOptions options;
  options.columns = {"b"};
  const Dataset data = read("a,b,c,y\nx,1,?!,0\ny,2,##,1\n", "y", options);
  EXPECT_EQ(data.inputs[0].columns, (Names{"b"}));
}

TEST_F(TableOptionsTest, ContradictoryOptionsAreAnError) {
  DataOptions options;
  options.numeric = {"a"};
  options.categorical = {"a"};
  expect_contains("`categorical` and `numeric` both list the column 'a'",
                  fault("a,y\n1,0\n2,1\n", options));
  options = {};
  options.categorical = {"y"};
  expect_contains("lists the target 'y' (use --task classification)",
                  fault("a,y\n1,0\n2,1\n", options));
}

TEST_F(TableOptionsTest, ATargetWithAWordForEachRowIsAnError) {
  std::string text = "a,y\n";
  for (int i = 0; i < 150; ++i) text += std::to_string(i % 7) + ",w" + std::to_string(i) + "\n";
  expect_contains("target 'y' has 150 different words in 150 rows", fault(text));
}

TEST_F(TableOptionsTest, AConstantTargetIsNoted) {
  EXPECT_EQ(read("a,y\n1,3\n2,3\n").notes,
            (Names{"the target 'y' is 3 in all rows, so there is nothing to learn"}));
  EXPECT_EQ(read("a,y\n1,no\n2,no\n").notes.size(), 1U);
  EXPECT_TRUE(read("a,y\n1,no\n2,yes\n").notes.empty());
}

TEST_F(TableOptionsTest, TimesHaveTheGivenFormat) {
  DataOptions options;
  options.time = "t";
  const std::string text = "t,x,y\n01/05/2020,1,0\n05/01/2020,2,1\n09/03/2020,3,0\n";
  expect_contains("may begin with the day or with the month", fault(text, options));
  options.date = {"t=day/month/year"};
  options.drop = {"t"};  // still orders the rows
  const Dataset data = read(text, "y", options);
  EXPECT_LT(data.times[1], data.times[2]);
  EXPECT_LT(data.times[2], data.times[0]);
  EXPECT_EQ(data.inputs[0].columns, (Names{"x"}));
}

TEST_F(TableOptionsTest, TimesMayBeNumbersThatAreAlsoNames) {
  DataOptions options;
  options.time = "t";
  options.id = {"t"};
  EXPECT_EQ(read("t,x,y\n2,1,0\n1,2,1\n", "y", options).times, (std::vector<double>{2, 1}));
  options.id.clear();
  expect_contains("t.csv:4, column 't': expected a time or a number, got 'oops'",
                  fault("t,x,y\n2,1,0\n1,2,1\noops,3,0\n", options));
}

TEST_F(TableOptionsTest, OnlyOneOptionDividesTheRows) {
  DataOptions options;
  options.group = "g";
  options.time = "t";
  expect_contains("`group` and `time`", fault("g,t,x,y\n1,1,1,0\n2,2,2,1\n", options));
  options.time.clear();
  options.shuffle_split = false;
  expect_contains("shuffle_split", fault("g,t,x,y\n1,1,1,0\n2,2,2,1\n", options));
}

TEST_F(TableOptionsTest, ACategoryWithoutCellsCanBeStored) {
  DataOptions options;
  options.categorical = {"c"};
  const Dataset data = read("x,c,y\n1,,0\n2,,1\n3,,0\n", "y", options);
  EXPECT_EQ(data.inputs[0].columns, (Names{"x", "c is missing"}));
  EXPECT_NO_THROW(check_table_column(data.table[1]));
}

TEST_F(TableOptionsTest, ACommentBeginsARow) {
  const Dataset data = read("# colors\na\tcolor\ty\n1\t#ff0000\t0\n\t#00ff00\t1\n\"2\"\tx\t0\n");
  EXPECT_EQ(data.rows, 3);
}

TEST_F(TableOptionsTest, RowsAfterTheLimitAreNotParsed) {
  DataOptions options;
  options.limit = 2;
  EXPECT_EQ(read("a,y\n1,0\n2,1\n3,0\n\"4\"x,1\n", "y", options).rows, 2);
}

TEST_F(TableOptionsTest, OneBadCellInATargetOfManyNumbersIsNamed) {
  std::string text = "a,y\n";
  for (int i = 0; i < 300; ++i) text += "1," + std::to_string(i) + ".5\n";
  expect_contains("t.csv:302, column 'y'", fault(text + "1,oops\n"));
}

}  // namespace
}  // namespace selfnorm
