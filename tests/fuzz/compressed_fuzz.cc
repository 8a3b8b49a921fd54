// SPDX-License-Identifier: Apache-2.0
#include "files/byte_reader.h"
#include "fuzz/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  return selfnorm::fuzz::read(bytes, size, [](const std::filesystem::path& path) {
    selfnorm::ByteReader reader(path);
    std::string chunk(1 << 16, 0);
    while (reader.read_some(chunk.data(), chunk.size()) == chunk.size()) continue;
    reader.expect_end();
  });
}
