// SPDX-License-Identifier: Apache-2.0
// How the columns of a table become numbers, and how tables are written.

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

TEST_F(TableTest, WordsBecomeOneNumberForEachCategory) {
  const Dataset data = read("c,y\nred,0\nblue,1\nred,0\ngreen,1\n");
  EXPECT_EQ(data.inputs[0].columns, (Names{"c=red", "c=blue", "c=green"}));
  EXPECT_EQ(data.inputs[0].sources, (Names{"c", "c", "c"}));
  EXPECT_EQ(numbers(data, "c=red"), (Floats{1, 0, 1, 0}));
  EXPECT_EQ(numbers(data, "c=green"), (Floats{0, 0, 0, 1}));
  EXPECT_EQ(read("c,y\nyes,0\nno,1\nyes,0\n").inputs[0].columns, (Names{"c=yes"}));
}

TEST_F(TableTest, TruthValuesMayBeWrittenInAnyWay) {
  const Dataset data = read("c,y\nTrue,0\ntrue,1\nNO,0\n1,1\nno,1\n");
  EXPECT_EQ(numbers(data, "c=True"), (Floats{1, 1, 0, 1, 0}));
  const Dataset train = read("c,y\nTrue,0\nFalse,1\nTrue,1\n");
  const Dataset rows = read("c\nyes\nFALSE\n0\n", "", planned(train));
  EXPECT_EQ(numbers(rows, "c=True"), (Floats{1, 0, 0}));
  EXPECT_TRUE(rows.notes.empty());
  // Three letters, and letters of two pairs, are not truth values.
  EXPECT_EQ(read("c,y\nT,0\nN,1\nT,1\n").inputs[0].columns, (Names{"c=N"}));
  EXPECT_EQ(read("c,y\nf,0\nn,1\nt,0\n").table[0].categories, (Names{"f", "n", "t"}));
}

TEST_F(TableTest, RareCategoriesShareANumber) {
  std::string text = "c,y\n";
  for (int row = 0; row < 200; ++row)
    text += "word" + std::to_string(row % 40) + "," + std::to_string(row % 2) + "\n";
  DataOptions options;
  options.validation_split = 0;  // all rows count the categories
  const Dataset data = read(text, "y", options);
  EXPECT_EQ(data.inputs[0].columns.size(), 33U);
  EXPECT_EQ(numbers(data, "c is another")[35], 1);
  EXPECT_EQ(numbers(data, "c is another")[0], 0);
}

TEST_F(TableTest, MissingCellsAreMarked) {
  const Dataset data = read("a,c,y\n1,x,0\n,y,1\nNA,,0\n4,x,1\n");
  const Floats a = numbers(data, "a");
  EXPECT_EQ(a[0], 1);
  EXPECT_TRUE(std::isnan(a[1]));
  EXPECT_TRUE(std::isnan(a[2]));
  EXPECT_EQ(numbers(data, "a is missing"), (Floats{0, 1, 1, 0}));
  EXPECT_EQ(numbers(data, "c=x"), (Floats{1, 0, 0, 1}));
  EXPECT_EQ(numbers(data, "c is missing"), (Floats{0, 0, 1, 0}));
  DataOptions options;
  options.missing = {"-9"};
  EXPECT_EQ(numbers(read("a,y\n1,0\n-9,1\n3,0\n", "y", options), "a is missing"),
            (Floats{0, 1, 0}));
  EXPECT_EQ(numbers(read("a,y\n1,0\n-9.0,1\n3,0\n", "y", options), "a is missing"),
            (Floats{0, 1, 0}));
  const std::string country = "c,y\nNA,0\nDE,1\nNA,1\n";
  EXPECT_EQ(read(country, "y", options).inputs[0].columns, (Names{"c=DE", "c is missing"}));
  options.not_missing = {"na"};
  EXPECT_EQ(read(country, "y", options).inputs[0].columns, (Names{"c=DE"}));
}

TEST_F(TableTest, NumbersOfOtherFormats) {
  EXPECT_EQ(numbers(read("a,y\n\"1,234.5\",0\n\"7\",1\n$12,0\n"), "a"), (Floats{1234.5f, 7, 12}));
  EXPECT_EQ(numbers(read("a;y\n1.234,5;0\n7;1\n0,25;0\n"), "a"), (Floats{1234.5f, 7, 0.25f}));
  EXPECT_EQ(numbers(read("a,y\n5%,0\n7 %,1\n9%,0\n"), "a"), (Floats{5, 7, 9}));
  EXPECT_EQ(read("price;y\n1;10,00\n2;10,25\n3;12,75\n").targets.values,
            (Floats{10, 10.25f, 12.75f}));
}

