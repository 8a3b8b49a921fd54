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
#include <thread>

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

/// The threads of a search. The members after the mutex are shared.
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
        file_(file) {
    config_.train.threads = 1;
    config_.train.watch = false;
  }

  /// Adds a finished trial to the search.
  void add(const TuneTrial& trial) {
    search_.halving.finish({trial.id, trial.rung}, score_of(trial, search_.metric));
    has_result_ = has_result_ || (trial.id == 0 && trial.rung == kRungs - 1);
    search_.trials.insert_or_assign({trial.id, trial.rung}, trial);
  }

  /// Returns when no trial is left, or the time is over. Throws the first error of a thread.
  void run() {
    const std::int64_t cores = std::max<std::int64_t>(1, std::thread::hardware_concurrency());
    std::vector<std::thread> threads;
    {
      const SignalBlock block;  // signals are for the main thread
      for (std::int64_t i = 0; i < (options_.jobs > 0 ? options_.jobs : cores); ++i)
        threads.emplace_back([this] { work(); });
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
        const TuneTrial trial = run_trial(*next);
        const std::lock_guard lock(mutex_);
        --running_;
        record(trial);
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      --running_;
      const bool is_end = is_out_of_time_;
      if (!is_end && !error_) error_ = std::current_exception();
      has_stopped_ = true;
      changed_.notify_all();
    }
  }

  // Waits until a trial can start. Returns nothing at the end of the search.
  std::optional<RungTrial> take_next() {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (has_stopped_ || (is_time_over() && has_result_)) return std::nullopt;
      if (const auto next = search_.halving.start_next()) {
        ++running_;
        return next;
      }
      if (running_ == 0) return std::nullopt;
      changed_.wait(lock);
    }
  }

  // The trial of the default over all epochs goes on after the end of the time, so that there is a
  // result.
  TuneTrial run_trial(const RungTrial& task) {
    const auto [id, rung] = task;
    TuneTrial trial{id, rung, epochs_of_rung(search_.epochs, rung), {}, {}, {}, 0};
    trial.candidate = draw_candidate(search_.space, id);
    const auto start = Clock::now();
    const auto should_stop = [this] {
      if (has_stopped_ || (callbacks_.should_stop && callbacks_.should_stop())) return true;
      if (has_result_ && is_time_over()) is_out_of_time_ = true;
      return is_out_of_time_.load();
    };
    const bool is_whole = rung == kRungs - 1;
    CandidateScores scored = train_candidate(
        with_candidate(config_, trial.candidate, trial.epochs), data_,
        is_whole ? model_file(folder_, id) : std::filesystem::path(), id > 0, should_stop);
    trial.scores = std::move(scored.scores);
    trial.failure = std::move(scored.failure);
    trial.seconds = seconds_since(start);
    return trial;
  }

  // Requires the lock.
  void record(TuneTrial trial) {
    const auto score = score_of(trial, search_.metric);
    if (!score && trial.failure.empty())
      trial.failure = fmt::format("the {} of the held-out rows is not defined", search_.metric);
    file_.append(trial, elapsed());
    add(trial);
    if (callbacks_.on_trial) callbacks_.on_trial(trial);
  }

  RunConfig config_;
  const LoadedData& data_;
  const TuneFolder& folder_;
  const TuneOptions& options_;
  const TuneCallbacks& callbacks_;
  const Clock::time_point start_ = Clock::now();
  std::atomic<bool> has_stopped_ = false;     // after an error or an interruption
  std::atomic<bool> is_out_of_time_ = false;  // trials that run are given up
  std::atomic<bool> has_result_ = false;      // the default has been trained
  std::mutex mutex_;
  std::condition_variable changed_;
  SearchState& search_;
  TrialsFile& file_;
  std::int64_t running_ = 0;
  std::exception_ptr error_;
};

}  // namespace

std::filesystem::path model_file(const TuneFolder& folder, std::int64_t id) {
  return folder.models() / fmt::format("{}.safetensors", id);
}

void run_search(const RunConfig& config, const LoadedData& data, const std::string& fingerprint,
                const TuneFolder& folder, const TuneOptions& options,
                const TuneCallbacks& callbacks, SearchState& search) {
  TrialsFile file(folder.trials(), fingerprint);
  SearchThreads threads(config, data, folder, options, callbacks, file, search);
  for (const TuneTrial& trial : file.trials()) {
    // The model of a trial that was not among the best is missing, and may be needed now.
    const bool is_whole = trial.rung == kRungs - 1 && trial.failure.empty();
    if (!is_whole || std::filesystem::exists(model_file(folder, trial.id))) threads.add(trial);
  }
  threads.run();
}

}  // namespace selfnorm
