// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/option.h"
#include "selfnorm/run.h"

namespace selfnorm {

/// The options of each table, for network files, flags and documentation.
Options data_table(RunConfig& config);
Options model_table(RunConfig& config);  ///< of the default network
Options train_table(RunConfig& config);

/// The attributes of all losses, for flags and documentation: what is given goes into
/// train.loss_attributes, which the loss chosen checks.
Options loss_table();

/// A layer as a network file has it.
std::string layer_toml(const Layer& layer);

/// Throws Error(config) when the network has layers, beside which an option of the default network
/// would say nothing.
void reject_option_with_layers(const RunConfig& config, const std::string& option,
                               const std::string& where);

}  // namespace selfnorm
