// SPDX-License-Identifier: Apache-2.0
#include <sstream>

#include "formats/safetensors.h"
#include "fuzz/reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  return selfnorm::fuzz::read_text(bytes, size, [](const std::string& text) {
    std::istringstream stream(text);
    selfnorm::read_safetensors(stream, text.size(), "fuzz");
  });
}