TEST_F(TableTest, TimesBecomeDaysAndPositionsInTheirPeriods) {
  const Dataset data = read("t,y\n2020-01-01 06:00,0\n2020-01-02 12:00,1\n2020-12-31 00:00,0\n");
  EXPECT_EQ(numbers(data, "t"), (Floats{0.25f, 1.5f, 365}));
  const double angle = 2 * M_PI * 0.25;
  EXPECT_NEAR(numbers(data, "t (hour, sine)")[0], std::sin(angle), 1e-6);
  EXPECT_NEAR(numbers(data, "t (hour, cosine)")[1], -1, 1e-6);
  // 2020-01-01 is a Wednesday, and so is 2020-01-08.
  const Dataset weeks = read("t,y\n2020-01-01,0\n2020-01-08,1\n2020-01-11,0\n");
  const Floats sine = numbers(weeks, "t (weekday, sine)");
  EXPECT_NEAR(sine[0], sine[1], 1e-6);
  EXPECT_GT(std::abs(sine[0] - sine[2]), 0.1);
  EXPECT_EQ(numbers(read("t,y\n31.01.2020,0\n1.2.2020,1\n3.2.2020,1\n"), "t"), (Floats{0, 1, 3}));
}

TEST_F(TableTest, ColumnsThatSayNothingAreLeftOut) {
  const std::string text = ",same,empty,a,y\n1,7,,0.5,0\n2,7,,0.1,1\n3,7,,0.5,0\n";
  const Dataset data = read(text);
  EXPECT_EQ(data.inputs[0].columns, (Names{"a"}));
  ASSERT_EQ(data.table.size(), 4U);
  EXPECT_EQ(data.table[0].note, "it numbers the rows");
  EXPECT_EQ(data.table[1].note, "all cells are the same");
  EXPECT_EQ(data.table[2].note, "all cells are missing");
  DataOptions options;
  options.keep = {"same"};
  options.drop = {"empty"};
  EXPECT_EQ(read(text, "y", options).inputs[0].columns, (Names{"same", "a"}));
  EXPECT_EQ(read("a,y\n7,0\n7,1\n").inputs[0].columns, (Names{"a"}));  // nothing else is left
}

TEST_F(TableTest, IdentifiersAndTextAreLeftOut) {
  std::string text = "id,a,y\n";
  for (int row = 0; row < 60; ++row)
    text += "x" + std::to_string(row) + "," + std::to_string(row % 7) + "," +
            std::to_string(row % 2) + "\n";
  const Dataset data = read(text);
  EXPECT_EQ(data.inputs[0].columns, (Names{"a"}));
  EXPECT_EQ(data.table[0].kind, "id");
}

// 32 bits hold whole numbers exactly up to 2^24.
TEST_F(TableTest, LargeNumbersKeepTheirDifferences) {
  const Dataset data = read("t,y\n1700000000,0\n1700000001,1\n1700000002,0\n");
  const Floats t = numbers(data, "t");
  EXPECT_EQ(t[1] - t[0], 1);
  EXPECT_EQ(t[2] - t[1], 1);
  EXPECT_EQ(numbers(read("t,y\n1990,0\n2001,1\n1985,0\n"), "t")[0], 1990);
}

TEST_F(TableTest, NewRowsAreReadAsInTraining) {
  const Dataset train =
      read("c,a,t,y\nred,1,2020-01-01,0\nblue,2,2020-03-01,1\nred,,2020-02-01,0\n");
  DataOptions options;
  options.table = train.table;
  options.read_targets = false;
  const Dataset rows =
      read("extra,t,a,c\nword,2020-01-02,5,green\n?,2020-01-03,,red\n", "", options);
  EXPECT_EQ(rows.inputs[0].columns, train.inputs[0].columns);
  EXPECT_EQ(numbers(rows, "a is missing"), (Floats{0, 1}));
  EXPECT_EQ(numbers(rows, "t"), (Floats{1, 2}));
  const Floats blue = numbers(rows, "c=blue");
  EXPECT_TRUE(std::isnan(blue[0]));  // an unknown category is neither
  EXPECT_EQ(blue[1], 0);
  const std::string message =
      data_error_message([&] { read("C,a,t\nred,1,2020-01-01\n", "", options); });
  expect_contains("there is no column 'c', which the model needs (did you mean 'C'?)", message);
  expect_contains(":2, column 't': expected a time written as 2019-03-23, got 'soon'",
                  data_error_message([&] { read("c,a,t\nred,1,soon\n", "", options); }));
}

