// SPDX-License-Identifier: Apache-2.0
#include "data/data_options.h"

#include <algorithm>
#include <numeric>

#include "data/gather.h"
#include "data/standardizer.h"
#include "sources/known_datasets.h"
#include "temporary_files.h"

namespace selfnorm {
namespace {

using Classes = std::vector<std::int32_t>;

class LoadTest : public TemporaryFolderTest {
 protected:
  void SetUp() override {
    TemporaryFolderTest::SetUp();
    const char* set = std::getenv("SELFNORM_DATA");
    if (set != nullptr) before_ = set;
    unsetenv("SELFNORM_DATA");
  }
  void TearDown() override {
    if (!before_.empty()) setenv("SELFNORM_DATA", before_.c_str(), 1);
    else unsetenv("SELFNORM_DATA");
    TemporaryFolderTest::TearDown();
  }

  DataOptions source(const std::string& name) const {
    DataOptions options;
    options.source = name;
    return options;
  }
  // Writes `count` images of 2×2 bytes. The label of a row is row mod `classes`.
  void write_idx(const std::string& part, int count, int classes) const {
    const auto extent = [](int n) { return std::string(3, '\0') + static_cast<char>(n); };
    std::string images("\0\0\x08\x03", 4), labels("\0\0\x08\x01", 4);
    images += extent(count) + extent(2) + extent(2);
    labels += extent(count);
    for (int i = 0; i < count; ++i) {
      images += std::string(4, static_cast<char>(i));
      labels += static_cast<char>(i % classes);
    }
    write_gz(part + "-images-idx3-ubyte.gz", images);
    write(part + "-labels-idx1-ubyte", labels);
  }
  std::string fault(const DataOptions& options) const {
    return data_error_message([&] { load_data(options); });
  }

