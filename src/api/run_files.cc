// SPDX-License-Identifier: Apache-2.0
#include "api/run_files.h"

#include <fmt/format.h>

#include <array>

#include "base/file.h"
#include "base/folder_lock.h"
#include "selfnorm/error.h"
#include "selfnorm/tune.h"
#include "train/history.h"

namespace selfnorm {
namespace {

namespace fs = std::filesystem;

// The files of a run in the order in which they are moved. A finished run has the last one. The
// history is the first: without it, an earlier call was interrupted.
std::array<fs::path, 6> files_of(const RunFolder& folder) {
  return {folder.history(),    damaged_history(folder.history()),
          folder.config(),     folder.report(),
          folder.checkpoint(), folder.model()};
}

// Removes the files of `to` that `from` does not replace, so that they do not seem to be of its
// run.
void remove_others(const RunFolder& from, const RunFolder& to) {
  const auto moved = files_of(from), existing = files_of(to);
  for (std::size_t i = 0; i < moved.size(); ++i)
    if (!fs::exists(moved[i])) fs::remove(existing[i]);
}

}  // namespace

void reject_foreign_files(const RunFolder& folder) {
  if (fs::exists(TuneFolder(folder.root).trials())) {
    throw Error(ErrorKind::config,
                fmt::format("{}: has the files of a search, which a run would replace (name "
                            "another folder with --out)",
                            folder.root.string()));
  }
  const bool is_of_run = fs::exists(folder.model()) || fs::exists(folder.history()) ||
                         fs::exists(folder.checkpoint().parent_path());
  if (!fs::exists(folder.config()) || is_of_run) return;
  throw Error(ErrorKind::config,
              fmt::format("{}: exists but does not belong to a run, and the run's configuration "
                          "would replace it (name another folder with --out, or rename the file)",
                          folder.config().string()));
}

std::optional<RunFolder> folder_for_earlier_run(const RunFolder& folder) {
  if (fs::is_regular_file(folder.model())) return RunFolder(folder.root / "previous");
  if (!fs::exists(folder.checkpoint()) && !fs::exists(folder.history())) return std::nullopt;
  RunFolder target(folder.root / "unfinished");
  // One that was continued to its end stays.
  for (int number = 2; fs::exists(target.model()); ++number)
    target.root = folder.root / fmt::format("unfinished-{}", number);
  return target;
}

void move_earlier_run(const RunFolder& folder) {
  const auto target = folder_for_earlier_run(folder);
  if (!target.has_value()) return;
  const FolderLock lock(target->root);
  if (fs::exists(folder.history())) remove_others(folder, *target);
  fs::create_directories(target->checkpoint().parent_path());
  const auto from = files_of(folder), to = files_of(*target);
  for (std::size_t i = 0; i < from.size(); ++i)
    if (fs::is_regular_file(from[i])) fs::rename(from[i], to[i]);
}

void remove_abandoned_files(const RunFolder& folder) {
  for (const fs::path& file : files_of(folder)) remove_abandoned_files(file);
}

}  // namespace selfnorm
