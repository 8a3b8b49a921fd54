# SPDX-License-Identifier: Apache-2.0
"""Tests reports as a reader sees them: in a browser, on a phone, in dark mode."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import unittest

from program import DATA, ROOT, USAGE, CliTest, csv_text, main, program

BROWSER = shutil.which("chromium")
WIDTH = 360
SHARED = ROOT.parent / "shared" / "data"

# Inspects the page from inside after it was drawn, and reports what it found.
PROBE = """<script>setTimeout(() => {
  const blank = [...document.querySelectorAll('canvas')].filter((canvas) => {
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    return new Set(new Uint32Array(pixels.buffer)).size < 2;
  });
  const seen = {canvases: document.querySelectorAll('canvas').length,
    blank: blank.map((canvas) => canvas.getAttribute('aria-label')),
    loaded: performance.getEntriesByType('resource').map((each) => each.name),
    sections: [...document.querySelectorAll('h2')].map((each) => each.textContent),
    width: document.documentElement.scrollWidth, room: window.innerWidth,
    page: getComputedStyle(document.body).backgroundColor, title: document.title, text: document.body.innerText.slice(0, 20000),
    bare: [...document.querySelectorAll('canvas')].filter((canvas) => !canvas.getAttribute('aria-label')).length};
  const told = document.createElement('pre');
  told.textContent = 'SEEN' + JSON.stringify(seen) + 'SEEN';
  document.body.append(told);
  parent.postMessage(told.textContent, '*');
}, 1500)</script></body>"""

# Opens a table, scrolls and focuses it, and then draws the page again, as a live page does.
AGAIN = """<script>setTimeout(() => {
  const place = () => {
    const table = document.querySelector('#distributions-of-activations details');
    const scrolled = table.querySelector('.scroll');
    return {open: table.open, top: scrolled?.scrollTop, chosen: document.activeElement === scrolled, table, scrolled};
  };
  const first = place().table;
  first.open = true;
  setTimeout(() => {
    const {scrolled} = place();
    scrolled.scrollTop = 50;
    scrolled.focus();
    const before = place();
    show(JSON.parse(document.getElementById('document').textContent));
    const after = place();
    const told = document.createElement('pre');
    told.textContent = 'SEEN' + JSON.stringify({before, after, isNew: after.table !== first}) + 'SEEN';
    document.body.append(told);
  }, 500);
}, 1000)</script></body>"""

FRAME = """<!DOCTYPE html><body><iframe src="{page}" width="{width}" height="800"></iframe><script>
addEventListener('message', (event) => {{ document.body.append(event.data); }});</script></body>"""

SPIRALS = "\n".join(["x,y,kind"] + [f"{r * c:.3f},{r * s:.3f},{kind}" for r in (1, 2, 3)
                                   for c, s, kind in ((1, 0, "in"), (0, 1, "out"), (-1, 0, "in"),
                                                      (0, -1, "out"))] * 4) + "\n"


class Reports(CliTest):
    def look(self, page, dark=False, narrow=False, probe=PROBE):
        """Returns what the probe found in the browser, and the error messages of the browser."""
        if BROWSER is None:
            self.skipTest("chromium is not installed")
        text = page.read_text()
        copy = page.with_name("probed.html")
        copy.write_text(text.replace("</body>", probe))
        if narrow:
            copy = page.with_name("frame.html")
            copy.write_text(FRAME.format(page="probed.html", width=WIDTH))
        finished = subprocess.run(
            [BROWSER, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr",
             f"--user-data-dir={self.path('browser')}", "--virtual-time-budget=8000",
             f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--dump-dom",
             f"file://{copy}"], capture_output=True, text=True, check=False, timeout=120)
        complaints = [line for line in finished.stderr.splitlines() if "CONSOLE" in line]
        told = re.findall(r"SEEN(\{.*?\})SEEN", finished.stdout, re.DOTALL)
        self.assertTrue(told, finished.stderr[-2000:])
        return json.loads(told[-1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")), complaints

    def check(self, page, *sections):
        for dark in (False, True):
            seen, complaints = self.look(page, dark)
            self.assertEqual([], complaints)
            self.assertEqual([], seen["loaded"])
            self.assertEqual([], seen["blank"])
            self.assertEqual(0, seen["bare"])
            self.assertLessEqual(set(sections), set(seen["sections"]))
            red = int(re.search(r"\d+", seen["page"]).group())
            self.assertEqual(dark, red < 128)
        seen, complaints = self.look(page, narrow=True)
        self.assertEqual([], complaints)
        self.assertLessEqual(seen["width"], seen["room"])
        return seen

    def test_run_with_images(self):
        self.ok("train", "--data", "digits", "--epochs", "3", "--validation-split", "0.2", "--out", "run")
        page = self.path("run/report.html")
        written_by_train = page.read_bytes()
        told = self.ok_json("report", "run")
        # Training passes its data to the report. `selfnorm report` reads and computes them again.
        self.assertEqual(written_by_train, page.read_bytes())
        self.assertEqual(page.stat().st_size, told["bytes"])
        self.assertGreater(self.check(page, "Summary", "Training", "Moment health", "Predicted and measured",
                                      "Distributions of activations", "Confusion", "Worst mistakes",
                                      "Calibration", "Time", "Network", "Configuration")["canvases"], 10)

    def test_keeps_opened_tables_when_the_page_is_redrawn(self):
        self.ok("train", "--data", "digits", "--epochs", "1", "--out", "run")
        seen, complaints = self.look(self.path("run/report.html"), probe=AGAIN)
        self.assertEqual([], complaints)
        self.assertTrue(seen["isNew"])
        self.assertEqual({"open": True, "top": 50, "chosen": True, "table": {}, "scrolled": {}}, seen["before"])
        self.assertEqual(seen["before"], seen["after"])

    def test_run_with_mnist(self):
        if not SHARED.exists():
            self.skipTest(f"needs the data sets in {SHARED}")
        self.write("net.toml", f"""[data]
