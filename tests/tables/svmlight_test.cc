// SPDX-License-Identifier: Apache-2.0
#include "tables/svmlight.h"

#include "tables/table.h"
#include "tables/table_format.h"
#include "temporary_files.h"

namespace selfnorm {
namespace {

using Floats = std::vector<float>;
using Names = std::vector<std::string>;
using Classes = std::vector<std::int32_t>;

class SvmlightTest : public TemporaryFolderTest {
 protected:
  Dataset read(const std::string& text, const DataOptions& options = {}) const {
    return read_table(write("t.svm", text), options);
  }
  std::string fault(const std::string& text, const DataOptions& options = {}) const {
    return data_error_message([&] { read(text, options); });
  }
  static const Floats& features(const Dataset& data) {
    return std::get<Floats>(data.inputs[0].values);
  }
  static DataOptions plan_of(const Dataset& data) {
    DataOptions options;
    options.table = data.table;
    return options;
  }
};

const char* const kRows = "# LIBSVM\n+1 1:0.5 3:-2 # first\n-1 2:1e-1\n\n+1 qid:7 1:3\t3:4 \n";

TEST_F(SvmlightTest, AbsentFeaturesAreZero) {
  const Dataset data = read(kRows);
  EXPECT_EQ(data.inputs[0].columns, (Names{"1", "2", "3"}));
  EXPECT_EQ(features(data), (Floats{0.5f, 0, -2, 0, 0.1f, 0, 3, 0, 4}));
  EXPECT_EQ(data.targets.name, "label");
  EXPECT_EQ(data.targets.classes, (Classes{1, 0, 1}));
  EXPECT_EQ(data.targets.class_names, (Names{"-1", "1"}));
  EXPECT_EQ(data.lines, (std::vector<std::int64_t>{2, 3, 5}));
  EXPECT_EQ(data.notes, (Names{"qid, the group of a ranking, is not used"}));
}

TEST_F(SvmlightTest, LabelsMayBeNumbersAndIndicesMayBeginWithZero) {
  const Dataset data = read("0.5 0:1 1:2\n1.5 0:3\n2.25 1:7\n");
  EXPECT_EQ(data.inputs[0].columns, (Names{"0", "1"}));
  EXPECT_EQ(data.targets.values, (Floats{0.5f, 1.5f, 2.25f}));
}

TEST_F(SvmlightTest, NewRowsHaveTheColumnsOfTheModel) {
  const DataOptions plan = plan_of(read(kRows));
  EXPECT_EQ(features(read("1 1:5\n", plan)), (Floats{5, 0, 0}));
  const Dataset more = read("1 2:1 3:4 9:1 12:2\n-1 1:1\n", plan);
  EXPECT_EQ(features(more), (Floats{0, 1, 4, 1, 0, 0}));
  EXPECT_EQ(more.notes, (Names{"features 4 to 12 are not used, since the model has only 3"}));
  expect_contains("has a feature 0, but those of the model begin with 1",
                  fault("1 0:1 3:4\n-1 1:1\n", plan));
  DataOptions without_labels = plan;
  without_labels.read_targets = false;
  EXPECT_EQ(features(read("3:4\n1:1\n", without_labels)), (Floats{0, 0, 4, 1, 0, 0}));
}

TEST_F(SvmlightTest, IsRecognizedByItsContent) {
  const auto format = [&](const char* name, const std::string& text) {
    return find_table_format(write(name, text));
  };
  EXPECT_EQ(format("a.txt", kRows), TableFormat::svmlight);
  EXPECT_EQ(format("a", "1 1:2 2:3"), TableFormat::svmlight);
  EXPECT_EQ(format("a.csv", kRows), TableFormat::delimited);
  EXPECT_EQ(format("a.txt", "5 12:30\n6 13:30\n"), TableFormat::delimited);
  EXPECT_EQ(format("a.txt", "1 2:1 3:1\n1 2\n"), TableFormat::delimited);
}

TEST_F(SvmlightTest, ErrorsNameThePlace) {
  const std::pair<const char*, const char*> faults[] = {
      {"1 1:1\n1,3 2:0.5\n", "t.svm:2: expected one label, got several: '1,3'"},
      {"1 1:1\nyes 2:0.5\n", "t.svm:2: expected a number as the label, got 'yes'"},
      {"1 1:1\n2:0.5\n", "t.svm:2: expected a label before the features"},
      {"1 2:1 2:3\n", "t.svm:1: expected ascending indices, got 2 after 2"},
      {"1 2:one\n", "t.svm:1: feature 2: expected a number, got 'one'"},
      {"1 2:\n", "t.svm:1: feature 2: expected a number, got ''"},
      {"1 2\n", "t.svm:1: expected index:value, got '2'"},
      {"1 -2:1\n", "t.svm:1: expected index:value, got '-2:1'"},
      {"1 4294967296:1\n", "t.svm:1: expected index:value, got '4294967296:1'"},
      {"1 2147483647:1\n", "the table is too large"},
      {"1 100001:1\n", "the table is too large"},
      {"# none\n", "has no rows"},
      {"1\n2\n", "no row has a feature"}};
  for (const auto& [text, message] : faults) expect_contains(message, fault(text));
  DataOptions options;
  options.target = "y";
  expect_contains("the target of a file of LIBSVM is its first cell", fault(kRows, options));
  constexpr int kDamaged = 500;
  const auto action = [](const fs::path& path) { read_table(path, {}); };
  try_truncations(folder_ / "cut.svm", kRows, false, action);
  try_corruptions(folder_ / "flip.svm", kRows, kDamaged, action);
}

}  // namespace
}  // namespace selfnorm
