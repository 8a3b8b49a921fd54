// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "selfnorm/train.h"

namespace selfnorm {

/// The history of a run, a JSON object a line (docs/history.md). Each line is flushed when it is
/// written.
class HistoryFile {
 public:
  /// Keeps the lines up to `last_epoch` of a file that is there; −1 starts anew. A last line that
  /// was cut short is dropped.
  HistoryFile(std::filesystem::path path, std::int64_t last_epoch);
  void append(const EpochRecord& record);
  /// What the file holds.
  const std::vector<EpochRecord>& records() const { return records_; }

 private:
  std::filesystem::path path_;
  std::vector<EpochRecord> records_;
};

/// One line of it, and back. Reading throws Error(data).
std::string history_line(const EpochRecord& record);
EpochRecord parse_history_line(std::string_view line);

/// All epochs of a history file. Throws Error(data) naming file and line. With `drop_truncated` a
/// last line without its end is left out: a crash came between.
std::vector<EpochRecord> read_history(const std::filesystem::path& path,
                                      bool drop_truncated = false);

}  // namespace selfnorm
