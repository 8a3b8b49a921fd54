// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace selfnorm {

/// Returns the CRC-32C (Castagnoli's polynomial, RFC 3720), which TensorBoard's event files use.
std::uint32_t crc32c(std::string_view bytes);

}  // namespace selfnorm
