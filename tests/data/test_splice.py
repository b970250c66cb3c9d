import runpy
from collections import Counter
from pathlib import Path

import pytest

from external import DATA
from transformer_programs.data import read_examples, read_sequences
from transformer_programs.data.majority import (
    majority_baseline,
    naive_bayes_over_positions,
)
from transformer_programs.data.options import ReadOptions

FOLDER = Path(__file__).parents[2] / "examples" / "splice"
ORIGINAL = DATA / "splice" / "splice.data"


@pytest.fixture(scope="module")
def data():
    return read_sequences(FOLDER / "splice.csv", split="characters")


def test_the_file_has_what_its_readme_says():
    options = ReadOptions(split="characters")
    examples = read_examples(FOLDER / "splice.csv", options)
    assert len(examples) == 3190
    assert Counter(examples.targets) == {"EI": 767, "IE": 768, "N": 1655}
    assert {len(sequence) for sequence in examples.sequences} == {60}
    letters = Counter(letter for s in examples.sequences for letter in s)
    assert {letter: letters[letter] for letter in "NDSR"} == {
        "N": 56,
        "D": 2,
        "S": 1,
        "R": 1,
    }
    assert set(letters) == set("ACGTNDSR")
    assert len(set(examples.sequences)) == 3005


def test_no_test_sequence_is_trained_on(data):
    train, validation, test = (
        set(part.sequences) for part in (data.train, data.validation, data.test)
    )
    assert not train & test
    assert not train & validation
    assert not validation & test
    assert len(train) + len(validation) + len(test) == 3005
    assert len(validation) == len(test) == 300
    assert data.notes[:2] == (
        "185 of 3,190 sequences repeat an earlier one",
        "1 distinct sequence has different labels",
    )


def test_the_baselines(data):
    assert data.labels == ("EI", "IE", "N")
    assert 0.48 < majority_baseline(data).accuracy < 0.56
    assert 0.92 < naive_bayes_over_positions(data).accuracy < 0.98


@pytest.mark.skipif(not ORIGINAL.exists(), reason="no external data: splice")
def test_the_conversion_gives_these_bytes(tmp_path):
    convert = runpy.run_path(str(FOLDER / "convert.py"))["convert"]
    assert convert(ORIGINAL, tmp_path / "splice.csv") == 3190
    assert (tmp_path / "splice.csv").read_bytes() == (
        FOLDER / "splice.csv"
    ).read_bytes()
