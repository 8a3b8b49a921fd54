// SPDX-License-Identifier: Apache-2.0
#include "fuzz/reader.h"
#include "passes/build.h"
#include "selfnorm/run.h"

// A configuration that was read must be readable again after a run wrote it to its folder.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  return selfnorm::fuzz::read_text(bytes, size, [](const std::string& text) {
    const selfnorm::RunConfig config = selfnorm::parse_run_config(text, "net.toml");
    const std::string written = selfnorm::to_toml(config);
    try {
      if (selfnorm::to_toml(selfnorm::parse_run_config(written, "config.toml")) != written)
        std::abort();
    } catch (const selfnorm::Error&) {
      std::abort();
    }
    if (!config.network.layers.empty() && !config.network.inputs.empty())
      selfnorm::build_graph(config.network, 1);
  });
}
