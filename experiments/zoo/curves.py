# SPDX-License-Identifier: Apache-2.0
"""Draws curves.svg with gnuplot: the training loss of every network by epoch, one line per seed."""

import shutil
import subprocess

import tables

COLORS = {"faulty": "#d55e00", "repaired": "#0072b2", "repaired, whitened": "#56b4e9",
          "ReLU + batch norm": "#777777"}
COLUMNS, WIDTH, HEIGHT = 3, 320, 220  # plots per row, size of a plot in points


def picture(name, runs):
    """Returns the gnuplot commands for one network. `runs` has (version, losses) for each run."""
    lines, blocks, keyed = [], [], set()
    for version, losses in runs:
        blocks.append("\n".join(f"{epoch} {loss:.4g}" for epoch, loss in enumerate(losses, 1)))
        title = "notitle" if version in keyed else f"title '{version}'"
        keyed.add(version)
        lines.append(f"'-' with linespoints lw 1.5 pt 7 ps 0.3 lc rgb '{COLORS[version]}' {title}")
    if not lines:
        return ""
    return (f"set title '{name}'\nplot {', '.join(lines)}\n" + "\ne\n".join(blocks) + "\ne\n")


def draw(path, results, networks, versions_of):
    """Draws all plots. Returns False if gnuplot is not installed."""
    if shutil.which("gnuplot") is None:
        return False
    pictures = []
    for name in networks:
        runs = [(version, row["losses"]) for version in versions_of(name)
                for row in tables.best_rows(results, name, version) if row.get("losses")]
        pictures.append(picture(name, runs))
    pictures = [each for each in pictures if each]
    rows = -(-len(pictures) // COLUMNS)
    script = (f"set terminal svg size {COLUMNS * WIDTH},{rows * HEIGHT} font 'sans,10' background 'white'\n"
              f"set output '{path}'\nset multiplot layout {rows},{COLUMNS}\nset logscale y\n"
              "set xtics 1\nset format y '%g'\nset key font 'sans,8'\n" + "".join(pictures))
    subprocess.run(["gnuplot"], input=script, text=True, check=True)
    return True
