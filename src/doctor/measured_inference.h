// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "selfnorm/doctor.h"
#include "selfnorm/network.h"
#include "train/initial_values.h"

namespace selfnorm {

/// Measures every layer at inference and with two masks, over the same draws of weights and rows as
/// `measure_layer_moments`. Returns one entry per node; none if its mean over masks does not vary
/// over rows. Returns an empty list for a network without dropout, and for one with running
/// statistics, which mean nothing before training.
std::vector<std::optional<InferenceShift>> measure_inference_shifts(
    const Network& network, const std::function<InputRows(std::uint64_t seed)>& rows,
    std::int64_t batch, const std::vector<PretrainedTable>& tables,
    const std::vector<std::uint64_t>& seeds);

}  // namespace selfnorm
