# SPDX-License-Identifier: Apache-2.0
"""Converts sentences to token ids, and reads the vectors of the tokens."""

import array
import csv
import gzip
import re

LABELS = ("entailment", "neutral", "contradiction")
FIRST_TOKEN_ID = 2  # 0 is padding, 1 an unknown token


def read_pairs(path):
    """Returns (premise, hypothesis, label) for every pair with a label."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [(r["sentence1"], r["sentence2"], r["gold_label"]) for r in rows
                if r["gold_label"] in LABELS]


def words(sentence):
    """Splits a sentence into lower-case words and punctuation marks."""
    return re.findall(r"\w+|[^\w\s]", sentence.lower())


def words_of(pairs):
    return {word for pair in pairs for sentence in pair[:2] for word in words(sentence)}


def read_vectors(path, wanted):
    """Reads the vectors of the wanted words. If a word has several spellings, the first counts."""
    vectors = {}
    with gzip.open(path, "rt", encoding="utf-8") as file:
        next(file)
        for line in file:
            word, *numbers = line.rstrip().split(" ")
            word = word.lower()
            if word in wanted and word not in vectors:
                vectors[word] = [float(number) for number in numbers]
    return vectors


def numbers_of(sentences, vectors, steps):
    number = {word: i for i, word in enumerate(vectors, FIRST_TOKEN_ID)}
    numbers = array.array("i")
    for sentence in sentences:
        row = [number.get(word, 1) for word in words(sentence)][:steps]
        numbers.extend(row + [0] * (steps - len(row)))
    return numbers


def table_of(vectors, width):
    table = array.array("f", [0.0] * width * FIRST_TOKEN_ID)
    for vector in vectors.values():
        table.extend(vector)
    return table
