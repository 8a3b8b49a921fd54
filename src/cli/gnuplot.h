// SPDX-License-Identifier: Apache-2.0
// Runs gnuplot as a program to draw pictures. gnuplot is optional.
#pragma once

#include <string>
#include <vector>

namespace selfnorm::cli {

bool has_gnuplot();

/// Throws Error(config) with the caller's name and how to install gnuplot if it is not on the PATH.
void require_gnuplot(const std::string& who);

/// Returns a data block, "$name << EOD …", that commands refer to as $name. An empty row breaks a
/// line.
std::string data_block(const std::string& name, const std::vector<std::vector<double>>& rows);

/// Returns a text in single quotes. Control characters become blanks.
std::string gnuplot_string(const std::string& text);

/// Returns the same with the option that turns gnuplot's markup off.
std::string gnuplot_quoted(const std::string& text);

/// Returns the SVG that gnuplot draws for these commands. Throws Error(config) with gnuplot's
/// message if gnuplot rejects them.
std::string draw_svg(const std::string& commands, int width = 760, int height = 420);

}  // namespace selfnorm::cli
