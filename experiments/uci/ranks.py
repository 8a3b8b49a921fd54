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
    lines += ["", f"Friedman's test that all methods are equal: p = {friedman_p(complete):.2g}."]
    return "\n".join(lines)


def set_table(complete):
    lines = ["| set | rows | " + " | ".join(NAMES[method] for method in methods.METHODS) + " |",
             "| --- " * (len(methods.METHODS) + 2) + "|"]
    for name, one in sorted(complete.items(), key=lambda item: -item[1]["rows"]):
        best = max(one[method] for method in methods.METHODS)
        cells = [f"**{one[m]:.3f}**" if one[m] == best else f"{one[m]:.3f}" for m in methods.METHODS]
        lines.append(f"| {name} | {one['rows']:,} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


# Parts of the grid, and which configurations are in them.
PARTS = {"all": lambda c: True, "rate 0.01": lambda c: c["rate"] == 0.01, "rate 0.1": lambda c: c["rate"] == 0.1,
         "rate 1": lambda c: c["rate"] == 1.0,
         "2 to 4 layers, rate 0.01 or 0.1": lambda c: c["depth"] <= 4 and c["rate"] < 1,
         "8 to 32 layers, rate 0.01 or 0.1": lambda c: c["depth"] >= 8 and c["rate"] < 1}


def configuration_table(results, complete):
    """Ranks the methods on the validation rows for each configuration alone, without a selection."""
    from scipy.stats import rankdata
    tuned = {(r["set"], r["method"]): r["tuned"] for r in results if r["set"] in complete}
    middle = (len(methods.METHODS) + 1) / 2
    lines = ["| configurations | trainings of each | " + " | ".join(NAMES[m] for m in methods.METHODS)
             + " | SNN diverged |", "| --- " * (len(methods.METHODS) + 3) + "|"]
    for part, is_in in PARTS.items():
        ranks, diverged = [], 0
        for name in complete:
            count = len(tuned[name, "snn"])
            for i, configuration in enumerate(methods.draw_configurations(name, count, 1)):
                if is_in(configuration):
                    accuracies = [tuned[name, method][i] for method in methods.METHODS]
                    diverged += accuracies[0] is None
                    ranks.append(rankdata([-(a or 0) for a in accuracies]) - middle)
        cells = [f"{statistics.mean(r[i] for r in ranks):+.2f} ± {statistics.stdev(r[i] for r in ranks) / len(ranks) ** 0.5:.2f}"
                 for i in range(len(methods.METHODS))]
        lines.append(f"| {part} | {len(ranks)} | " + " | ".join(cells) + f" | {diverged} |")
    return "\n".join(lines)


def friedman_p(complete):
    """Returns the p-value of Friedman's test that all methods have the same accuracies."""
    from scipy.stats import friedmanchisquare
    return friedmanchisquare(*[[one[m] for one in complete.values()] for m in methods.METHODS]).pvalue


def write_tables(readme, results):
    complete = complete_sets(results)
    if len(complete) < 2:
        return
    replace_table(readme, "configurations", configuration_table(results, complete))
    replace_table(readme, "ranks", summary_table(complete))
    replace_table(readme, "sets", set_table(complete))