TEST_F(TableTest, ErrorsListTheCellsOfAllColumns) {
  const std::string message = fault("a,b,y\n1,1,0\nx,2,1\n3,3,0\n4,4,1\n5,z,0\n");
  expect_contains(":3, column 'a': expected a number, got 'x'", message);
  expect_contains(":6, column 'b': expected a number, got 'z'", message);
  expect_contains("2 columns are named 'a'", fault("a,a,y\n1,2,0\n2,3,1\n"));
  DataOptions options;
  options.drop = {"a"};
  EXPECT_EQ(fault("a,a,b,y\n1,2,0,0\n2,3,1,1\n", options), "");
}

TEST_F(TableTest, OptionsMustNameColumnsAndAreObeyed) {
  DataOptions typo, numeric;
  typo.drop = {"ax"};
  expect_contains("`drop` lists the column 'ax', which does not exist",
                  fault("a,y\n1,0\n2,1\n", typo));
  numeric.numeric = {"c"};
  expect_contains(":2, column 'c': expected a number, got 'red'",
                  fault("c,y\nred,0\nblue,1\nred,0\n", numeric));
}

TEST_F(TableTest, WordsAreAsInTheFile) {
  const Dataset data = read("a,y\n1,1.50\n2,01\n1,1.50\n2,01\n1,b\n2,b\n");
  EXPECT_EQ(data.targets.class_names, (Names{"01", "1.50", "b"}));
}

TEST_F(TableTest, RowsWithoutAClassAreLeftOut) {
  const Dataset data = read("a,y\n1,p\n2,\n3,q\n4,p\n");
  EXPECT_EQ(data.rows, 3);
  EXPECT_EQ(data.unlabeled, 1);
  EXPECT_EQ(numbers(data, "a"), (Floats{1, 3, 4}));
  EXPECT_EQ(data.lines, (std::vector<std::int64_t>{2, 4, 5}));
  expect_contains("'NA' counts as missing, but 2 of 4 rows have it",
                  fault("a,y\n1,EU\n2,NA\n3,AS\n4,NA\n"));
  // Another column shows that the word means a missing cell.
  EXPECT_EQ(read("a,b,y\n1,NA,EU\n2,5,NA\n3,6,AS\n4,7,NA\n").unlabeled, 2);
}

TEST_F(TableTest, AFewNumbersWithAWordAreCategories) {
  std::string text = "cylinders,y\n";
  for (int row = 0; row < 24; ++row)
    text += (row == 7 ? "rotary," : row % 2 ? "4," : "6,") + std::to_string(row % 3) + "\n";
  EXPECT_EQ(read(text).table[0].kind, "category");
}

TEST_F(TableTest, RecognizesHowOtherProgramsWriteTables) {
  const Floats x = {1, 2, 3};
  for (const char* text :
       {"x,y\n1,0\n2,1\n3,0\n", "sep=;\nx;y\n1;0\n2;1\n3;0\n", "x|y\n1|0\n2|1\n3|0\n",
        "# made by a tool\n# in 2026\nx,y\n1,0\n2,1\n# end\n3,0\n", "x,y,\n1,0,\n2,1,\n3,0,\n",
        "x,y\n1,0,\n2,1,\n3,0,\n", "  x y\n  1   0\n 2 1\n 3  0\n",
        "\"x\" \"y\"\n\"r1\" 1 0\n\"r2\" 2 1\n\"r3\" 3 0\n", "x,y\r\n1,0\r\n2,1\r3,0\n"}) {
    const Dataset data = read(text);
    EXPECT_EQ(numbers(data, "x"), x) << text;
    EXPECT_EQ(data.targets.classes.size(), 3U) << text;
  }
  const Dataset iris = read("3,2,setosa,other\n1,5,0\n2,6,1\n3,5,0\n", "-1");
  EXPECT_EQ(iris.rows, 3);
  EXPECT_EQ(numbers(iris, "0"), x);
}

