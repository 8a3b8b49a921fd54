# SPDX-License-Identifier: Apache-2.0
"""Tests that no client of a live page can fill the memory, read the data from another site, or keep the program alive."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
import time

from live_test import NETWORK
from program import INTERRUPTED, CliTest, environment, main, program

ALLOWED_GROWTH = 16 << 20  # 32 connections of 32 KiB, their events, and what the training itself allocates
SECONDS_TO_END = 10


def resident_bytes(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) << 10


class LiveClients(CliTest):
    def setUp(self):
        super().setUp()
        self.write("net.toml", NETWORK)
        self.process = subprocess.Popen(
            [program(), "train", "net.toml", "--out", "run", "--live", "--epochs", "1000000", "--report", "false"],
            cwd=self.dir, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.process.stderr.close)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        line = next(line for line in self.process.stderr if "live at" in line)
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)", line).group(1))
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        self.addCleanup(client.close)
        return client

    def request(self, head, body=b""):
        """Sends a request, with {host} replaced, and returns the status, or None if the connection was closed."""
        client = self.connect()
        with contextlib.suppress(OSError):
            client.sendall(head.format(host=f"127.0.0.1:{self.port}").encode() + body)
        answer = b""
        with contextlib.suppress(OSError):
            answer = client.recv(4096)
        return int(answer.split()[1]) if answer else None

    def end(self):
        """Interrupts the training and returns the seconds until its end."""
        start = time.monotonic()
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(INTERRUPTED, self.process.wait(timeout=60))
        return time.monotonic() - start

    def test_answers_only_requests_of_its_own_page(self):
        own = "GET / HTTP/1.1\r\nHost: {host}\r\n"
        self.assertEqual(200, self.request(own + "\r\n"))
        self.assertEqual(200, self.request(own + "Origin: http://{host}\r\n\r\n"))
        self.assertEqual(403, self.request(own + "Origin: https://example.org\r\n\r\n"))
        self.assertEqual(403, self.request(own + "Origin: null\r\n\r\n"))
        self.assertEqual(403, self.request("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"))
        self.assertIn(self.request("GET / HTTP/1.1\r\n\r\n"), (400, 403))
        self.assertEqual(405, self.request("DELETE / HTTP/1.1\r\nHost: {host}\r\n\r\n"))

    def test_reads_no_body_and_no_long_header(self):
        self.request("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")
        before = resident_bytes(self.process)
        for method in ("POST", "GET"):
            for length in ("Content-Length: 1000000000", "Transfer-Encoding: chunked"):
                client = self.connect()
                client.sendall(f"{method} / HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{length}\r\n\r\n".encode())
                sent = self.send_for_a_while(client, b"fffff\r\n" + b"x" * 0xfffff + b"\r\n")
                self.assertLess(sent, 1 << 30)
        for start in ("GET /", "GET / HTTP/1.1\r\nA: ", "GET / HTTP/1.1\r\n"):
            client = self.connect()
            client.sendall(start.encode())
            self.assertLess(self.send_for_a_while(client, b"x" * (1 << 20)), 64 << 20)
            client = self.connect()
            client.sendall(start.encode())
            self.assertLess(self.send_for_a_while(client, b"a: b\r\n" * (1 << 17)), 64 << 20)
        self.assertLess(resident_bytes(self.process) - before, ALLOWED_GROWTH)
        self.assertEqual(200, self.request("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"))
        self.assertLess(self.end(), SECONDS_TO_END)

    def send_for_a_while(self, client, data):
        """Sends the data again and again until the server closes, for at most three seconds. Returns the bytes."""
        client.settimeout(3)
        sent, end = 0, time.monotonic() + 3
        with contextlib.suppress(OSError):
            while time.monotonic() < end and sent < 1 << 30:
                sent += client.send(data)
        return sent

    def test_slow_clients_are_disconnected(self):
        clients = [self.connect() for _ in range(4)]
        clients[1].sendall(b"GET / HTTP/1.1\r\n")
        start = time.monotonic()
        closed = set()
        while len(closed) < len(clients) and time.monotonic() - start < 30:
            time.sleep(0.5)
            for client in set(clients) - closed:
                client.settimeout(0.01)
                try:
                    if client is clients[2]:
                        client.send(b"G")  # a byte now and then
                    if not client.recv(4096):
                        closed.add(client)
                except TimeoutError:
                    pass
                except OSError:
                    closed.add(client)
        self.assertEqual(len(clients), len(closed))
        self.assertEqual(200, self.request("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"))

    def test_ends_while_clients_do_not_read(self):
        stop = threading.Event()

        def trickle(client):
            while not stop.wait(0.5):
                with contextlib.suppress(OSError):
                    client.send(b"x")

        events = f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode()
        for i in range(20):
            client = self.connect()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            if i % 2:
                client.sendall(events)  # and never reads them
            else:
                threading.Thread(target=trickle, args=(client,), daemon=True).start()
        time.sleep(2)
        self.assertLess(self.end(), SECONDS_TO_END)
        stop.set()

    def test_500_connections(self):
        before = resident_bytes(self.process)
        events = f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n\r\n".encode()
        for _ in range(500):
            client = socket.socket()
            client.setblocking(False)
            self.addCleanup(client.close)
            with contextlib.suppress(BlockingIOError):
                client.connect(("127.0.0.1", self.port))
            with contextlib.suppress(OSError):
                client.send(events)
        time.sleep(3)
        self.assertLess(resident_bytes(self.process) - before, ALLOWED_GROWTH)
        self.assertLess(len(os.listdir(f"/proc/{self.process.pid}/fd")), 64)
        self.assertLess(self.end(), SECONDS_TO_END)


if __name__ == "__main__":
    main()
