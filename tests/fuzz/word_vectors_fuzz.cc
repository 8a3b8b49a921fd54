// SPDX-License-Identifier: Apache-2.0
#include "fuzz/reader.h"
#include "texts/word_vectors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  return selfnorm::fuzz::read(bytes, size, [](const std::filesystem::path& path) {
    selfnorm::read_vectors(path, {"<pad>", "<unk>", "a", "the"}, 3, true);
  });
}
