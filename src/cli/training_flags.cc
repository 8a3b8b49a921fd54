// SPDX-License-Identifier: Apache-2.0
#include "cli/training_flags.h"

#include "api/run_config.h"
#include "base/text.h"

namespace selfnorm::cli {

void apply_data_flags(const OptionFlags& data, RunConfig& config) {
  const std::string time_column = config.data.time;
  data.apply(data_table(config));
  const auto seconds = parse_duration(config.data.time);
  if (!seconds.has_value() || config.data.time == time_column) return;
  config.data.time = time_column;
  config.seconds = *seconds;
}

void apply_training_flags(const OptionFlags& train, const OptionFlags& loss, RunConfig& config) {
  for (const auto& setting : train.given_settings(train_table(config)))
    config.given.push_back(setting.first);
  train.apply(train_table(config));
  for (const auto& [option, value] : loss.given_settings(loss_table()))
    config.train.loss_attributes[option] = value;
}

}  // namespace selfnorm::cli
