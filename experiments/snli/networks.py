# SPDX-License-Identifier: Apache-2.0
"""Writes the network files of the experiment.

They are the published architecture in six variants, the fixes that normalize its signals, and the
variants for the ablation and for other pooling layers.
"""

STEPS, EMBEDDING_DIMENSION, HIDDEN = 42, 300, 300
INPUTS = ("sentence1", "sentence2")

# The settings of the published code, or the default of Keras where the code has none.
PUBLISHED = {
    "activation": "relu", "batch_norm": True, "dropout": "dropout", "rate": 0.2,
    "pooling": {"mode": "sum", "padded_sum": True}, "init": "glorot_uniform", "l2": 4e-6,
    "standardized": False, "behind_pooling": None, "shape": False, "features": "concat",
    "inference": None,
    "train": {"batch_size": 512, "epochs": 10, "seed": 1, "watch": False,
              "optimizer": {"name": "rmsprop", "learning_rate": 1e-3, "rho": 0.9, "epsilon": 1e-7}},
}

# The fixes that normalize the signals of the SELU network, one by one.
FIXES = {
    "pooling": {"pooling": {"mode": "sqrt"}},
    "lecun_normal": {"init": "lecun_normal"},
    "standardized vectors": {"standardized": True},
    "alpha dropout 0.05": {"dropout": "alpha_dropout", "rate": 0.05},
    "no batch norm": {"batch_norm": False},
}


def changed(base, *changes):
    made = dict(base)
    for change in changes:
        made.update(change)
    return made


def published(activation, variant):
    changes = {"batch norm": {}, "none": {"batch_norm": False},
               "alpha dropout": {"batch_norm": False, "dropout": "alpha_dropout",
                                 "inference": "identity"}}
    return changed(PUBLISHED, {"activation": activation}, changes[variant])


REPAIRED = changed(PUBLISHED, {"activation": "selu"}, *FIXES.values())

# The maximum over the steps in place of a sum: words to which a unit does not respond add no noise.
# The factor and the shift are those of the doctor, which restore mean 0 and variance 1.
MAX_POOLING = changed(REPAIRED, {"pooling": {"mode": "max"},
                             "behind_pooling": {"factor": 1.28, "shift": -1.88}})

# Other variants: other ways to pool a sentence into one vector, and pair features.
PAIR = {"features": "pair"}
RELU = changed(published("relu", "none"), {"rate": 0.0})
POOLING_VARIANTS = {
    "selu, root": REPAIRED,
    "selu, mean": changed(REPAIRED, {"pooling": {"mode": "mean"}}),
    "selu, sum times 0.3": changed(REPAIRED, {"pooling": {"mode": "sum"},
                                              "behind_pooling": {"factor": 0.3}}),
    "selu, largest": MAX_POOLING,
    "selu, largest, shaped for the depth": changed(MAX_POOLING, {"shape": True}),
    "selu, root, pair features": changed(REPAIRED, PAIR),
    "selu, largest, pair features": changed(MAX_POOLING, PAIR),
    "relu as published, no dropout": RELU,
    "relu as published, no dropout, pair features": changed(RELU, PAIR),
}


def settings_text(settings):
    parts = []
    for key, value in settings.items():
        if isinstance(value, bool):
            text = str(value).lower()
        elif isinstance(value, dict):
            text = settings_text(value)
        elif isinstance(value, str):
            text = f'"{value}"'
        elif isinstance(value, (list, tuple)):
            text = "[" + ", ".join(f'"{v}"' for v in value) + "]"
        else:
            text = f"{value:g}" if isinstance(value, float) else str(value)
        parts.append(f"{key} = {text}")
    return "{ " + ", ".join(parts) + " }"


def dense(options, units, **more):
    return {"op": "dense", "units": units, "init": options["init"], **more}


def activation(options):
    shape = {"shape": "depth"} if options["activation"] == "selu" and options["shape"] else {}
    return {"op": options["activation"], **shape}


def sentence(options, side, first):
    """Returns the layers that translate each word of a sentence and pool the words into one vector.

    The second sentence shares the weights of the first.
    """
    name = INPUTS[side]
    words, vectors = f"words_{side + 1}", f"translated_{side + 1}"
    table = {"dimension": EMBEDDING_DIMENSION, "trainable": False, "weights": "vectors.txt.gz",
             **({"standardize": True} if options["standardized"] else {})}
    layers = [{"op": "embedding", "name": words, "inputs": [name],
               **(table if first is None else {"share": first})}]
    layers += [
        dense(options, HIDDEN, name=vectors, inputs=[words]) if first is None
        else {"op": "dense", "name": vectors, "inputs": [words], "share": "translated_1"},
        activation(options),
        {"op": "pool_steps", "name": f"sentence_{side + 1}", **options["pooling"]},
    ]
    if options["behind_pooling"]:
        layers.append({"op": "scale", "name": f"scaled_{side + 1}", **options["behind_pooling"]})
    if options["batch_norm"]:
        layers.append({"op": "batch_norm", "name": f"normal_{side + 1}", "momentum": 0.99,
                       "epsilon": 1e-3})
    return layers


def layers_of(options):
    left = sentence(options, 0, None)
    right = sentence(options, 1, "words_1")
    ends = [left[-1]["name"], right[-1]["name"]]
    layers = left + right
    if options["features"] == "pair":
        layers += [{"op": "absolute_difference", "name": "difference", "inputs": ends},
                   {"op": "multiply", "name": "product", "inputs": ends}]
        ends = ends + ["difference", "product"]
    layers.append({"op": "concat", "name": "pair", "inputs": ends})
    drop = {"op": options["dropout"], "rate": options["rate"]}
    if options["inference"]:
        drop["inference"] = options["inference"]
    if options["rate"] > 0:
        layers.append(drop)
    for _ in range(3):
        layers += [dense(options, 2 * HIDDEN, l2=options["l2"]), activation(options)]
        if options["rate"] > 0:
            layers.append(drop)
        if options["batch_norm"]:
            layers.append({"op": "batch_norm", "momentum": 0.99, "epsilon": 1e-3})
    return layers + [dense(options, 3)]


def network_file(options, remark=""):
    lines = [f"# {line}" for line in remark.splitlines()]
    lines += ["[data]", 'source = "train.tsv.gz"', 'validation = "dev.tsv.gz"', 'test = "test.tsv.gz"',
              'text = ["sentence1", "sentence2"]', f"max_words = {STEPS}", 'target = "gold_label"',
              'labels = ["entailment", "neutral", "contradiction"]', "", "[model]",
              "inputs = { " + ", ".join(f"{name} = [{STEPS}]" for name in INPUTS) + " }", "layers = ["]
    lines += [f"  {settings_text(layer)}," for layer in layers_of(options)]
    lines += ["]", "", "[train]"]
    lines += [f"{key} = {settings_text(value) if isinstance(value, dict) else str(value).lower()}"
              for key, value in options["train"].items()]
    return "\n".join(lines) + "\n"
