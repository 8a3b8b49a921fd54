// SPDX-License-Identifier: Apache-2.0
// Helpers that write small files, and that check the behavior for hostile files.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

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
  /// Writes a file with a filter of libarchive, as ARCHIVE_FILTER_ZSTD.
  fs::path write_compressed(const std::string& name, int filter, const std::string& bytes) const {
    return write_archive(name, ARCHIVE_FORMAT_RAW, filter, {{"data", bytes}});
  }
  using Members = std::vector<std::pair<std::string, std::string>>;
  fs::path write_zip(const std::string& name, const Members& members) const {
    return write_archive(name, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, members);
  }
  fs::path write_archive(const std::string& name, int format, int filter,
                         const Members& members) const {
    archive* out = archive_write_new();
    archive_write_set_format(out, format);
    archive_write_add_filter(out, filter);
    archive_write_open_filename(out, (folder_ / name).c_str());
    for (const auto& [member, bytes] : members) {
      archive_entry* entry = archive_entry_new();
      archive_entry_set_pathname(entry, member.c_str());
      archive_entry_set_size(entry, static_cast<std::int64_t>(bytes.size()));
      archive_entry_set_filetype(entry, member.ends_with('/') ? AE_IFDIR : AE_IFREG);
      archive_write_header(out, entry);
      archive_write_data(out, bytes.data(), bytes.size());
      archive_entry_free(entry);
    }
    archive_write_free(out);
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
