// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/option.h"
#include "selfnorm/run.h"

namespace selfnorm {

/// Returns the options of each table, for network files, flags and documentation.
Options data_table(RunConfig& config);
Options model_table(RunConfig& config);  ///< of the default network
Options train_table(RunConfig& config);

/// Returns the attributes of all losses, for flags and documentation. Given values are stored in
/// train.loss_attributes, and the chosen loss checks them.
Options loss_table();

/// Returns a layer in the syntax of a network file.
std::string layer_toml(const Layer& layer);

/// Throws Error(config) if the network has layers, since an option of the default network would
/// then have no effect.
void reject_option_with_layers(const RunConfig& config, const std::string& option,
                               const std::string& where);

}  // namespace selfnorm