TEST_F(TableTest, QuotesBetweenTabsAreTextUnlessTheyEncloseCells) {
  const Dataset text = read("a\ty\n1\tplain\n3\t\"Rome\" sweet\n");
  EXPECT_EQ(text.targets.class_names, (Names{"\"Rome\" sweet", "plain"}));
  const Dataset quoted = read("a\ty\n1\t\"p\"\"q\"\n3\t\"r\ns\"\n");
  EXPECT_EQ(quoted.targets.class_names, (Names{"p\"q", "r\ns"}));
}

TEST_F(TableTest, ReadsOtherEncodings) {
  const Dataset latin = read("a,y\n1,M\xfcnchen\n2,K\xf6ln\n3,K\xf6ln\n");
  EXPECT_EQ(latin.targets.class_names, (Names{"Köln", "München"}));
  ASSERT_EQ(latin.notes.size(), 1U);
  expect_contains("3 lines are not UTF-8", latin.notes[0]);
  for (const bool big : {false, true}) {
    std::string text = big ? "\xfe\xff" : "\xff\xfe";
    for (const char c : std::string("a,y\n1,0\n2,1\n")) {
      if (big) text += '\0';
      text += c;
      if (!big) text += '\0';
    }
    EXPECT_EQ(numbers(read(text), "a"), (Floats{1, 2})) << big;
  }
}

TEST(LookLikeClasses, DistinguishesNumberedClassesFromQuantities) {
  const auto repeated = [](std::vector<double> values, int times) {
    std::vector<double> all;
    for (int i = 0; i < times; ++i) all.insert(all.end(), values.begin(), values.end());
    return all;
  };
  std::vector<double> letters, ages;
  for (int i = 1; i <= 26; ++i) letters.push_back(i);
  for (int i = 17; i <= 90; ++i) ages.push_back(i);
  EXPECT_TRUE(look_like_classes({0, 1, 1, 0}));
  EXPECT_TRUE(look_like_classes({-1, 1}));
  EXPECT_TRUE(look_like_classes({1, 2, 3, 5, 6, 7}));
  EXPECT_TRUE(look_like_classes(repeated(letters, 20)));
  EXPECT_FALSE(look_like_classes(letters));
  EXPECT_FALSE(look_like_classes(repeated(ages, 20)));
  EXPECT_FALSE(look_like_classes({0, 1, 2, 3, 7, 12}));
  EXPECT_FALSE(look_like_classes({0, 1.5}));
}

TEST(Dialect, IsTheDelimiterThatDividesMostLines) {
  EXPECT_EQ(find_dialect("a;b\n1,5;2\n3,25;4\n", "auto", "auto").delimiter, ';');
  EXPECT_EQ(find_dialect("a,b\n\"x;y\",2\n\"z\",4\n", "auto", "auto").delimiter, ',');
  EXPECT_EQ(find_dialect("one\ntwo\n", "auto", "auto").delimiter, ',');
  EXPECT_EQ(find_dialect("a;b\n1;2\n", "comma", "auto").delimiter, ',');
}

// Dates were computed with Python's datetime.
// strtod of the C library rounds correctly.
TEST(ParseNumber, IsTheNearestDouble) {
  EXPECT_TRUE(rc::check("decimal texts", [] {
    const auto digits = *rc::gen::inRange<std::size_t>(1, 19);
    std::string text = *rc::gen::arbitrary<bool>() ? "-" : "";
    text += std::to_string(*rc::gen::inRange(1, 10));
    for (std::size_t i = 1; i < digits; ++i) text += std::to_string(*rc::gen::inRange(0, 10));
    const auto point = *rc::gen::inRange<std::size_t>(1, digits + 1);
    text.insert(text.size() - digits + point, ".");
    RC_ASSERT(parse_number(text) == std::strtod(text.c_str(), nullptr));
  }));
  for (const char* text : {"0", "-0", ".5", "-.5", "1.", "0.000123", "1e5", "123456789012345.5"})
    EXPECT_EQ(parse_number(text), std::strtod(text, nullptr)) << text;
  for (const char* text : {"", "-", ".", "1.2.3", "007", "1,5", "--1", "0x10", "1 2"})
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
}

TEST(ParseCell, ReadsTimes) {
  EXPECT_EQ(parse_cell("1970-01-02", CellFormat::iso_time), 86400);
  EXPECT_EQ(parse_cell("2019-03-23 20:21:09", CellFormat::iso_time), 1553372469);
  EXPECT_EQ(parse_cell("03/23/2019 20:21", CellFormat::month_day), 1553372460);
  EXPECT_EQ(parse_cell("2019-02-30", CellFormat::iso_time), std::nullopt);
  EXPECT_EQ(parse_cell("2019-03-23 24:00", CellFormat::iso_time), std::nullopt);
  EXPECT_EQ(parse_cell("13/13/2019", CellFormat::month_day), std::nullopt);
}

