#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the memory of a training with a live page, and the time to its end, under hostile clients.

usage: tools/live_server_trials.py [--program build/release/bin/selfnorm] [--record]

--record writes the table to docs/security.md.
"""

import argparse
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/cli"), str(ROOT / "experiments")]
SECONDS = 5  # that the clients get
MEBIBYTE = 1 << 20


class Server:
    """A training with a live page, which a test of it also uses."""

    def __init__(self, program, folder):
        from live_test import NETWORK
        (pathlib.Path(folder) / "net.toml").write_text(NETWORK)
        self.process = subprocess.Popen(
            [program, "train", "net.toml", "--out", "run", "--live", "--epochs", "1000000", "--report", "false"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        line = next(line for line in self.process.stderr if "live at" in line)
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", line).group(1))
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        time.sleep(1)

    def connect(self):
        client = socket.socket()
        client.settimeout(SECONDS)
        with contextlib.suppress(OSError):
            client.connect(("127.0.0.1", self.port))
        return client

    def send(self, client, text):
        with contextlib.suppress(OSError):
            return client.send(text)
        return 0

    def get(self, path, *headers):
        lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", *headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def resident(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) / 1024


def nothing(server):
    time.sleep(SECONDS)
    return []


def many_connections(server):
    clients = []
    for _ in range(500):
        client = socket.socket()
        client.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            client.connect(("127.0.0.1", server.port))
        clients.append(client)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for client in clients:
            server.send(client, server.get("/events"))
        time.sleep(0.2)
    return clients


def slow_clients(server):
    clients = [server.connect() for _ in range(20)]
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        for client in clients:
            server.send(client, b"G")
        time.sleep(1)
    return clients


def clients_that_do_not_read(server):
    clients = [server.connect() for _ in range(20)]
    for client in clients:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        server.send(client, server.get("/events"))
    time.sleep(SECONDS)
    return clients


def large_body(server):
    client = server.connect()
    server.send(client, server.get("/", "Content-Length: 1000000000"))
    piece, sent, end = b"x" * MEBIBYTE, 0, time.monotonic() + SECONDS
    while sent < 10**9 and time.monotonic() < end:
        new = server.send(client, piece)
        if new == 0:
            break
        sent += new
    return [client]


TRIALS = {"no client": nothing, "500 connections that ask for events": many_connections,
          "20 clients that send a byte a second": slow_clients,
          "20 clients that do not read their events": clients_that_do_not_read,
          "a request with a body of 1 GB": large_body}


def measure(program, trial):
    """Returns the resident memory before the clients and after them, in MB, and the seconds to the end."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(program, folder)
        before = server.resident()
        clients = trial(server)
        after = server.resident()
        start = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        server.process.wait(timeout=120)
        seconds = time.monotonic() - start
        for client in clients:
            client.close()
        return before, after, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default="build/release/bin/selfnorm")
    parser.add_argument("--record", action="store_true")
    arguments = parser.parse_args()
    program = os.path.abspath(arguments.program)
    from results import replace_table
    lines = ["| clients, for 5 s | memory before | memory after | from Ctrl-C to the end |", "| --- | --- | --- | --- |"]
    for name, trial in TRIALS.items():
        before, after, seconds = measure(program, trial)
        lines.append(f"| {name} | {before:.0f} MB | {after:.0f} MB | {seconds:.1f} s |")
        print(lines[-1], flush=True)
    if arguments.record:
        replace_table(ROOT / "docs/security.md", "live server", "\n".join(lines),
                      maker="tools/live_server_trials.py")


if __name__ == "__main__":
    main()
