"""Folding and surfaces that are asked for are fitted to the training data."""

from __future__ import annotations

import pytest

from transformer_programs.data import ReadOptions, labelled_sequences
from transformer_programs.data.dataset import Dataset
from transformer_programs.data.options import ReadChanges
from transformer_programs.data.vocabulary import fitted_features
from transformer_programs.errors import DataError, InputError, SettingsError
from transformer_programs.language.surface import Folding, SurfaceKind
from transformer_programs.system.documents import decode
from transformer_programs.tasks.sources import source_document

WORDS = ("Ada", "lives", "HERE", "In", "1984", "1985", "thinking", "Nothing", "other")


def dataset(**changes: object) -> Dataset:
    pairs = [
        ((WORDS[i % 9], WORDS[i * i % 7], f"w{i % 5}"), ("x", "y")[i % 2])
        for i in range(60)
    ]
    return labelled_sequences(pairs, **changes)  # type: ignore[arg-type]


def test_by_default_nothing_is_read_of_characters() -> None:
    form = dataset().input
    assert form.folding is None
    assert form.surfaces == ()
    assert "Ada" in form.vocabulary


def test_the_vocabulary_is_folded() -> None:
    data = dataset(lowercase=True, fold_digits=True)
    assert data.input.folding == Folding(lowercase=True, digits=True)
    assert {"ada", "here", "0", "w0"} <= set(data.input.symbols)
    assert all(data.input.folding.fold(t) == t for t in data.input.symbols)
    assert data.input.encode(["ADA"]) == data.input.encode(["ada"])
    # What was read stays as it was.
    assert {"Ada", "HERE"} <= {t for tokens in data.sequences for t in tokens}
    assert "0" not in dataset(lowercase=True).input.vocabulary
    assert "Ada" in dataset(fold_digits=True).input.vocabulary


def test_sequences_that_fold_to_the_same_one_stay_together() -> None:
    pairs = [((f"w{i // 2}", "A" if i % 2 else "a"), "xy"[i % 2]) for i in range(80)]
    data = labelled_sequences(pairs, lowercase=True)
    parts = [
        {tuple(token.lower() for token in tokens) for tokens in part.sequences}
        for part in (data.train, data.validation, data.test)
    ]
    assert sum(map(len, parts)) == len(set.union(*parts))


def test_features_have_the_most_frequent_values() -> None:
    counts = {"Ada": 5, "Bob": 1, "USA": 2, "thing": 3, "sing": 4, "7": 1, "": 1}
    options = ReadOptions(surfaces="shape, suffix2,prefix", surface_values=3)
    shape, suffix, prefix = fitted_features(counts, options)
    assert (shape.name, shape.kind, shape.length) == ("shape", SurfaceKind.SHAPE, 0)
    assert shape.values == ("x", "Xx", "other")
    assert (suffix.name, suffix.kind, suffix.length) == (
        *("suffix2", SurfaceKind.SUFFIX),
        2,
    )
    assert suffix.values == ("ng", "da", "other")
    assert (prefix.name, prefix.length) == ("prefix", 3)
    assert prefix.values == ("ada", "sin", "other")


def test_a_shape_may_tell_one_from_several() -> None:
    counts = {"A": 3, "LONDON": 4, "Ada": 1}
    options = ReadOptions(surfaces="shape,shape2,shape9")
    shape, shape2, shape9 = fitted_features(counts, options)
    assert (shape.length, shape2.length, shape9.length) == (0, 2, 9)
    assert shape.values == ("X", "Xx", "other")
    assert shape2.values == ("XX", "X", "Xxx", "other")
    assert shape2.id_of("PARIS") == shape2.id_of("LONDON") != shape2.id_of("B")
    assert shape9.id_of("PARIS") == shape9.fallback


def test_a_word_that_looks_like_the_last_value_counts_as_it() -> None:
    options = ReadOptions(surfaces="prefix5", surface_values=9)
    (prefix,) = fitted_features({"otherwise": 9, "Ada": 1}, options)
    assert prefix.values == ("ada", "other")
    assert prefix.id_of("otherwise") == prefix.fallback


def test_values_come_from_training_data_alone() -> None:
    data = dataset(surfaces="suffix")
    (suffix,) = data.input.surfaces
    trained = {token for tokens in data.train.sequences for token in tokens}
    assert set(suffix.values[:-1]) == {t.lower()[-3:] for t in trained} - {"other"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"surfaces": "shape,shapes"}, r"surfaces needs names .* got 'shapes'"),
        ({"surfaces": ""}, r"surfaces needs names .* got ''"),
        ({"surfaces": "suffix0"}, r"got 'suffix0'"),
        ({"surfaces": "shape1"}, r"got 'shape1'"),
        ({"surfaces": "shape,shape"}, r"every name once, got 'shape' twice"),
        ({"surface_values": 1}, r"expected surface_values >= 2, got 1"),
    ],
)
def test_options_that_cannot_be(changes: ReadChanges, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        ReadOptions(**changes)


def test_too_many_combinations() -> None:
    words = [f"{i}x{i}y{i}" for i in range(700)]
    pairs = [((word,), "xy"[i % 2]) for i, word in enumerate(words)]
    affixes = [f"{kind}{n}" for kind in ("suffix", "prefix") for n in range(4, 9)]
    with pytest.raises(SettingsError, match=r"too many combinations, expected less"):
        labelled_sequences(pairs, surfaces=",".join(affixes), surface_values=600)


def test_a_closed_vocabulary_is_one_of_folded_words() -> None:
    pairs = [((f"W{i}", *("v",) * (i % 20 + 1)), "xy"[i % 2]) for i in range(90)]
    data = labelled_sequences(
        pairs,
        closed_vocabulary=True,
        lowercase=True,
        fold_digits=True,
        surfaces="shape",
    )
    assert data.input.symbols == ("v", "w0")
    assert data.input.accepts("W777")
    with pytest.raises(InputError, match=r"unknown token 'X' at position 0"):
        data.input.encode(["X"])
    with pytest.raises(DataError, match=r"closed_vocabulary is set"):
        labelled_sequences(pairs, closed_vocabulary=True, lowercase=True)


def test_runs_of_before_have_none() -> None:
    old = {"seed": 0, "split": "whitespace"}
    source = decode(
        {"kind": "file", "path": "x.jsonl", "sha256": "", "options": old},
        source_document(),
    )
    assert source.options == ReadOptions(split="whitespace", split_by="order")
