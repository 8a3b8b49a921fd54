// SPDX-License-Identifier: Apache-2.0
// One training of a search.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "selfnorm/dataset.h"
#include "selfnorm/run.h"

namespace selfnorm {

/// The scores of the held-out rows, or why there are none.
struct CandidateScores {
  Scores scores;
  std::string failure;
};

/// Trains the default network of this configuration on one thread, and scores its held-out rows.
/// Writes the model to `model_file` unless it is empty. With `examine`, an error that the doctor
/// finds in the layers is a failure, and nothing is trained. Throws Error(interrupted) if
/// `should_stop` returns true.
CandidateScores train_candidate(const RunConfig& config, const LoadedData& data,
                                const std::filesystem::path& model_file, bool examine,
                                const std::function<bool()>& should_stop);

}  // namespace selfnorm
