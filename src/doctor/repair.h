// SPDX-License-Identifier: Apache-2.0
// Edits of a network as its user wrote it.
#pragma once

#include <cstdint>
#include <vector>

#include "doctor/findings.h"
#include "selfnorm/network.h"

namespace selfnorm {

/// A network after edits. What no edit concerns stands as it was written: layers without a name or
/// inputs stay so, as far as they mean the same.
struct EditedNetwork {
  Network network;
  /// By layer, its place in the network that was edited; −1 for one that was put in.
  std::vector<std::int64_t> origins;
};

/// Makes the edits that concern layers, in their order; layers are named as `complete_names` does.
EditedNetwork edited(const Network& network, const std::vector<Edit>& edits);

}  // namespace selfnorm
