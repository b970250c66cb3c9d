import math
import os
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import pytest

from transformer_programs import tasks
from transformer_programs.tasks.catalog.dyck import draw_brackets
from transformer_programs.tasks.inputs import InputSpace, lengths_of, sample_distinct

DIGEST = """
import hashlib
from transformer_programs import tasks
for name in ("reverse", "hist", "dyck2", "induction"):
    data = tasks.get(name).dataset(size=500, seed=7)
    parts = (data.train, data.validation, data.test)
    text = repr([(p.sequences, p.targets) for p in parts] + [data.labels, data.input])
    print(hashlib.sha256(text.encode()).hexdigest())
"""


@pytest.mark.parametrize("name", tasks.names())
def test_inputs_are_distinct_and_belong_to_the_task(name):
    task = tasks.get(name)
    data = task.dataset(size=2000, seed=1)
    assert len(data.sequences) == len(set(data.sequences)) == 2000
    assert [len(data.train), len(data.validation), len(data.test)] == [1600, 200, 200]
    assert data.notes == ()
    for sequence in data.sequences:
        assert len(sequence) in task.space.lengths
        for token, alphabet in zip(
            sequence, task.space.alphabets_of(len(sequence)), strict=True
        ):
            assert token in alphabet
    for split in (data.train, data.validation, data.test):
        assert split.targets == tuple(map(task.definition, split.sequences))


@pytest.mark.parametrize("size", [19_530, 20_000])
def test_a_small_domain_is_taken_whole_and_said_so(size):
    task = tasks.get("reverse")
    data = task.dataset(size=size)
    assert set(data.sequences) == set(task.enumerate())
    assert len(data.sequences) == 19_530
    assert data.notes == (
        f"19,530 unique inputs exist; {size:,} were asked for: all are used",
    )
    for part in (data.train, data.validation, data.test):
        share = sum(len(sequence) == 6 for sequence in part.sequences) / len(part)
        assert share == pytest.approx(0.8, abs=0.04)


def test_every_part_has_every_length():
    data = tasks.get("hist").dataset(size=3000)
    for part in (data.train, data.validation, data.test):
        assert {4, 5, 6, 7} <= {len(sequence) for sequence in part.sequences}


@pytest.mark.parametrize("name", ["reverse", "dyck1"])
def test_all_but_one_input_can_be_drawn(name):
    task = tasks.get(name)
    task = task.build(max_length=task.max_length * 3 // 4)
    data = task.dataset(size=task.domain_size - 1)
    assert len(set(data.sequences)) == task.domain_size - 1


def test_lengths_are_uniform_until_they_run_out():
    space = InputSpace((("a", "b"),), range(1, 13))
    counts = lengths_of(space, 1200, np.random.default_rng(0))
    assert sum(counts.values()) == 1200
    assert [counts[length] for length in range(1, 6)] == [2, 4, 8, 16, 32]
    assert all(counts[length] <= 2**length for length in counts)
    assert all(150 < counts[length] < 270 for length in range(8, 13))


def test_tokens_are_uniform():
    space = InputSpace((("a", "b", "c"), ("x", "y")), range(11, 12))
    drawn = sample_distinct(space, 4000, np.random.default_rng(0))
    for position in range(11):
        counts = Counter(sequence[position] for sequence in drawn)
        expected = 4000 / len(space.alphabets[position % 2])
        assert all(abs(count - expected) < 200 for count in counts.values())


def test_a_draw_that_can_give_little_is_filled_up():
    def constant(rng, count, length):
        return np.zeros((count, length), dtype=np.int64)

    for length in (5, 12):
        space = InputSpace((("a", "b"),), range(length, length + 1))
        drawn = sample_distinct(space, 20, np.random.default_rng(0), constant)
        assert len(set(drawn)) == 20
        assert drawn[0] == ("a",) * length


def test_the_same_seed_gives_the_same_data_and_another_seed_other_data():
    task = tasks.get("hist")
    assert task.dataset(500, seed=1) == task.dataset(500, seed=1)
    assert task.dataset(500, seed=1).sequences != task.dataset(500, seed=2).sequences


def test_data_do_not_depend_on_the_hash_seed():
    outputs = {
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("0", "12345")
    }
    assert len(outputs) == 1
    assert len(outputs.pop().split()) == 4


@pytest.mark.parametrize("kinds", [1, 2])
def test_half_of_the_bracket_strings_start_with_a_balanced_string(kinds):
    symbols = "(){}"
    ids = draw_brackets(np.random.default_rng(0), 4000, 15, kinds=kinds)
    definition = tasks.get("dyck2").definition
    balanced = sum(
        "T" in definition(tuple(symbols[i] for i in row)) for row in ids.tolist()
    )
    # Uniform strings have a balanced head too where they come back to depth 0: by
    # catalan(n - 1) kinds^n of the (2 kinds)^2n beginnings for the first time at 2 n.
    chance = sum(
        math.comb(2 * n - 2, n - 1) / n * kinds**n / (2 * kinds) ** (2 * n)
        for n in range(1, 8)
    )
    assert balanced / 4000 == pytest.approx(0.5 + 0.5 * chance, abs=0.025)


def test_balanced_heads_are_uniform():
    ids = draw_brackets(np.random.default_rng(0), 60_000, 6, kinds=1)
    text = ["".join("()"[i] for i in row) for row in ids.tolist()]
    definition = tasks.get("dyck1").definition
    whole = Counter(t for t in text if definition(tuple(t))[-1] == "T")
    assert set(whole) == {"()()()", "()(())", "(())()", "(()())", "((()))"}
    # A sixth of all is such a head; shorter heads and chance add a little to some.
    assert min(whole.values()) > 1900
    assert whole["((()))"] == pytest.approx(whole["(()())"], rel=0.12)


@pytest.mark.parametrize(
    ("name", "vocabulary_size", "max_length"),
    [("most_freq", 16, 16), ("dyck2", 6, 32), ("induction", 54, 30)],
)
def test_twenty_thousand_long_inputs_are_made_quickly(
    name, vocabulary_size, max_length
):
    start = time.process_time()
    data = tasks.get(name).dataset(20_000, 0, vocabulary_size, max_length)
    assert time.process_time() - start < 3
    assert len(set(data.sequences)) == 20_000
