# SPDX-License-Identifier: Apache-2.0
"""Defines the networks of the zoo.

Each network is built as users do it when they replace ReLU by SELU, and with ReLU, He initialization
and batch norm. A network is a list of layers, and a layer is a dict. NETWORKS has the names.
"""

import dataclasses
import json
import math


@dataclasses.dataclass(frozen=True)
class Style:
    """How a user builds a network: activation and normalization, initial weights, dropout."""
    activation: tuple = ("selu",)  # the ops after the weights, in this order
    init: str = "auto"             # an initializer, or "kaiming GAIN": std = GAIN/sqrt(k*k*in)
    dropout: str = "alpha_dropout"
    branch: float = 1              # weight of a residual branch


REFERENCE = Style(("batch_norm", "relu"), "auto", "dropout")


class Net:
    """Collects layers in sequence. `at` is the name of the last one."""

    def __init__(self, style, at, channels):
        self.style, self.at, self.channels, self.layers = style, at, channels, []

    def add(self, op, inputs=None, **attributes):
        name = f"{op}_{len(self.layers)}"
        self.layers.append({"op": op, "name": name, "inputs": inputs or [self.at], **attributes})
        self.at = name
        return name

    def weights(self, op, window, fan_in, **attributes):
        init = self.style.init
        if init.startswith("kaiming"):
            gain = float(init.split()[1]) / math.sqrt(window * fan_in)
            attributes["init"] = {"name": "normal", "gain": gain}
        elif init != "auto":
            attributes["init"] = init
        self.add(op, **attributes)

    def activate(self):
        for op in self.style.activation:
            self.add(op)
        return self.at

    def conv(self, channels, kernel=3, activate=True, groups=1, **attributes):
        more = {"groups": groups} if groups > 1 else {}
        padding = {} if kernel == 1 else {"padding": "same"}
        # A user who writes std = sqrt(1/(k*k*in)) uses the number of all channels as `in`.
        self.weights("conv2d", kernel * kernel, self.channels, channels=channels,
                     kernel=[kernel, kernel], **padding, **more, **attributes)
        self.channels = channels
        return self.activate() if activate else self.at

    def dense(self, units, activate=True):
        self.weights("dense", 1, self.channels, units=units)
        self.channels = units
        return self.activate() if activate else self.at

    def up(self, channels):
        self.weights("conv_transpose2d", 4, self.channels, channels=channels, kernel=[2, 2],
                     stride=[2, 2])
        self.channels = channels
        return self.activate()

    def pool(self):
        return self.add("max_pool2d", kernel=[2, 2])

    def drop(self, rate):
        if self.style.dropout:
            published = {"inference": "identity"} if self.style.dropout == "alpha_dropout" else {}
            self.add(self.style.dropout, rate=rate, **published)


def convolutions(depth):
    """Builds a chain of `depth` convolutions, each followed by the activation."""
    def build(style):
        layers = []
        for i in range(depth):
            layers += [{"op": "conv2d", "channels": 8, "kernel": [3, 3], "padding": "same",
                        **({"inputs": ["image"]} if i == 0 else {})}, *({"op": op} for op in style.activation)]
        return layers + [{"op": "flatten"}, {"op": "dense", "units": 10}]
    return build


def dense_net(depth, width=256, rate=0):
    def build(style):
        net = Net(style, "image", 784)
        net.add("flatten")
        for _ in range(depth):
            net.dense(width)
            if rate:
                net.drop(rate)
        net.dense(10, activate=False)
        return net.layers
    return build


def tutorial_cnn(style):
    net = Net(style, "image", 1)
    net.weights("conv2d", 9, 1, channels=32, kernel=[3, 3])
    net.activate()
    net.drop(0.25)
    net.add("flatten")
    net.channels = 32 * 26 * 26
    net.dense(256)
    net.dense(10, activate=False)
    return net.layers


def vgg(style):
    net = Net(style, "image", 1)
    for stage, channels in enumerate((16, 32, 32, 32)):
        for _ in range(3):
            net.conv(channels)
        if stage < 3:
            net.pool()
    net.add("flatten")
    net.channels = 32 * 3 * 3
    net.dense(128)
    net.drop(0.5)
    net.dense(10, activate=False)
    return net.layers


def resnet(style):
    """Builds 16 blocks x + f(x) with 16, 32 and 32 channels, where f is two convolutions."""
    net = Net(style, "image", 1)
    net.conv(16)
    for stage, channels in enumerate((16, 32, 32)):
        if stage > 0:
            net.conv(channels, stride=[2, 2])
        for _ in range((6, 5, 5)[stage]):
            x = net.at
            net.conv(channels)
            f = net.conv(channels)
            weights = {} if net.style.branch == 1 else {"weights": [1.0, net.style.branch]}
            net.add("add", [x, f], **weights)
    net.add("global_avg_pool")
    net.dense(10, activate=False)
    return net.layers


def densenet(style):
    """Builds three stages of four layers. Each layer reads all earlier ones and adds 8 channels."""
    net = Net(style, "image", 1)
    net.conv(16)
    for stage in range(3):
        for _ in range(4):
            x, channels = net.at, net.channels
            new = net.conv(8)
            net.add("concat", [x, new])
            net.channels = channels + 8
        net.conv(32, kernel=1)
        if stage < 2:
            net.pool()
    net.add("global_avg_pool")
    net.dense(10, activate=False)
    return net.layers


