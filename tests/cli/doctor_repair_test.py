# SPDX-License-Identifier: Apache-2.0
"""Tests `selfnorm doctor --repair` on network files of many forms."""

import json

from program import CliTest, main

HEAD = "[model]\ninputs = { x = [64] }\nlayers = [\n"
DENSE, LAST, SELU = ('{ op = "dense", units = 128 }', '{ op = "dense", units = 10 }',
                     '{ op = "selu" }')
IMAGE = "[model]\ninputs = { x = [16, 12, 12] }\nlayers = [\n"


def file(*layers, head=HEAD, tail=""):
    return head + "".join(f"  {layer},\n" for layer in layers) + "]\n" + tail


class DoctorRepair(CliTest):
    def repaired(self, text, codes):
        """Returns the repaired text. Checks that no findings remain and that a second repair changes nothing."""
        self.write("bad.toml", text)
        found = json.loads(self.run_program("doctor", "bad.toml", "--json").out)["findings"]
        self.assertEqual(sorted(codes), sorted(f["code"] for f in found))
        result = self.ok_json("doctor", "bad.toml", "--repair", "good.toml", "--json")
        good = self.ok_json("doctor", "good.toml", "--json")
        self.assertEqual([], good["findings"])
        self.assertEqual(good["layers"], result["layers"])  # the file contains the network of the result
        self.ok("doctor", "good.toml", "--repair", "again.toml")
        self.assertEqual(self.bytes_of("good.toml"), self.bytes_of("again.toml"))
        return self.bytes_of("good.toml").decode()

    def test_shows_measurements_before_and_after(self):
        loud = '{ op = "dense", units = 128, init = { name = "lecun_normal", gain = 3 } }'
        self.write("bad.toml", file(loud, SELU, LAST))
        arguments = ("doctor", "bad.toml", "--repair", "good.toml", "--measure")
        text = self.ok(*arguments).out
        heading = next(line for line in text.splitlines() if "variance before" in line)
        self.assertLess(heading.index("variance before"), heading.index("gradient² before"))
        numbers = self.ok_json(*arguments, "--json")
        before, after = ({each["name"]: each["measured"]["variance"] for each in numbers[key]}
                         for key in ("before", "layers"))
        self.assertAlmostEqual(9, before["dense_1"], delta=1.5)  # 3², within the spread over draws
        self.assertAlmostEqual(1, after["dense_1"], delta=0.2)

    def test_fix_contains_the_numbers_of_the_network(self):
        self.write("bad.toml", file(DENSE, SELU, '{ op = "dropout", rate = 0.5 }', LAST))
        found = self.ok_json("doctor", "bad.toml", "--json", "--fail-on", "never")["findings"]
        fix = next(each["fix"] for each in found if each["code"] == "plain-dropout")
        text = self.repaired(file(DENSE, SELU, '{ op = "dropout", rate = 0.5 }', LAST),
                             ["plain-dropout"])
        rate = text.split('op = "alpha_dropout", rate = ')[1].split(" ")[0]
        self.assertIn(f"alpha_dropout at rate {rate}", fix)

    def fix_of(self, text, code):
        self.write("bad.toml", text)
        found = self.ok_json("doctor", "bad.toml", "--json", "--fail-on", "never")["findings"]
        return next(each["fix"] for each in found if each["code"] == code)

    def test_fix_of_a_sum_that_cancels_has_no_factor(self):
        fix = self.fix_of(file('{ op = "dense", name = "d", units = 64 }',
                               '{ op = "selu", name = "s" }',
                               '{ op = "add", inputs = ["s", "s"], weights = [1.0, -1.0] }', LAST),
                          "unscaled-add")
        self.assertEqual("scale the sum to the second moment of its inputs: no factor does "
                         "this, because its inputs cancel; remove it or change its `weights`", fix)

    def test_fix_changes_an_existing_scale(self):
        text = file('{ op = "conv2d", channels = 16, kernel = [3, 3] }', SELU,
                    '{ op = "max_pool2d", kernel = [2, 2] }',
                    '{ op = "scale", name = "s", factor = 3.0, shift = 1.0 }',
                    '{ op = "conv2d", channels = 16, kernel = [3, 3] }', SELU,
                    '{ op = "flatten" }', LAST, head=IMAGE)
        fix = self.fix_of(text, "pooling-shift")
        self.ok("doctor", "bad.toml", "--repair", "good.toml")
        line = next(each for each in self.path("good.toml").read_text().splitlines()
                    if 'op = "scale"' in each)
        numbers = {name: line.split(f"{name} = ")[1].split(",")[0].rstrip(" }")
                   for name in ("factor", "shift")}
        self.assertIn(f"set factor {numbers['factor']} and shift {numbers['shift']} in layer 's'", fix)

    def test_outputs_follow_removed_and_inserted_layers(self):
        text = file(DENSE, SELU, LAST, '{ op = "batch_norm", name = "bn" }',
                    tail='outputs = ["bn"]\n')
        self.assertIn('outputs = ["dense_2"]',
                      self.repaired(text, ["normalization-beside-selu"]))
        text = file('{ op = "dense", name = "out", units = 10, inputs = ["n"] }',
                    '{ op = "dense", name = "d", units = 64, inputs = ["x"] }',
                    '{ op = "selu", name = "s", inputs = ["d"] }',
                    '{ op = "batch_norm", name = "n", inputs = ["s"] }', tail='outputs = ["out"]\n')
        self.assertNotIn("batch_norm", self.repaired(text, ["normalization-beside-selu"]))

    def test_keeps_automatic_names_unique(self):
        text = file(DENSE, SELU, DENSE, '{ op = "relu" }', DENSE, SELU,
                    '{ op = "dense", units = 10, inputs = ["selu_2"] }')
        self.assertIn('name = "relu_1"', self.repaired(text, ["activations-mixed"]))
        text = file(SELU, '{ op = "max_pool2d", kernel = [2, 2] }', '{ op = "flatten" }',
                    '{ op = "dense", name = "scale_1", units = 64 }', SELU, LAST, head=IMAGE)
        self.repaired(text, ["pooling-shift"])

    def test_keeps_the_formatting_of_lists(self):
        bad, good = '{ op = "dropout", rate = 0.2 }', '{ op = "alpha_dropout", rate = 0.058 }'
        for text in (file(DENSE, SELU, bad, LAST).replace("\n", "\r\n"),
                     HEAD + f"  {DENSE}, {SELU}, {bad},  # noise\n\t{LAST}]",
                     HEAD.replace("\n", " ") .replace("[model] ", "[model]\n")
                     .replace("} layers", "}\nlayers") + f"{DENSE}, {SELU}, {bad}, {LAST} ]\n",
                     "\ufeff" + file(DENSE, SELU, bad, LAST),
                     "# ünïcode\n" + file(DENSE, SELU, bad, LAST)):
            with self.subTest(text=text):
                self.assertEqual(text.replace(bad, good), self.repaired(text, ["plain-dropout"]))

    def test_keeps_comments_with_their_layers(self):
        pool = '{ op = "max_pool2d", kernel = [2, 2] },  # halves\n'
        text = file(SELU, "POOL", '{ op = "flatten" }', LAST, head=IMAGE).replace("POOL,\n", pool)
        made = self.repaired(text, ["pooling-shift"])
        self.assertIn(pool + '  { op = "scale", factor = 1.335, shift = -1.436 },\n', made)

    def test_rewrites_lists_that_it_cannot_edit(self):
        leading = (HEAD + f'  {DENSE}\n  , {SELU}\n  , {{ op = "batch_norm" }}\n  , {LAST}\n]\n')
        self.assertNotIn("batch_norm", self.repaired(leading, ["normalization-beside-selu"]))
        tables = ('[model]\ninputs = { x = [64] }\n[[model.layers]]\nop = "dense"\nunits = 128\n'
                  '[[model.layers]]\nop = "selu"\n[[model.layers]]\nop = "dropout"\nrate = 0.2\n'
                  '[[model.layers]]\nop = "dense"\nunits = 10\n')
        self.assertIn("alpha_dropout", self.repaired(tables, ["plain-dropout"]))

    def test_inserts_a_scale_before_the_concat(self):
        layers = ('{ op = "dense", name = "a", units = 64 }', '{ op = "selu", name = "s" }',
                  '{ op = "scale", name = "b", factor = 3.0 }',
                  '{ op = "concat", inputs = ["b", "b", "s"] }', LAST)
        made = self.repaired(file(*layers), ["concat-unlike"])
        self.assertIn('  { op = "scale", name = "b_scale", factor = 0.3333 },\n'
                      '  { op = "concat", inputs = ["b_scale", "b_scale", "s"] },\n', made)

    def test_keeps_gates_and_dropouts_of_exchanged_activations(self):
        gate = file('{ op = "dense", name = "z", units = 128 }', '{ op = "selu", name = "s" }',
                    '{ op = "sigmoid", name = "g", inputs = ["z"] }',
                    '{ op = "multiply", inputs = ["s", "g"] }', LAST)
        self.write("gate.toml", gate)
        self.assertNotIn("activations-mixed", self.run_program("doctor", "gate.toml").out)
        mixed = file(DENSE, SELU, DENSE, '{ op = "relu" }', '{ op = "alpha_dropout", rate = 0.1 }',
                     LAST)
        made = self.repaired(mixed, ["activations-mixed", "alpha-dropout-without-selu"])
        self.assertEqual(mixed.replace("relu", "selu"), made)

    def test_sqrt_pooling_leaves_padding_out(self):
        text = file('{ op = "embedding", vocabulary = 50000, dimension = 64 }', DENSE, SELU,
                    '{ op = "pool_steps", mode = "sum", padded_sum = true }', DENSE, SELU, LAST,
                    head="[model]\ninputs = { x = [20] }\nlayers = [\n")
        repaired_text = self.repaired(text, ["summed-steps"])
        self.assertIn('mode = "sqrt"', repaired_text)
        self.assertNotIn("padded_sum", repaired_text)

    def test_growth_by_width_is_not_a_finding(self):
        wide = file('{ op = "dense", units = 16 }', SELU, '{ op = "dense", units = 1024 }', SELU, LAST)
        self.write("wide.toml", wide)
        self.assertEqual([], self.ok_json("doctor", "wide.toml", "--json")["findings"])

    def test_keeps_the_default_network(self):
        self.write("t.toml", '[data]\nsource = "digits"\nstandardize = false  # raw\n\n[model]\n'
                             "hidden = [64]  # few\n")
        self.ok("doctor", "t.toml", "--repair", "good.toml")
        self.assertEqual(self.bytes_of("t.toml").decode().replace("false", "true"),
                         self.bytes_of("good.toml").decode())

    def test_writes_no_file_if_the_repair_fails(self):
        self.write("zero.toml", file('{ op = "scale", factor = 0.0 }', SELU,
                                     '{ op = "max_pool2d", kernel = [2, 2] }', '{ op = "flatten" }',
                                     LAST, head=IMAGE))
        self.fails(2, "pooling-shift", "max_pool2d_1", "cannot be repaired",
                   arguments=("doctor", "zero.toml", "--repair", "good.toml"))
        self.assertFalse(self.path("good.toml").exists())
        self.write("net.toml", file(DENSE, SELU, LAST))
        for out in ("", "model.safetensors", "absent/good.toml"):
            self.fails((2, 3), out or "--repair", arguments=("doctor", "net.toml", "--repair", out))
        self.fails(2, "--seed", arguments=("doctor", "net.toml", "--seed", "-1"))
        self.fails(2, "--data", arguments=("doctor", "net.toml", "--target", "y"))


if __name__ == "__main__":
    main()
