// SPDX-License-Identifier: Apache-2.0
// Edits a network in the form in which its user wrote it.
#pragma once

#include <cstdint>
#include <vector>

#include "doctor/findings.h"
#include "selfnorm/network.h"

namespace selfnorm {

/// A network after edits. Everything that no edit concerns is as the user wrote it. Layers without
/// a name or without inputs stay so as long as their meaning does not change.
struct EditedNetwork {
  Network network;
  /// The old index of each layer; −1 for an inserted one.
  std::vector<std::int64_t> origins;
};

/// Applies the edits that concern layers, in their order. Edits name layers as `complete_names`
/// does.
EditedNetwork apply_edits(const Network& network, const std::vector<Edit>& edits);

}  // namespace selfnorm
