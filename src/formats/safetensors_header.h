// SPDX-License-Identifier: Apache-2.0
// Parses the JSON header of a safetensors file strictly: everything that is not known to be valid
// is an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/safetensors.h"

namespace selfnorm {

inline constexpr const char* kMetadataKey = "__metadata__";

/// The header's entry for one tensor. `begin` and `end` count bytes from the start of the data.
struct HeaderEntry {
  std::string name;
  StoredType type = StoredType::f32;
  Shape shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct Header {
  std::vector<HeaderEntry> entries;
  TensorMetadata metadata;
};

/// Parses the header. Checks types, fields and names, but not offsets. Throws Error(model_file).
/// `where` starts the message.
Header parse_header(std::string_view text, const std::string& where);

/// Returns a name from a file without control characters and short enough for a message.
std::string printable(std::string_view name);

}  // namespace selfnorm
