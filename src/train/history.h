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
  /// that is truncated. If other lines cannot be read, it copies the file to damaged_history(path)
  /// before it drops them.
  HistoryFile(std::filesystem::path path, std::int64_t last_epoch);
  void append(const EpochRecord& record);
  /// Waits until the disk has what was appended.
  void sync() const;
  /// Returns the contents of the file.
  const std::vector<EpochRecord>& records() const { return records_; }
  /// Returns what was wrong with each line that was dropped, except a truncated last one.
  const std::vector<std::string>& damage() const { return damage_; }

 private:
  void keep(std::int64_t last_epoch);

  std::filesystem::path path_;
  std::vector<std::string> damage_;
  std::vector<EpochRecord> records_;
};

/// Returns the path of the copy of a history from which damaged lines were dropped.
std::filesystem::path damaged_history(std::filesystem::path history);

/// Convert a record to a line of the history and back. parse_history_line throws Error(data).
std::string history_line(const EpochRecord& record);
EpochRecord parse_history_line(std::string_view line);

/// Reads all epochs of a history file. Throws Error(data) with file and line. With
/// `drop_truncated`, a last line without its line end is dropped, because a crash may leave one.
std::vector<EpochRecord> read_history(const std::filesystem::path& path,
                                      bool drop_truncated = false);

}  // namespace selfnorm