  std::string before_;
};

TEST_F(LoadTest, LoadsTheBundledDigits) {
  const LoadedData data = load_data(source("digits"));
  ASSERT_TRUE(data.test);
  EXPECT_EQ(data.train.rows, 1438);
  EXPECT_EQ(data.test->rows, 359);
  EXPECT_EQ(data.train.inputs[0].sample_shape, (Shape{1, 8, 8}));
  EXPECT_EQ(data.train.targets.class_names.size(), 10U);
  // The first line of the file begins with 0,0,5,13,9,1 and is a 0. The fifth line is the first
  // test row and is a 4.
  const auto& pixels = std::get<std::vector<float>>(data.train.inputs[0].values);
  EXPECT_EQ(std::vector<float>(pixels.begin(), pixels.begin() + 6),
            (std::vector<float>{0, 0, 5 / 16.f, 13 / 16.f, 9 / 16.f, 1 / 16.f}));
  EXPECT_EQ(Classes(data.train.targets.classes.begin(), data.train.targets.classes.begin() + 6),
            (Classes{0, 1, 2, 3, 5, 6}));
  EXPECT_EQ(data.test->targets.classes[0], 4);
  EXPECT_EQ(data.test->targets.classes[1], 9);
  EXPECT_LE(*std::ranges::max_element(pixels), 1);
  EXPECT_EQ(pixels.size(), 1438U * 64);
}

TEST_F(LoadTest, LoadsAnIdxFolderWithTestSet) {
  write_idx("train", 6, 3);
  write_idx("t10k", 4, 2);
  const LoadedData data = load_data(source(folder_.string()));
  EXPECT_EQ(data.train.rows, 6);
  ASSERT_TRUE(data.test);
  EXPECT_EQ(data.test->rows, 4);
  EXPECT_EQ(data.train.inputs[0].sample_shape, (Shape{1, 2, 2}));
  EXPECT_EQ(data.test->targets.classes, (Classes{0, 1, 0, 1}));
  EXPECT_EQ(data.test->targets.class_names, data.train.targets.class_names);
  DataOptions limited = source(folder_.string());
  limited.limit = 3;
  EXPECT_EQ(load_data(limited).train.rows, 3);
  DataOptions split = source(folder_.string());
  split.test_split = 0.5;
  expect_contains("already has a test set", fault(split));
}

TEST_F(LoadTest, IdxErrorsNameTheFile) {
  write_idx("train", 6, 2);
  write_idx("t10k", 4, 3);
  expect_contains("t10k-labels-idx1-ubyte: row 2 (from 0): class '2' is not one of the 2 known",
                  fault(source(folder_.string())));
  write("train-labels-idx1-ubyte", std::string("\0\0\x08\x01\0\0\0\2\0\1", 10));
  expect_contains("has 6 rows, but", fault(source(folder_.string())));
  fs::remove(folder_ / "train-labels-idx1-ubyte");
  expect_contains("expected a folder with train-images-idx3-ubyte",
                  fault(source(folder_.string())));
}

TEST_F(LoadTest, LoadsKnownSetsFromTheFirstDirectoryThatHasThem) {
  fs::create_directories(folder_ / "one" / "mnist");
  const fs::path all = folder_;
  folder_ = all / "one" / "mnist";
  write_idx("train", 20, 10);
  write_idx("t10k", 10, 10);
  fs::copy(all / "one", all / "two", fs::copy_options::recursive);
  folder_ = all;

  setenv("SELFNORM_DATA",
         (all / "none").string().append(":").append((all / "two").string()).c_str(), 1);
  DataOptions options = source("mnist");
  EXPECT_EQ(*find_dataset(*find_known_dataset("mnist"), options), all / "two" / "mnist");
  options.data_dir = (all / "one").string();
  EXPECT_EQ(*find_dataset(*find_known_dataset("mnist"), options), all / "one" / "mnist");
  EXPECT_EQ(load_data(options).train.rows, 20);
  // A label that does not exist in the known data set.
  std::string labels = bytes_of(all / "one" / "mnist" / "train-labels-idx1-ubyte");
  labels.back() = 10;
  write("one/mnist/train-labels-idx1-ubyte", labels);
  expect_contains("row 19 (from 0): expected a class from 0 to 9, got 10", fault(options));
  // A folder in which a file is missing is skipped.
  fs::remove(all / "one" / "mnist" / "t10k-images-idx3-ubyte.gz");
  EXPECT_EQ(*find_dataset(*find_known_dataset("mnist"), options), all / "two" / "mnist");
}

TEST_F(LoadTest, NamesSearchedFoldersAndSourceOfMissingData) {
  const KnownDataset absent{"fashion_mnist", "", "no-such-folder",
                            "a-file b-file", "", "apt-get install dataset-fashion-mnist"};
  DataOptions options;
  options.data_dir = folder_.string();
  const std::string message = data_error_message([&] { require_dataset(absent, options); });
  expect_contains("a-file, b-file", message);
  expect_contains((folder_ / "no-such-folder").string(), message);
  expect_contains("/usr/share/datasets/no-such-folder", message);
  expect_contains("apt-get install dataset-fashion-mnist", message);
}

TEST_F(LoadTest, RejectsUnknownSources) {
  expect_contains("'minst' is neither a file nor a known data set (did you mean 'mnist'?)",
                  fault(source("minst")));
  expect_contains("no data source", fault(source("")));
  expect_contains("unknown file extension '.png', and the file is not a text",
                  fault(source(write("t.png", std::string("\x89PNG\0", 5)).string())));
  expect_contains("has no rows", fault(source(write("t.unknown", "\n").string())));
}

TEST_F(LoadTest, LoadsArraysWithTargetsNextToThem) {
  const auto npy = [](const std::string& type, const std::string& shape, const std::string& bytes) {
    std::string text =
        "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + "}\n";
    return std::string("\x93NUMPY\1\0", 8) + static_cast<char>(text.size()) + '\0' + text + bytes;
  };
  DataOptions options = source(write("x.npy", npy("|i1", "(3, 2)", "abcdef")).string());
  EXPECT_EQ(load_data(options).train.targets.classes.size(), 0U);
  write("y.npy", npy("|i1", "(3,)", "\2\1\2"));
  options.target = "y.npy";
  EXPECT_EQ(load_data(options).train.targets.classes, (Classes{1, 0, 1}));
  EXPECT_EQ(load_data(options).train.targets.class_names, (std::vector<std::string>{"1", "2"}));
  write("y.npy", npy("|i1", "(3, 2)", "abcdef"));
  EXPECT_EQ(load_data(options).train.targets.width, 2);
  write("y.npy", npy("|i1", "(2,)", "ab"));
  expect_contains("has 3 rows, but", fault(options));
  options.target = "z.npy";
  expect_contains("z.npy: cannot be opened", fault(options));
}

TEST_F(LoadTest, TestSplitTakesTheLastRowsOrRandomRows) {
  std::string text = "x,y\n";
  for (int i = 0; i < 100; ++i) text += std::to_string(i) + "," + std::to_string(i % 2) + "\n";
  DataOptions options = source(write("t.csv", text).string());
  options.target = "y";
  options.test_split = 0.25;
  const auto first = [](const Dataset& data) {
    return std::get<std::vector<float>>(data.inputs[0].values).front();
  };
  options.shuffle_split = false;
  EXPECT_EQ(first(*load_data(options).test), 75);
  EXPECT_EQ(load_data(options).train.rows, 75);
  options.shuffle_split = true;
  const LoadedData a = load_data(options, 1), b = load_data(options, 1), c = load_data(options, 2);
  EXPECT_EQ(a.test->inputs[0].values, b.test->inputs[0].values);
  EXPECT_NE(a.test->inputs[0].values, c.test->inputs[0].values);
}

TEST_F(LoadTest, ChecksOptions) {
  DataOptions data;
  apply_settings(options(data), {{"source", "mnist"}, {"validation_split", 0.2}}, "net.toml");
  EXPECT_EQ(data.source, "mnist");
  EXPECT_EQ(data.validation_split, 0.2);
  EXPECT_THROW(apply_settings(options(data), {{"task", "guess"}}, "net.toml"), Error);
  EXPECT_THROW(apply_settings(options(data), {{"test_split", 1.0}}, "net.toml"), Error);
  EXPECT_THROW(apply_settings(options(data), {{"limit", std::int64_t{-1}}}, "net.toml"), Error);
}

// Mean and standard deviation of the training images are well known: 0.1307 and 0.3081.
TEST_F(LoadTest, Mnist) {
  const auto shared = shared_data();
  if (!shared || !fs::is_directory(*shared / "mnist")) {
    GTEST_SKIP() << "MNIST is not next to the checkout (SELFNORM_SHARED)";
  }
  DataOptions options = source("mnist");
  options.data_dir = shared->string();
  const LoadedData data = load_data(options);
  EXPECT_EQ(data.train.rows, 60000);
  EXPECT_EQ(data.test->rows, 10000);
  EXPECT_EQ(data.train.inputs[0].sample_shape, (Shape{1, 28, 28}));
  const Classes& labels = data.train.targets.classes;
  EXPECT_EQ(Classes(labels.begin(), labels.begin() + 5), (Classes{5, 0, 4, 1, 9}));
  EXPECT_EQ(std::ranges::count(labels, 1), 6742);
  std::vector<std::int64_t> rows(60000);
  std::iota(rows.begin(), rows.end(), 0);
  const Standardizer s = fit_standardizer(data.train.inputs[0], rows);
  constexpr double kPublishedDigits = 0.5e-4;
  EXPECT_NEAR(s.mean.at(0), 0.1307, kPublishedDigits);
  EXPECT_NEAR(s.standard_deviation.at(0), 0.3081, kPublishedDigits);
}

TEST_F(LoadTest, FashionMnist) {
  const DataOptions options = source("fashion_mnist");
  if (!find_dataset(*find_known_dataset("fashion_mnist"), options)) {
    GTEST_SKIP() << "the package dataset-fashion-mnist is not installed";
  }
  const LoadedData data = load_data(options);
  EXPECT_EQ(data.train.rows, 60000);
  EXPECT_EQ(data.test->rows, 10000);
  EXPECT_EQ(data.train.targets.class_names[9], "Ankle boot");
  EXPECT_EQ(data.train.targets.classes[0], 9);
  for (std::int32_t c = 0; c < 10; ++c) {
    EXPECT_EQ(std::ranges::count(data.train.targets.classes, c), 6000) << c;
  }
}

}  // namespace
}  // namespace selfnorm
