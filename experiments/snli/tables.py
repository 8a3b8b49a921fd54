# SPDX-License-Identifier: Apache-2.0
"""Makes the tables of README.md from results.json."""

import statistics

EPOCHS = (1, 3, 10)
OTHERS = ("Breaking NLI", "SICK")


def spread(values, digits=3):
    """Returns mean ± standard deviation, and how many trainings have the value if not all have it."""
    known = [v for v in values if v is not None]
    if not known:
        return "-"
    text = f"{statistics.mean(known):.{digits}f}"
    if len(known) > 1:
        text += f" ± {statistics.stdev(known):.{digits}f}"
    return text + (f" ({len(known)} of {len(values)})" if len(known) < len(values) else "")


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def after(trial, epoch):
    scores = trial["validation"]
    return scores[min(epoch, len(scores)) - 1] if scores and not trial["failure"] else None


def best(trial):
    return max(trial["validation"]) if trial["validation"] else None


def by_second(trial, seconds):
    passed, score = 0, None
    for took, value in zip(trial["seconds"], trial["validation"]):
        passed += took
        if passed <= seconds:
            score = value
    return score


def epoch_seconds(trials):
    return f"{statistics.median(s for trial in trials for s in trial['seconds']):.2f}"


def curves(found, others=True):
    head = ["network", *(f"epoch {e}" for e in EPOCHS), "best", "test"]
    if others:
        head += [*OTHERS, "s per epoch"]
    rows = []
    for name, trials in found.items():
        row = [name.replace("_", " "), *(spread([after(t, e) for t in trials]) for e in EPOCHS),
               spread([best(t) for t in trials]), spread([t["test"] for t in trials])]
        if others:
            row += [*(spread([t.get(test) for t in trials]) for test in OTHERS), epoch_seconds(trials)]
        rows.append(row)
    return table(head, rows)


def both_inferences(results, identity):
    """Compares the curves with the identity and with the mean over masks, each with its own tuning."""
    rows = []
    for piece in ("repaired", "tuned"):
        for name, trials in identity[piece].items():
            for inference, found in (("identity", trials), ("expectation", results[piece].get(name))):
                if found:
                    rows.append([name.replace("_", " "), inference,
                                 *(spread([after(t, e) for t in found]) for e in EPOCHS),
                                 spread([best(t) for t in found]), spread([t["test"] for t in found])])
    return table(["network", "inference", *(f"epoch {e}" for e in EPOCHS), "best", "test"], rows)


def at_equal_seconds(found):
    """Compares accuracies at the seconds that the fastest network needs for EPOCHS."""
    def needed(trials, epoch):
        return statistics.mean(sum(t["seconds"][:epoch]) for t in trials)
    moments = [min(needed(trials, e) for trials in found.values()) for e in EPOCHS]
    return table(["network", *(f"{m:.1f} s" for m in moments)],
                 [[name.replace("_", " "), *(spread([by_second(t, m + 1e-6) for t in trials])
                                             for m in moments)] for name, trials in found.items()])


def search(found, rates, drops):
    families = list(dict.fromkeys(name.rsplit("_", 2)[0] for name in found))
    head = ["family", "learning rate", *(f"dropout {drop:g}" for drop in drops)]
    rows = []
    for family in families:
        for rate in rates:
            trials = [found[f"{family}_{rate:g}_{drop}"][0] for drop in drops]
            rows.append([family.replace("_", " "), f"{rate:g}",
                         *("failed" if t["failure"] else f"{best(t):.3f}" for t in trials)])
    return table(head, rows)


def finalists(found):
    rows = [[*name.replace("_", " ").rsplit(" ", 2), spread([best(t) for t in trials])]
            for name, trials in found.items()]
    return table(["family", "learning rate", "dropout", "best accuracy, three seeds"], rows)


