# SPDX-License-Identifier: Apache-2.0
"""Draws the validation accuracy of a comparison by epoch and by second, from results.json."""

import statistics
import subprocess

# Colors that color-blind people can distinguish (Okabe and Ito).
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#b8a800")


def points(trials):
    """Returns epoch, seconds, mean, and mean minus and plus the standard deviation."""
    lines = []
    for epoch in range(min(len(t["validation"]) for t in trials)):
        scores = [t["validation"][epoch] for t in trials]
        seconds = statistics.mean(sum(t["seconds"][: epoch + 1]) for t in trials)
        mean, spread = statistics.mean(scores), statistics.stdev(scores)
        lines.append(f"{epoch + 1} {seconds:.3f} {mean:.4f} {mean - spread:.4f} {mean + spread:.4f}")
    return "\n".join(lines)


def draw_curves(table, path):
    blocks, bands, lines = [], [], []
    for i, (name, trials) in enumerate(table.items()):
        blocks.append(f"$c{i} << EOD\n{points(trials)}\nEOD")
        bands.append(f"$c{i} using X:4:5 with filledcurves fs transparent solid 0.15 lc rgb '{COLORS[i]}' notitle")
        lines.append(f"$c{i} using X:3 with linespoints lw 2 pt 7 ps 0.4 lc rgb '{COLORS[i]}' "
                     f"title '{name.replace('_', ' ')}'")
    plots = ", ".join(bands + lines)
    script = "\n".join([
        "set terminal svg size 1000,420 font 'sans-serif,12' background rgb 'white'",
        f"set output '{path.name}'", *blocks, "set multiplot layout 1,2", "set key bottom right",
        "set grid", "set ylabel 'validation accuracy'",
        "set xlabel 'epoch'", "set xtics 1", "plot " + plots.replace("X:", "1:"),
        "set xlabel 'seconds of training'", "set xtics autofreq", "plot " + plots.replace("X:", "2:")])
    try:
        subprocess.run(["gnuplot"], input=script, text=True, cwd=path.parent, check=True)
    except FileNotFoundError:
        print(f"{path.name} was not drawn: gnuplot is not installed")
