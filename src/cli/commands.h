// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/command.h"

namespace selfnorm::cli {

/// Returns the program with all of its commands.
Command program();

/// Each function adds one command to the program.
void add_train(Command& program);
void add_tune(Command& program);
void add_evaluate(Command& program);
void add_predict(Command& program);
void add_theory(Command& program);
void add_propagate(Command& program);
void add_compare(Command& program);
void add_report(Command& program);
void add_doctor(Command& program);
void add_ops(Command& program);
void add_data(Command& program);

}  // namespace selfnorm::cli
