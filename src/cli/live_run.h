// SPDX-License-Identifier: Apache-2.0
// Shows a running training in a browser.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cli/live_server.h"
#include "selfnorm/run.h"

namespace selfnorm::cli {

/// Shows a run's history on such a page.
class LiveRun {
 public:
  LiveRun(const RunFolder& folder, std::int64_t epochs);

  /// Shows an epoch that was written to the folder's history. The page changes at most twice per
  /// second and takes at most 1 % of the time.
  void add(const EpochRecord& record);
  /// Shows the history with a message on how the training ended, or the whole report.
  void end(const std::string& state);
  void end_with(std::string report);

 private:
  RunFolder folder_;
  std::int64_t epochs_;
  std::vector<EpochRecord> history_;
  std::chrono::steady_clock::time_point shown_{};
  std::chrono::steady_clock::duration cost_{};  ///< time that the latest event took to make
  LiveServer server_;
};

}  // namespace selfnorm::cli
