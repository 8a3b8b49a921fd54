// SPDX-License-Identifier: Apache-2.0
#include "fuzz/reader.h"
#include "train/history.h"

// A line that was read must be readable again after it was written.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  return selfnorm::fuzz::read_text(bytes, size, [](const std::string& text) {
    const selfnorm::EpochRecord record = selfnorm::parse_history_line(text);
    try {
      if (selfnorm::parse_history_line(selfnorm::history_line(record)).epoch != record.epoch)
        std::abort();
    } catch (const selfnorm::Error&) {
      std::abort();
    }
  });
}
