# SPDX-License-Identifier: Apache-2.0
"""Makes the tables of README.md from results.jsonl."""

import collections
import statistics

METRIC = {"mnist": ("accuracy", "test accuracy"), "nli": ("accuracy", "test accuracy"),
          "membrane": ("iou", "test IoU")}


def select(results, **wanted):
    return [r for r in results if all(r.get(k) == v for k, v in wanted.items())]


def mean_and_std(values, digits):
    if not values:
        return "-"
    spread = f" ± {statistics.stdev(values):.{digits}f}" if len(values) > 1 else ""
    return f"{statistics.mean(values):.{digits}f}{spread}"


# ---- the doctor --------------------------------------------------------------------------------

def number(value, unless="∞"):
    return unless if value is None else f"{value:.3g}"


def findings_text(findings):
    if not findings:
        return "none"
    return ", ".join(f"{'**' if f['severity'] == 'error' else ''}{f['code']}"
                     f"{'**' if f['severity'] == 'error' else ''} {number(f['value'])}"
                     f"{' (' + str(f['layers']) + ')' if f['layers'] > 1 else ''}" for f in findings)


def spread_text(row, what):
    if what not in row.get("spreads", {}):
        return "-"
    least, median, most = row["spreads"][what]
    return f"{median:.2f} ({least:.2f} to {most:.2f})"


def doctor_table(results, networks, versions_of):
    lines = ["| network | version | findings: code, value, (number of layers) | mean error, standard "
             "deviations | variance error | gradient error per layer | layers missed | spread of the "
             "variance, predicted/measured | spread of the gradient, predicted/measured |",
             "| --- |" + " --- |" * 8]
    for name in networks:
        for version in versions_of(name):
            for row in select(results, kind="doctor", network=name, version=version):
                if "failed" in row:
                    lines.append(f"| {name} | {version} | failed: {row['failed']} | | | | | | |")
                    continue
                off = row["off"]
                lines.append(
                    f"| {name} | {version} | {findings_text(row['findings'])} | {off['mean']:.3f} | "
                    f"{100 * off['variance']:.1f} % | {100 * off['gradient']:.2f} % | "
                    f"{len(off['missed'])} of {row['layers']} | "
                    f"{spread_text(row, 'variance')} | {spread_text(row, 'gradient')} |")
    return "\n".join(lines)


def calibration_table(results, networks):
    lines = ["| repaired network | layers | factor of the weights, least | median | greatest | findings "
             "afterward |",
             "| --- |" + " --- |" * 5]
    for name in networks:
        for row in select(results, kind="calibration", network=name):
            if "failed" in row:
                lines.append(f"| {name} | failed: {row['failed']} | | | | |")
                continue
            lines.append(f"| {name} | {row['layers']} | {row['least']:.3f} | {row['median']:.3f} | "
                         f"{row['most']:.3f} | {', '.join(row['findings']) or 'none'} |")
    return "\n".join(lines)


def doctor_seconds(results):
    lines = ["| network | nodes | seconds |", "| --- | --- | --- |"]
    for row in select(results, kind="doctor seconds"):
        lines.append(f"| {row['network']} | {row['nodes']:,} | {row['seconds']:.2f} |")
    return "\n".join(lines)


# ---- training ----------------------------------------------------------------------------------

def best_rows(results, name, version, kind="training"):
    """Returns the runs of all seeds at the best rate of the first seed."""
    rows = select(results, kind=kind, network=name, version=version)
    by_rate = collections.defaultdict(list)
    for row in rows:
        by_rate[row["rate"]].append(row)
    most = max((len(v) for v in by_rate.values()), default=0)
    finished = [v for v in by_rate.values() if len(v) == most and any("losses" in r for r in v)]
    return finished[0] if finished else rows


def reached(row, epochs):
    """Returns the validation metric of the last epoch that had finished by then, or None."""
    ended = min(int(epochs), len(row["validation"]))
    return row["validation"][ended - 1] if ended > 0 else None


def training_table(results, networks, versions_of):
    lines = ["| network | version | learning rate | training loss by epoch | test | validation after "
             "the last epoch | seconds per epoch | validation after the fastest version's training "
             "time |",
             "| --- |" + " --- |" * 7]
    for name, (_, _, data) in networks.items():
        seconds = {v: r["epoch_seconds"] for v in versions_of(name)
                   for r in select(results, kind="seconds", network=name, version=v)
                   if "failed" not in r}
        metric, title = METRIC[data]
        for version in versions_of(name):
            rows = [r for r in best_rows(results, name, version) if "losses" in r]
            failed = [r for r in select(results, kind="training", network=name, version=version)
                      if "failed" in r]
            if not rows:
                if failed:
                    lines.append(f"| {name} | {version} | all | {failed[0]['failed']} | - | - | - | - |")
                continue
            losses = " ".join(f"{statistics.mean(values):.3g}"
                              for values in zip(*(r["losses"] for r in rows)))
            at = []
            if set(seconds) == set(versions_of(name)):
                epochs = len(rows[0]["losses"]) * min(seconds.values()) / seconds[version]
                at = [score for r in rows if (score := reached(r, 1.02 * epochs)) is not None]
            note = f" ({len(failed)} runs failed)" if failed else ""
            lines.append(
                f"| {name} | {version} | {rows[0]['rate']:g}{note} | {losses} | {title} "
                f"{mean_and_std([r['test'][metric] for r in rows], 4)} | "
                f"{mean_and_std([r['validation'][-1] for r in rows], 4)} | "
                f"{number(seconds.get(version), '-')} | {mean_and_std(at, 4)} |")
    return "\n".join(lines)


def inference_table(results, networks, versions_of):
    """Compares the repaired networks with alpha dropout for both kinds of inference."""
    lines = ["| network | version | metric | identity | expectation | loss: identity | expectation |",
             "| --- |" + " --- |" * 6]
    for name, (_, _, data) in networks.items():
        metric, title = METRIC[data]
        for version in versions_of(name):
            both = [best_rows(results, name, version, kind)
                    for kind in ("training, identity", "training")]
            if both[0]:
                cells = [mean_and_std([r["test"][key] for r in rows], 4)
                         for key in (metric, "loss") for rows in both]
                lines.append(f"| {name} | {version} | {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


# ---- the U-Nets ---------------------------------------------------------------------------------

def unet_table(results, networks):
    """Tabulates the predictions for each U-Net as users build it, and its training losses."""
    lines = ["| U-Net, faulty | largest variance of a layer | variance at the output | gradient's mean "
             "square after the first activation, relative to the output | training loss by epoch |",
             "| --- |" + " --- |" * 4]
    for name in networks:
        rows = [r for r in select(results, kind="doctor", network=name, version="faulty")
                if name.startswith("U-Net") and "failed" not in r]
        for row in rows:
            trained = [r for r in best_rows(results, name, "faulty") if "losses" in r]
            losses = " ".join(f"{statistics.mean(values):.3g}"
                              for values in zip(*(r["losses"] for r in trained))) or "-"
            lines.append(f"| {name} | {row['largest_variance']:.3g} | {row['output_variance']:.3g} | "
                         f"{row['first_gradient']:.3g} | {losses} |")
    return "\n".join(lines)
