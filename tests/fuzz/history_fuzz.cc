// SPDX-License-Identifier: Apache-2.0
#include "fuzz/reader.h"
#include "train/history.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  return selfnorm::fuzz::read(bytes, size, [](const std::filesystem::path& path) {
    for (const selfnorm::EpochRecord& record : selfnorm::read_history(path, true))
      if (selfnorm::parse_history_line(selfnorm::history_line(record)).epoch != record.epoch)
        std::abort();
  });
}
