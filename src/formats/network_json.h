// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "selfnorm/network.h"

namespace selfnorm {

/// Convert a network to the JSON text of a model file and back. network_from_json throws
/// Error(model_file).
std::string network_to_json(const Network& network);
Network network_from_json(std::string_view text);

}  // namespace selfnorm
