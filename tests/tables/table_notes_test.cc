// SPDX-License-Identifier: Apache-2.0
// Tests what a table says about cells that can be read in two ways.
#include "tables/table_notes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "tables/table_fixture.h"

namespace selfnorm {
namespace {

class TableNotesTest : public TableTest {
 protected:
  /// Returns a table of `rows` rows whose codes are the numbers below `count` in four digits.
  static std::string padded_codes(int count, int rows) {
    std::string text = "code,x,y\n";
    for (int i = 0; i < rows; ++i) text += fmt::format("{:04},{},{}\n", i % count, i * i % 7, i);
    return text;
  }
  static std::string kind_of(const Dataset& data, const std::string& name) {
    return std::ranges::find(data.table, name, &TableColumn::name)->kind;
  }
  /// Returns a table with this column, and numbers.
  static std::string column(const std::string& name, const Names& cells) {
    std::string text = name + ";x;y\n";
    for (std::size_t i = 0; i < cells.size(); ++i)
      text += fmt::format("{};{};{}\n", cells[i], i, i * i);
    return text;
  }
  static Names repeat(const std::string& cell, std::size_t count) { return Names(count, cell); }
  static std::string notes_of(const Dataset& data) { return join(data.notes, "\n"); }
};

TEST_F(TableNotesTest, PaddedCodesAreCategoriesIfEachOccursOften) {
  EXPECT_EQ(kind_of(read(padded_codes(40, 400)), "code"), "category");
  DataOptions embed;
  embed.embed_many = true;
  EXPECT_EQ(kind_of(read(padded_codes(40, 400), "y", embed), "code"), "embedded");
  EXPECT_EQ(kind_of(read(padded_codes(40, 360), "y", embed), "code"), "number");
  EXPECT_EQ(kind_of(read(padded_codes(200, 360), "y", embed), "code"), "left out");
  embed.keep = {"code"};
  EXPECT_EQ(kind_of(read(padded_codes(200, 360), "y", embed), "code"), "number");
}

TEST_F(TableNotesTest, FirstRowMayBeDataIfAllColumnsRepeatIt) {
  expect_contains("the first row ('red', 'y') counts as the names of the columns",
                  notes_of(read("red,y\nblue,n\nred,y\nred,n\n", "1")));
  EXPECT_EQ(notes_of(read("red,y\nblue,n\nblue,y\n", "1")), "");
  EXPECT_EQ(notes_of(read("red,y\nred,1\nblue,2\n", "1")), "");
  DataOptions sure;
  sure.header = "yes";
  EXPECT_EQ(notes_of(read("red,y\nblue,n\nred,y\nred,n\n", "1", sure)), "");
}

TEST_F(TableNotesTest, ARowThatCountsTheColumnsIsAHeader) {
  for (const std::string text : {"0,1,2\n5,3,8\n2,7,9\n", ",0,1,2\n0,5,3,8\n1,2,7,9\n"}) {
    DataOptions number;
    number.task = "regression";
    const Dataset data = read(text, "2", number);
    EXPECT_EQ(data.targets.values, (Floats{8, 9}));
    EXPECT_EQ(numbers(data, "0"), (Floats{5, 2}));
    expect_contains("the first row is 0, 1, …", notes_of(data));
    DataOptions none;
    none.header = "no";
    EXPECT_EQ(read(text, "-1", none).rows, 3);
  }
  EXPECT_EQ(read("0,1,3\n5,3,8\n2,7,9\n", "-1").rows, 3);
  EXPECT_EQ(read("0,1,2\n", "-1").rows, 1);
  EXPECT_EQ(read("0,1\n1,0\n1,1\n", "-1").rows, 3);
}

TEST_F(TableNotesTest, AFirstRowThatCountsUpMayBeAHeader) {
  expect_contains("the first row begins with 2018, 2019, 2020 and is read as data; --header yes",
                  notes_of(read("2018,2019,2020\n5,3,8.5\n2,7,9.5\n", "-1")));
  EXPECT_EQ(read("2018,2019,2020\n5,3,8.5\n2,7,9.5\n", "2020").rows, 2);
  EXPECT_EQ(notes_of(read("2018,2019,2021\n5,3,8.5\n2,7,9.5\n", "-1")), "");
}

TEST_F(TableNotesTest, CommasAndPointsMayMeanAnotherNumber) {
  expect_contains(
      "column 'a': '2,137' is read as 2137, but 2.137 is possible, too; --numeric "
      "'a=decimal comma'",
      notes_of(read("a,y\n\"2,137\",1\n\"3,500\",2\n\"1,250\",4\n")));
  // Another column certainly has decimal commas.
  const std::string both = "a,b,y\n\"2,137\",\"4,58\",1\n\"3,500\",\"5,5\",2\n";
  EXPECT_EQ(numbers(read(both), "a"), (Floats{2.137f, 3.5f}));
  expect_contains("column 'a': '2,137' is read as 2.137, but 2137", notes_of(read(both)));
  DataOptions thousands;
  thousands.numeric = {"a=thousands"};
  const Dataset chosen = read(both, "y", thousands);
  EXPECT_EQ(numbers(chosen, "a"), (Floats{2137, 3500}));
  EXPECT_EQ(notes_of(chosen), "");
  const std::string points = "a;b;y\n1.257;4,58;1\n996;5,5;2\n";
  expect_contains(
      "column 'a': '1.257' is read as 1.257, but 1257 is possible, too; --numeric "
      "'a=decimal comma'",
      notes_of(read(points)));
  DataOptions commas;
  commas.numeric = {"a=decimal comma", "y=decimal comma"};
  EXPECT_EQ(numbers(read(points, "y", commas), "a"), (Floats{1257, 996}));
  EXPECT_EQ(read("a;b;y\n1;4,58;1.257\n2;5,5;996\n3;6,5;1.5\n", "b", {}).rows, 3);
  const std::string target = "a;b;y\n1;4,58;1.257\n2;5,5;996\n3;6,5;1.502\n";
  expect_contains("target 'y': '1.257' is read as 1.257", notes_of(read(target)));
  commas.numeric = {"y=decimal comma"};
  EXPECT_EQ(read(target, "y", commas).targets.values, (Floats{1257, 996, 1502}));
  commas.numeric = {"a=roman"};
  expect_contains("'roman' is not a format of numbers", fault(points, commas));
}

TEST_F(TableNotesTest, SignsDoNotChangeNumbers) {
  expect_contains("column 'a': some cells have a percent sign",
                  notes_of(read(column("a", {"50%", "0.5", "62.5%"}))));
  expect_contains("column 'a': the cells do not all have the same currency sign",
                  notes_of(read(column("a", {"$50", "€7", "$6"}))));
  EXPECT_EQ(notes_of(read(column("a", {"$50", "$7", "$6.5"}))), "");
}

TEST_F(TableNotesTest, BlanksMayDivideThePartsOfATelephoneNumber) {
  expect_contains("column 'a': '155 123 456' is read as 155123456; --categorical 'a' leaves such",
                  notes_of(read(column("a", {"155 123 456", "155 123 457", "155 123 999"}))));
  EXPECT_EQ(notes_of(read(column("a", {"2019-03-23 20:21:09", "2019-04-23 20:21:09"}))), "");
}

TEST_F(TableNotesTest, ClassesMayAllBeWordsThatMeanMissing) {
  const std::string text = "x,y\n1,NA\n2,None\n3,NA\n";
  expect_contains("all of its cells are missing, or NA or None (--not-missing 'NA,None' makes",
                  fault(text));
  DataOptions options;
  options.not_missing = {"NA", "None"};
  EXPECT_EQ(read(text, "y", options).targets.class_names, (Names{"NA", "None"}));
}

TEST_F(TableNotesTest, NumbersMayBeDates) {
  expect_contains("the numbers of 'a' look like dates; --date 'a' reads them as dates",
                  notes_of(read(column("a", {"20220204", "", "20211231"}))));
  EXPECT_EQ(notes_of(read(column("a", {"20220204", "20221331"}))), "");
}

TEST_F(TableNotesTest, ARareWordMakesNumbersACategory) {
  Names cells = repeat("2", 30);
  cells.push_back("3O");
  cells.push_back("3");
  expect_contains("column 'a' is a category because of '3O'", notes_of(read(column("a", cells))));
  DataOptions numeric;
  numeric.numeric = {"a"};
  expect_contains("column 'a': expected a number, got '3O'", fault(column("a", cells), numeric));
}

TEST_F(TableNotesTest, PlusAndMinusMayBeCategories) {
  const std::string text = column("a", {"+", "-", "+", "-"});
  expect_contains("column 'a': '-' counts as missing, although '+' occurs; --not-missing '-'",
                  notes_of(read(text)));
  DataOptions options;
  options.not_missing = {"-"};
  EXPECT_EQ(read(text, "y", options).table[0].categories, (Names{"+", "-"}));
  expect_contains(
      "'-' counts as missing, but 2 of 4 rows have it, so it may be a class "
      "(--not-missing '-' makes it one",
      fault("x,y\n1,+\n2,-\n3,+\n4,-\n"));
}

TEST_F(TableNotesTest, DatesMayBeginWithTheDay) {
  const std::string rows = "when,y\n1/2/2020,1\n3/4/2020,2\n5/12/2020,3\n";
  expect_contains(
      "the dates of 'when' are read as month/day/year, but day/month/year is possible, too; --date "
      "'when=day/month/year'",
      notes_of(read(rows)));
  EXPECT_EQ(notes_of(read(rows + "1/13/2020,4\n")), "");
  EXPECT_EQ(notes_of(read(rows + "13/1/2020,4\n")), "");
  DataOptions given;
  given.date = {"when=day/month/year"};
  EXPECT_EQ(notes_of(read(rows, "y", given)), "");
}

TEST_F(TableNotesTest, NewCategoriesAreNamed) {
  const Dataset train = read("c,d,y\nu,p,1\nv,q,2\nw,p,3\nu,q,4\n");
  const Dataset rows = read("c,d\nx,p\nu,r\nz,q\n", "", planned(train));
  EXPECT_EQ(rows.notes,
            (Names{"column 'c': 'x', 'z' did not occur in training, so they count as no category",
                   "column 'd': 'r' did not occur in training, so it counts as no category"}));
  EXPECT_EQ(notes_of(read("c,d\nu,p\n", "", planned(train))), "");
}

TEST_F(TableNotesTest, NewCategoriesAreExpectedWhereTrainingHadOthers) {
  std::string text = "c,y\n";
  for (int i = 0; i < 160; ++i) text += fmt::format("c{},{}\n", i % 40, i);
  const Dataset train = read(text);
  EXPECT_TRUE(train.table[0].has_other);
  EXPECT_EQ(notes_of(read("c\nnew\n", "", planned(train))), "");
}

// Numbers were once taken for places among the categories, of which there are none.
TEST_F(TableNotesTest, RareCategoriesShareAVector) {
  std::string text = "c,y\n";
  for (int i = 0; i < 100; ++i) text += fmt::format("{},{}\n", i / 2, i);
  DataOptions options;
  options.embed = {"c"};
  options.validation_split = 0;
  const Dataset data = read(text, "y", options);
  EXPECT_EQ(std::get<Floats>(data.inputs[0].values), Floats(100, 1));
  expect_contains("column 'c': no category has 5 training rows", notes_of(data));
}

// The categories of a column do not depend on whether another one has many.
TEST_F(TableNotesTest, FewWordsAreAllCategories) {
  const auto categories = [&](int words) {
    std::string text = "few,many,y\n";
    for (int i = 0; i < 200; ++i)
      text += fmt::format("{},w{},{}\n", i == 199 ? "rare" : "usual", i % words, i);
    DataOptions options;
    options.shuffle_split = false;  // the rare word is in a held-out row
    return read(text, "y", options).table[0].categories;
  };
  EXPECT_EQ(categories(5), (Names{"usual", "rare"}));
  EXPECT_EQ(categories(40), (Names{"usual", "rare"}));
}

TEST_F(TableNotesTest, AllColumnsThatAreAbsentAreNamed) {
  const Dataset train = read("aaa,bbb,ccc,y\n1,2,3,4\n4,5,7,9\n");
  expect_contains(
      "these columns, which the model needs, are absent: 'aaa' (did you mean 'Aaa'?), 'ccc'",
      data_error_message([&] { read("Aaa,bbb,x\n1,2,3\n", "", planned(train)); }));
}

TEST_F(TableNotesTest, NewRowsHaveOnlyTheirCellsToCorrect) {
  const Dataset train = read("a,y\n1,2\n3,4\n5,7\n");
  const std::string message = data_error_message([&] { read("a\nx\n", "", planned(train)); });
  expect_contains("expected a number, got 'x' (correct the cells, or empty them", message);
}

}  // namespace
}  // namespace selfnorm
