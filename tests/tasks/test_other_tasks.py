"""The tasks beyond the paper's: definitions against other formulations, sizes, data."""

import itertools
import random
import re

import numpy as np
import pytest

from transformer_programs import tasks
from transformer_programs.errors import TaskError
from transformer_programs.tasks.catalog import CATALOG
from transformer_programs.tasks.catalog.addition import draw_digits, draw_sums
from transformer_programs.tasks.catalog.palindrome import draw_palindromes

NAMES = tuple(task.name for task in CATALOG[8:])


def slow_shift(x):
    return (x[-2:] + x[:-2])[: len(x)] if len(x) > 1 else x


def slow_run_length(x):
    return tuple(
        str(len(run)) for _, g in itertools.groupby(x) if (run := [*g]) for _ in run
    )


def slow_previous_distinct(x):
    tags = []
    for i in range(len(x)):
        others = [j for j in range(i) if x[j] != x[i]]
        tags.append(x[max(others)] if others else "<s>")
    return tuple(tags)


def slow_unique(x):
    first = [x[i] for i in range(len(x)) if x.index(x[i]) == i]
    return tuple((first + ["<s>"] * len(x))[: len(x)])


def slow_prefix_parity(x):
    return tuple(("even", "odd")[x[: i + 1].count("1") & 1] for i in range(len(x)))


def slow_palindrome(x):
    same = all(x[i] == x[len(x) - 1 - i] for i in range(len(x)))
    return "yes" if same else "no"


def slow_majority(x):
    return min(x, key=lambda a: (-x.count(a), x.index(a))) if x else "<s>"


def slow_maximum_position(x):
    numbers = [int(a) for a in x]
    return str(numbers.index(max(numbers)) + 1) if x else "0"


def number(digits, base):
    """The number that digits stand for, the highest first."""
    return sum(int(d) * base**i for i, d in enumerate(reversed(digits)))


