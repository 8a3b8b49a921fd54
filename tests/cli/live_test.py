# SPDX-License-Identifier: Apache-2.0
"""Tests live watching in a browser: what the server sends, which hosts it accepts, and how it ends."""

import http.client
import json
import re
import shutil
import signal
import subprocess
import urllib.parse

from program import INTERRUPTED, CliTest, environment, main, program

NETWORK = """[data]
source = "digits"
validation_split = 0.2
[model]
layers = [{ op = "flatten" }, { op = "dense", units = 256 }, { op = "selu" }, { op = "dense", units = 10 }]
[train]
epochs = 400
optimizer = { name = "sgd", learning_rate = 0.01 }
"""


class Live(CliTest):
    def start(self, *arguments):
        self.write("net.toml", NETWORK)
        process = subprocess.Popen([program(), "train", "net.toml", "--out", "run", *arguments], cwd=self.dir,
                                   env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for line in process.stderr:
            found = re.search(r"live at (http://127\.0\.0\.1:\d+)/", line)
            if found:
                return process, urllib.parse.urlsplit(found.group(1))
        self.fail("no address was printed")

    def get(self, address, path, host=None):
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
        self.addCleanup(connection.close)
        connection.request("GET", path, headers={"Host": host} if host else {})
        return connection.getresponse()

    def events(self, address):
        """Yields the document of each event until the server closes."""
        response = self.get(address, "/events")
        self.assertEqual("text/event-stream", response.headers["Content-Type"])
        for line in response:
            if line.startswith(b"data: "):
                yield json.loads(line[len("data: "):])

    def test_serves_a_page_and_its_events(self):
        for flag in ("--watch", "--live"):
            process, address = self.start(flag, "--epochs", "150")
            page = self.get(address, "/").read().decode()
            self.assertIn('{"live":true}', page)
            documents = list(self.events(address))  # a second time, as after a reload
            self.assertEqual(0, process.wait(timeout=60), process.stderr.read())
            self.assertTrue(documents[-1]["ended"])
            self.assertEqual([False], sorted({d["ended"] for d in documents[:-1]}))
            self.assertEqual(list(range(151)), [e["epoch"] for e in documents[-1]["epochs"]])
            self.assertIn("tau", documents[-1]["maps"])
            self.assertLessEqual({"confusion", "network", "configuration", "units"}, set(documents[-1]))  # the whole report

    def test_rejects_other_host_names(self):
        process, address = self.start("--live")
        self.assertEqual(403, self.get(address, "/", host="evil.example:80").status)
        self.assertEqual(404, self.get(address, "/etc/passwd").status)
        self.assertEqual(200, self.get(address, "/", host=f"localhost:{address.port}").status)
        process.kill()

    def test_continues_without_readers_and_reports_its_end(self):
        process, address = self.start("--live", "--epochs", "1000000")
        self.get(address, "/events").close()
        documents = self.events(address)
        self.assertFalse(next(documents)["ended"])
        process.send_signal(signal.SIGINT)
        last = list(documents)[-1]
        self.assertTrue(last["ended"])
        self.assertIn("interrupted", last["state"])
        self.assertEqual(INTERRUPTED, process.wait(timeout=60))
        process, address = self.start("--live", "--epochs", "1000000", "--resume")
        told = next(d for d in self.events(address) if len(d["epochs"]) > len(last["epochs"]))
        self.assertEqual(sorted({e["epoch"] for e in told["epochs"]}), [e["epoch"] for e in told["epochs"]])
        process.kill()

    def test_browser_shows_the_page(self):
        browser = shutil.which("chromium")
        if browser is None:
            self.skipTest("chromium is not installed")
        process, address = self.start("--live", "--epochs", "1000000")
        events = self.events(address)
        while len(next(events)["epochs"]) < 20:
            pass
        drawn = 0
        for _ in range(8):  # on a busy machine, a screenshot may be taken before the first event
            picture = self.path("live.png")
            looked = subprocess.run([browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                                     "--enable-logging=stderr", f"--user-data-dir={self.path('browser')}", "--timeout=3000",
                                     "--window-size=1000,1600", f"--screenshot={picture}", address.geturl()],
                                    capture_output=True, text=True, check=False, timeout=120)
            self.assertEqual([], [line for line in looked.stderr.splitlines() if "CONSOLE" in line])
            # A page with charts and maps is larger. A page that waits for its first event has 15 KB.
            drawn += picture.stat().st_size > 40_000
            if drawn == 2:  # a second time, as after a reload
                break
        process.kill()
        self.assertEqual(2, drawn)

    def test_watch_with_a_value_is_the_option_of_train(self):
        self.write("net.toml", NETWORK)
        told = self.ok("train", "net.toml", "--epochs", "1", "--watch", "false", "--out", "run")
        self.assertNotIn("live at", told.err)
        self.assertNotIn("moments", self.path("run/history.jsonl").read_text())


if __name__ == "__main__":
    main()
