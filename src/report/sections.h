// SPDX-License-Identifier: Apache-2.0
// Sections of a run's report about its model, as plain numbers.
#pragma once

#include <string>
#include <vector>

#include "report/classification.h"
#include "report/page.h"
#include "selfnorm/dataset.h"
#include "selfnorm/train.h"

namespace selfnorm {

/// Rows of a data set, with a name for readers.
struct NamedRows {
  const Dataset& data;
  std::vector<std::int64_t> rows;
  std::string name;
};

/// Returns the densities of each layer's outputs before and after training; null if the history has
/// fewer than two histograms.
Json histograms_json(const std::vector<EpochRecord>& history);

Json confusion_json(const ClassPredictions& predictions, const NamedRows& named_rows);
Json calibration_json(const ClassPredictions& predictions, const NamedRows& named_rows);

/// Returns the most confident errors with their input: an image, its texts, or the values of a
/// table.
Json mistakes_json(const ClassPredictions& predictions, const NamedRows& named_rows);

}  // namespace selfnorm
