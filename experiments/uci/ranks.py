# SPDX-License-Identifier: Apache-2.0
"""The tables of README.md: ranks of the methods, and accuracies of each set."""

import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from results import replace_table  # noqa: E402

import methods  # noqa: E402

NAMES = {"snn": "**SNN**", "relu": "ReLU, He initialization", "batch_norm": "batch norm", "layer_norm": "layer norm",
         "weight_norm": "weight norm", "highway": "highway", "residual": "residual"}
# The average rank differences of the paper, for all 121 sets.
PAPER = {"snn": -0.756, "relu": -0.240, "layer_norm": -0.198, "highway": 0.021, "residual": 0.273,
         "weight_norm": 0.397, "batch_norm": 0.504}


def complete_sets(results):
    """Returns the accuracies of the sets for which all methods are measured, by set and method."""
    found = {}
    for r in results:
        found.setdefault(r["set"], {"rows": r["rows"]})[r["method"]] = r["accuracy"]
    return {name: one for name, one in found.items() if all(method in one for method in methods.METHODS)}


def rank_differences(complete):
    """Returns for each method its ranks minus the mean rank, one for each set."""
    from scipy.stats import rankdata
    ranks = [rankdata([-one[method] for method in methods.METHODS]) for one in complete.values()]
    middle = (len(methods.METHODS) + 1) / 2
    return {method: [float(r[i]) - middle for r in ranks] for i, method in enumerate(methods.METHODS)}


def p_value(complete, method):
    """Returns the p-value of a paired Wilcoxon test of the accuracies against those of the SNN."""
    from scipy.stats import wilcoxon
    differences = [one["snn"] - one[method] for one in complete.values()]
    return wilcoxon(differences).pvalue if any(differences) else 1.0


def summary_table(complete):
    differences = rank_differences(complete)
    lines = [f"| method | average rank difference, {len(complete)} sets | standard error | in the paper, 121 sets "
             "| mean accuracy | p-value against SNN |", "| --- | --- | --- | --- | --- | --- |"]
    for method in sorted(methods.METHODS, key=lambda m: statistics.mean(differences[m])):
        each = differences[method]
        p = "" if method == "snn" else f"{p_value(complete, method):.2g}"
        lines.append(f"| {NAMES[method]} | {statistics.mean(each):+.3f} "
                     f"| {statistics.stdev(each) / len(each) ** 0.5:.3f} | {PAPER[method]:+.3f} "
                     f"| {statistics.mean(one[method] for one in complete.values()):.4f} | {p} |")
    return "\n".join(lines)


def set_table(complete):
    lines = ["| set | rows | " + " | ".join(NAMES[method] for method in methods.METHODS) + " |",
             "| --- " * (len(methods.METHODS) + 2) + "|"]
    for name, one in sorted(complete.items(), key=lambda item: -item[1]["rows"]):
        best = max(one[method] for method in methods.METHODS)
        cells = [f"**{one[m]:.3f}**" if one[m] == best else f"{one[m]:.3f}" for m in methods.METHODS]
        lines.append(f"| {name} | {one['rows']:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def write_tables(readme, results):
    complete = complete_sets(results)
    if len(complete) < 2:
        return
    replace_table(readme, "ranks", summary_table(complete))
    replace_table(readme, "sets", set_table(complete))
