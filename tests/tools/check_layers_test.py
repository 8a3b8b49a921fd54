# SPDX-License-Identifier: Apache-2.0
"""Tests each rule of tools/check_layers.py on a small tree that obeys or violates it."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
sys.dont_write_bytecode = True
import check_layers  # noqa: E402  pylint: disable=wrong-import-position

GOOD = {
    "include/selfnorm/tensor.h": "#include <vector>\n",
    "include/selfnorm/network.h": '#include "selfnorm/tensor.h"\n',
    "cmake/version.h.in": "",
    "src/base/file.h": "#include <fmt/format.h>\n",
    "src/base/random.cc": '#include <Random123/philox.h>\n#include <xxhash.h>\n',
    "src/graph/graph.h": '#include "base/file.h"\n#include "selfnorm/version.h"\n',
    "src/kernels/simd/selu.cc": '#include "hwy/foreach_target.h"\n#include <hwy/highway.h>\n',
    "src/kernels/dnnl/gemm.cc": '#include <oneapi/dnnl/dnnl.hpp>\n#include "dnnl.h"\n',
    "src/config/toml.cc": "#include <toml++/toml.h>\n",
    "src/tables/csv.cc": "#include <csv.h>\n",
    "src/files/decompressor.cc": "#include <archive.h>\n#include <zlib.h>\n",
    "src/files/lines.h": "",
    "src/optim/adam.h": "",
    "src/formats/model.cc": "#include <nlohmann/json.hpp>\n",
    "src/ops/selu.cc": 'bool b = op == "selu";\n',
    "src/ops/row.h": "",
    "src/engine/program.h": '#include "ops/row.h"\n',
    "src/cli/command_line.cc": "#include <CLI/CLI.hpp>\n",
    "src/cli/main.cc": '#include "engine/program.h"\n',
    "tests/base/file_test.cc": '#include "cli/main.h"\n#include <hwy/highway.h>\n',
}


class CheckIncludes(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for path, text in GOOD.items():
            self.write(path, text)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def expect(self, path, text, *wanted):
        """Adds a file and checks that there is exactly one violation, with all of `wanted`."""
        self.write(path, text)
        found, _ = check_layers.violations(self.root)
        self.assertEqual(len(found), 1, found)
        for part in (path, *wanted):
            self.assertIn(part, found[0])

    def expect_clean(self, path, text):
        self.write(path, text)
        self.assertEqual(check_layers.violations(self.root)[0], [])

    def test_accepts_the_good_tree(self):
        found, files = check_layers.violations(self.root)
        self.assertEqual(found, [])
        self.assertEqual(files, len(GOOD) - 2)  # without version.h.in and the test

    def test_include_of_a_higher_layer(self):
        self.expect("src/base/bad.cc", '\n#include "engine/program.h"\n', ":2:", "layer:")

    def test_every_pair_of_layers(self):
        folders = [folder for folders in check_layers.LAYERS[1:] for folder in folders]
        for folder in folders:
            self.write(f"src/{folder}/thing.h", "")
        for i, low in enumerate(folders):
            for high in folders[i + 1:]:
                path = f"src/{low}/bad.cc"
                self.expect(path, f'#include "{high}/thing.h"\n', "layer:")
                (self.root / path).unlink()

    def test_siblings(self):
        self.expect("src/optim/bad.h", '#include "files/lines.h"\n', "layer:", "siblings")

    def test_siblings_the_other_way(self):
        self.expect("src/files/bad.h", '#include "optim/adam.h"\n', "layer:", "siblings")

    def test_unknown_folder(self):
        self.expect("src/misc/bad.h", "", "layer:", "not a folder of LAYERS")

    def test_file_outside_folders(self):
        self.expect("src/bad.h", "", "layer:", "not a folder of LAYERS")

    def test_include_not_relative_to_src(self):
        self.expect("src/base/bad.cc", '#include "file.h"\n', "path:", '"file.h"')

    def test_include_with_dots(self):
        self.expect("src/base/bad.cc", '#include "../base/file.h"\n', "path:")

    def test_missing_file(self):
        self.expect("src/graph/bad.cc", '#include "base/absent.h"\n', "path:")

    def test_private_header_as_public(self):
        self.expect("src/graph/bad.cc", '#include "selfnorm/graph.h"\n', "path:", "public header")

    def test_public_header_in_angle_brackets(self):
        self.expect("src/graph/bad.cc", "#include <selfnorm/tensor.h>\n", "path:", "in quotes")

    def test_public_header_includes_a_library(self):
        self.expect("include/selfnorm/bad.h", "#include <fmt/format.h>\n", "public:")

    def test_public_header_includes_c_header(self):
        self.expect("include/selfnorm/bad.h", "#include <math.h>\n", "public:")

    def test_public_header_includes_private(self):
        self.expect("include/selfnorm/bad.h", '#include "base/file.h"\n', "public:")

    def test_libraries_outside_their_folders(self):
        for header, library in [
            ("<oneapi/dnnl/dnnl.hpp>", "oneDNN"), ('"dnnl.hpp"', "oneDNN"), ("<dnnl.h>", "oneDNN"),
            ("<hwy/highway.h>", "Highway"), ('"hwy/highway.h"', "Highway"),
            ("<toml++/toml.h>", "toml++"), ("<CLI/CLI.hpp>", "CLI11"),
            ("<nlohmann/json_fwd.hpp>", "nlohmann-json"), ("<csv.h>", "libcsv"),
            ("<zlib.h>", "zlib"), ("<archive.h>", "libarchive"),
            ("<xxhash.h>", "xxHash"), ("<Random123/philox.h>", "Random123"),
        ]:
            with self.subTest(header=header):
                self.expect("src/graph/bad.cc", f"#include {header}\n", "library:", library)

    def test_library_of_a_single_file(self):
        self.expect("src/cli/bad.cc", "#include <CLI/CLI.hpp>\n", "library:",
                    "src/cli/command_line.cc")

    def test_kernel_folders_do_not_share_libraries(self):
        self.expect("src/kernels/bad.cc", "#include <hwy/highway.h>\n", "library:", "Highway")

    def test_folder_names_are_compared_whole(self):
        self.expect("src/kernels/dnnl_extra/bad.cc", "#include <dnnl.hpp>\n", "library:", "oneDNN")

    def test_comparison_with_an_op_name(self):
        for line in ['if (op == "selu") {', 'return "dense" != node.op;', 'op == "conv2d"sv',
                     'op == std::string("relu")', 'std::string("relu") == op']:
            with self.subTest(line=line):
                self.expect("src/passes/bad.cc", line + "\n", "op:")

    def test_comparison_with_an_op_known_only_from_its_row(self):
        self.write("src/ops/wavelets.cc", 'return {{.name = "wavelet",\n')
        self.expect("src/passes/bad.cc", 'a == "wavelet"\n', "op:", "wavelet")

    def test_file_name_in_ops_is_not_an_op_name(self):
        self.expect_clean("src/passes/fine.cc", 'a == "row"\n')

    def test_accepts_lines_that_do_not_compare_with_an_op(self):
        for line in ['// op == "selu"', '/* op ==\n "selu" */', 'x = "selu";', 'a == "mnist"',
                     'find("selu")', 'key == "scale"  // not an op', 'a == "selu_like"']:
            with self.subTest(line=line):
                self.expect_clean("src/passes/fine.cc", line + "\n")

    def test_ignores_includes_in_comments(self):
        self.expect_clean("src/base/fine.cc", '// #include "cli/main.h"\n/*\n#include "x.h"\n*/\n')

    def test_block_comments_keep_line_numbers(self):
        self.expect("src/base/bad.cc", '/*\n\n*/\n#include "x.h"\n', ":4:", "path:")

    def test_comment_marks_in_strings_are_not_comments(self):
        self.expect("src/base/bad.cc", 'const char* a = "/*";\n#include "x.h"\n// */\n', "path:")

    def test_exit_status(self):
        command = [sys.executable, str(ROOT / "tools/check_layers.py"), "--root"]

        def status(root):
            return subprocess.run([*command, root], capture_output=True, check=False).returncode

        self.assertEqual(status(self.root), 0)
        self.write("src/base/bad.cc", '#include "x.h"\n')
        self.assertEqual(status(self.root), 1)
        self.assertEqual(status(self.root / "absent"), 2)


if __name__ == "__main__":
    unittest.main()
