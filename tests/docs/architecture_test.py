#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests that HACKING.md and ADR 1 agree with the tree: folders, presets, tools and libraries."""

import json
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# The name of a library in CMake, and in its row of ADR 1.
LIBRARIES = {
    "OpenMP": "OpenMP", "fmt": "fmt", "ZLIB": "zlib", "LibArchive": "libarchive",
    "tomlplusplus": "toml++", "dnnl": "oneDNN",
    "LibCsv": "libcsv", "Arb": "Arb", "hwy": "Highway", "xxhash": "xxHash", "microhttpd": "libmicrohttpd",
    "nlohmann_json": "nlohmann-json", "CLI11": "CLI11", "RANDOM123": "Random123",
    "PROTOZERO": "protozero", "DTL": "dtl", "Eigen3": "Eigen", "SELFNORM_CHART_JS": "Chart.js",
    "GTest": "GoogleTest", "RAPIDCHECK": "GoogleTest", "benchmark": "GoogleTest",
}
NO_LIBRARIES = {"PkgConfig", "Python3", "CCACHE", "GZIP", "Threads", "Doxygen"}


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


class Hacking(unittest.TestCase):
    def test_every_path_exists(self):
        paths = re.findall(r"`((?:src|include|tests|tools|docs|cmake)/[\w./-]+)`", read("HACKING.md"))
        self.assertGreater(len(paths), 25)
        for path in paths:
            self.assertTrue((ROOT / path).exists(), path)

    def test_lists_every_source_folder(self):
        listed = set(re.findall(r"`src/(\w+)/`", read("HACKING.md")))
        present = {path.name for path in (ROOT / "src").iterdir() if path.is_dir()}
        self.assertEqual(listed, present)

    def test_lists_every_preset(self):
        listed = set(re.findall(r"^\| `(\w+)` \|", read("HACKING.md"), flags=re.MULTILINE))
        presets = {preset["name"] for preset in json.loads(read("CMakePresets.json"))["configurePresets"]
                   if not preset.get("hidden")}
        self.assertEqual(listed & presets, presets)

    def test_every_make_target_exists(self):
        text = read("HACKING.md")
        for target in re.findall(r"`make (\w+)`", text):
            self.assertRegex(read("Makefile"), rf"(?m)^{target}:")


class Dependencies(unittest.TestCase):
    def setUp(self):
        self.rows = re.findall(r"^\| ([^|]+?) (?:\(|\|)", read("docs/adr/0001-dependencies.md"),
                               flags=re.MULTILINE)

    def found_by_cmake(self):
        files = [*(ROOT / "cmake").glob("*.cmake"), ROOT / "tests/CMakeLists.txt",
                 ROOT / "bench/CMakeLists.txt", ROOT / "CMakeLists.txt"]
        text = "\n".join(path.read_text(encoding="utf-8") for path in files)
        names = re.findall(r"find_package\((\w+)", text)
        names += re.findall(r"pkg_check_modules\((\w+)", text)
        names += [re.sub(r"_(INCLUDE_DIR|LIBRARY|PROGRAM)$", "", name)
                  for name in re.findall(r"find_(?:path|library|file|program)\((\w+)", text)]
        return set(names) - NO_LIBRARIES

    def test_every_library_has_a_row(self):
        for name in self.found_by_cmake():
            self.assertIn(name, LIBRARIES, "add it to ADR 1 and to LIBRARIES")
            self.assertTrue(any(LIBRARIES[name] in row for row in self.rows), LIBRARIES[name])

    def test_every_row_is_found_by_cmake(self):
        found = {LIBRARIES[name] for name in self.found_by_cmake() if name in LIBRARIES}
        for row in self.rows:
            if row not in ("Library", "---"):
                self.assertTrue(any(name in row for name in found), row)


if __name__ == "__main__":
    unittest.main()
