"""`selfnorm doctor`: predictions, and measurements beside them."""

from program import CliTest, main

NETWORK = """[data]
source = "digits"
[model]
inputs = { image = [1, 8, 8] }
layers = [
  { op = "conv2d", channels = 16, kernel = [3, 3], padding = "same" },
  { op = "selu" },
  { op = "flatten" },
  { op = "dense", units = 10 },
]
"""


class Doctor(CliTest):
    def test_layers_are_predicted_and_measured(self):
        self.write("net.toml", NETWORK)
        predicted = self.ok_json("doctor", "net.toml", "--json")
        self.assertEqual(["conv2d_1", "selu_1", "flatten_1", "dense_1"],
                         [layer["name"] for layer in predicted["layers"]])
        self.assertEqual("digits", predicted["input"])
        self.assertNotIn("measured", predicted["layers"][0])
        self.assertEqual(1, predicted["layers"][3]["gradient_second_moment"])
        measured = self.ok_json("doctor", "net.toml", "--measure", "--draws", "10", "--json")
        for layer in measured["layers"]:
            self.assertFalse(layer["missed"], layer)
        self.assertIn("selu_1", self.ok("doctor", "net.toml", "--measure").out)

    def test_a_run_and_its_model_are_networks_too(self):
        self.write("net.toml", NETWORK)
        self.ok("train", "net.toml", "--epochs", "1", "--out", "run")
        want = self.ok_json("doctor", "net.toml", "--json")
        self.assertEqual(want, self.ok_json("doctor", "run", "--json"))
        self.assertEqual(want, self.ok_json("doctor", "run/model.safetensors", "--data", "digits",
                                            "--json"))

    def test_bad_networks_name_the_layer(self):
        self.write("net.toml", NETWORK.replace("units = 10", "unitz = 10"))
        self.fails(2, "unitz", "units", arguments=("doctor", "net.toml"))
        self.fails((2, 3), "absent.toml", arguments=("doctor", "absent.toml"))
        self.write("net.toml", NETWORK)
        self.fails(2, "samples", arguments=("doctor", "net.toml", "--samples", "1"))


if __name__ == "__main__":
    main()