def speed(found):
    names = list(dict.fromkeys(key.rsplit(", turn", 1)[0] for key in found))
    rows = []
    for name in names:
        turns = [found[key] for key in found if key.startswith(name + ", turn")]
        seconds = [s for turn in turns for s in turn["seconds"]]
        rows.append([name, f"{min(seconds):.1f}", f"{statistics.median(seconds):.1f}",
                     f"{max(seconds):.1f}", max(turn["peak_mib"] for turn in turns)])
    text = table(["549,367 resampled pairs, 2 threads", "s per epoch, lowest", "median", "highest",
                  "peak MiB"], rows)
    medians = {row[0]: float(row[2]) for row in rows}
    for selu, relu in (("selu batch norm", "relu batch norm"), ("selu none", "relu none"),
                       ("tuned selu largest", "tuned relu")):
        if selu in medians:
            text += (f"\n\nThe median epoch of {selu} takes {medians[selu] / medians[relu]:.3f} times as long "
                     f"as that of {relu}.")
    return text


def doctor(found):
    rows = []
    for name, said in found.items():
        codes = [f"{'**' if f['severity'] == 'error' else ''}{f['code']}"
                 f"{'**' if f['severity'] == 'error' else ''} {f['value']:.3g}" for f in said["findings"]]
        missed = [layer["name"] for layer in said["layers"] if layer["missed"]]
        rows.append([name.replace("_", " "), ", ".join(codes) or "none",
                     f"{len(missed)} of {len(said['layers'])}"])
    return table(["network", "findings: code and value", "layers missed"], rows)


def signals(found):
    """Tabulates the predicted and measured variance, and the gradient, of networks without batch norm."""
    names = [n for n in ("selu_none", "selu_repaired") if n in found]
    rows = []
    for name in names:
        for layer in found[name]["layers"]:
            if layer["op"] not in ("scale", "dropout", "alpha_dropout"):
                rows.append([name.replace("_", " "), layer["name"], f"{layer['variance']:.3g}",
                             f"{layer['measured_variance']:.3g}", f"{layer['gradient']:.3g}"])
    return table(["network", "layer", "variance, predicted", "variance, measured", "gradient²"], rows)


def fits(found):
    """Tabulates the accuracy on the training and validation rows, and the training loss, after the last epoch."""
    return table(["network", "training accuracy", "validation accuracy", "training loss"],
                 [[name.replace("_", " "), *(spread([t[key][-1] if t[key] else None for t in trials])
                                             for key in ("training", "validation", "loss"))]
                  for name, trials in found.items()])


def moments(found):
    rows = []
    for name, records in found.items():
        start, end = records["start"], records["end"]
        # Last come the layers whose activation is watched instead of their output: only their
        # weights are recorded.
        for layer in [*start["moments"], *(n for n in start["weights"] if n not in start["moments"])]:
            signals = [each["moments"].get(layer) for each in (start, end)]
            weights = [each["weights"].get(layer) for each in (start, end)]
            rows.append([name.replace("_", " "), layer,
                         *(f"{x['mean']:.2f}, {x['variance']:.3g}" if x else "" for x in signals),
                         *(f"{w['tau']:.2f} ± {w['tau_deviation']:.2f}" if w else "" for w in weights)])
    return table(["network", "layer", "mean, variance before training", "after", "τ before training",
                  "after"], rows)


def tables(results, networks, rates, drops):
    made = {}
    if "published" in results:
        made["published"] = curves(results["published"] | results.get("expectation", {}))
        made["masked"] = curves(results["masked"], others=False)
    if "repaired" in results:
        made["repaired"] = curves(results["repaired"])
    if "search" in results:
        made["search"] = search(results["search"], rates, drops)
    if "finalists" in results:
        made["finalists"] = finalists(results["finalists"])
    if "tuned" in results:
        made["tuned"] = curves(results["tuned"])
        made["seconds"] = at_equal_seconds(results["tuned"])
        made["fits"] = fits(results["tuned"])
    if "moments" in results:
        made["moments"] = moments(results["moments"])
    identity = results["identity"]  # measured with the identity as the inference of alpha dropout
    made["tried"] = curves(identity["tried"] | results["tried"], others=False)
    made["ablation"] = curves(identity["ablation"] | results["ablation"], others=False)
    made["identity"] = both_inferences(results, identity)
    if "speed" in results:
        made["speed"] = speed(results["speed"])
    if "doctor" in results:
        made["doctor"] = doctor(results["doctor"])
        made["signals"] = signals(results["doctor"])
    return made
