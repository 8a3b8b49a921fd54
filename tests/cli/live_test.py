# SPDX-License-Identifier: Apache-2.0
"""Watching a training in a browser: what its server sends, to whom, and how it ends."""

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
        """The events, document by document, until the server closes."""
        response = self.get(address, "/events")
        self.assertEqual("text/event-stream", response.headers["Content-Type"])
        for line in response:
            if line.startswith(b"data: "):
                yield json.loads(line[len("data: "):])

    def test_a_page_and_what_it_is_told(self):
        for flag in ("--watch", "--live"):
            process, address = self.start(flag, "--epochs", "150")
            page = self.get(address, "/").read().decode()
            self.assertIn('{"live":true}', page)
            documents = list(self.events(address))  # and again, as after a reload
            self.assertEqual(0, process.wait(timeout=60), process.stderr.read())
            self.assertTrue(documents[-1]["ended"])
            self.assertEqual([False], sorted({d["ended"] for d in documents[:-1]}))
            self.assertEqual(list(range(151)), [e["epoch"] for e in documents[-1]["epochs"]])
            self.assertIn("tau", documents[-1]["maps"])
            self.assertLessEqual({"confusion", "network", "configuration", "units"}, set(documents[-1]))  # the whole report

    def test_other_names_of_the_host_are_refused(self):
        process, address = self.start("--live")
        self.assertEqual(403, self.get(address, "/", host="evil.example:80").status)
        self.assertEqual(404, self.get(address, "/etc/passwd").status)
        self.assertEqual(200, self.get(address, "/", host=f"localhost:{address.port}").status)
        process.kill()

    def test_it_outlives_readers_and_tells_how_it_ended(self):
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

    def test_a_browser_shows_it(self):
        browser = shutil.which("chromium")
        if browser is None:
            self.skipTest("chromium is not installed")
        process, address = self.start("--live", "--epochs", "1000000")
        events = self.events(address)
        while len(next(events)["epochs"]) < 20:
            pass
        drawn = 0
        for _ in range(8):  # on a busy machine a picture may be taken before the first event
            picture = self.path("live.png")
            looked = subprocess.run([browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                                     "--enable-logging=stderr", f"--user-data-dir={self.path('browser')}", "--timeout=3000",
                                     "--window-size=1000,1600", f"--screenshot={picture}", address.geturl()],
                                    capture_output=True, text=True, check=False, timeout=120)
            self.assertEqual([], [line for line in looked.stderr.splitlines() if "CONSOLE" in line])
            # Charts and maps: a page that waits for its first event is 15 KB.
            drawn += picture.stat().st_size > 40_000
            if drawn == 2:  # once more, as after a reload
                break
        process.kill()
        self.assertEqual(2, drawn)

    def test_watch_with_a_value_is_what_it_was(self):
        self.write("net.toml", NETWORK)
        told = self.ok("train", "net.toml", "--epochs", "1", "--watch", "false", "--out", "run")
        self.assertNotIn("live at", told.err)
        self.assertNotIn("moments", self.path("run/history.jsonl").read_text())


if __name__ == "__main__":
    main()
