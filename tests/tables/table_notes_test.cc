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
