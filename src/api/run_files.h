// SPDX-License-Identifier: Apache-2.0
// What happens to the files that a run finds in its folder.
#pragma once

#include <filesystem>
#include <optional>

#include "selfnorm/run.h"

namespace selfnorm {

/// Throws Error(config) if a run in this folder would replace files of the user or of a search.
void reject_foreign_files(const RunFolder& folder);

/// Returns the folder to which a new run moves the files of an earlier one: `previous` for a
/// finished run, `unfinished` for another, or nothing if there is none. If the run
/// in `unfinished` was continued to its end, `unfinished-2` and so on.
std::optional<RunFolder> folder_for_earlier_run(const RunFolder& folder);

/// Moves the files of an earlier run to that folder, where they replace those of the run before. A
/// process that is killed meanwhile loses none of them, and the next call continues. Throws
/// Error(config) if another process uses that folder.
void move_earlier_run(const RunFolder& folder);

/// Removes the temporary files of processes that were killed while they wrote a file of the run.
void remove_abandoned_files(const RunFolder& folder);

}  // namespace selfnorm
