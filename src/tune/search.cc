// SPDX-License-Identifier: Apache-2.0
#include "tune/search.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <csignal>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "base/index.h"
#include "selfnorm/error.h"
#include "train/metric_table.h"
#include "tune/train_candidate.h"
#include "tune/trials_file.h"

namespace selfnorm {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Returns what Halving compares: the metric, then the loss.
std::optional<std::vector<double>> score_of(const TuneTrial& trial, const std::string& metric) {
  const auto signed_score = [&](const std::string& name) {
    return (higher_is_better(name) ? 1 : -1) * find_score(trial.scores, name);
  };
  const std::vector<double> score = {signed_score(metric), signed_score("loss")};
  if (!std::isfinite(score[0]) || !std::isfinite(score[1])) return std::nullopt;
  return score;
}

/// Blocks all signals in this thread, and in those that it starts, while it exists.
class SignalBlock {
 public:
  SignalBlock() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t before_;
};

bool is_whole_default(const RungTrial& trial) { return trial == RungTrial{0, kRungs - 1}; }

/// The threads of a search. The mutex guards the members after it.
class SearchThreads {
 public:
  SearchThreads(const RunConfig& config, const LoadedData& data, const TuneFolder& folder,
                const TuneOptions& options, const TuneCallbacks& callbacks, TrialsFile& file,
                SearchState& search)
      : config_(config),
        data_(data),
        folder_(folder),
        options_(options),
        callbacks_(callbacks),
        search_(search),
        file_(file) {}

  /// Adds a finished trial to the search.
  void add(const TuneTrial& trial) {
    search_.halving.finish({trial.id, trial.rung}, score_of(trial, search_.metric));
    has_started_default_ = has_started_default_ || is_whole_default({trial.id, trial.rung});
    search_.trials.insert_or_assign({trial.id, trial.rung}, trial);
  }

  /// Returns when no trial is left, or the time is over. Throws the first error of a thread.
  void run() {
    const std::int64_t cores = std::max<std::int64_t>(1, std::thread::hardware_concurrency());
    std::vector<std::thread> threads;
    {
      const SignalBlock block;  // signals are for the main thread
      const std::int64_t count = options_.jobs > 0 ? options_.jobs : cores;
      threads.reserve(as_index(count));
      try {
        for (std::int64_t i = 0; i < count; ++i) threads.emplace_back([this] { work(); });
      } catch (const std::system_error&) {  // too many threads: go on with those that there are
        if (threads.empty()) throw;
      }
    }
    for (std::thread& thread : threads) thread.join();
    if (error_) std::rethrow_exception(error_);
  }

 private:
  double elapsed() const { return file_.seconds() + seconds_since(start_); }
  bool is_time_over() const { return options_.seconds > 0 && elapsed() >= options_.seconds; }

  void work() {
    try {
      while (const auto next = take_next()) {
        const auto trial = run_trial(*next);
        const std::lock_guard lock(mutex_);
        if (trial) record(*trial);
        --running_;
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      --running_;
      if (!error_) error_ = std::current_exception();
      has_stopped_ = true;
      changed_.notify_all();
    }
  }

  // Waits until a trial can start. Returns nothing at the end of the search. The first trial, that
  // of the default over all epochs, starts and goes on after the end of the time, so that there is
  // a result.
  std::optional<RungTrial> take_next() {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (has_stopped_ || (has_started_default_ && is_time_over())) return std::nullopt;
      if (const auto next = search_.halving.start_next()) {
        has_started_default_ = has_started_default_ || is_whole_default(*next);
        ++running_;
        return next;
      }
      if (running_ == 0) return std::nullopt;
      changed_.wait(lock);
    }
  }

  // Returns nothing for a trial that was given up at the end of the time.
  std::optional<TuneTrial> run_trial(const RungTrial& task) {
    const auto [id, rung] = task;
    TuneTrial trial{id, rung, epochs_of_rung(search_.epochs, rung), {}, {}, {}, 0};
    trial.candidate = draw_candidate(search_.space, id);
    const auto start = Clock::now();
    const auto should_stop = [this, is_limited = !is_whole_default(task)] {
      if (callbacks_.should_stop && callbacks_.should_stop()) is_interrupted_ = true;
      return is_interrupted_ || has_stopped_ || (is_limited && is_time_over());
    };
    const bool is_whole = rung == kRungs - 1;
    try {
      CandidateScores scored = train_candidate(
          with_candidate(config_, trial.candidate, trial.epochs), data_,
          is_whole ? model_file(folder_, id) : std::filesystem::path(), id > 0, should_stop);
      trial.scores = std::move(scored.scores);
      trial.failure = std::move(scored.failure);
    } catch (const Error& error) {
      const bool is_end_of_time =
          error.kind() == ErrorKind::interrupted && !is_interrupted_ && !has_stopped_;
      if (!is_end_of_time) throw;
      return std::nullopt;
    }
    trial.seconds = seconds_since(start);
    return trial;
  }

  // Requires the lock.
  void record(TuneTrial trial) {
    const auto score = score_of(trial, search_.metric);
    if (!score && trial.failure.empty())
      trial.failure =
          fmt::format("the {} or the loss of the held-out rows is not defined", search_.metric);
    file_.append(trial, elapsed());
    add(trial);
    if (callbacks_.on_trial) callbacks_.on_trial(trial);
  }

  const RunConfig& config_;
  const LoadedData& data_;
  const TuneFolder& folder_;
  const TuneOptions& options_;
  const TuneCallbacks& callbacks_;
  const Clock::time_point start_ = Clock::now();
  std::atomic<bool> has_stopped_ = false;     // after an error
  std::atomic<bool> is_interrupted_ = false;  // by the caller
  std::mutex mutex_;
  std::condition_variable changed_;
  SearchState& search_;
  TrialsFile& file_;
  std::int64_t running_ = 0;
  bool has_started_default_ = false;
  std::exception_ptr error_;
};

}  // namespace

std::filesystem::path model_file(const TuneFolder& folder, std::int64_t id) {
  return folder.models() / fmt::format("{}.safetensors", id);
}

void run_search(const RunConfig& config, const LoadedData& data, const std::string& fingerprint,
                const TuneFolder& folder, const TuneOptions& options,
                const TuneCallbacks& callbacks, SearchState& search) {
  // The file comes first, so that a folder with anything in it has a search to resume.
  std::filesystem::create_directories(folder.root);
  TrialsFile file(folder.trials(), fingerprint);
  std::filesystem::create_directories(folder.models());
  SearchThreads threads(config, data, folder, options, callbacks, file, search);
  for (const TuneTrial& trial : file.trials()) threads.add(trial);
  threads.run();
}

}  // namespace selfnorm
