// SPDX-License-Identifier: Apache-2.0
#include "data/data_options.h"
#include "fuzz/reader.h"
#include "tables/svmlight.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  return selfnorm::fuzz::read(
      bytes, size, [](const std::filesystem::path& path) { selfnorm::read_svmlight(path, {}); });
}
