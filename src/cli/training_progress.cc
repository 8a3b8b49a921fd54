// SPDX-License-Identifier: Apache-2.0
#include "cli/training_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>

#include "base/signal_handler.h"
#include "base/text.h"

namespace selfnorm::cli {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

// The same signal again ends the program at once, if a person sends it. A terminal that closes may
// send SIGHUP twice, and the system repeats SIGXCPU every second.
void on_interrupt(int signal) {
  g_interrupted = 1;
  if (signal != SIGXCPU && signal != SIGHUP) std::signal(signal, SIG_DFL);
}

std::string scores_text(const EpochRecord& record) {
  std::string text;
  for (const auto& [name, value] : record.training)
    text += fmt::format(" - {}: {}", name, score(value));
  for (const auto& [name, value] : record.validation) {
    text += fmt::format(" - validation_{}: {}", name, score(value));
  }
  return text;
}

// Prints the size of the vocabulary, its coverage and the number of rows left out.
std::string vocabulary_line(const RunSummary& run) {
  if (run.vocabulary_size == 0) return "";
  std::string line = fmt::format("vocabulary of {} tokens", group_digits(run.vocabulary_size));
  if (run.coverage)
    line += fmt::format(", {:.1f} % of the training tokens have vectors", 100 * *run.coverage);
  if (run.unlabeled > 0) line += fmt::format("; {} rows without a label skipped", run.unlabeled);
  if (run.skipped > 0) line += fmt::format("; {} unreadable rows skipped", run.skipped);
  if (run.skipped_vectors > 0) {
    line += fmt::format("; {} unreadable lines of vectors skipped", run.skipped_vectors);
  }
  return line + "\n";
}

}  // namespace

std::string data_notes(const RunSummary& run) {
  std::string text = vocabulary_line(run);
  for (const std::string& line : run.notes) text += line + "\n";
  if (run.vocabulary_size == 0 && run.unlabeled > 0)
    text += fmt::format("note: {} rows without a target left out\n", group_digits(run.unlabeled));
  if (!run.unseen_classes.empty()) {
    // The last rows of a sorted table can belong to classes that no training row has.
    text += fmt::format(
        "note: class {} is in the validation or test rows but not in the training rows (draw the "
        "rows of the splits at random with --shuffle-split true)\n",
        join(run.unseen_classes, ", "));
  }
  return text;
}

void survive_closed_output() { std::signal(SIGPIPE, SIG_IGN); }

TrainCallbacks TrainingProgress::callbacks() {
  install_end_handler(on_interrupt);
  return {[this](const StepProgress& report) { step(report); },
          [this](const EpochRecord& record) { epoch(record); }, [] { return g_interrupted != 0; }};
}

double TrainingProgress::step_seconds(double seconds, std::int64_t steps) const {
  if (steps < 2) return seconds;
  return (seconds - first_step_seconds_) / static_cast<double>(steps - 1);
}

void TrainingProgress::step(const StepProgress& report) {
  epochs_ = report.epochs;
  if (report.step == 1) first_step_seconds_ = report.seconds;
  const auto now = std::chrono::steady_clock::now();
  if (now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  line_.show(fmt::format(
      "Epoch {}/{} {}/{} {} {} {}/step - loss: {}", report.epoch, report.epochs, report.step,
      report.steps, bar(report.step, report.steps), format_duration(report.seconds),
      format_duration(step_seconds(report.seconds, report.step)), score(report.loss)));
}

void TrainingProgress::epoch(const EpochRecord& record) {
  line_.clear();
  if (record.epoch == 0) return;
  const std::int64_t steps = record.step / record.epoch;  // every epoch has the same number
  print_progress(fmt::format("Epoch {}/{} {}/{} {} {} {}/step{}\n", record.epoch, epochs_, steps,
                             steps, bar(steps, steps), format_duration(record.seconds),
                             format_duration(step_seconds(record.seconds, steps)),
                             scores_text(record)));
}

}  // namespace selfnorm::cli
