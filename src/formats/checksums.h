// SPDX-License-Identifier: Apache-2.0
// Checksums of the contents of a safetensors file, in its metadata. They find damage, such as a bit
// that was flipped on a disk. They do not protect against a person who changes the file.
#pragma once

#include <string>
#include <vector>

#include "formats/safetensors.h"

namespace selfnorm {

/// The key of the metadata with the checksums.
inline constexpr const char* kChecksumsKey = "checksums";

/// Returns the checksums as JSON: {"algorithm": "xxh64", "metadata": HASH, "tensors": {NAME:
/// HASH}}. A HASH is XXH64 as 16 hexadecimal digits. That of a tensor is of its bytes, and its seed
/// is the XXH64 of its type and shape, such as "F32 (2, 3)". That of the metadata is of all other
/// keys and values in the order of the keys' bytes, each followed by a zero byte. In names that are
/// not UTF-8, other bytes are replaced.
std::string checksums_to_json(const std::vector<TensorEntry>& tensors,
                              const TensorMetadata& metadata);

/// Throws Error(model_file) if a tensor or the metadata differ from their checksums. Without
/// checksums in the metadata, it does nothing. `where` starts the message.
void verify_checksums(const std::vector<TensorEntry>& tensors, const TensorMetadata& metadata,
                      const std::string& where);

}  // namespace selfnorm
