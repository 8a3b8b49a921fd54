// SPDX-License-Identifier: Apache-2.0
// What a run's report says of its model, from plain numbers.
#pragma once

#include <string>
#include <vector>

#include "report/classification.h"
#include "report/page.h"
#include "selfnorm/dataset.h"
#include "selfnorm/train.h"

namespace selfnorm {

/// Rows of a data set, with a name for people.
struct NamedRows {
  const Dataset& data;
  std::vector<std::int64_t> rows;
  std::string name;
};

/// At most so many of the rows, evenly: sorted data have classes in one piece.
std::vector<std::int64_t> evenly(const std::vector<std::int64_t>& rows, std::size_t most);

/// Each layer's outputs before and after training as densities; null where the history has none.
Json histograms_json(const std::vector<EpochRecord>& history);

Json confusion_json(const Judged& judged, const NamedRows& of);
Json calibration_json(const Judged& judged, const NamedRows& of);

/// The worst mistakes with what was to be classified: an image, its texts, or a table's values.
Json mistakes_json(const Judged& judged, const NamedRows& of);

}  // namespace selfnorm
