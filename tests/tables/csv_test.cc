// SPDX-License-Identifier: Apache-2.0
#include "tables/csv.h"

#include <algorithm>
#include <cmath>

#include "data/targets.h"
#include "temporary_files.h"

namespace selfnorm {
namespace {

using Floats = std::vector<float>;
using Names = std::vector<std::string>;
using Classes = std::vector<std::int32_t>;

class CsvTest : public TemporaryFolderTest {
 protected:
  Dataset read(const std::string& text, DataOptions options = {}) const {
    return read_csv(write("t.csv", text), options);
  }
  std::string fault(const std::string& text, DataOptions options = {}) const {
    return data_error_message([&] { read(text, options); });
  }
  static DataOptions target(const std::string& name, const std::string& task = "auto") {
    DataOptions options;
    options.target = name;
    options.task = task;
    return options;
  }
  static const Floats& features(const Dataset& data) {
    return std::get<Floats>(data.inputs[0].values);
  }
};

TEST_F(CsvTest, ReadsHeaderTargetAndClasses) {
  const Dataset data = read("age,kind,size\n1,b,2.5\n-3,a,4e1\n+5,b,.5\n", target("kind"));
  EXPECT_EQ(data.rows, 3);
  EXPECT_EQ(data.inputs[0].sample_shape, (Shape{2}));
  EXPECT_EQ(data.inputs[0].columns, (Names{"age", "size"}));
  EXPECT_EQ(features(data), (Floats{1, 2.5f, -3, 40, 5, 0.5f}));
  EXPECT_EQ(data.targets.name, "kind");
  EXPECT_EQ(data.targets.class_names, (Names{"a", "b"}));
  EXPECT_EQ(data.targets.classes, (Classes{1, 0, 1}));
}

TEST_F(CsvTest, ReadsTheSameFromGzipAndWithEveryDelimiter) {
  for (const char delimiter : {',', ';', '\t'}) {
    std::string text = "x,y\n1,0\n2,1\n";
    std::ranges::replace(text, ',', delimiter);
    const Dataset data = read_csv(write_gz("t.csv.gz", text), target("y"));
    EXPECT_EQ(features(data), (Floats{1, 2}));
    EXPECT_EQ(data.targets.classes, (Classes{0, 1}));
  }
  DataOptions given;
  given.delimiter = "comma";
  EXPECT_EQ(features(read("1,2;3\n", given))[0], 1);
}

TEST_F(CsvTest, FindsTheTargetByIndexAndByUsualName) {
  const std::string text = "1,2,7\n3,4,9\n";
  for (const char* name : {"2", "-1"}) {
    const Dataset data = read(text, target(name));
    EXPECT_EQ(features(data), (Floats{1, 2, 3, 4}));
    EXPECT_EQ(data.targets.class_names, (Names{"7", "9"}));
    EXPECT_EQ(data.targets.name, "2");
  }
  EXPECT_EQ(read("a,Label\n1,3\n").targets.name, "Label");
  EXPECT_EQ(read("a,b\n1,3\n").targets.name, "");
  EXPECT_EQ(read("a,b\n1,3\n").inputs[0].sample_shape, (Shape{2}));
  expect_contains("class and target could each be the target", fault("class,target,a\n1,2,3\n"));
}

TEST_F(CsvTest, SortsNumericClassesByValue) {
  const Dataset data = read("x,y\n0,10\n1,9\n0,10\n", target("y"));
  EXPECT_EQ(data.targets.class_names, (Names{"9", "10"}));
  EXPECT_EQ(data.targets.classes, (Classes{1, 0, 1}));
}

TEST_F(CsvTest, IsRegressionOnRequestOrForFractions) {
  EXPECT_EQ(read("x,y\n0,1\n1,2\n", target("y", "regression")).targets.values, (Floats{1, 2}));
  const Dataset data = read("x,y\n0,1.5\n1,2\n0,NA\n", target("y"));
  EXPECT_EQ(data.targets.width, 1);
  EXPECT_EQ(data.targets.values[0], 1.5f);
  EXPECT_TRUE(std::isnan(data.targets.values[2]));
  EXPECT_TRUE(data.targets.classes.empty());
  constexpr std::size_t kTooMany = 101;
  std::string many = "x,y\n";
  for (std::size_t i = 0; i < kTooMany; ++i)
    many += std::to_string(i % 2) + "," + std::to_string(i) + "\n";
  EXPECT_EQ(read(many, target("y")).targets.width, 1);
  EXPECT_EQ(read(many, target("y", "classification")).targets.class_names.size(), kTooMany);
}

TEST_F(CsvTest, KeepsTheOrderAndGapsOfSeveralTargets) {
  const Dataset data = read("a,x,b\n1,5,0\n,6,1\n", target("b, a"));
  EXPECT_EQ(data.targets.name, "b,a");
  EXPECT_EQ(data.targets.width, 2);
  EXPECT_EQ(features(data), (Floats{5, 6}));
  EXPECT_EQ(data.targets.values[0], 0);
  EXPECT_EQ(data.targets.values[1], 1);
  EXPECT_EQ(data.targets.values[2], 1);
  EXPECT_TRUE(std::isnan(data.targets.values[3]));
}

TEST_F(CsvTest, RecognizesAHeader) {
  EXPECT_EQ(read("1,2,a\n3,4,b\n", target("-1")).rows, 2);     // text target, no header
  EXPECT_EQ(read("0,1,y\n3,4,1\n", target("y")).rows, 1);      // numbers as names
  EXPECT_EQ(read("\tf1\ty\n1\t2\t0\n", target("y")).rows, 1);  // first column without a name
  DataOptions options;
  options.header = "yes";
  EXPECT_EQ(read("1,2\n3,4\n", options).inputs[0].columns, (Names{"1", "2"}));
  options.header = "no";
  expect_contains("t.csv:1, column 0 (from 0): expected a number, got 'a'",
                  fault("a,b\n1,2\n3,4\n", options));
}

TEST_F(CsvTest, ReadsQuotesBlankLinesCarriageReturnsAndByteOrderMark) {
  const Dataset data =
      read("\xef\xbb\xbf\r\n\"a\nb\",\"y, z\"\r\n\r\n 1 ,\"0\"\r\n2,1", target("y, z"));
  EXPECT_EQ(data.inputs[0].columns, (Names{"a\nb"}));
  EXPECT_EQ(features(data), (Floats{1, 2}));
  EXPECT_EQ(data.targets.classes, (Classes{0, 1}));
}

TEST_F(CsvTest, ReadsAtMostTheLimitOfRows) {
  DataOptions options;
  options.limit = 2;
  EXPECT_EQ(features(read("a\n1\n2\nthree\n", options)), (Floats{1, 2}));
}

TEST_F(CsvTest, ErrorsNameFileLineAndColumn) {
  const std::string at = (folder_ / "t.csv").string();
  expect_contains("data: " + at + ":4, column 'age': expected a number, got 'abc'",
                  fault("age,y\n1,2\n\nabc,3\n4,5\n"));
  expect_contains(at + ":5, column 'age': expected a number, got 'abc'",
                  fault("\"a\nge\",age\r\n1,2\r\n\r\n1,abc\r\n1,3\r\n"));
  expect_contains(":3: expected 2 cells as in the first row, got 3", fault("a,b\n1,2\n1,2,3\n"));
  expect_contains(":2: expected 2 cells as in the first row, got 1", fault("a,b\n1\n"));
  expect_contains(":2, column 'b': expected a number within 32-bit range, got 'inf'",
                  fault("a,b\n1,inf\n"));
  expect_contains("within 32-bit range, got '1e+39'", fault("a,b\n1,1e39\n"));
  expect_contains("within 32-bit range, got 'inf'", fault("a,b\n1,1e999\n"));
  EXPECT_EQ(features(read("a\n1e-999\n")), (Floats{0}));
  expect_contains(":2: a NUL byte", fault(std::string("a,b\n1,1\0\n", 9)));
  expect_contains(":2: a quote (\") is not closed", fault("a,b\n1,\"2\n3,4\n"));
  expect_contains(":2: a quote (\") is not closed, or is inside an unquoted",
                  fault("a,b\n1,2\"3\n"));
  expect_contains("a header but no rows", fault("a,b\n"));
  expect_contains("has no rows", fault("\n\n"));
  expect_contains("the file is empty", fault(""));
  expect_contains("no column is left", fault("a\n1\n", target("a")));
  expect_contains("there is no target column 'kin' (did you mean 'kind'?)",
                  fault("a,kind\n1,2\n", target("kin")));
  std::string wide = "c0";
  for (int i = 1; i < 30; ++i) wide += ",c" + std::to_string(i);
  expect_contains("there is no target column 'quality' (the table has 30",
                  fault(wide + "\n", target("quality")));
  expect_contains("no target column '2'", fault("1,2\n", target("2")));
  expect_contains("more than one column is named 'a'", fault("a,a\n1,2\n", target("a")));
  expect_contains("the target column '-1' is listed twice",
                  fault("a,b,c\n1,2,3\n", target("c,-1")));
}

TEST_F(CsvTest, NamesBadLabels) {
  expect_contains(":3, column 'y': expected a whole number as the class",
                  fault("x,y\n1,1\n1,1.5\n", target("y", "classification")));
  expect_contains(":2, column 'y': expected a number as the target, got 'a'",
                  fault("x,y\n1,a\n", target("y", "regression")));
  expect_contains(":2, column 'y': expected a target within 32-bit",
                  fault("x,y\n1,inf\n", target("y")));
  expect_contains(":3, column 'z': expected a number as the target, since each of several",
                  fault("x,y,z\n1,1,1\n1,1,a\n", target("y,z")));
}

TEST_F(CsvTest, OnlyThrowsForHostileBytes) {
  const std::string text = "a,\"b\",y\r\n1,2.5,x\r\n\"3\",-4e1,z\n5,6,x\n";
  const auto action = [&](const fs::path& path) { read_csv(path, target("y")); };
  try_truncations(folder_ / "cut.csv", text, false, action);
  try_corruptions(folder_ / "flip.csv", text, 2000, action);
  const std::string packed = bytes_of(write_gz("whole.gz", text));
  try_truncations(folder_ / "cut.csv.gz", packed, true, action);
  try_corruptions(folder_ / "flip.csv.gz", packed, 2000, action);
}

// The reader reads chunks of 64 KiB. Rows, quotes and CR LF pairs may cross their borders.
TEST_F(CsvTest, ReadsRowsThatCrossChunks) {
  std::string text = "a,b\r\n";
  for (int i = 0; i < 30000; ++i) text += std::to_string(i) + ",\"" + std::to_string(-i) + "\"\r\n";
  const Dataset data = read(text);
  ASSERT_EQ(data.rows, 30000);
  for (std::size_t i = 0; i < 30000; ++i) {
    ASSERT_EQ(features(data)[2 * i], static_cast<float>(i));
    ASSERT_EQ(features(data)[2 * i + 1], -static_cast<float>(i));
  }
  expect_contains("t.csv:30002, column 'b'", fault(text + "1,x\r\n"));
}

TEST(Targets, AlignToKnownClasses) {
  const RowLocator locate = [](std::int64_t row) { return "row " + std::to_string(row); };
  Targets targets = text_targets("y", {"cat", "ant", "cat"}, "auto", locate);
  align_classes(targets, {"ant", "bee", "cat"}, locate);
  EXPECT_EQ(targets.classes, (Classes{2, 0, 2}));
  EXPECT_EQ(targets.class_names, (Names{"ant", "bee", "cat"}));
  expect_contains("row 1: class 'ant' is not one of the 2 known classes", data_error_message([&] {
                    align_classes(targets, {"cat", "bee"}, locate);
                  }));
}

TEST(Targets, NameIndexesOutOfRange) {
  const RowLocator locate = [](std::int64_t row) { return "row " + std::to_string(row); };
  EXPECT_EQ(index_targets("y", {1, 0}, {"a", "b"}, locate).classes, (Classes{1, 0}));
  expect_contains("row 1: expected a class from 0 to 1, got 2", data_error_message([&] {
                    index_targets("y", {1, 2}, {"a", "b"}, locate);
                  }));
  expect_contains("got -1", data_error_message([&] { index_targets("y", {-1}, {"a"}, locate); }));
}

}  // namespace
}  // namespace selfnorm