source = "mnist"
data_dir = "{SHARED}"
limit = 600
validation_split = 0.2
[model]
layers = [
  {{ op = "conv2d", channels = 8, kernel = [3, 3] }}, {{ op = "selu" }}, {{ op = "max_pool2d", kernel = [2, 2] }},
  {{ op = "flatten" }}, {{ op = "dense", units = 10 }},
]
[train]
epochs = 2
""")
        self.ok("train", "net.toml", "--out", "run")
        self.check(self.path("run/report.html"), "Moment health", "Worst mistakes", "Findings")

    def test_escapes_names_that_are_markup(self):
        name = "<script>document.title='taken'</script>"
        self.write("spirals.csv", SPIRALS.replace("x,y,kind", f"{name},y,kind").replace("out", "<b>out</b>"))
        self.ok("train", "--data", "spirals.csv", "--target", "kind", "--epochs", "3", "--out", "run")
        self.ok("report", "run")
        seen = self.check(self.path("run/report.html"), "Importance", "Decision boundary")
        self.assertEqual("Run run", seen["title"])
        for text in (f"Horizontal axis: {name}", "<b>out</b>"):
            self.assertIn(text, seen["text"])
        self.assertNotIn("<b>out</b>", self.path("run/report.html").read_text())

    def test_regression(self):
        rows = "".join(f"{i % 17},{i % 5},{2 * (i % 17) - (i % 5) + 0.1 * (i % 3)}\n" for i in range(300))
        self.write("t.csv", "a,b,price\n" + rows)
        self.ok("train", "--data", "t.csv", "--target", "price", "--epochs", "3", "--test-split", "0.2", "--out", "run")
        seen = self.check(self.path("run/report.html"), "Predictions", "Worst mistakes", "Importance")
        self.assertNotIn("Confusion", seen["sections"])

    def test_a_table_begins_with_its_results(self):
        rows = "".join(f"{('red', 'green', 'blue')[i % 3]},{i % 5},{5 * (i % 3) + (i % 5) + 0.1 * (i % 2)}\n"
                       for i in range(300))
        self.write("t.csv", "color,x,price\n" + rows)
        self.ok("train", "--data", "t.csv", "--target", "price", "--epochs", "5", "--out", "run")
        seen = self.check(self.path("run/report.html"), "Predictions", "Importance")
        self.assertLess(seen["sections"].index("Importance"), seen["sections"].index("Training"))
        page = self.path("run/report.html").read_text()
        importance = re.search(r'"importance":.*?"columns":(\[.*?\])', page).group(1)
        self.assertEqual(["color", "x"], sorted(each["name"] for each in json.loads(importance)))
        self.assertRegex(page, r'"line":\d+')
        self.assertIn("constant prediction", page)

    def test_partial_dependence_is_the_mean_prediction_for_a_value(self):
        def rows(count, first):
            return [[("red", "green", "blue")[i % 3], i % 7 + 0.25, ("low", "high")[i % 4 // 2],
                     "yes" if (i % 7 > 3) != (i % 3 == 0) else "no"] for i in range(first, first + count)]
        head, test = ["color", "x", "level", "kind"], rows(50, 301)
        self.write("t.csv", csv_text(head, rows(300, 0)))
        self.write("test.csv", csv_text(head, test))
        self.ok("train", "t.csv", "--test", "test.csv", "--target", "kind", "--epochs", "3", "--out", "run")
        self.check(self.path("run/report.html"), "Partial dependence")
        page = self.path("run/report.html").read_text()
        key = '"dependence":'
        found, _ = json.JSONDecoder().raw_decode(page[page.index(key) + len(key):])
        self.assertEqual("probability", found["what"])
        columns = {each["name"]: each for each in found["columns"]}
        self.assertEqual({"color", "x", "level"}, set(columns))
        self.assertEqual([i + 0.25 for i in range(7)], columns["x"]["values"])
        for place, name in enumerate(head[:3]):
            self.assertEqual(["yes"], [each["name"] for each in columns[name]["series"]])
            for value, mean in zip(columns[name]["values"], columns[name]["series"][0]["values"], strict=True):
                self.write("changed.csv", csv_text(head, [[*row[:place], value, *row[place + 1:]] for row in test]))
                predicted = list(csv.DictReader(self.ok("predict", "run", "--data", "changed.csv").out.splitlines()))
                # The program prints eight digits of each of the 50 numbers.
                self.assertAlmostEqual(sum(float(row["p(yes)"]) for row in predicted) / 50, mean, places=6)

    def test_texts(self):
        # Some texts have both labels, so that there are mistakes.
        rows = "".join(f"{word} day {i % 4},{label}\n" for i in range(60)
                       for word, label in (("good <b>", "yes"), ("bad", "no"), ("either", "yes"), ("either", "no")))
        self.write("t.csv", "says,label\n" + rows)
        self.ok("train", "--data", "t.csv", "--text", "says", "--target", "label", "--epochs", "1", "--test-split", "0.3", "--out", "run")
        seen = self.check(self.path("run/report.html"), "Confusion", "Calibration", "Worst mistakes")
        self.assertIn("“either", seen["text"])

    def test_shows_the_rest_without_the_data(self):
        self.write("table.csv", SPIRALS)
        self.ok("train", "--data", "table.csv", "--target", "kind", "--epochs", "2", "--out", "run")
        self.path("table.csv").unlink()
        self.ok("report", "run")
        page = self.path("run/report.html").read_text()
        self.assertIn("are not available", page)
        self.assertNotIn('"confusion"', page)

    def test_comparison(self):
        for name, op in (("one", "selu"), ("two", "relu")):
            self.write(f"{name}.toml", f"""[data]