def slow_add_digits(x, base):
    """From the sums of the whole numbers up to each place."""
    tags = [None] * len(x)
    for end in range(2, len(x) + 1, 2):
        total = number(x[:end:2][::-1], base) + number(x[1:end:2][::-1], base)
        tags[end - 1] = str(total // base ** (end // 2 - 1) % base)
    return tuple(tags)


def slow_add_numbers(x, base):
    match = re.match(r"((?:\d+ )*)\+ ((?:\d+ )*)", " ".join((*x, "")))
    if match is None:
        return (None,) * len(x)
    a, b = match[1].split(), match[2].split()
    total = number(a, base) + number(b, base)
    digits = [str(total // base**i % base) for i in range(len(b))][::-1]
    rest = len(x) - len(a) - 1 - len(b)
    return (*[None] * (len(a) + 1), *digits, *[None] * rest)


SLOW = {
    "shift": slow_shift,
    "run_length": slow_run_length,
    "previous_distinct": slow_previous_distinct,
    "unique": slow_unique,
    "prefix_parity": slow_prefix_parity,
    "palindrome": slow_palindrome,
    "majority": slow_majority,
    "maximum_position": slow_maximum_position,
    "add_digits": slow_add_digits,
    "add_numbers": slow_add_numbers,
}

SIZES = [
    ("add_digits", 13, 16),
    ("add_digits", 6, 9),
    ("add_numbers", 13, 16),
    ("add_numbers", 7, 9),
    ("prefix_parity", 4, 32),
    *((name, 16, 16) for name in NAMES if name not in ("prefix_parity", "add_numbers")),
    *((name, None, None) for name in NAMES),
]


@pytest.mark.parametrize(("name", "vocabulary_size", "max_length"), SIZES)
def test_definitions_on_any_sequence_of_symbols(name, vocabulary_size, max_length):
    task = tasks.get(name).build(vocabulary_size, max_length)
    base = len(set(task.symbols) - {"+"})
    arguments = (base,) if name.startswith("add") else ()
    rng = random.Random(name)
    for _ in range(300):
        # Repetitions in some, plus signs in the middle in others.
        symbols = rng.sample(task.symbols, rng.randrange(1, len(task.symbols)))
        length = rng.randrange(0, task.input.max_bare_length + 1)
        tokens = tuple(rng.choices(symbols, k=length))
        assert task.target(tokens) == SLOW[name](tokens, *arguments)
    for tokens in task.dataset(size=100).sequences:
        assert task.target(tokens) == SLOW[name](tokens, *arguments)


@pytest.mark.parametrize(
    ("name", "tokens", "expected"),
    [
        ("shift", "3 1 4 2", "4 2 3 1"),
        ("shift", "3", "3"),
        ("run_length", "3 3 1 3", "2 2 1 1"),
        ("previous_distinct", "3 3 1 3", "<s> <s> 3 1"),
        ("unique", "3 1 3 4", "3 1 4 <s>"),
        ("prefix_parity", "1 0 1", "odd odd even"),
        ("palindrome", "3 1 3", "yes"),
        ("palindrome", "3 1 1", "no"),
        ("majority", "3 1 1 3", "3"),
        ("maximum_position", "1 3 3", "2"),
        ("add_digits", "8 7 9 0 1", "- 5 - 0 -"),
        ("add_numbers", "9 8 + 0 7", "- - - 0 5"),
        ("add_numbers", "5 + 1 6", "- - 2 1"),
        ("add_numbers", "1 5 + 6 + 6", "- - - 1 - -"),
        ("add_numbers", "1 5", "- -"),
    ],
)
def test_examples(name, tokens, expected):
    said = tasks.get(name).target(tuple(tokens.split()))
    said = (said,) if isinstance(said, str) else said
    assert " ".join(label or "-" for label in said) == expected


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("shift", 19_530),
        ("palindrome", 19_530),
        ("prefix_parity", 65_534),
        ("add_digits", 1_111_100),
        ("add_numbers", 1_000_000),
    ],
)
def test_how_many_inputs_exist(name, inputs):
    assert tasks.get(name).domain_size == inputs


@pytest.mark.parametrize("name", NAMES)
def test_every_label_is_given_and_no_other(name):
    task = tasks.get(name)
    found = {task.target(())} if not task.tagging else set()
    for target in map(task.target, task.dataset(size=3000).sequences):
        found.update((target,) if isinstance(target, str) else target)
    assert found - {None} == set(task.labels)


def test_labels_follow_the_size():
    labels = {name: tasks.get(name).build(6, 5).labels for name in ("shift", "unique")}
    assert labels == {"shift": ("0", "1", "2"), "unique": ("0", "1", "2", "<s>")}
    assert tasks.get("run_length").build(6, 5).labels == ("1", "2", "3")
    assert tasks.get("maximum_position").build(6, 5).labels == ("0", "1", "2", "3")
    assert tasks.get("palindrome").build(6, 5).labels == ("yes", "no")
    assert tasks.get("add_digits").build(6, 5).labels == ("0", "1", "2")
    assert tasks.get("add_numbers").build(6, 5).labels == ("0", "1", "2")


def test_the_sign_stands_in_the_middle():
    for length in (4, 5, 8, 9):
        task = tasks.get("add_numbers").build(7, length)
        bare = length - 1
        for tokens in task.dataset(size=50).sequences:
            assert len(tokens) == bare
            assert [i for i, t in enumerate(tokens) if t == "+"] == [(bare - 1) // 2]


@pytest.mark.parametrize("length", [6, 7])
def test_half_of_the_pairs_hand_a_carry_on(length):
    ids = draw_digits(np.random.default_rng(0), 4000, length, base=10)
    sums = ids[:, :6:2] + ids[:, 1::2]
    assert (sums == 9).mean() == pytest.approx(0.55, abs=0.02)
    ids = draw_sums(np.random.default_rng(0), 4000, length, base=10)
    sign = (length - 1) // 2
    sums = ids[:, :sign] + ids[:, length - sign :]
    assert (sums == 9).mean() == pytest.approx(0.55, abs=0.02)
    assert (ids[:, sign] == 0).all()


def test_half_of_the_sequences_drawn_are_palindromes():
    ids = draw_palindromes(np.random.default_rng(0), 4000, 11, symbols=5)
    same = (ids == ids[:, ::-1]).all(axis=1)
    # A spoiled one stays a palindrome where it gets its old token, or the middle one.
    spoiled = 0.25 * (1 / 11 + 10 / 11 / 5)
    assert same.mean() == pytest.approx(0.5 + spoiled, abs=0.03)


@pytest.mark.parametrize(
    ("name", "vocabulary_size", "max_length", "message"),
    [
        ("shift", 4, 8, "vocabulary size of at least 5, 3 of it for frame"),
        ("palindrome", 8, 2, "max_length 2 leaves room for 0 bare tokens"),
        (
            "prefix_parity",
            5,
            8,
            "symbols are fixed, so the vocabulary size is 4, got 5",
        ),
        ("add_digits", 13, 3, "leaves room for 1 bare tokens, expected at least 2"),
        ("add_numbers", 4, 8, "at least 5, 2 of it for frame and padding and 1 for"),
        ("add_numbers", 13, 3, "leaves room for 2 bare tokens, expected at least 3"),
    ],
)
def test_impossible_sizes_are_refused(name, vocabulary_size, max_length, message):
    with pytest.raises(TaskError, match=f"^task '{name}': .*{message}"):
        tasks.get(name).build(vocabulary_size, max_length)
