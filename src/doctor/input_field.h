#pragma once

#include <cstdint>
#include <span>

#include "passes/signals.h"

namespace selfnorm {

/// The field of real rows, as the engine holds them, of this shape with the batch first: exact
/// products of the numbers, averaged over channels.
MomentField field_of_rows(std::span<const float> rows, const Shape& shape);

/// Of independent N(0, 1): one sample stands for all.
MomentField unit_normal_field(const Shape& shape);

}  // namespace selfnorm
