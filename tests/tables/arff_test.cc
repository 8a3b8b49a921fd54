// SPDX-License-Identifier: Apache-2.0
#include "tables/arff.h"

#include <cmath>

#include "tables/table.h"
#include "temporary_files.h"

namespace selfnorm {
namespace {

using Floats = std::vector<float>;
using Names = std::vector<std::string>;

class ArffTest : public TemporaryFolderTest {
 protected:
  Dataset read(const std::string& text, DataOptions options = {}) const {
    return read_table(write("t.arff", text), options);
  }
  std::string fault(const std::string& text, const DataOptions& options = {}) const {
    return data_error_message([&] { read(text, options); });
  }
  static DataOptions target(const std::string& name) {
    DataOptions options;
    options.target = name;
    return options;
  }
  static const Floats& features(const Dataset& data) {
    return std::get<Floats>(data.inputs[0].values);
  }
};

const std::string kWeather = R"(% a comment
@RELATION weather
@attribute 'the outlook' {sunny, overcast, 'light rain'}
@Attribute temperature REAL
@attribute windy {0,1}   % nominal numbers
@attribute play {yes, no}
@data
sunny, 85, 0, no
% another comment
'light rain',70.5,1,yes   % and one more
overcast,?,1,yes
"sunny",007,0,no

)";

TEST_F(ArffTest, ReadsNominalAndNumericAttributes) {
  const Dataset data = read(kWeather, target("play"));
  EXPECT_EQ(data.rows, 4);
  EXPECT_EQ(data.targets.class_names, (Names{"no", "yes"}));
  EXPECT_EQ(data.inputs[0].columns,
            (Names{"the outlook=sunny", "the outlook=overcast", "the outlook=light rain",
                   "temperature", "temperature is missing", "windy=1"}));
  const Floats& numbers = features(data);
  EXPECT_EQ(Floats(numbers.begin(), numbers.begin() + 6), (Floats{1, 0, 0, 85, 0, 0}));
  EXPECT_TRUE(std::isnan(numbers[15]));
  EXPECT_EQ(numbers[21], 7);
  EXPECT_EQ(data.lines, (std::vector<std::int64_t>{8, 10, 11, 12}));
}

TEST_F(ArffTest, NominalNumbersAreCategoriesAndClasses) {
  const std::string text =
      "@relation r\n@attribute a {10,20,3.50}\n@attribute y {1,2,30}\n@data\n"
      "10,30\n20,2\n3.50,1\n10,30\n";
  const Dataset data = read(text, target("y"));
  EXPECT_EQ(data.inputs[0].columns, (Names{"a=10", "a=20", "a=3.50"}));
  EXPECT_EQ(data.targets.class_names, (Names{"1", "2", "30"}));
  DataOptions numbers = target("y");
  numbers.numeric = {"a"};
  numbers.task = "regression";
  EXPECT_EQ(features(read(text, numbers)), (Floats{10, 20, 3.5f, 10}));
  EXPECT_EQ(read(text, numbers).targets.values, (Floats{30, 2, 1, 30}));
}

TEST_F(ArffTest, DeclaredValuesAreNotMissing) {
  const std::string text =
      "@relation r\n@attribute a {nan,NA,x}\n@attribute y {none,b}\n@data\n"
      "nan,b\nNA,none\nx,none\n?,b\nNA,b\nx,b\n";
  const Dataset data = read(text, target("y"));
  EXPECT_EQ(data.inputs[0].columns, (Names{"a=NA", "a=x", "a=nan", "a is missing"}));
  EXPECT_EQ(data.unlabeled, 0);
  DataOptions given = target("y");
  given.missing = {"nan"};
  EXPECT_EQ(read(text, given).inputs[0].columns, (Names{"a=NA", "a=x", "a is missing"}));
}

TEST_F(ArffTest, NewRowsOfAnyFormatAreReadAsInTraining) {
  const Dataset data = read(
      "@relation r\n@attribute a {1.0,none}\n@attribute b {u,v,w}\n"
      "@attribute y numeric\n@data\n1.0,u,0.5\nnone,v,1.5\n1.0,w,1\n",
      target("y"));
  DataOptions plan;
  plan.table = data.table;
  plan.read_targets = false;
  const Dataset csv = read_table(write("new.csv", "b,a\nu,1\nv,none\nw,1.0\n"), plan);
  EXPECT_EQ(features(csv), features(data));
  // The plan of a table without declared values, in which "none" is missing.
  const Dataset table = read_table(write("t.csv", "a,y\nnone,1\np,2\nq,3\nnone,4\n"), target("y"));
  plan.table = table.table;
  const Dataset arff =
      read("@relation r\n@attribute a {none,p,q}\n@data\nnone\np\nq\nnone\n", plan);
  EXPECT_EQ(features(arff), features(table));
}

TEST_F(ArffTest, ReadsDates) {
  const Dataset data = read(
      "@relation r\n@attribute a date 'dd/MM/yyyy HH:mm'\n"
      "@attribute b date\n@attribute y numeric\n@data\n"
      "'02/01/1970 12:00','1970-01-02T00:00:00',1\n"
      "03/01/1970 00:00,1970-01-04T00:00:00,2\n",
      target("y"));
  EXPECT_EQ(data.inputs[0].columns[0], "a");
  EXPECT_EQ(data.table[0].kind, "time");
  EXPECT_EQ(features(data)[0], 0.5f);  // days since the first
  expect_contains("t.arff:2: the format 'EEE' of the date 'a' is not known",
                  fault("@relation r\n@attribute a date EEE\n@data\n1\n"));
  expect_contains("t.arff:4, column 'a': expected a date of the declared format, got '1'",
                  fault("@relation r\n@attribute a date\n@data\n1\n"));
}

TEST_F(ArffTest, ReadsSparseRows) {
  const Dataset data = read(
      "@relation r\n@attribute a numeric\n@attribute b {p,q,r}\n"
      "@attribute c numeric\n@attribute y numeric\n@data\n"
      "{3 1.5}\n{0 2.5, 1 q, 3 2}\n{1 'r',2 ?,3 3}\n{ 2 4 , 3 7 }\n",
      target("y"));
  EXPECT_EQ(data.inputs[0].columns, (Names{"a", "b=p", "b=q", "b=r", "c", "c is missing"}));
  EXPECT_EQ(data.targets.values, (Floats{1.5f, 2, 3, 7}));
  const Floats& numbers = features(data);
  EXPECT_EQ(Floats(numbers.begin(), numbers.begin() + 12),
            (Floats{0, 1, 0, 0, 0, 0, 2.5f, 0, 1, 0, 0, 0}));
  EXPECT_TRUE(std::isnan(numbers[16]));
}

TEST_F(ArffTest, ErrorsNameThePlace) {
  const std::string head = "@relation r\n@attribute a {p,q}\n@attribute b numeric\n@data\n";
  const std::pair<std::string, const char*> faults[] = {
      {head + "p,1\nx,2\n", "t.arff:6, column 'a': expected one of the declared values, got 'x'"},
      {head + "p,one\n",
       "t.arff:5, column 'b': expected a number, got 'one' (a missing value is ?)"},
      {head + "p\n", "t.arff:5: expected 2 values, one for each attribute, got 1"},
      {head + "p,1,2\n", "t.arff:5: expected 2 values, one for each attribute, got 3"},
      {head + "p,1,{5}\n", "t.arff:5: the row has a weight"},
      {head + "'p,1\n", "t.arff:5: a quote is not closed"},
      {head + "'p' x,1\n", "t.arff:5: expected a comma after a value in quotes, got 'x,1'"},
      {head + "{0 p, 0 q}\n", "t.arff:5: the index 0 occurs twice"},
      {head + "{2 p}\n", "with indices from 0 to 1, got '2'"},
      {head + "{1 5\n", "t.arff:5: expected {index value, …}"},
      {head, "has no rows"},
      {"@relation r\n@attribute a {p,q\n@data\n", "t.arff:2: expected {value, value, …}"},
      {"@relation r\n@attribute a relational\n", "t.arff:2: the attribute 'a' has the type"},
      {"@relation r\n@attribute a\n", "t.arff:2: expected @attribute NAME TYPE"},
      {"@relation r\n@attribute 'a\n", "t.arff:2: expected @attribute NAME TYPE"},
      {"@relation r\n@data\n", "t.arff:2: there is no @attribute"},
      {"@relation r\n@attribute a numeric\n", "there is no line @data"},
      {"a,b\n1,2\n", "t.arff:1: expected @relation, @attribute or @data, got 'a,b'"}};
  for (const auto& [text, message] : faults) expect_contains(message, fault(text));
  DataOptions header;
  header.header = "no";
  expect_contains("ARFF has no header (leave `header` out)", fault(head + "p,1\n", header));
}

TEST_F(ArffTest, IsRecognizedByItsContent) {
  EXPECT_EQ(read_table(write("t.txt", kWeather), target("play")).rows, 4);
}

TEST_F(ArffTest, HostileFilesAreErrors) {
  constexpr int kDamaged = 500;
  const auto action = [](const fs::path& path) { read_table(path, target("play")); };
  try_truncations(folder_ / "cut.arff", kWeather, false, action);
  try_corruptions(folder_ / "flip.arff", kWeather, kDamaged, action);
  std::string many = "@relation r\n";
  constexpr int kTooMany = 100'001;
  for (int i = 0; i < kTooMany; ++i) many += "@attribute a" + std::to_string(i) + " numeric\n";
  expect_contains("row 1 of 100001 columns: the table is too large", fault(many + "@data\n{}\n"));
}

}  // namespace
}  // namespace selfnorm
