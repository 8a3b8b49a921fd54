// SPDX-License-Identifier: Apache-2.0
// Pictures by gnuplot, which is run as a program and need not be there.
#pragma once

#include <string>
#include <vector>

namespace selfnorm::cli {

bool has_gnuplot();

/// Throws Error(config) that says who needs it and how to get it, unless it is on the PATH.
void require_gnuplot(const std::string& who);

/// "$name << EOD …": rows of numbers that commands refer to as $name. An empty row breaks a line.
std::string data_block(const std::string& name, const std::vector<std::vector<double>>& rows);

/// A text as gnuplot takes it, between single quotes and without its markup.
std::string gnuplot_quoted(const std::string& text);

/// The SVG that gnuplot draws for these commands. Data go into them as here-documents. Throws
/// Error(config) with gnuplot's own words where they are wrong.
std::string draw_svg(const std::string& commands, int width = 760, int height = 420);

}  // namespace selfnorm::cli
