// SPDX-License-Identifier: Apache-2.0
// Helpers that write small files, and that check the behavior for hostile files.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>

#include "base/random.h"
#include "selfnorm/error.h"

namespace selfnorm {

namespace fs = std::filesystem;

/// A fixture with a separate folder for every test.
class TemporaryFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = fs::path(testing::TempDir()) / ("selfnorm_" + std::string(info->test_suite_name()) +
                                              "_" + info->name() + "_" + std::to_string(getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  fs::path write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
    return folder_ / name;
  }
  fs::path write_gz(const std::string& name, const std::string& bytes) const {
    gzFile file = gzopen((folder_ / name).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return folder_ / name;
  }
  static std::string bytes_of(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  fs::path folder_;
};

/// Returns the message of the Error(data) that the action throws, or "" if it throws none. Any
/// other exception fails the test.
inline std::string data_error_message(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::data) << error.what();
    return error.what();
  } catch (const std::exception& other) {
    ADD_FAILURE() << "not an Error: " << other.what();
  }
  return "";
}

inline void expect_contains(const std::string& part, const std::string& message) {
  EXPECT_NE(message.find(part), std::string::npos)
      << "expected '" << part << "' within '" << message << "'";
}

/// Truncates the file at each byte. The action may throw only Error(data), and must throw it if
/// `must_throw`.
inline void try_truncations(const fs::path& path, const std::string& bytes, bool must_throw,
                            const std::function<void(const fs::path&)>& action) {
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::ofstream(path, std::ios::binary) << bytes.substr(0, size);
    const std::string message = data_error_message([&] { action(path); });
    if (must_throw) {
      EXPECT_NE(message, "") << "cut to " << size << " of " << bytes.size();
    }
    if (!message.empty()) expect_contains(path.filename().string(), message);
  }
}

/// Changes one to four random bytes of the file. The action may throw only Error(data).
inline void try_corruptions(const fs::path& path, const std::string& bytes, int trials,
                            const std::function<void(const fs::path&)>& action) {
  const RandomKey key = random_key(1, "test", path.filename().string());
  std::uint64_t draw = 0;
  for (int trial = 0; trial < trials; ++trial) {
    std::string damaged = bytes;
    for (int flip = 0; flip <= trial % 4; ++flip) {
      const double at = uniform(key, draw++), value = uniform(key, draw++);
      damaged[static_cast<std::size_t>(at * static_cast<double>(bytes.size()))] =
          static_cast<char>(static_cast<int>(value * 256));
    }
    std::ofstream(path, std::ios::binary) << damaged;
    SCOPED_TRACE(trial);
    data_error_message([&] { action(path); });
  }
}

/// Returns the folder of public data next to the checkout, if it exists.
inline std::optional<fs::path> shared_data() {
  const char* set = std::getenv("SELFNORM_SHARED");
  const fs::path folder =
      (set != nullptr ? fs::path(set) : fs::path(SELFNORM_SOURCE_DIR) / ".." / "shared") / "data";
  return fs::is_directory(folder) ? std::optional(folder) : std::nullopt;
}

}  // namespace selfnorm