source = "digits"
validation_split = 0.2
[model]
layers = [{{ op = "flatten" }}, {{ op = "dense", units = 32 }}, {{ op = "{op}" }}, {{ op = "dense", units = 10 }}]
[train]
epochs = 2
""")
        self.ok("compare", "one.toml", "two.toml", "--seeds", "2", "--out", "out")
        self.check(self.path("out/report.html"), "Comparison", "Configuration")

    def test_comparison_with_decision_boundary(self):
        self.ok("data", "make", "spirals", "--rows", "200", "--out", "spirals.csv")
        layers = {"linear": "", "selu": '{ op = "dense", units = 32 }, { op = "selu" }, ',
                  "relu": '{ op = "dense", units = 32 }, { op = "relu" }, '}
        for name, inner in layers.items():
            self.write(f"{name}.toml", f"""[data]
source = "spirals.csv"
target = "class"
validation_split = 0.2
[model]
layers = [{inner}{{ op = "dense", units = 2 }}]
[train]
epochs = 2
""")
        self.ok("compare", *(f"{name}.toml" for name in layers), "--seeds", "1", "--out", "out")
        self.check(self.path("out/report.html"), "Comparison", "Decision boundary")
        page = self.path("out/report.html").read_text()
        for name in layers:
            self.assertIn(f'"{name}":{{"size"', page)

    def test_examination(self):
        self.write("net.toml", """[model]
