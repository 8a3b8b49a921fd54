#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the size of a report and the time to write and to open it.

The run has a thousand layers and two hundred epochs on the digits, or a network file (--network).

usage: bench/report_bench.py [--program build/release/bin/selfnorm] [--layers 1000] [--epochs 200]
                             | --network NET.toml

The opening time is measured in headless Chromium, from the start of navigation to the frame after
the last chart. A copy of the page sends the time on the browser's own clock to a local server.
"""

import argparse
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
POLICY = '<meta http-equiv="Content-Security-Policy"'
PROBE = """<script>requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
  fetch('http://127.0.0.1:PORT/' + performance.now(), {mode: 'no-cors'});
})))</script></body>"""


def network(layers, epochs):
    inner = '  { op = "dense", units = 16 }, { op = "selu", shape = "depth" },\n' * layers
    return (f'[data]\nsource = "digits"\nvalidation_split = 0.1\n[model]\nlayers = [\n  {{ op = "flatten" }},\n'
            f'{inner}  {{ op = "dense", units = 10 }},\n]\n[train]\nepochs = {epochs}\nbatch_size = 128\n'
            'optimizer = { name = "adam", learning_rate = 1e-4 }\n')


class Listener(http.server.BaseHTTPRequestHandler):
    """Records the requested paths."""
    requested = []

    def do_GET(self):
        self.requested.append(urllib.parse.urlparse(self.path).path.strip("/"))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def opened(page, folder):
    """Returns the opening time in milliseconds, or None without a browser or its answer."""
    browser = shutil.which("chromium")
    if browser is None:
        return None
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    copy = pathlib.Path(folder, "probed.html")
    text = page.read_text()
    if POLICY not in text or "</body>" not in text:
        sys.exit(f"{page}: the page has no content security policy or no end of its body")
    # The policy of the page forbids requests, so the copy has no policy.
    copy.write_text(text.replace(POLICY, "<meta").replace("</body>", PROBE.replace("PORT", str(server.server_port))))
    Listener.requested.clear()
    process = subprocess.Popen([browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                                "--window-size=1200,900", "--remote-debugging-port=0", f"--user-data-dir={folder}/browser",
                                f"file://{copy}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(600):
        if Listener.requested:
            break
        time.sleep(0.05)
    process.terminate()
    process.wait()
    server.shutdown()
    return float(Listener.requested[0]) if Listener.requested else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/selfnorm"))
    parser.add_argument("--layers", type=int, default=1000)
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--network", type=pathlib.Path)
    arguments = parser.parse_args()
    program = str(pathlib.Path(arguments.program).resolve())
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = pathlib.Path(folder, "net.toml")
        path.write_text(network(arguments.layers, arguments.epochs))
        if arguments.network is not None:
            path = arguments.network.resolve()
        start = time.perf_counter()
        trained = subprocess.run([program, "train", path, "--out", f"{folder}/run", "--json"], cwd=path.parent,
                                 check=False, capture_output=True, text=True)
        seconds = time.perf_counter() - start
        if trained.returncode != 0:
            sys.exit(trained.stderr)
        result = json.loads(trained.stdout)
        page, history = pathlib.Path(folder, "run/report.html"), pathlib.Path(folder, "run/history.jsonl")
        fraction = result["report_seconds"] / (seconds - result["report_seconds"])
        print(f"{result['epochs']} epochs: {seconds:.1f} s in all, {result['seconds']:.1f} s of training steps, "
              f"{result['watch_seconds']:.2f} s of watching; history {history.stat().st_size / 1e6:.1f} MB")
        print(f"report: {page.stat().st_size / 1e6:.2f} MB, written in {result['report_seconds']:.3f} s "
              f"({100 * fraction:.2f} % of the rest of the run)")
        times = [t for t in (opened(page, folder) for _ in range(3)) if t is not None]
        if not times:
            print("not opened: Chromium is not installed or did not answer")
        else:
            print(f"opened in {min(times):.0f} ms (the lowest of {', '.join(f'{t:.0f}' for t in times)})")


if __name__ == "__main__":
    main()
