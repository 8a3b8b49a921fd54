// SPDX-License-Identifier: Apache-2.0
// The file of the trials of a search, from which it can be resumed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "selfnorm/tune.h"

namespace selfnorm {

/// A file with one JSON object per line: the search, then its finished trials. A line that an
/// interruption cut off is removed.
class TrialsFile {
 public:
  /// Creates the file, or opens one to append to it. Throws Error(data) if an existing file is
  /// damaged or belongs to another search, and Error(io) if it cannot be written.
  TrialsFile(std::filesystem::path path, const std::string& fingerprint);

  /// Returns the trials that the file had when it was opened.
  const std::vector<TuneTrial>& trials() const { return trials_; }

  /// Returns the seconds that all sessions of the search before this one took.
  double seconds() const { return seconds_; }

  /// Appends a trial. `seconds` is the time since the start of the search, in all sessions.
  void append(const TuneTrial& trial, double seconds);

 private:
  std::filesystem::path path_;
  std::vector<TuneTrial> trials_;
  double seconds_ = 0;
};

}  // namespace selfnorm
