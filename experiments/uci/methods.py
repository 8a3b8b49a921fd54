# SPDX-License-Identifier: Apache-2.0
"""The seven kinds of networks of the comparison, and the grid of their hyperparameters.

The grid is that of the SNN paper (appendix A4): hidden units, hidden layers, learning rate, dropout
and the shape of the network. A method reads the parts that apply to it.
"""

import random

METHODS = ["snn", "relu", "batch_norm", "layer_norm", "weight_norm", "highway", "residual"]
UNITS = [1024, 512, 256]
DEPTHS = [2, 3, 4, 8, 16, 32]
RATES = [0.01, 0.1, 1.0]
SHAPES = ["conic", "rectangular"]
HE_GAIN = 2**0.5


def draw_configurations(name, count, divisor):
    """Returns `count` different points of the grid, drawn for this data set. All methods share them."""
    grid = [{"units": units // divisor, "depth": depth, "rate": rate, "dropout": dropout, "shape": shape}
            for units in UNITS for depth in DEPTHS for rate in RATES for dropout in (False, True) for shape in SHAPES]
    return random.Random(name).sample(grid, count)


def widths_of(configuration, classes):
    """Returns the units of the hidden layers. Those of a conic network fall to the number of classes
    in a geometric progression."""
    units, depth = configuration["units"], configuration["depth"]
    if configuration["shape"] == "rectangular":
        return [units] * depth
    return [max(classes, round(units * (classes / units) ** (i / depth))) for i in range(depth)]


def dropout_layers(op, rate, configuration):
    return [{"op": op, "rate": rate}] if configuration["dropout"] else []


def dense_layers(method, configuration, classes):
    """Layers of networks without connections that skip layers."""
    layers = []
    for units in widths_of(configuration, classes):
        if method == "snn":
            layers += [{"op": "dense", "units": units}, {"op": "selu"}]
            layers += dropout_layers("alpha_dropout", 0.05, configuration)
            continue
        if method == "weight_norm":
            layers.append({"op": "weight_norm_dense", "units": units, "gain": HE_GAIN})
        else:
            layers.append({"op": "dense", "units": units, "init": "he_normal"})
        if method in ("batch_norm", "layer_norm"):
            layers.append({"op": method})
        layers += [{"op": "relu"}, *dropout_layers("dropout", 0.5, configuration)]
    return layers


def highway_layers(configuration):
    """Layers x + t·(relu(W·x) − x) with the gate t = sigmoid(V·x − 1), as in Srivastava et al. (2015)."""
    units = configuration["units"]

    def relu_layer(name, **options):
        return [{"op": "dense", "units": units, "init": "he_normal", **options}, {"op": "relu", "name": name}]

    layers = relu_layer("x0")
    for i in range(1, configuration["depth"]):
        x, last = f"x{i - 1}", f"sum{i}" if configuration["dropout"] else f"x{i}"
        layers += [*relu_layer(f"h{i}", inputs=[x]),
                   {"op": "add", "inputs": [f"h{i}", x], "weights": [1.0, -1.0], "name": f"change{i}"},
                   {"op": "dense", "units": units, "inputs": [x]}, {"op": "scale", "factor": 1.0, "shift": -1.0},
                   {"op": "sigmoid", "name": f"t{i}"},
                   {"op": "multiply", "inputs": [f"t{i}", f"change{i}"], "name": f"step{i}"},
                   {"op": "add", "inputs": [x, f"step{i}"], "name": last}]
        if configuration["dropout"]:
            layers.append({"op": "dropout", "rate": 0.5, "name": f"x{i}"})
    return layers


def residual_layers(configuration):
    """Blocks of two layers with batch norm, as in He et al. (2016)."""
    units = configuration["units"]

    def normalized(**options):
        return [{"op": "dense", "units": units, "init": "he_normal", **options}, {"op": "batch_norm"}]

    layers = [*normalized(), {"op": "relu", "name": "x0"}]
    for i in range(1, max(1, configuration["depth"] // 2) + 1):
        layers += [*normalized(inputs=[f"x{i - 1}"]), {"op": "relu"}]
        layers += [*dropout_layers("dropout", 0.5, configuration), *normalized()]
        layers[-1]["name"] = f"branch{i}"
        layers += [{"op": "add", "inputs": [f"x{i - 1}", f"branch{i}"]}, {"op": "relu", "name": f"x{i}"}]
    return layers


def layers_of(method, configuration, classes):
    """Returns the layers of the network, the last of which computes one number per class."""
    if method == "highway":
        hidden = highway_layers(configuration)
    elif method == "residual":
        hidden = residual_layers(configuration)
    else:
        hidden = dense_layers(method, configuration, classes)
    return [*hidden, {"op": "dense", "units": classes}]
