// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "selfnorm/error.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

class AtomicFileTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  // ctest runs the tests in parallel, each in its own process.
  fs::path folder_ =
      fs::path(testing::TempDir()) / ("selfnorm_file_test_" + std::to_string(getpid()));
};

TEST_F(AtomicFileTest, KeepsTheOldFileUntilCommit) {
  const fs::path path = folder_ / "model";
  write_file(path, "old");
  {
    AtomicFile file(path);
    file.write("half of the new");
  }
  EXPECT_EQ(read_file(path), "old");
  write_file(path, "new");
  EXPECT_EQ(read_file(path), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(AtomicFileTest, NamesThePathThatCannotBeWritten) {
  try {
    write_file(folder_ / "missing" / "model", "x");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_NE(std::string(error.what()).find("missing/model"), std::string::npos);
  }
}

// Like a full disk, /dev/full can be opened but rejects every write.
TEST_F(AtomicFileTest, ReportsAFullDisk) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full on this system";
  EXPECT_THROW(read_file(folder_), Error);
  fs::create_symlink("/dev/full", folder_ / ("model.tmp" + std::to_string(getpid())));
  EXPECT_THROW(write_file(folder_ / "model", "x"), Error);
  EXPECT_FALSE(fs::exists(folder_ / "model"));
}

TEST_F(AtomicFileTest, KeepsLinksAndDevices) {
  write_file(folder_ / "target", "old");
  fs::create_symlink(folder_ / "target", folder_ / "link");
  write_file(folder_ / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(read_file(folder_ / "target"), "new");
  write_file("/dev/null", "gone");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace selfnorm
