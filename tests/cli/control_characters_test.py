# SPDX-License-Identifier: Apache-2.0
"""Tests that names from files of others cannot send escape sequences to a terminal, and that pictures accept them."""

import json
import os
import pty
import re
import shutil
import subprocess

from program import CliTest, environment, main, program, read_safetensors, safetensors_bytes

# It sets the title of the window, clears the screen, and has a C1 control (in UTF-8), DEL and a line break.
NAME = "\x1b]0;owned\x07\x1b[2J\u009b31m\x7fline\nbreak"
STYLES = ("\x1b[1m", "\x1b[31m", "\x1b[0m")


class ControlCharacters(CliTest):
    def setUp(self):
        super().setUp()
        quoted = f'"{NAME}"'
        rows = [f"{quoted},other,y"] + [f"{i % 7},{i % 5},{quoted if i % 2 else 'b'}" for i in range(120)]
        self.write("rows.csv", "\n".join(rows) + "\n")
        self.ok("train", "rows.csv", "--target", "y", "--epochs", "1", "--hidden", "8", "--out", "run")

    def shown(self, *arguments):
        """Returns what the program sends to a terminal, and its exit status."""
        terminal, side = pty.openpty()
        process = subprocess.Popen([program(), *arguments], cwd=self.dir, env=environment(), stdin=subprocess.DEVNULL,
                                   stdout=side, stderr=side)
        os.close(side)
        data = b""
        while True:
            try:
                data += os.read(terminal, 65536)
            except OSError:
                break
        os.close(terminal)
        return data.decode(), process.wait()

    def check(self, *arguments, statuses=(0,)):
        with self.subTest(arguments):
            text, status = self.shown(*arguments)
            self.assertIn(status, statuses, text)
            for style in STYLES:
                text = text.replace(style, "")
            self.assertEqual([], re.findall(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]", text), text)

    def test_terminal(self):
        self.check("data", "describe", "rows.csv")
        self.check("train", "rows.csv", "--target", "y", "--epochs", "1", "--hidden", "8", "--out", "again")
        for command in (["evaluate", "run"], ["predict", "run"], ["doctor", "run"], ["report", "run"],
                        ["evaluate", "run", "--json"], ["predict", "run", "--data", "rows.csv"]):
            self.check(*command)
        self.check("train", "rows.csv", "--target", NAME.replace("\n", "") + "x", "--out", "no", statuses=(2, 3))
        self.write("bad.csv", f'"{NAME}",other\n1,x\n')
        self.check("predict", "run", "--data", "bad.csv", statuses=(0, 3))

    def test_model_file(self):
        metadata, tensors = read_safetensors(self.path("run/model.safetensors"))
        network = json.loads(metadata["network"])
        network["layers"][0]["inputs"] = [NAME]
        self.path("bad.safetensors").write_bytes(
            safetensors_bytes({**metadata, "network": json.dumps(network)}, tensors))
        self.path("other.safetensors").write_bytes(safetensors_bytes({**metadata, "format": NAME}, tensors))
        self.path("tensor.safetensors").write_bytes(safetensors_bytes(metadata, {**tensors, NAME: ("F32", [1], bytes(4))}))
        for name in ("bad", "other", "tensor"):
            self.check("evaluate", f"{name}.safetensors", "--data", "rows.csv", statuses=(0, 4))

    def test_styles_depend_on_the_stream(self):
        text, _ = self.shown("doctor", "run")
        finished = self.run_program("doctor", "run")
        self.assertNotIn("\x1b", finished.out + finished.err)
        self.assertEqual(finished.out.split(), [w for w in re.sub(r"\x1b\[\d*m", "", text).split()])

    def test_rows_for_programs_are_not_changed(self):
        rows = self.ok("predict", "run", "--data", "rows.csv").out
        self.assertIn(NAME, rows)

    def test_pictures(self):
        if shutil.which("gnuplot") is None:
            self.skipTest("gnuplot is not installed")
        layers = ['{ op = "dense", name = "first\\nlayer\'s", units = 4 }', '{ op = "selu" }',
                  '{ op = "dense", name = "\\u001b]0;\\u0007", units = 2 }']
        self.write("net.toml", f"""[data]
source = "rows.csv"
target = "y"
[model]
layers = [{", ".join(layers)}]
[train]
epochs = 3
""")
        self.ok("train", "net.toml", "--watch", "true", "--out", "named")
        self.ok("report", "named", "--svg", "pictures")
        pictures = {path.name for path in self.path("pictures").iterdir()}
        self.assertLessEqual({"loss.svg", "mean.svg", "variance.svg"}, pictures)


if __name__ == "__main__":
    main()
