#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares what alpha dropout can compute at inference, on networks trained with PyTorch.

usage: experiments/dropout/alternatives.py [--seeds 3] [--work FOLDER]

Needs the packages torch and numpy, and ../shared/data. PyTorch trains the networks, so that the
comparison does not depend on the engine of selfnorm. Each finished network is stored in
alternatives.jsonl. An interrupted run resumes. README.md gets the table.

The networks predict the Friedman data (fried, 40,768 rows): dense layers of 128 units with SELU and
alpha dropout, Adam, ten epochs. For a test row, the reference is the mean of the outputs of 256
masks. The candidates are:

  identity      no change, as published
  expectation   the mean over the masks of the dropout's output, a·q·x + c
  matched       mean and variance of each unit over training rows as with dropout
  re-estimated  for each unit, the least-squares line from its pre-activation at inference to that
                with dropout, from one pass over the training rows
  32 masks      the mean output of 32 masks
  annealed      no dropout in the last tenth of training, and the identity
  with line     the expectation, then the least-squares line of the truth on the output over the
                training rows
"""

import argparse
import gzip
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from results import read_results, replace_table  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE / "alternatives.jsonl"
DATA = HERE.parents[2] / "shared/data/pmlb-regression/564_fried.tsv.gz"
ALPHA_PRIME = -1.7580993408473766
UNITS, BATCH, EPOCHS, RATE_OF_LEARNING = 128, 128, 10, 1e-3
REFERENCE_MASKS, FEW_MASKS = 256, 32
DEPTHS, RATES = (2, 4, 8, 16), (0.05, 0.15, 0.25)
CANDIDATES = ("identity", "expectation", "matched", "re-estimated", "with line", "32 masks",
              "annealed")


def read_data(torch, numpy, seed):
    """Returns standardized training and test rows."""
    with gzip.open(DATA, "rt") as file:
        table = numpy.loadtxt(file, skiprows=1)
    order = numpy.random.default_rng(seed).permutation(len(table))
    table = torch.tensor(table[order], dtype=torch.float32)
    train = table[:len(table) * 3 // 4]
    mean, deviation = train.mean(0), train.std(0)
    table = (table - mean) / deviation
    cut = len(train)
    return table[:cut, :-1], table[:cut, -1:], table[cut:, :-1], table[cut:, -1:]


class Network:
    """Dense layers with SELU and alpha dropout, and a linear output."""

    def __init__(self, torch, features, depth, rate):
        self.torch, self.rate = torch, rate
        sizes = [features] + [UNITS] * depth + [1]
        self.weights = [torch.nn.Parameter(torch.randn(n, m) / m ** 0.5)
                        for m, n in zip(sizes, sizes[1:])]
        self.biases = [torch.nn.Parameter(torch.zeros(n)) for n in sizes[1:]]

    def parameters(self):
        return [*self.weights, *self.biases]

    def expected_factor(self):
        """Returns a·q. For inputs with mean 0, the shift c = a·(1 − q)·α′ + b is 0."""
        q = 1 - self.rate
        return q * (q + ALPHA_PRIME ** 2 * q * self.rate) ** -0.5

    def forward(self, x, dropout, adjust=None, record=None):
        """`dropout` maps the output of a SELU. `adjust` maps each pre-activation, by layer."""
        functional = self.torch.nn.functional
        for layer, (w, b) in enumerate(zip(self.weights, self.biases)):
            z = functional.linear(x, w, b)
            if adjust is not None:
                z = adjust(layer, z)
            if record is not None:
                record.append(z)
            x = dropout(layer, functional.selu(z)) if layer + 1 < len(self.weights) else z
        return x

    def masked(self, x, record=None):
        drop = self.torch.nn.functional.alpha_dropout
        return self.forward(x, lambda _, h: drop(h, self.rate, training=True), record=record)


def train(torch, network, x, y, generator, annealed):
    optimizer = torch.optim.Adam(network.parameters(), RATE_OF_LEARNING)
    batches = len(x) // BATCH
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * batches)
    for epoch in range(EPOCHS):
        order = torch.randperm(len(x), generator=generator)
        for batch in range(batches):
            rows = order[batch * BATCH:(batch + 1) * BATCH]
            drops = not annealed or epoch * batches + batch < 0.9 * EPOCHS * batches
            output = network.masked(x[rows]) if drops else network.forward(x[rows], lambda _, h: h)
            loss = torch.mean((output - y[rows]) ** 2)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()


def mean_of_masks(network, x, count):
    return sum(network.masked(x) for _ in range(count)) / count


def expectation(network, x, **more):
    factor = network.expected_factor()
    return network.forward(x, lambda _, h: factor * h, **more)


def line(of, on):
    """Returns slope and offset of the least-squares line of `of` on `on`."""
    centered = on - on.mean()
    slope = (centered * (of - of.mean())).sum() / (centered ** 2).sum()
    return slope, of.mean() - slope * on.mean()


def with_line(network, x_train, y_train, x_test):
    slope, offset = line(y_train, expectation(network, x_train))
    return slope * expectation(network, x_test) + offset


def re_estimated(network, x_train, x_test):
    """Fits the layers in order, so that each sees the lines of the layers before it."""
    masked, lines = [], {}
    network.masked(x_train, record=masked)

    def fit(layer, z):
        target = masked[layer]
        z_mean, t_mean = z.mean(0), target.mean(0)
        slope = ((z - z_mean) * (target - t_mean)).mean(0) / ((z - z_mean) ** 2).mean(0)
        lines[layer] = slope, t_mean - slope * z_mean
        return slope * z + lines[layer][1]
    expectation(network, x_train, adjust=fit)
    return expectation(network, x_test, adjust=lambda layer, z: lines[layer][0] * z + lines[layer][1])


def matched(network, x_train, x_test):
    """Scales and shifts every unit after SELU to its mean and variance with dropout."""
    with_dropout, maps = [], {}
    drop = network.torch.nn.functional.alpha_dropout

    def store(_, h):
        with_dropout.append(drop(h, network.rate, training=True))
        return with_dropout[-1]
    network.forward(x_train, store)

    def fit(layer, h):
        scale = with_dropout[layer].std(0) / h.std(0)
        maps[layer] = scale, with_dropout[layer].mean(0) - scale * h.mean(0)
        return scale * h + maps[layer][1]
    network.forward(x_train, fit)
    return network.forward(x_test, lambda layer, h: maps[layer][0] * h + maps[layer][1])


def scores(output, reference, y):
    """Distance and slope against the mean of many masks, and slope and R² against the truth."""
    return {"distance": float(((output - reference) ** 2).mean() ** 0.5 / reference.std()),
            "slope of masks": float(line(reference, output)[0]),
            "slope of truth": float(line(y, output)[0]),
            "r2": float(1 - ((y - output) ** 2).mean() / y.var())}


def measure(torch, numpy, depth, rate, seed):
    x, y, x_test, y_test = read_data(torch, numpy, seed)
    found = {"depth": depth, "rate": rate, "seed": seed}
    for annealed in (False, True):
        torch.manual_seed(seed)
        network = Network(torch, x.shape[1], depth, rate)
        train(torch, network, x, y, torch.Generator().manual_seed(seed), annealed)
        with torch.no_grad():
            if annealed:
                output = network.forward(x_test, lambda _, h: h)
                found["annealed"] = scores(output, output, y_test)
                continue
            reference = mean_of_masks(network, x_test, REFERENCE_MASKS)
            outputs = {"identity": network.forward(x_test, lambda _, h: h),
                       "expectation": expectation(network, x_test),
                       "matched": matched(network, x, x_test),
                       "re-estimated": re_estimated(network, x, x_test),
                       "with line": with_line(network, x, y, x_test),
                       "32 masks": mean_of_masks(network, x_test, FEW_MASKS)}
            found.update({name: scores(output, reference, y_test) for name, output in outputs.items()})
            found["masks"] = scores(reference, reference, y_test)
    return found


def table(results):
    mean = lambda rows, name, key: sum(row[name][key] for row in rows) / len(rows)  # noqa: E731
    lines = ["| layers | rate | " + " | ".join(CANDIDATES) + " | 256 masks |",
             "| --- | --- |" + " --- |" * (len(CANDIDATES) + 1)]
    for depth in DEPTHS:
        for rate in RATES:
            rows = [r for r in results if r["depth"] == depth and r["rate"] == rate]
            if not rows:
                continue
            cells = []
            for name in (*CANDIDATES, "masks"):
                text = f"{mean(rows, name, 'r2'):.3f}, {mean(rows, name, 'slope of truth'):.2f}"
                if name not in ("annealed", "masks"):
                    text += f", {mean(rows, name, 'distance'):.3f}"
                cells.append(text)
            lines.append(f"| {depth} | {rate} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    try:
        import numpy
        import torch
        torch.set_num_threads(1)  # such small products are not faster with more
    except ImportError as error:
        print(f"skipped: {error.name} is not installed (pip install torch numpy)")
        return
    if not DATA.exists():
        print(f"skipped: needs {DATA}")
        return
    results = read_results(RESULTS)
    for seed in range(1, arguments.seeds + 1):
        for depth in DEPTHS:
            for rate in RATES:
                if any((r["depth"], r["rate"], r["seed"]) == (depth, rate, seed) for r in results):
                    continue
                results.append(measure(torch, numpy, depth, rate, seed))
                with RESULTS.open("a") as file:
                    file.write(json.dumps(results[-1]) + "\n")
                print(json.dumps(results[-1]), flush=True)
    replace_table(HERE / "README.md", "alternatives", table(results), "alternatives.py")


if __name__ == "__main__":
    main()