def mobilenet(style):
    """Builds 13 separable convolutions: depthwise 3x3, then 1x1, each followed by an activation."""
    net = Net(style, "image", 1)
    net.conv(16)
    for i in range(13):
        stride = {"stride": [2, 2]} if i in (3, 8) else {}
        net.conv(net.channels, groups=net.channels, **stride)
        net.conv(32, kernel=1)
    net.add("global_avg_pool")
    net.dense(10, activate=False)
    return net.layers


def unet(skip):
    """Builds a U-Net of depth 4 with 16 channels at the top and two convolutions per level.

    `skip` is "concat" or "add".
    """
    def build(style):
        net = Net(style, "image", 1)
        skips = []
        for level in range(4):
            net.conv(16 << level)
            skips.append(net.conv(16 << level))
            net.pool()
        net.conv(256)
        net.conv(256)
        for level in reversed(range(4)):
            up = net.up(16 << level)
            if skip == "concat":
                net.add("concat", [skips[level], up])
                net.channels = 32 << level
            else:
                weights = {} if style.branch == 1 else {"weights": [style.branch, style.branch]}
                net.add("add", [skips[level], up], **weights)
            net.conv(16 << level)
            net.conv(16 << level)
        net.conv(1, kernel=1, activate=False)
        return net.layers
    return build


STEPS, EMBEDDING_DIMENSION = 42, 300  # tokens of a sentence, size of a word vector


def bag_of_words(style):
    """Builds the network of the published comparison for pairs of sentences.

    It translates each word with shared weights, sums over the words of a sentence, and has three
    layers of 600 units after the two sums.
    """
    net = Net(style, "premise", EMBEDDING_DIMENSION)
    normalized, activation = style.activation[0] == "batch_norm", style.activation[-1]
    sentences, owner = [], {}
    for sentence in ("premise", "hypothesis"):
        net.at, net.channels = sentence, EMBEDDING_DIMENSION
        share = {"share": owner["embedding"]} if owner else {}
        embedding = net.add("embedding", vocabulary="VOCABULARY", dimension=EMBEDDING_DIMENSION,
                            trainable=False, weights="nli_vectors.npy", **share)
        if owner:
            net.add("dense", units=300, share=owner["dense"])
        else:
            net.weights("dense", 1, EMBEDDING_DIMENSION, units=300)
            owner = {"embedding": embedding, "dense": net.at}
        net.add(activation)
        net.add("pool_steps", mode="sum")
        sentences.append(net.add("batch_norm") if normalized else net.at)
    net.add("concat", sentences)
    net.channels = 600
    net.drop(0.2)
    for _ in range(3):
        net.weights("dense", 1, net.channels, units=600)
        net.channels = 600
        net.add(activation)
        net.drop(0.2)
        if normalized:
            net.add("batch_norm")
    net.dense(3, activate=False)
    return net.layers


NETWORKS = {  # name: (function that builds the layers, style of the faulty version, data)
    "dense 8x256": (dense_net(8, rate=0.2), Style(init="he_normal", dropout="dropout"), "mnist"),
    "dense 32x256": (dense_net(32), Style(init="pytorch_default"), "mnist"),
    "tutorial CNN": (tutorial_cnn, Style(init="lecun_normal"), "mnist"),
    "VGG, 12 convolutions": (vgg, Style(init="glorot_uniform", dropout="dropout"), "mnist"),
    "ResNet, 16 blocks": (resnet, Style(init="he_normal"), "mnist"),
    "DenseNet": (densenet, Style(init="he_normal"), "mnist"),
    "MobileNet, 13 separable": (mobilenet, Style(init="kaiming 1"), "mnist"),
    "U-Net, default init": (unet("concat"), Style(init="pytorch_default"), "membrane"),
    "U-Net, gain 1": (unet("concat"), Style(init="kaiming 1"), "membrane"),
    "U-Net, gain 0.5": (unet("concat"), Style(init="kaiming 0.5"), "membrane"),
    "U-Net, batch norm after SELU": (unet("concat"), Style(("selu", "batch_norm"), "kaiming 1"),
                                     "membrane"),
    "U-Net by add, gain 1": (unet("add"), Style(init="kaiming 1"), "membrane"),
    "U-Net by add at 0.5, gain 1": (unet("add"), Style(init="kaiming 1", branch=0.5), "membrane"),
    "bag of words": (bag_of_words, Style(init="glorot_uniform", dropout="dropout"), "nli"),
    "dense 1000x128": (dense_net(1000, width=128), Style(init="lecun_normal"), "mnist"),
}
# The networks that are also tested with whitening before the first convolution.
WHITENED = ("tutorial CNN", "VGG, 12 convolutions", "U-Net, gain 1")


# ---- as network files --------------------------------------------------------------------------

def value(setting):
    if isinstance(setting, dict):
        return "{ " + ", ".join(f"{k} = {value(v)}" for k, v in setting.items()) + " }"
    if isinstance(setting, float):
        return repr(setting)
    return json.dumps(setting)


def network_file(inputs, layers, data, train):
    text = "[data]\n" + "".join(f"{k} = {value(v)}\n" for k, v in data.items())
    text += f"\n[model]\ninputs = {value(inputs)}\nlayers = [\n"
    text += "".join(f"  {value(layer)},\n" for layer in layers) + "]\n\n[train]\n"
    return text + "".join(f"{k} = {value(v)}\n" for k, v in train.items())
