"""Classes of two variables that tell the label beside a third one; parts of tokens."""

from __future__ import annotations

import numpy as np
import pytest

from transformer_programs.data import labelled_sequences
from transformer_programs.language import Interpreter, encode_batch
from transformer_programs.search import search
from transformer_programs.search.attributes import attributes, in_order
from transformer_programs.search.candidate import input_candidates
from transformer_programs.search.decomposition import decompositions
from transformer_programs.search.sample import sample_of
from transformer_programs.system import Work


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["", "2S", "2H", "10H"], {"first_part": ["", "2", "2", "10"]}),
        (["", "x", "3", "4"], {"sort": ["", "a", "0", "0"]}),
        (["", "x3", "y3", "-7"], {"last_character": ["", "3", "3", "7"]}),
        (["", "a", "b"], {}),
        (["", "(", ")"], {}),
    ],
)
def test_attributes_of_tokens(words: list[str], found: dict[str, list[str]]) -> None:
    known = dict(attributes(words))
    assert {name: known[name] for name in found} == found
    assert found or not known


def test_attributes_have_fewer_values_than_words_and_are_all_different() -> None:
    words = ["", "Kd", "Kh", "9d", "9h", "x"]
    known = [values for _, values in attributes(words)]
    assert all(1 < len({*values} - {""}) < 5 for values in known)
    partitions = {tuple(map(values.index, values)) for values in known}
    assert len(partitions) == len(known)


def test_values_are_in_order() -> None:
    assert in_order(["b", "10", "", "9", "b"]) == ["", "9", "10", "b"]


def drawn(count: int = 400) -> tuple[list[list[str]], list[list[str]]]:
    # Two layouts: the mark in the middle says whether what is left, or right, is named.
    rng = np.random.default_rng(0)
    tokens, tags = [], []
    for _ in range(count):
        mark = str(rng.choice(["-", "/", "."]))
        left, right = int(rng.integers(2, 4)), int(rng.integers(1, 4))
        digits = [str(x) for x in rng.integers(0, 10, size=left + right)]
        tokens.append([*digits[:left], mark, *digits[left:]])
        said = ("day", "year") if mark == "/" else ("year", "day")
        tags.append([said[0]] * left + ["sep"] + [said[1]] * right)
    return tokens, tags


def test_two_variables_are_merged_into_what_makes_a_difference() -> None:
    rng = np.random.default_rng(1)
    tokens = rng.choice(list("abcd"), size=(500, 3)).tolist()
    # Of the first two, only whether both are in the first half matters.
    rows = [("yes" if x[0] in "ab" and x[1] in "ab" else x[2]) for x in tokens]
    dataset = labelled_sequences(tokens, rows, seed=0)
    encoded = dataset.encode(dataset.train)
    sample = sample_of(dataset, encoded, np.arange(len(encoded)))
    inputs = input_candidates(sample, dataset.input.vocabulary.tokens)
    size = inputs[0].domain.size
    places = []
    for place in range(3):
        values = np.repeat(sample.tokens[:, place : place + 1], 3, axis=1)
        fetched = type(inputs[0])("near", inputs[0].domain, values.astype(np.int32))
        places.append(fetched)
    (found,) = decompositions(places[:2], places[2:], sample, 4, Work())
    assert found.domain.size == 2
    both = found.values[:, 0]
    wanted = np.array([x[0] in "ab" and x[1] in "ab" for x in dataset.train.sequences])
    assert (both == both[wanted][0]).tolist() == wanted.tolist()
    assert size > 4


def test_a_layout_decides_what_places_mean() -> None:
    tokens, tags = drawn()
    dataset = labelled_sequences(tokens, tags, seed=0)
    found = search(dataset)
    assert found.exact
    assert found.statements <= 7
    test = dataset.encode(dataset.test)
    batch = encode_batch(dataset.input, dataset.test.sequences)
    said, asked = Interpreter(found.program).predict(batch), test.targets >= 0
    assert (said == test.targets)[asked].all()
