# SPDX-License-Identifier: Apache-2.0
"""Reads our event files with TensorBoard's own reader, and compares them with the history of the run.

usage: tensorboard_python_test.py SELFNORM_PROGRAM WORK_FOLDER
The exit status is 77 (skipped, for ctest) if the package is not installed and cannot be installed.
"""

import json
import math
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from packages import interpreter_with

PACKAGES = ["tensorboard"]
PARTS = {"mean": "moments", "variance": "moments", "tau": "weights", "tau_deviation": "weights",
         "omega": "weights", "omega_deviation": "weights", "outside": "weights", "gradient": "weights"}
NETWORK = """[data]
source = "digits"
validation_split = 0.2
[model]
layers = [{ op = "flatten" }, { op = "dense", units = 32 }, { op = "selu", name = "hidden/one" },
          { op = "dense", units = 10 }]
[train]
epochs = 3
"""


def told_by(history):
    """Returns every scalar and histogram of a history by tag and epoch."""
    scalars, histograms = {}, {}
    for record in history:
        epoch = record["epoch"]
        def add(tag, value):
            if value is not None:
                scalars[tag, epoch] = value
        for key, value in record.items():
            if key.startswith("validation_"):
                add("validation/" + key[len("validation_"):], value)
            elif key in ("learning_rate", "seconds"):
                if epoch > 0:
                    add("train/" + key, value)
            elif isinstance(value, float):
                add("train/" + key, value)
        for key, part in PARTS.items():
            for layer in record.get(part, []):
                add(f"{key}/{layer['layer']}", layer[key])
        for layer in record.get("histograms", []):
            histograms["outputs/" + layer["layer"], epoch] = layer["counts"]
    return scalars, histograms


def rounded(value):
    import numpy
    return float(numpy.float32(value))


def check_resumed(program, folder, env):
    """Checks that epochs which were trained twice are in two files and are read once."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    def train(*options):
        subprocess.run([program, "train", *options, "--out", "again", "--tensorboard", "logs/again"],
                       cwd=folder, check=True, capture_output=True, env=env)
    run, kept = pathlib.Path(folder, "again"), pathlib.Path(folder, "kept")
    train("net.toml", "--epochs", "2")
    shutil.copytree(run, kept)
    train("--resume", "--epochs", "4")
    shutil.rmtree(run)
    shutil.copytree(kept, run)  # as after a crash
    train("--resume", "--epochs", "4")
    read = EventAccumulator(os.path.join(folder, "logs/again"), size_guidance={"scalars": 0})
    read.Reload()
    assert len(os.listdir(os.path.join(folder, "logs/again"))) == 3
    assert [event.step for event in read.Scalars("train/loss")] == [1, 2, 3, 4]


def check(program):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import plugin_data_pb2

    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "net.toml").write_text(NETWORK)
        data = str(pathlib.Path(__file__).resolve().parents[2] / "data")
        env = {**os.environ, "SELFNORM_DATA": data}
        subprocess.run([program, "train", "net.toml", "--out", "run", "--tensorboard", "logs/one"],
                       cwd=folder, check=True, capture_output=True, env=env)
        check_resumed(program, folder, env)
        history = [json.loads(line) for line in
                   pathlib.Path(folder, "run/history.jsonl").read_text().splitlines()]
        read = EventAccumulator(os.path.join(folder, "logs/one"), size_guidance={
            "scalars": 0, "histograms": 0, "tensors": 0})
        read.Reload()
    scalars, histograms = told_by(history)
    got = {(tag, event.step): event.value for tag in read.Tags()["scalars"] for event in read.Scalars(tag)}
    want = {key: rounded(value) for key, value in scalars.items()}
    assert want == got, [(key, want.get(key), got.get(key)) for key in {*want, *got}
                         if want.get(key) != got.get(key)][:10]
    assert len(got) > 50, len(got)
    seen = 0
    for tag in read.Tags()["histograms"]:
        for event in read.Histograms(tag):
            counts, limits = list(event.histogram_value.bucket), list(event.histogram_value.bucket_limit)
            assert counts == histograms[tag, event.step], (tag, event.step)
            assert len(limits) == 64 and limits[-1] == 4 and math.isclose(limits[0], -3.875)
            seen += 1
    assert seen == len(histograms) > 0
    graph = read.Graph()
    assert [node.name for node in graph.node] == ["image", "flatten_1", "dense_1", "hidden/one", "dense_2"], graph
    assert [str(i) for i in graph.node[3].input] == ["dense_1"]
    plugin = read.summary_metadata["_hparams_/session_start_info"].plugin_data
    assert plugin.plugin_name == "hparams"
    start = plugin_data_pb2.HParamsPluginData.FromString(plugin.content).session_start_info
    assert start.hparams["epochs"].number_value == 3
    assert start.hparams["optimizer"].string_value == "adam", start
    experiment = plugin_data_pb2.HParamsPluginData.FromString(
        read.summary_metadata["_hparams_/experiment"].plugin_data.content).experiment
    assert "validation/loss" in [info.name.tag for info in experiment.metric_infos]
    end = plugin_data_pb2.HParamsPluginData.FromString(
        read.summary_metadata["_hparams_/session_end_info"].plugin_data.content).session_end_info
    assert end.status == 1
    print(f"{len(got)} scalars and {seen} histograms read back")


def main():
    program, work = sys.argv[1:3]
    if sys.argv[3:] == ["--check"]:
        check(program)
        return
    python = interpreter_with(PACKAGES, work)
    sys.exit(subprocess.run([python, __file__, program, work, "--check"], check=False).returncode)


if __name__ == "__main__":
    main()
