#pragma once

#include <CLI/CLI.hpp>

namespace selfnorm::cli {

/// Each adds one command to the program; its work runs when the command was given.
void add_train(CLI::App& app);
void add_evaluate(CLI::App& app);
void add_predict(CLI::App& app);
void add_theory(CLI::App& app);
void add_propagate(CLI::App& app);
void add_compare(CLI::App& app);
void add_report(CLI::App& app);
void add_doctor(CLI::App& app);
void add_ops(CLI::App& app);
void add_data(CLI::App& app);

}  // namespace selfnorm::cli
