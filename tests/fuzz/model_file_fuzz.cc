// SPDX-License-Identifier: Apache-2.0
#include "fuzz/reader.h"
#include "train/trained_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  return selfnorm::fuzz::read(bytes, size, [](const std::filesystem::path& path) {
    selfnorm::load_model(path, selfnorm::Checksums::ignore);
  });
}
