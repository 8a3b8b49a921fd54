// SPDX-License-Identifier: Apache-2.0
#include "cli/live_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "selfnorm/report.h"
#include "train/history.h"

namespace selfnorm::cli {

LiveRun::LiveRun(const RunFolder& folder, std::int64_t epochs)
    : folder_(folder), epochs_(epochs), server_(live_report(folder.name())) {
  server_.show(live_event_json(history_, "The training has begun.", false));
}

// The folder's history holds the earlier epochs of a resumed run.
void LiveRun::add(const EpochRecord& record) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds kMinUpdateInterval{500};
  constexpr int kMinIntervalPerCost = 100;  // at most 1 % of the time
  if (history_.empty()) history_ = read_history(folder_.history());
  else history_.push_back(record);
  const auto now = Clock::now();
  if (now - shown_ < std::max<Clock::duration>(kMinUpdateInterval, kMinIntervalPerCost * cost_))
    return;
  server_.show(live_event_json(
      history_, fmt::format("Epoch {} of {} is done.", record.epoch, epochs_), false));
  shown_ = Clock::now();
  cost_ = shown_ - now;
}

void LiveRun::end(const std::string& state) { end_with(live_event_json(history_, state, true)); }

void LiveRun::end_with(std::string report) {
  server_.show(std::move(report));
  server_.wait_until_sent();
}

}  // namespace selfnorm::cli
