// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "train/trained_model.h"

namespace selfnorm {

/// Convert schema and objective to the JSON texts of a model file and back. Reading throws
/// Error(model_file).
std::string schema_to_json(const Schema& schema);
Schema schema_from_json(std::string_view text);
std::string objective_to_json(const Objective& objective);
Objective objective_from_json(std::string_view text);

}  // namespace selfnorm
