// SPDX-License-Identifier: Apache-2.0
#include "files/array.h"
#include "files/npy.h"
#include "fuzz/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  return selfnorm::fuzz::read(bytes, size,
                              [](const std::filesystem::path& path) { selfnorm::read_npy(path); });
}
