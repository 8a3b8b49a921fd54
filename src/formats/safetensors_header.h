// SPDX-License-Identifier: Apache-2.0
// The JSON header of a safetensors file, read strictly: what is not known to be right is an error.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "formats/safetensors.h"

namespace selfnorm {

inline constexpr const char* kMetadataKey = "__metadata__";

/// What the header claims of one tensor; begin and end count bytes from the start of the data.
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

/// Parses the header. Types, fields and names are checked, offsets are not. Throws
/// Error(model_file); `where` starts the message.
Header parse_header(std::string_view text, const std::string& where);

/// A name from a file, made safe and short enough for a message.
std::string printable(std::string_view name);

}  // namespace selfnorm
