// SPDX-License-Identifier: Apache-2.0
// Shows a running training in a browser.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "selfnorm/run.h"

namespace selfnorm::cli {

/// Serves a page on a free port of 127.0.0.1 and pushes the latest event to every open page
/// (server-sent events). Prints the address on standard error. Requests with another host's name
/// are refused, so that a page of another site cannot read the data. Throws Error(io) if no port is
/// free.
class LiveServer {
 public:
  explicit LiveServer(std::string page);
  ~LiveServer();
  LiveServer(const LiveServer&) = delete;
  LiveServer& operator=(const LiveServer&) = delete;

  void show(std::string document);
  /// Waits until every open page has received the latest event, at most one second.
  void wait_until_sent();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

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
