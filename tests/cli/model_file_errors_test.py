# SPDX-License-Identifier: Apache-2.0
"""Tests damaged, truncated and hostile model files and checkpoints: exit status 4."""

import copy
import json
import math
import os
import struct

from program import DATA, MODEL, NUMERIC, CliTest, main, read_safetensors, safetensors_bytes

HUGE = (10**12, 2**31, 2**62, 2**63 - 1, 2**64, -1, 0, 1.5, 1e308, None, "x", "", [], {}, True)


class ModelFile(CliTest):
    def setUp(self):
        super().setUp()
        self.ok("train", "--data", "digits", "--epochs", "1", "--hidden", "8", "--limit", "100",
                "--out", "run")
        self.model = self.path("run/model.safetensors")
        self.whole = self.model.read_bytes()
        self.metadata, self.tensors = read_safetensors(self.model)

    def refused(self, content, *words):
        self.model.write_bytes(content)
        self.fails(MODEL, "model.safetensors", *words, arguments=["evaluate", "run"])

    def tolerated(self, content):
        """Checks that a changed file is either rejected or used without harm."""
        self.model.write_bytes(content)
        result = self.run_program("evaluate", "run", "--json")
        if result.status == 0:
            self.parse_json(result)
        else:  # a changed class name makes the classes of the data unknown
            self.check_failure(result, (MODEL, DATA), ("model", "known classes"))

    def test_truncated_at_any_byte(self):
        header = struct.unpack("<Q", self.whole[:8])[0]
        lengths = {0, 1, 4, 7, 8, 9, 100, header, header + 7, header + 8, header + 9,
                   len(self.whole) // 2, len(self.whole) - 4, len(self.whole) - 1}
        lengths |= set(range(0, len(self.whole), len(self.whole) // 12))
        for length in sorted(lengths):
            with self.subTest(length):
                self.refused(self.whole[:length])
        self.refused(self.whole + b"\0")

    def test_wrong_headers(self):
        body = self.whole[8:]
        for size in (2**60, 2**63, 2**64 - 1, 0, 1, 2**32, 100 * 2**20):
            with self.subTest(size):
                self.refused(struct.pack("<Q", size) + body)
        for name, change in (("offset", {"data_offsets": [0, 2**60]}),
                             ("backwards", {"data_offsets": [32, 0]}),
                             ("shape", {"shape": [2**60]}), ("overflow", {"shape": [2**62, 4]}),
                             ("negative", {"shape": [-1]}), ("type", {"dtype": "F16"}),
                             ("overlap", {"data_offsets": [4, 36]})):
            with self.subTest(name):
                header = json.loads(self.whole[8:8 + struct.unpack("<Q", self.whole[:8])[0]])
                first = next(k for k in header if k != "__metadata__")
                header[first].update(change)
                text = json.dumps(header).encode()
                start = 8 + struct.unpack("<Q", self.whole[:8])[0]
                self.refused(struct.pack("<Q", len(text)) + text + self.whole[start:])

    def test_garbage(self):
        for name, content in (("random", os.urandom(5000)), ("zeros", bytes(5000)), ("empty", b""),
                              ("text", b"hello " * 100),
                              ("deep", struct.pack("<Q", 200000) + b"[" * 200000),
                              ("nested", struct.pack("<Q", 200000) + b'{"a":' * 40000)):
            with self.subTest(name):
                self.refused(content)

    def test_flipped_bytes_never_crash(self):
        size = 8 + struct.unpack("<Q", self.whole[:8])[0]
        for place in range(0, size, size // 60):
            with self.subTest(place):
                changed = bytearray(self.whole)
                changed[place] ^= 0x15
                self.tolerated(bytes(changed))

    def test_flipped_bits_of_the_data_are_found(self):
        wanted = self.ok("predict", "run").out
        start = 8 + struct.unpack("<Q", self.whole[:8])[0]
        for place in range(start, len(self.whole), (len(self.whole) - start) // 40):
            with self.subTest(place):
                changed = bytearray(self.whole)
                changed[place] ^= 1 << place % 8
                self.refused(bytes(changed), "checksum", "damaged")
                for command in (["predict", "run"], ["evaluate", "run"], ["doctor", "run"]):
                    self.fails(MODEL, "model.safetensors", "checksum", arguments=command)
        changed[-1] ^= 0x80  # the sign of a number: still a network
        self.model.write_bytes(changed)
        self.assertNotEqual(wanted, self.ok("predict", "run", "--no-verify").out)
        self.ok("evaluate", "run", "--no-verify")

    def test_file_of_another_program(self):
        self.refused(safetensors_bytes({}, self.tensors), "selfnorm")
        self.refused(safetensors_bytes({**self.metadata, "format": "selfnorm-model-9"},
                                       self.tensors), "selfnorm-model-9")

    def test_tensors_that_do_not_fit(self):
        for change in ("missing", "shape", "type"):
            with self.subTest(change):
                tensors = dict(self.tensors)
                dtype, shape, content = tensors["dense_1.weight"]
                if change == "missing":
                    del tensors["dense_1.weight"]
                elif change == "shape":
                    tensors["dense_1.weight"] = (dtype, shape[::-1], content)
                else:
                    tensors["dense_1.weight"] = ("I32", shape, content)
                self.refused(safetensors_bytes(self.metadata, tensors), "dense_1.weight")

    def test_weights_that_are_not_finite(self):
        dtype, shape, content = self.tensors["dense_1.weight"]
        for bad in (b"\xff\xff\xff\xff", struct.pack("<f", -math.inf)):
            tensors = {**self.tensors, "dense_1.weight": (dtype, shape, content[:-4] + bad)}
            self.refused(safetensors_bytes(self.metadata, tensors), "dense_1.weight", "NaN")

    def test_weights_that_make_predictions_infinite(self):
        tensors = {name: (dtype, shape, struct.pack("<f", 3e38) * (len(content) // 4))
                   for name, (dtype, shape, content) in self.tensors.items()}
        self.model.write_bytes(safetensors_bytes(self.metadata, tensors))
        self.fails(NUMERIC, "digits", "row 1", arguments=["predict", "run"])

    def test_numbers_that_are_not_sizes(self):
        for size in (1e300, 8.5, 2**64, -1):
            def resize(network, value=size):
                network["inputs"][0]["shape"][0] = value
            self.refused_metadata("network", resize)
            self.refused_metadata("schema", lambda schema, value=size:
                                  schema["inputs"][0]["sample_shape"].__setitem__(0, value))
        text = self.metadata["network"].replace("[1, 8, 8]", "[" * 200_000 + "]" * 200_000)
        text = text.replace("[1,8,8]", "[" * 200_000 + "]" * 200_000)
        self.assertGreater(len(text), 400_000)
        self.refused(safetensors_bytes({**self.metadata, "network": text}, self.tensors), "whole number", "array")
        for l2 in (-1, -1e-300, None):
            self.refused_metadata("network", lambda network, value=l2:
                                  network["layers"][1].__setitem__("l2", value))

    def refused_metadata(self, key, change, *words):
        """Checks that the file is rejected after `change` has altered a metadata document in place."""
        document = json.loads(self.metadata[key])
        change(document)
        with self.subTest((key, words)):
            self.refused(safetensors_bytes({**self.metadata, key: json.dumps(document)},
                                           self.tensors), *words)

    def test_invalid_standardizer(self):
        for deviation in (0, -1, 1e-400, math.nan, math.inf, None):
            def change(schema, value=deviation):
                schema["inputs"][0]["deviation"][0] = value
            words = ["schema"] if deviation in (None, math.inf) or deviation != deviation else [
                "schema", "deviation", "feature 0"]
            self.refused_metadata("schema", change, *words)

        def no_mean(schema):
            schema["inputs"][0]["mean"][0] = math.nan
        self.refused_metadata("schema", no_mean, "schema")

    def test_invalid_transforms(self):
        damaged = ({"kind": "smooth_clip", "center": 0, "width": 0},
                   {"kind": "quantile", "knots": [1, 1], "normals": [0, 1]},
                   {"kind": "quantile", "knots": [1], "normals": [0]}, {"kind": "other"})
        for transform in damaged:
            def change(schema, value=transform):
                schema["inputs"][0]["transforms"] = [value] * len(schema["inputs"][0]["mean"])
            self.refused_metadata("schema", change, "schema", "transform")

        def too_few(schema):
            schema["inputs"][0]["transforms"] = [None] * (len(schema["inputs"][0]["mean"]) + 1)
        self.refused_metadata("schema", too_few, "schema", "transforms")

    def test_more_class_names_than_outputs(self):
        self.refused_metadata("schema", lambda schema: schema["class_names"].append("eleventh"),
                              "11 classes", "10")

    def test_wrong_number_of_class_weights(self):
        def weights(values):
            return lambda objective: objective["attributes"].update(class_weights=values)
        self.refused_metadata("objective", weights([1, 2]), "2 `class_weights`", "10")
        self.refused_metadata("objective", weights([1] * 9 + [-1]), "class_weights", "-1")
        self.refused_metadata("objective", weights("x"), "class_weights")

    def test_loss_for_other_targets(self):
        def other(objective):
            objective.update(loss="mean_squared_error", targets="classes", metrics=[])
        self.refused_metadata("objective", other, "mean_squared_error")

    def test_messages_do_not_come_from_the_json_library(self):
        for text in ("{", "{}", "[]", '{"inputs": 3}'):
            with self.subTest(text):
                self.model.write_bytes(safetensors_bytes({**self.metadata, "network": text},
                                                         self.tensors))
                result = self.run_program("evaluate", "run")
                self.assertEqual(MODEL, result.status, result)
                self.assertNotIn("json.exception", result.err)

    def test_metadata_that_is_not_json(self):
        for key in ("network", "schema", "objective"):
            for text in ("", "{", "null", "[]", "3", "{}", '{"inputs": 3}', "[" * 100000):
                with self.subTest((key, text[:20])):
                    self.refused(safetensors_bytes({**self.metadata, key: text}, self.tensors))

    def changes(self, node, path=()):
        """Yields the locations of numbers, texts and lists in a JSON document."""
        if isinstance(node, dict):
            for key in node:
                yield from self.changes(node[key], path + (key,))
            return
        yield path
        if isinstance(node, list):
            for i, element in enumerate(node[:2]):
                if isinstance(element, (dict, list)):
                    yield from self.changes(element, path + (i,))

    def mutate(self, key, values):
        document = json.loads(self.metadata[key])
        for path in self.changes(document):
            for value in values:
                changed = copy.deepcopy(document)
                node = changed
                for step in path[:-1]:
                    node = node[step]
                if node[path[-1]] == value:
                    continue
                node[path[-1]] = value
                with self.subTest(key=key, path=path, value=value):
                    metadata = {**self.metadata, key: json.dumps(changed)}
                    self.tolerated(safetensors_bytes(metadata, self.tensors))

    def test_hostile_schema(self):
        self.mutate("schema", (10**12, -1, "x", [], [0], [-1, 8, 8], [2**62, 4], None))

    def test_hostile_objective(self):
        self.mutate("objective", (10**12, "x", "values", [], ["auc"], {"delta": -1}, None))

    def test_hostile_network(self):
        self.mutate("network", (10**12, "x", [], [2**62, 4], [10**6, 10**6, 10**6], None))

    def test_hostile_sizes(self):
        network = json.loads(self.metadata["network"])
        dense = next(layer for layer in network["layers"] if layer["op"] == "dense")
        for units in HUGE:
            with self.subTest(units):
                dense["attributes"]["units"] = units
                metadata = {**self.metadata, "network": json.dumps(network)}
                self.refused(safetensors_bytes(metadata, self.tensors))

    def test_hostile_rates(self):
        network = json.loads(self.metadata["network"])
        dropout = next(layer for layer in network["layers"] if layer["op"] == "alpha_dropout")
        for rate in (1, -0.5, "x", [0.1], 2, None):
            with self.subTest(rate):
                dropout["attributes"]["rate"] = rate
                metadata = {**self.metadata, "network": json.dumps(network)}
                self.refused(safetensors_bytes(metadata, self.tensors))

    def test_many_layers(self):
        """A long chain of layers must not overflow the stack or take very long."""
        network = json.loads(self.metadata["network"])
        name = network["outputs"][0]
        for i in range(3000):
            network["layers"].append({"op": "selu", "name": f"s{i}", "inputs": [name], "share": "",
                                      "l2": 0, "attributes": {}})
            name = f"s{i}"
        network["outputs"] = [name]
        self.tolerated(safetensors_bytes({**self.metadata, "network": json.dumps(network)},
                                         self.tensors))

    def test_not_a_file(self):
        self.fails(MODEL, "nowhere", arguments=["evaluate", "nowhere"])
        self.path("folder").mkdir()
        self.fails(MODEL, "folder", arguments=["evaluate", "folder"])
        self.fails(MODEL, "digits.txt",
                   arguments=["predict", self.write("digits.txt", "1,2,3\n" * 9), "--data", "digits"])
        self.model.unlink()
        self.model.mkdir()
        self.fails(MODEL, "model.safetensors", arguments=["evaluate", "run"])


class Checkpoint(CliTest):
    def setUp(self):
        super().setUp()
        self.ok("train", "--data", "digits", "--epochs", "2", "--hidden", "8", "--limit", "100",
                "--out", "run")
        self.file = self.path("run/checkpoint/state.safetensors")
        self.whole = self.file.read_bytes()
        self.history_before = self.bytes_of("run", "history.jsonl")

    def resume(self, content):
        self.file.write_bytes(content)
        return self.run_program("train", "--out", "run", "--resume", "--epochs", "4")

    def test_truncated_or_random(self):
        for length in (0, 7, 8, 50, len(self.whole) // 2, len(self.whole) - 1):
            with self.subTest(length):
                self.check_failure(self.resume(self.whole[:length]), (MODEL,), "state.safetensors")
                self.assertEqual(self.history_before, self.bytes_of("run", "history.jsonl"),
                                 "the history of what was trained is lost")
        self.check_failure(self.resume(os.urandom(3000)), (MODEL,), "state.safetensors")

    def test_hostile_state(self):
        metadata, tensors = read_safetensors(self.file)
        state = json.loads(metadata["state"])
        for key in ("epoch", "step_in_epoch", "step", "rows_since_watch", "optimizer_steps"):
            for value in (-1, -5, 2**62, 10**6, None, "x", 1.5):
                with self.subTest((key, value)):
                    text = json.dumps({**state, key: value})
                    result = self.resume(safetensors_bytes({**metadata, "state": text}, tensors))
                    self.assertIn(result.status, (0, MODEL), result)
                    if result.status:
                        self.check_failure(result, (MODEL,), "state")

    def test_flipped_bits_are_found(self):
        for place in range(0, len(self.whole), len(self.whole) // 60):
            with self.subTest(place):
                changed = bytearray(self.whole)
                changed[place] ^= 1 << place % 8
                self.check_failure(self.resume(bytes(changed)), (MODEL,), "state.safetensors")

    def test_tensors_that_do_not_fit(self):
        metadata, tensors = read_safetensors(self.file)
        for name in tensors:
            with self.subTest(name):
                fewer = {k: v for k, v in tensors.items() if k != name}
                self.check_failure(self.resume(safetensors_bytes(metadata, fewer)), (MODEL,), name)
                if name == "outputs":
                    fewer[name] = ("F32", [7], bytes(28))
                else:
                    fewer[name] = ("F32", [1], bytes(4))
                self.check_failure(self.resume(safetensors_bytes(metadata, fewer)), (MODEL,), name)


if __name__ == "__main__":
    main()
