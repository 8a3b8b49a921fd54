// SPDX-License-Identifier: Apache-2.0
#include "tune/search_input.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/index.h"
#include "temporary_files.h"

namespace selfnorm {
namespace {

class SearchInputTest : public TemporaryFolderTest {
 protected:
  // 200 rows: the number of the row, groups of 4 rows, a word, and 60 rows of one class.
  RunConfig config() const {
    std::string text = "number,team,word,y\n";
    for (int i = 0; i < 200; ++i)
      text += fmt::format("{}.5,t{},w{},{}\n", i, i / 4, i % 3, i % 10 < 3 ? "yes" : "no");
    RunConfig config;
    config.data.source = write("t.csv", text).string();
    config.data.target = "y";
    config.data.drop = {"team"};
    config.preset = "auto";
    return config;
  }
};

// Returns the numbers in the first column, which identify the rows.
std::set<int> rows_of(const Dataset& data) {
  std::set<int> rows;
  const auto& values = std::get<std::vector<float>>(data.inputs[0].values);
  const auto width = as_index(elements(data.inputs[0].sample_shape));
  for (std::size_t i = 0; i < values.size(); i += width) rows.insert(static_cast<int>(values[i]));
  return rows;
}

TEST_F(SearchInputTest, DividesFewRowsIntoFolds) {
  const SearchInput input = load_search(config());
  EXPECT_EQ(input.config.default_network.folds, 5);
  EXPECT_FALSE(input.config.data.validation_split.has_value());
}

TEST_F(SearchInputTest, HoldsOutAFifthWhereMembersShareALayer) {
  RunConfig shared = config();
  shared.default_network.numeric_embedding = "pbld";
  shared.given = {"numeric_embedding"};
  const SearchInput input = load_search(shared);
  EXPECT_EQ(input.config.default_network.folds, 0);
  EXPECT_EQ(input.config.default_network.members, 1);
  EXPECT_EQ(input.config.data.validation_split, 0.2);
}

// Members with folds could not share the embedding, which the default network has.
TEST_F(SearchInputTest, KeepsTheEmbeddingsOfTheDefault) {
  std::string text = "city,x,y\n";
  for (int i = 0; i < 600; ++i)
    text += fmt::format("c{},{}.5,{}\n", i % 40, i % 7, i % 2 == 0 ? "yes" : "no");
  RunConfig many;
  many.data.source = write("many.csv", text).string();
  many.data.target = "y";
  many.preset = "auto";
  const SearchInput input = load_search(many);
  EXPECT_EQ(input.config.default_network.folds, 0);
  EXPECT_EQ(input.data.train.table[0].kind, "embedded");
}

TEST_F(SearchInputTest, HoldsOutRowsInAdditionToTestRows) {
  RunConfig with_test = config();
  with_test.data.test_split = 0.2;
  with_test.data.time = "number";
  EXPECT_EQ(load_search(with_test).config.data.validation_split, 0.2);
}

TEST_F(SearchInputTest, KeepsHeldOutRowsOfTheUser) {
  RunConfig chosen = config();
  chosen.default_network.members = 3;
  chosen.given = {"members"};
  EXPECT_EQ(load_search(chosen).config.data.validation_split, 0.2);  // settled for all searches
  chosen = config();
  chosen.data.validation_split = 0.3;
  EXPECT_EQ(load_search(chosen).config.data.validation_split, 0.3);
  EXPECT_EQ(load_search(chosen).config.default_network.folds, 0);
}

TEST_F(SearchInputTest, RejectsDataThatAreNotATable) {
  RunConfig images;
  images.data.source = "digits";
  images.preset = "auto";
  try {
    load_search(images);
    ADD_FAILURE() << "took images";
  } catch (const Error& error) {
    expect_contains("is not a table", error.what());
  }
}

TEST_F(SearchInputTest, EachPartIsMissingOnce) {
  const SearchInput input = load_search(config());
  const auto part_of = divide_into_parts(input, 4);
  std::set<int> all_left_out;
  for (std::int32_t part = 0; part < 4; ++part) {
    const SearchInput rest = without_part(input, part_of, part);
    const std::set<int> kept = rows_of(rest.data.train), left_out = rows_of(*rest.data.test);
    EXPECT_EQ(kept.size(), 150U);
    EXPECT_EQ(left_out.size(), 50U);
    std::int64_t yes = 0;
    for (const int row : left_out) {
      EXPECT_FALSE(kept.contains(row));
      EXPECT_TRUE(all_left_out.insert(row).second);
      yes += row % 10 < 3;
    }
    EXPECT_EQ(yes, 15);  // the share of the class in all rows
  }
  EXPECT_EQ(all_left_out.size(), 200U);
}

TEST_F(SearchInputTest, PartsHaveWholeGroups) {
  RunConfig grouped = config();
  grouped.data.drop = {};
  grouped.data.group = "team";
  const SearchInput input = load_search(grouped);
  std::map<int, std::set<std::int32_t>> parts_of_group;
  const auto part_of = divide_into_parts(input, 4);
  for (int row = 0; row < 200; ++row) parts_of_group[row / 4].insert(part_of[as_index(row)]);
  for (const auto& [group, parts] : parts_of_group) EXPECT_EQ(parts.size(), 1U) << group;
}

TEST_F(SearchInputTest, OnlyASearchWithEqualOptionsHasItsFingerprint) {
  const std::string own = search_fingerprint(load_search(config()));
  const auto other = [&](auto change) {
    RunConfig changed = config();
    change(changed);
    return search_fingerprint(load_search(changed));
  };
  EXPECT_EQ(other([](RunConfig& c) { c.train.threads = 3; }), own);
  EXPECT_NE(other([](RunConfig& c) { c.train.seed = 2; }), own);
  // A given value that equals the initial one: it is no longer chosen by the preset.
  EXPECT_NE(other([](RunConfig& c) { c.given = {"epochs"}; }), own);
}

TEST_F(SearchInputTest, SearchesWhatHasAnEffectAndIsNotGiven) {
  const auto given = [&](const RunConfig& run) {
    const SearchInput input = load_search(run);
    return search_space(*prepare_run(input.config, input.data), input.config).given;
  };
  const auto has = [](const std::vector<std::string>& names, const char* name) {
    return std::ranges::find(names, name) != names.end();
  };
  EXPECT_FALSE(has(given(config()), "scaling"));
  RunConfig words = config();
  words.data.drop = {"team", "number"};
  EXPECT_TRUE(has(given(words), "scaling"));
  RunConfig with_sgd = config();
  with_sgd.train.optimizer.name = "sgd";
  with_sgd.given = {"optimizer"};
  EXPECT_TRUE(has(given(with_sgd), "optimizer.learning_rate"));
}

}  // namespace
}  // namespace selfnorm
