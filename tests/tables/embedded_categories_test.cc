// SPDX-License-Identifier: Apache-2.0
#include "tables/embedded_categories.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "temporary_files.h"

namespace selfnorm {
namespace {

class EmbeddedCategories : public TemporaryFolderTest {
 protected:
  // A table of 40 cities, each in twelve rows, one that is rare, and a missing cell.
  Dataset load(DataOptions options = {}) {
    std::string text = "city,x,y\n";
    for (int i = 0; i < 480; ++i) text += fmt::format("city{},{},{}\n", i % 40, i, i % 2);
    options.source = write("table.csv", text + "rare,7,1\n,8,0\n").string();
    options.target = "y";
    return load_data(options).train;
  }
  Dataset load_embedded() {
    DataOptions options;
    options.embed_many = true;
    return load(options);
  }
  static const std::vector<float>& ids(const Dataset& data) {
    return std::get<std::vector<float>>(data.inputs[1].values);
  }
};

TEST_F(EmbeddedCategories, AreAnInputOfTokenIds) {
  const Dataset data = load_embedded();
  ASSERT_EQ(data.inputs.size(), 2u);
  EXPECT_EQ(data.inputs[0].columns, (std::vector<std::string>{"x"}));
  EXPECT_EQ(data.inputs[1].name, "city");
  EXPECT_EQ(data.inputs[1].sample_shape, Shape{1});
  const TableColumn* city = find_embedded_column(data, data.inputs[1]);
  ASSERT_NE(city, nullptr);
  EXPECT_EQ(city->categories.size(), 40u);
  EXPECT_EQ(vocabulary_size(*city), 42);
  for (std::size_t row = 0; row < 480; ++row) {
    const auto place = static_cast<std::size_t>(ids(data)[row]) - 2;
    EXPECT_EQ(city->categories.at(place), fmt::format("city{}", row % 40));
  }
  EXPECT_EQ(ids(data)[480], 1);  // too rare for a vector of its own
  EXPECT_EQ(ids(data)[481], 0);  // missing
}

TEST_F(EmbeddedCategories, AreOnlyUsedOnRequest) {
  EXPECT_EQ(load().inputs.size(), 1u);
  DataOptions options;
  options.embed = {"city"};
  EXPECT_EQ(load(options).inputs.size(), 2u);
  options.categorical = {"city"};
  EXPECT_THROW(load(options), Error);
}

TEST_F(EmbeddedCategories, NeedTenRowsEachUnlessRequested) {
  std::string text = "city,y\n";
  for (int i = 0; i < 40 * 9; ++i) text += fmt::format("city{},{}\n", i % 40, i % 2);
  DataOptions options;
  options.source = write("few.csv", text).string();
  options.target = "y";
  options.embed_many = true;
  EXPECT_EQ(load_data(options).train.table[0].kind, "category");
  options.embed = {"city"};
  EXPECT_EQ(load_data(options).train.table[0].kind, "embedded");
}

TEST_F(EmbeddedCategories, AreLearnedFromTheGivenRowsOnly) {
  Dataset data = load_embedded();
  std::vector<std::int64_t> rows;
  for (std::int64_t row = 0; row < 480; ++row)
    if (row % 40 != 0 && row % 40 != 7) rows.push_back(row);
  const std::vector<TableColumn> learned = learned_categories(data, rows);
  EXPECT_EQ(learned[0].categories.size(), 38u);
  EXPECT_FALSE(learned[0].has_other);
  const std::vector<float> before = ids(data);
  const std::vector<std::string> categories = data.table[0].categories;
  convert_categories(learned, data);
  for (std::size_t row = 0; row < before.size(); ++row) {
    const float id = ids(data)[row];
    const bool is_learned = before[row] > 1 && row % 40 != 0 && row % 40 != 7;
    ASSERT_EQ(id != 0, is_learned) << row;
    if (!is_learned) continue;
    EXPECT_EQ(data.table[0].categories[static_cast<std::size_t>(id) - 2],
              categories[static_cast<std::size_t>(before[row]) - 2]);
  }
}

// Of 40 cities, 20 occur only in the last half of the rows, which are held out.
TEST_F(EmbeddedCategories, AreCountedInTheTrainingRows) {
  std::string text = "city,y\n";
  for (int i = 0; i < 800; ++i) text += fmt::format("city{},{}\n", i % 20 + i / 400 * 20, i % 2);
  for (const bool embeds : {true, false}) {
    DataOptions options;
    options.source = write("halves.csv", text).string();
    options.target = "y";
    options.embed_many = embeds;
    options.shuffle_split = false;
    options.validation_split = 0.5;
    const TableColumn city = load_data(options).train.table[0];
    ASSERT_EQ(city.categories.size(), 20u);
    for (const std::string& name : city.categories) EXPECT_LT(std::stoi(name.substr(4)), 20);
    EXPECT_FALSE(city.has_other);
  }
}

TEST_F(EmbeddedCategories, MaySpanTheWholeTable) {
  DataOptions options;
  options.embed = {"city", "x"};
  const Dataset data = load(options);
  ASSERT_EQ(data.inputs.size(), 2u);
  EXPECT_EQ(data.inputs[0].name, "city");
  EXPECT_EQ(data.inputs[1].name, "x");
}

TEST_F(EmbeddedCategories, AreReadInTheSameWayFromOtherFiles) {
  const Dataset data = load_embedded();
  DataOptions options;
  options.source = write("new.csv", "x,city\n1,city39\n2,unseen\n3,NA\n").string();
  options.table = data.table;
  options.read_targets = false;
  const Dataset others = load_data(options).train;
  ASSERT_EQ(others.inputs.size(), 2u);
  const auto found = std::ranges::find(data.table[0].categories, "city39");
  const auto place = found - data.table[0].categories.begin();
  EXPECT_EQ(ids(others), (std::vector<float>{2 + static_cast<float>(place), 1, 0}));
}

}  // namespace
}  // namespace selfnorm