inputs = { x = [8] }
layers = [{ op = "dense", units = 32, init = "he_normal" }, { op = "selu" }, { op = "dense", units = 2 }]
""")
        self.assertEqual(1, self.run_program("doctor", "net.toml", "--report", "visit.html").status)
        self.check(self.path("visit.html"), "Findings", "Predicted and measured", "Network")

    def test_svg_charts(self):
        if shutil.which("gnuplot") is None:
            self.skipTest("gnuplot is not installed")
        self.ok("train", "--data", "digits", "--epochs", "3", "--validation-split", "0.2", "--out", "run")
        told = self.ok_json("report", "run", "--svg", "pictures")
        names = [path.name for path in sorted(self.path("pictures").iterdir())]
        self.assertEqual(["accuracy.svg", "activations.svg", "gradient.svg", "loss.svg", "mean.svg", "tau.svg", "variance.svg"], names)
        self.assertEqual(len(names), len(told["pictures"]))
        for name in names:
            self.assertIn("<svg", self.path(f"pictures/{name}").read_text())
        self.assertIn("selu_1", self.path("pictures/variance.svg").read_text())

    def test_run_that_did_not_finish(self):
        self.write("net.toml", """[data]
source = "digits"
[model]
layers = [{ op = "flatten" }, { op = "dense", units = 32 }, { op = "dense", units = 10 }]
[train]
epochs = 3
loss = "softmax_cross_entropy"
optimizer = { name = "sgd", learning_rate = 1e30 }
""")
        self.fails(5, "NaN or infinite", arguments=("train", "net.toml", "--out", "run"))
        page = self.path("run/report.html")
        self.assertIn("The training stopped: ", page.read_text())
        page.unlink()
        self.ok("report", "run")  # as after a crash before the report was written
        self.assertIn("has no model yet", page.read_text())
        self.check(page, "Summary", "Moment health", "Network", "Configuration")

    def test_resumed_run_that_did_not_finish(self):
        options = ["--data", "digits", "--epochs", "1", "--out", "run"]
        self.ok("train", *options)
        result = self.interrupt(["train", "--resume", "--out", "run", "--data", "digits", "--epochs", "100000"], "run/history.jsonl", 3, 0.05)
        self.assertEqual(130, result.status, result)
        self.assertTrue(self.path("run/model.safetensors").exists())
        self.assertIn("The training stopped: ", self.path("run/report.html").read_text())

    def test_rejects_a_folder_without_a_run(self):
        self.fails((USAGE, DATA, 4), "absent", arguments=("report", "absent"))
        self.path("empty").mkdir()
        self.fails((USAGE, DATA, 4), "empty", arguments=("report", "empty"))


if __name__ == "__main__":
    if BROWSER is None and os.access(program(), os.X_OK):
        print("skipped the tests that open pages: chromium is not installed", flush=True)
        tested = unittest.main(exit=False).result
        sys.exit(77 if tested.wasSuccessful() else 1)  # skipped, for ctest
    main()
