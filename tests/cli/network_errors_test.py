# SPDX-License-Identifier: Apache-2.0
"""Tests errors in network files and flags: exit status 2, and a message with the location and the fix."""

import shutil

from program import DATA, USAGE, CliTest, csv_text, idx_bytes, main, network

DENSE = '{ op = "dense", units = 10 }'
FLAT = '{ op = "flatten" }'


class NetworkErrors(CliTest):
    def refused(self, words, layers=None, data="", train="", inputs="image = [1, 8, 8]", text=None):
        self.write("net.toml", text or network(layers, data, train, inputs))
        with self.subTest(layers or data or train or inputs or text):
            shutil.rmtree(self.path("run"), ignore_errors=True)
            self.fails(USAGE, *words, arguments=["train", "net.toml", "--out", "run"])
            self.assertFalse(self.path("run").is_dir() and self.files("run"), "files were written")

    def test_unknown_ops(self):
        self.refused(["dens", "'dense'"], [FLAT, '{ op = "dens", units = 10 }'])
        self.refused(["alpha_dropot", "alpha_dropout"],
                     [FLAT, '{ op = "alpha_dropot", rate = 0.1 }', DENSE])
        self.refused(["op"], [FLAT, "{ units = 10 }"])
        self.refused(["mean_squared_error"], [FLAT, DENSE, '{ op = "mean_squared_error" }'])
        self.refused(["selu_gradient"], [FLAT, '{ op = "selu_gradient" }', DENSE])

    def test_unknown_keys(self):
        for table, line, near in (
                ("data", "validaton_split = 0.2", "validation_split"),
                ("train", "epoch = 3", "epochs"),
                ("train", 'optimizer = { name = "adam", learning_rat = 0.1 }', "learning_rate"),
                ("train", 'schedule = { name = "step", step_epoch = 3 }', "step_epochs"),
                ("train", "early_stopping = { patients = 3 }", "patience"),
                ("train", 'loss = { name = "softmax_cross_entropy", label_smothing = 0.1 }',
                 "label_smoothing")):
            key = line.split("{")[-1].split(",")[-1].split("=")[0].strip()
            self.refused([f"{key}'", near, "net.toml" if "loss" not in line else "loss"],
                         **{table: line})
        self.refused(["'unit'", "units", "dense"], [FLAT, '{ op = "dense", unit = 10 }'])
        self.refused(["'nme'", "name"], [FLAT, '{ op = "dense", units = 10, nme = "x" }'])
        self.refused(["gin", "gain"],
                     [FLAT, '{ op = "dense", units = 10, init = { name = "uniform", gin = 2 } }'])
        self.refused(["lambd", "lambda"], [FLAT, '{ op = "selu", lambd = 1 }', DENSE])
        self.refused(["[trian]", "train", "net.toml"], text=network().replace("[train]", "[trian]"))
        self.refused(["layer", "layers"], text=network().replace("layers =", "layer ="))
        self.refused(["output", "outputs"],
                     text=network().replace("\n[train]", '\noutput = ["x"]\n[train]'))
        self.refused(["hidden"], text=network().replace("\n[train]", "\nhidden = [3]\n[train]"))
        self.refused(["must be in a table", ":1"], text="epochs = 3\n" + network())

    def test_unknown_values(self):
        for line, near in (('loss = "softmax_crossentropy"', "softmax_cross_entropy"),
                           ('optimizer = "adm"', "adam"), ('metrics = ["acuracy"]', "accuracy"),
                           ('schedule = "cosin"', "cosine"),
                           ('early_stopping = { monitor = "los" }', "loss")):
            self.refused([line.split('"')[1], near], train=line)
        self.refused(["lecun_norml", "lecun_normal"],
                     [FLAT, '{ op = "dense", units = 10, init = "lecun_norml" }'])
        self.refused(["clasification", "classification"], data='task = "clasification"')

    def test_inputs_that_are_tables(self):
        for inputs in ("a.b = [2]", "a = { shape = [2] }"):
            self.refused(["input 'a'", "a table", "[1, 28, 28]"], inputs=inputs)

    def test_keys_with_very_many_parts(self):
        for part in ("a", '"a#b"', "'é'"):
            self.refused(["net.toml:2", "dots"], text="[data]\n" + f"{part}." * 20000 + "a = 1\n")
        self.write("net.toml", "# " + "." * 5000 + "\n" + network())
        self.ok("train", "net.toml", "--dry-run", "--out", "run")

    def test_names_the_line_of_invalid_toml(self):
        lines = network().split("\n")
        for line, change in ((2, '[data'), (3, 'source = "digits'), (6, "inputs = { image = [1, }"),
                             (3, "source = digits"), (3, "limit = 9223372036854775808"), (3, "source = \"digits\"\nsource = \"mnist\"")):
            changed = lines[:]
            changed[line - 1] = change
            last = line + change.count("\n")
            self.write("net.toml", "\n".join(changed))
            with self.subTest(change):
                self.fails(USAGE, (f"net.toml:{line}:", f"net.toml:{last}:",
                                   f"net.toml:{line + 1}:"),
                           arguments=["train", "net.toml", "--out", "run"])
        for name, text in (("nul", b"\0" * 40), ("latin", b'[data]\nsource = "\xe9"\n'),
                           ("deep", b"a = " + b"[" * 100000), ("random", bytes(range(256)) * 9)):
            self.write("net.toml", text)
            with self.subTest(name):
                self.fails(USAGE, "net.toml:", arguments=["train", "net.toml", "--out", "run"])

    def test_names_both_shapes_that_do_not_match(self):
        self.refused(["(1, 8, 8)", "(1, 28, 28)", "digits"], inputs="image = [1, 28, 28]")
        self.refused(["add_1", "32", "64"],
                     ['{ op = "flatten", name = "f" }', '{ op = "dense", units = 32, name = "d" }',
                      '{ op = "add", inputs = ["d", "f"] }', DENSE])
        self.refused(["conv2d_1", "9×9", "8"],
                     ['{ op = "conv2d", channels = 3, kernel = [9, 9] }', FLAT, DENSE])
        for op in ("avg_pool2d", "max_pool2d"):
            for padding in ("[3, 3]", "[[0, 2], [0, 0]]", "[[0, 0], [2, 0]]"):
                self.refused([op + "_1", "kernel [2, 2]", "padding [[", "(N, 1, 8, 8)"],
                             ['{ op = "%s", kernel = [2, 2], padding = %s }' % (op, padding), FLAT,
                              DENSE])
        self.refused(["conv2d_1", "groups", "3"],
                     ['{ op = "conv2d", channels = 4, kernel = [3, 3], groups = 3 }', FLAT, DENSE])
        self.refused(["reshape", "63", "64"], ['{ op = "reshape", shape = [63] }', DENSE])
        self.refused(["conv2d", "64"],
                     [FLAT, '{ op = "conv2d", channels = 4, kernel = [3, 3] }', FLAT, DENSE])
        self.refused(["again", "64", "32"],
                     [FLAT, '{ op = "dense", units = 64, name = "a" }',
                      '{ op = "dense", units = 32, share = "a", name = "again" }', DENSE])
        self.refused(["concat", "axis"],
                     ['{ op = "flatten", name = "f" }',
                      '{ op = "concat", inputs = ["f", "f"], axis = 5 }', DENSE])
        self.refused(["image", "0"], inputs="image = [1, 0, 8]")
        self.refused(["image", "-8"], inputs="image = [1, -8, -8]")
        self.refused(["image"], inputs="image = []")
        self.refused(["image"], inputs="image = [4294967296, 4294967296, 64]")
        self.refused([("class_weights", "class weights"), "10"],
                     train='loss = { name = "softmax_cross_entropy", class_weights = [1, 2] }')
        self.refused(["weights", "2"],
                     ['{ op = "flatten", name = "f" }',
                      '{ op = "add", inputs = ["f", "f"], weights = [1, 2, 3] }', DENSE])

    def test_connections(self):
        self.refused(["cycle", ": a, b"],
                     [FLAT, '{ op = "dense", units = 64, name = "a", inputs = ["b"] }',
                      '{ op = "selu", name = "b", inputs = ["a"] }', DENSE])
        self.refused(["cycle", ": a"],
                     [FLAT, '{ op = "selu", name = "a", inputs = ["a"] }', DENSE])
        self.refused(["extra", "input"], inputs="image = [1, 8, 8], extra = [3]")
        self.refused(["lonely", "layer"],
                     ['{ op = "flatten", name = "f" }', '{ op = "selu", name = "lonely" }',
                      '{ op = "dense", units = 10, inputs = ["f"] }'])
        self.refused(["imge", "image"], ['{ op = "flatten", inputs = ["imge"] }', DENSE])
        self.refused(["same"], ['{ op = "flatten", name = "same" }',
                                '{ op = "dense", units = 10, name = "same" }'])
        self.refused(["image"], ['{ op = "flatten", name = "image" }', DENSE])
        self.refused(["nobody"], [FLAT, '{ op = "dense", units = 10, share = "nobody" }'])
        self.refused(["flatten_1"], [FLAT, '{ op = "dense", units = 10, share = "flatten_1" }'])
        self.refused(["selu", "2"], ['{ op = "flatten", name = "f" }',
                                     '{ op = "selu", inputs = ["f", "f"] }', DENSE])
        self.refused(["bogus"], text=network().replace("\n[train]", '\noutputs = ["bogus"]\n[train]'))

    def test_does_not_name_layers_after_a_cycle(self):
        self.write("net.toml", network([FLAT, '{ op = "selu", name = "a", inputs = ["b"] }',
                                        '{ op = "selu", name = "b", inputs = ["a"] }',
                                        '{ op = "dense", units = 10, name = "downstream" }']))
        result = self.run_program("train", "net.toml", "--out", "run")
        self.assertIn("cycle", result.err)
        self.assertNotIn("downstream", result.err, "it waits for the cycle, but is not in it")

    def test_creates_no_folder_after_an_error(self):
        for line in ("early_stopping = { patience = 3 }", 'metrics = ["rmse"]',
                     'early_stopping = { monitor = "los" }', 'schedule = { name = "step", factor = 2 }',
                     'loss = { name = "softmax_cross_entropy", label_smoothing = 1.5 }'):
            with self.subTest(line):
                shutil.rmtree(self.path("run"), ignore_errors=True)
                self.write("net.toml", network(train=line))
                self.fails(USAGE, arguments=["train", "net.toml", "--out", "run"])
                self.assertFalse(self.path("run").exists(), "a run folder was begun")

    def test_rejects_several_outputs_in_training(self):
        """There is one loss, so there must be one output. More outputs are an error and not ignored."""
        text = network(['{ op = "flatten", name = "f" }', '{ op = "dense", units = 10, name = "a" }',
                        '{ op = "dense", units = 10, name = "b", inputs = ["f"] }'])
        self.refused(["output"],
                     text=text.replace("\n[train]", '\noutputs = ["a", "b"]\n[train]'))

    def test_numbers_out_of_range(self):
        for op, attribute, values in (
                ("alpha_dropout", "rate", ("1", "1.0", "nan", "-0.1", "inf", '"half"', "[0.1]")),
                ("dropout", "rate", ("1", "nan", "-0.1", "2")),
                ("feature_alpha_dropout", "rate", ("1.0", "nan")),
                ("alpha_dropout", "variance", ("-1", "nan", "inf")),
                ("alpha_dropout", "alpha_prime", ("nan", "inf")),
                ("dense", "units", ("0", "-5", "1.5", '"ten"', "true")),
                ("dense", "l2", ("-1", "nan", "inf")),
                ("batch_norm", "epsilon", ("-1", "nan")),
                ("batch_norm", "momentum", ("-1", "1.5", "nan")),
                ("selu", "alpha", ("nan", "inf")), ("scale", "factor", ("nan", "inf"))):
            for value in values:
                self.refused([attribute], [FLAT, f'{{ op = "{op}", {attribute} = {value} }}', DENSE])
        for attribute, values in (("channels", ("0", "-1")), ("kernel", ("[0, 3]", "[3,3,3]",
                                                                         "[-3, 3]")),
                                  ("stride", ("[0, 1]", "[-1, 1]", "[1, 1, 1]")),
                                  ("padding", ("[-1, 0]", '"sam"', "[1, 2, 3]")),
                                  ("dilation", ("[0, 1]",)), ("groups", ("0", "-1"))):
            for value in values:
                attributes = {"channels": "4", "kernel": "[3, 3]", attribute: value}
                text = ", ".join(f"{k} = {v}" for k, v in attributes.items())
                self.refused([attribute], [f'{{ op = "conv2d", {text} }}', FLAT, DENSE])
        self.refused(["units", "dense"], [FLAT, '{ op = "dense" }'])
        self.refused(["kernel", "conv2d"], ['{ op = "conv2d", channels = 3 }', FLAT, DENSE])

    def test_options_out_of_range(self):
        for line in ("epochs = 0", "epochs = -1", "epochs = 1.5", "batch_size = 0", "seed = -1",
                     "threads = -1", 'optimizer = { learning_rate = 0 }', "watch = 1",
                     'optimizer = { learning_rate = -0.1 }', 'optimizer = { learning_rate = nan }',
                     'optimizer = { learning_rate = inf }', 'optimizer = { beta1 = 1 }',
                     'optimizer = { epsilon = 0 }', 'optimizer = { clip_norm = -1 }',
                     "epochs = 2001-01-01",
                     'loss = { name = "softmax_cross_entropy", label_smoothing = 1.5 }',
                     'schedule = { name = "step", factor = -1 }', 'shuffle = "yes"'):
            word = line.split("{")[-1].split(",")[-1].split("=")[0].strip()
            self.refused([(word, "epochs")[line.startswith("epochs")]], train=line)
        self.refused(["class_weights"], train='loss = { name = "softmax_cross_entropy", '
                     'class_weights = [-1, 1, 1, 1, 1, 1, 1, 1, 1, 1] }')
        for line in ("validation_split = 1", "validation_split = -0.1", "validation_split = nan",
                     "limit = -1", 'standardize = "yes"', "source = 3"):
            self.refused([line.split(" ")[0]], data=line if "source" not in line else "",
                         text=None if "source" not in line
                         else network().replace('source = "digits"', line))

    def test_names_flags_out_of_range(self):
        for flag, value in (("--epochs", "0"), ("--epochs", "-1"), ("--epochs", "ten"),
                            ("--epochs", "1e3"), ("--epochs", "99999999999999999999"),
                            ("--batch-size", "0"), ("--learning-rate", "nan"),
                            ("--learning-rate", "-1"), ("--learning-rate", "0,1"),
                            ("--dropout-rate", "1"), ("--dropout-rate", "nan"),
                            ("--hidden", "0"), ("--hidden", "3,x"), ("--hidden", "-3"),
                            ("--optimizer", "adma"), ("--standardize", "maybe"),
                            ("--seed", "-1"), ("--limit", "-1"), ("--metrics", "acuracy")):
            with self.subTest((flag, value)):
                self.fails(USAGE, (flag, flag[2:], flag[2:].rstrip("s")), value.split(",")[-1],
                           arguments=["train", "--data", "digits", "--out", "run",
                                      f"{flag}={value}"])
                self.assertFalse(self.path("run").exists())

    def test_options_that_do_not_go_together(self):
        self.refused(["momentum", "adam"], train='optimizer = { name = "adam", momentum = 0.9 }')
        self.refused(["validation"], train="early_stopping = { patience = 3 }")
        self.refused(["rmse"], train='metrics = ["rmse"]')
        self.refused(["mean_squared_error", "class"], train='loss = "mean_squared_error"')

    def test_rejects_options_without_effect(self):
        self.write("net.toml", network())
        self.refused(["'selu_1'", "l2"], [FLAT, DENSE, '{ op = "selu", l2 = 0.1 }'])
        for words, arguments in ((("--hidden", "the file gives layers"), ("net.toml", "--hidden", "5")),
                                 (("--dropout-rate", "the file gives layers"),
                                  ("net.toml", "--dropout-rate", "0.1"))):
            self.fails(USAGE, *words, arguments=["train", *arguments, "--out", "run"])
        self.write("set/train-images-idx3-ubyte", idx_bytes(range(40), (10, 2, 2)))
        self.write("set/train-labels-idx1-ubyte", idx_bytes([i % 2 for i in range(10)], (10,)))
        for source, option, value in (("digits", "target", "foo"), ("digits", "task", "regression"),
                                      ("digits", "delimiter", "comma"), ("digits", "header", "no"),
                                      ("set", "target", "foo"), ("set", "header", "yes")):
            with self.subTest((source, option)):
                self.fails(DATA, source, f"`{option}`",
                           arguments=["train", "--data", source, f"--{option}", value])
                self.assertFalse(self.path("runs").exists())

    def test_attributes_of_losses_as_flags(self):
        train = ("train", "--data", "digits", "--epochs", "1")
        self.ok(*train, "--label-smoothing", "0.25", "--class-weights", "1,1,1,1,1,2,2,2,2,2.5",
                "--out", "run")
        text = self.path("run/config.toml").read_text()
        self.assertIn("label_smoothing = 0.25", text)
        self.assertIn("2.5]", text)
        for flags in (("--delta", "2"), ("--label-smoothing", "1"), ("--label-smoothing", "x"),
                      ("--loss", "sigmoid_cross_entropy", "--label-smoothing", "0.1")):
            with self.subTest(flags):
                self.fails(USAGE, flags[-2][2:].split("-")[0],
                           arguments=[*train, *flags, "--out", "none"])
                self.assertFalse(self.path("none").exists())

    def test_rejects_class_weights_without_effect(self):
        self.refused(["class_weights", "0"],
                     train='loss = { name = "softmax_cross_entropy", class_weights = [0, 0, 0, 0, '
                           '0, 0, 0, 0, 0, 0] }')

    def test_rejects_invalid_layers(self):
        for layers in ("[]", "3", '["dense"]'):
            self.refused(["'layers'", "list of tables", "default network"],
                         text=network(["X"]).replace("[\n  X,\n]", layers))

    def test_names_a_layer_without_name_by_its_position(self):
        self.refused(["layer 2 (dense)", "'unit'"], [FLAT, '{ op = "dense", unit = 10 }'])

    def test_accepts_any_top_k(self):
        self.write("net.toml", network(train='metrics = ["top_7_accuracy", "accuracy"]'))
        scores = self.ok_json("train", "net.toml", "--out", "good")["test"]
        self.assertGreater(scores["top_7_accuracy"], scores["accuracy"])
        for name in ("top_1_accuracy", "top_accuracy", "top_x_accuracy", "top_K_accuracy"):
            self.refused([name, "top_5_accuracy"], train=f'metrics = ["{name}"]')

    def test_lists_the_metrics_of_one_hot_targets(self):
        rows = [[i, i % 2, 1 - i % 2] for i in range(20)]
        self.write("t.csv", csv_text(["a", "p", "q"], rows))
        self.fails(USAGE, "accuracy, auc, f1, iou, dice, top_5_accuracy", arguments=[
            "train", "--data", "t.csv", "--target", "p,q", "--loss", "softmax_cross_entropy",
            "--metrics", "something"])

    def test_rejects_sizes_beyond_any_machine(self):
        for units in (10**9, 10**12, 2**62):
            with self.subTest(units):
                self.write("net.toml", network([FLAT, f'{{ op = "dense", units = {units} }}',
                                                DENSE]))
                self.fails((2, 3), ("dense_1", "units"),
                           arguments=["train", "net.toml", "--out", "run"])
        self.fails((2, 3), ("threads", "memory"),
                   arguments=["train", "--data", "digits", "--epochs", "1", "--threads",
                              "1000000000", "--out", "run"])

    def test_huge_batch_is_the_whole_data_set(self):
        self.ok("train", "--data", "digits", "--epochs", "1", "--batch-size", "1000000000000",
                "--out", "run")


if __name__ == "__main__":
    main()
