#!/usr/bin/env python3
"""What a report of a large run weighs, how long it takes to write and to open: a thousand layers,
two hundred epochs, trained for real on the digits.

usage: bench/report_bench.py [--program build/release/bin/selfnorm] [--layers 1000] [--epochs 200]

Opening is timed in a headless Chromium, from the start of navigation to the last chart drawn.
"""

import argparse
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROBE = """<script>requestAnimationFrame(() => requestAnimationFrame(() => {
  document.title = 'OPENED' + Math.round(performance.now());
}))</script></body>"""


def network(layers, epochs):
    inner = '  { op = "dense", units = 16 }, { op = "selu", shape = "depth" },\n' * layers
    return (f'[data]\nsource = "digits"\nvalidation_split = 0.1\n[model]\nlayers = [\n  {{ op = "flatten" }},\n'
            f'{inner}  {{ op = "dense", units = 10 }},\n]\n[train]\nepochs = {epochs}\nbatch_size = 128\n'
            'optimizer = { name = "adam", learning_rate = 1e-4 }\n')


def opened(page, folder):
    """Milliseconds, or None without a browser."""
    browser = shutil.which("chromium")
    if browser is None:
        return None
    copy = pathlib.Path(folder, "probed.html")
    copy.write_text(page.read_text().replace("</body>", PROBE))
    finished = subprocess.run([browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}/browser",
                               "--timeout=20000", "--dump-dom", f"file://{copy}"], capture_output=True, text=True, check=False)
    found = re.search(r"OPENED(\d+)", finished.stdout)
    return int(found.group(1)) if found else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--layers", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=200)
    arguments = parser.parse_args()
    program = str(pathlib.Path(arguments.program).resolve())
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "net.toml").write_text(network(arguments.layers, arguments.epochs))
        trained = subprocess.run([program, "train", "net.toml", "--out", "run", "--json"], cwd=folder, check=False,
                                 capture_output=True, text=True)
        if trained.returncode != 0:
            sys.exit(trained.stderr)
        told = json.loads(trained.stdout)
        page = pathlib.Path(folder, "run/report.html")
        history = pathlib.Path(folder, "run/history.jsonl")
        share = told["report_seconds"] / (told["seconds"] + told["watch_seconds"])
        print(f"{arguments.layers} layers, {arguments.epochs} epochs: {told['seconds']:.1f} s of training steps, "
              f"{told['watch_seconds']:.2f} s of watching; history {history.stat().st_size / 1e6:.1f} MB")
        print(f"report: {page.stat().st_size / 1e6:.2f} MB, written in {told['report_seconds']:.2f} s "
              f"({100 * share:.2f} % of the run)")
        times = [opened(page, folder) for _ in range(3)]
        print(f"opened in {min(times)} ms (least of three)" if None not in times else "no chromium to open it with")


if __name__ == "__main__":
    main()