TEST(ReadNumber, ShortestFormsAreThoseOfFmt) {
  for (const char* text : {"0", "7", "-7", "0.5", "-0.25", "1234.5", "100", "123456789012345"}) {
    const auto number = read_number(text);
    ASSERT_TRUE(number) << text;
    EXPECT_EQ(fmt::format("{}", number->value), text);
    EXPECT_TRUE(number->is_shortest) << text;
  }
  for (const char* text :
       {"1.50", "5.", ".5", "-.5", "-0", "+1", "1e5", "-0.0", "12345678901234567"}) {
    const auto number = read_number(text);
    ASSERT_TRUE(number) << text;
    EXPECT_FALSE(number->is_shortest) << text;
  }
  EXPECT_FALSE(read_number("007"));
}

// 2019-03-23 20:21 in each of the ways that programs write it.
TEST(ParseCell, ReadsTimesOfManyPrograms) {
  constexpr double kTime = 1553372460;
  EXPECT_EQ(parse_cell("2019-03-23T22:21:00+02:00", CellFormat::iso_time), kTime);
  EXPECT_EQ(parse_cell("2019-03-23 15:21:00-0500", CellFormat::iso_time), kTime);
  EXPECT_EQ(parse_cell("2019-03-23 20:21:00 UTC", CellFormat::iso_time), kTime);
  EXPECT_EQ(parse_cell("03/23/2019 08:21 PM", CellFormat::month_day), kTime);
  EXPECT_EQ(parse_cell("23.03.19 20:21", CellFormat::day_month), kTime);
  for (const char* text : {"23-Mar-2019 20:21", "23 March 2019 20:21", "Mar 23, 2019 8:21 pm",
                           "march 23 2019 20:21", "23-MAR-19 20:21"})
    EXPECT_EQ(parse_cell(text, CellFormat::month_name), kTime) << text;
  EXPECT_EQ(parse_cell("12/31/69 12:00 AM", CellFormat::month_day), -kSecondsPerDay);
  EXPECT_EQ(parse_cell("2019-03-23 13:00 PM", CellFormat::iso_time), std::nullopt);
  EXPECT_EQ(parse_cell("2019-03-23 10:00 +2", CellFormat::iso_time), std::nullopt);
  EXPECT_EQ(parse_cell("1.2.10", CellFormat::day_month), std::nullopt);  // a version
  EXPECT_EQ(parse_cell("23 Mai 2019", CellFormat::month_name), std::nullopt);
}

TEST(ParseCell, ReadsGroupsOfDigitsAndSigns) {
  const auto thousands = [](const std::string& cell) {
    return parse_cell(cell, CellFormat::thousands);
  };
  EXPECT_EQ(thousands("-$12.50"), -12.5);
  EXPECT_EQ(thousands("($1,234.50)"), -1234.5);
  EXPECT_EQ(thousands("1,62,007"), 162007);
  EXPECT_EQ(thousands("62 881"), 62881);
  EXPECT_EQ(thousands("62\u00A0881.5"), 62881.5);
  EXPECT_EQ(thousands("1\u202F062\u202F881"), 1062881);
  EXPECT_EQ(thousands("62'881"), 62881);
  EXPECT_EQ(thousands("12 EUR"), 12);
  EXPECT_EQ(parse_cell("62 881,5", CellFormat::decimal_comma), 62881.5);
  for (const char* text : {"(12)", "--$5", "-$-5", "1,2,345", "12,34,56", "1 2", "62 881,5 7"})
    EXPECT_EQ(thousands(text), std::nullopt) << text;
}

TEST(ParseCell, ReadsNumbersThatAreTooSmallAsZero) {
  EXPECT_EQ(parse_number("0." + std::string(400, '0') + "1"), 0);
  EXPECT_EQ(parse_number("1e-999"), 0);
  EXPECT_EQ(parse_number("1e999"), HUGE_VAL);
  EXPECT_EQ(parse_number("1" + std::string(400, '0')), HUGE_VAL);
  EXPECT_EQ(parse_number("007"), std::nullopt);
  EXPECT_EQ(parse_number("0"), 0);
  EXPECT_EQ(parse_cell("1,23,4", CellFormat::thousands), std::nullopt);
}

}  // namespace
}  // namespace selfnorm
