// SPDX-License-Identifier: Apache-2.0
// A training in the reader's browser, as it goes.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "selfnorm/run.h"

namespace selfnorm::cli {

/// Serves a page on 127.0.0.1, on whatever port is free, and pushes to all who look at it what is
/// shown last (server-sent events). Says the address on standard error. Requests for another host's
/// name are refused, so that no page of the web can look in. Throws Error(io) where no port is
/// free.
class LiveServer {
 public:
  explicit LiveServer(std::string page);
  ~LiveServer();
  LiveServer(const LiveServer&) = delete;
  LiveServer& operator=(const LiveServer&) = delete;

  void show(std::string document);
  /// Waits, a second at most, until all who look have seen what was shown last.
  void settle();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// A run's history on such a page.
class LiveRun {
 public:
  LiveRun(const RunFolder& folder, std::int64_t epochs);

  /// After an epoch that the folder's history has. What is shown changes twice a second at most,
  /// and takes a hundredth of the time at most.
  void add(const EpochRecord& record);
  /// Shows the history with a word on how it ended, or the whole report.
  void end(const std::string& state);
  void end_with(std::string report);

 private:
  RunFolder folder_;
  std::int64_t epochs_;
  std::vector<EpochRecord> history_;
  std::chrono::steady_clock::time_point shown_{};
  std::chrono::steady_clock::duration cost_{};  ///< of making what was shown last
  LiveServer server_;
};

}  // namespace selfnorm::cli
