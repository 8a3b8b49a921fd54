// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "selfnorm/train.h"

namespace selfnorm {

/// The history of a run, with one JSON object per line (docs/history.md). Each line is flushed when
/// it is written.
class HistoryFile {
 public:
  /// Keeps the lines of an existing file up to `last_epoch`, or none if it is −1. Drops a last line
  /// that is truncated.
  HistoryFile(std::filesystem::path path, std::int64_t last_epoch);
  void append(const EpochRecord& record);
  /// Returns the contents of the file.
  const std::vector<EpochRecord>& records() const { return records_; }

 private:
  std::filesystem::path path_;
  std::vector<EpochRecord> records_;
};

/// Convert a record to a line of the history and back. parse_history_line throws Error(data).
std::string history_line(const EpochRecord& record);
EpochRecord parse_history_line(std::string_view line);

/// Reads all epochs of a history file. Throws Error(data) with file and line. With
/// `drop_truncated`, a last line without its line end is dropped, because a crash may leave one.
std::vector<EpochRecord> read_history(const std::filesystem::path& path,
                                      bool drop_truncated = false);

}  // namespace selfnorm
