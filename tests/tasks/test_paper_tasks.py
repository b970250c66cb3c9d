"""The definitions against slow ones, written from the sentences of the paper."""

import itertools
import random

import pytest

from transformer_programs import tasks
from transformer_programs.errors import TaskError
from transformer_programs.language.nodes import Scope
from transformer_programs.tasks.catalog import CATALOG

PAPER = tuple(task.name for task in CATALOG[:8])

BOTH_SIZES = [
    ("reverse", 8, 8),
    ("sort", 8, 8),
    ("hist", 8, 8),
    ("double_hist", 8, 8),
    ("most_freq", 8, 8),
    ("dyck1", 4, 16),
    ("dyck2", 6, 16),
    ("induction", 10, 10),
    ("reverse", 16, 16),
    ("sort", 16, 16),
    ("hist", 16, 16),
    ("double_hist", 16, 16),
    ("most_freq", 16, 16),
    ("dyck1", 4, 32),
    ("dyck2", 6, 32),
    ("induction", 54, 30),
]


def slow_reverse(x):
    return tuple(x[len(x) - 1 - i] for i in range(len(x)))


def slow_sort(x):
    rest, result = list(x), []
    while rest:
        result.append(rest.pop(min(range(len(rest)), key=lambda i: int(rest[i]))))
    return tuple(result)


def slow_hist(x):
    return tuple(str(sum(a == b for b in x)) for a in x)


def slow_double_hist(x):
    return tuple(str(len({b for b in x if x.count(b) == x.count(a)})) for a in x)


def slow_most_freq(x):
    ranked = sorted(set(x), key=lambda a: (-x.count(a), x.index(a)))
    return tuple((ranked + ["<s>"] * len(x))[: len(x)])


def slow_dyck(x):
    def reduced(s):
        while any(pair in s for pair in ("()", "{}")):
            s = s.replace("()", "").replace("{}", "")
        return s

    tags = []
    for end in range(1, len(x) + 1):
        left = reduced("".join(x[:end]))
        tags.append("F" if set(left) & set(")}") else "P" if left else "T")
    return tuple(tags)


def slow_induction(x):
    tags = []
    for i, token in enumerate(x):
        before = [j for j in range(i) if x[j] == token]
        follower = x[before[-1] + 1] if before else ""
        number = follower if follower.isdigit() else "<unk>"
        tags.append(None if token.isdigit() else number)
    return tuple(tags)


SLOW = {
    "reverse": slow_reverse,
    "sort": slow_sort,
    "hist": slow_hist,
    "double_hist": slow_double_hist,
    "most_freq": slow_most_freq,
    "dyck1": slow_dyck,
    "dyck2": slow_dyck,
    "induction": slow_induction,
}


@pytest.mark.parametrize(("name", "vocabulary_size", "max_length"), BOTH_SIZES)
def test_definitions_on_any_sequence_of_symbols(name, vocabulary_size, max_length):
    task = tasks.get(name).build(vocabulary_size, max_length)
    rng = random.Random(name)
    for _ in range(300):
        length = rng.randrange(1, task.input.max_bare_length + 1)
        tokens = tuple(rng.choices(task.symbols, k=length))
        assert task.target(tokens) == SLOW[name](tokens)
    assert task.definition(()) == ()


@pytest.mark.parametrize(
    ("name", "tokens", "expected"),
    [
        ("reverse", "3 1 4", "4 1 3"),
        ("sort", "3 1 4 1", "1 1 3 4"),
        ("sort", "10 9 11", "9 10 11"),
        ("hist", "3 1 4 1", "1 2 1 2"),
        ("double_hist", "3 1 4 1", "2 1 2 1"),
        ("most_freq", "3 1 4 1", "1 3 4 <s>"),
        ("dyck1", "( ( ) ) ) (", "P P P T F F"),
        ("dyck2", "( { ) }", "P P F F"),
        ("dyck2", "( { } ) {", "P P P T P"),
    ],
)
def test_examples(name, tokens, expected):
    assert tasks.get(name).definition(tuple(tokens.split())) == tuple(expected.split())


def test_induction_takes_the_latest_occurrence():
    definition = tasks.get("induction").definition
    tokens = ("a", "1", "b", "2", "a", "3", "a", "0", "b")
    assert definition(tokens) == (
        *("<unk>", None, "<unk>", None),
        *("1", None, "3", None, "2"),
    )


def test_induction_without_alternation():
    definition = tasks.get("induction").definition
    assert definition(("a", "a", "a")) == ("<unk>", "<unk>", "<unk>")
    assert definition(("a", "1", "a", "b", "a")) == (
        *("<unk>", None, "1", "<unk>", "<unk>"),
    )
    assert definition(("1", "1", "a")) == (None, None, "<unk>")


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("reverse", 19_530),
        ("sort", 19_530),
        ("hist", 335_922),
        ("double_hist", 335_922),
        ("most_freq", 335_922),
        ("dyck1", 32_768),
        ("dyck2", 1_073_741_824),
        ("induction", 262_144),
    ],
)
def test_as_many_inputs_exist_as_in_the_table_of_the_paper(name, inputs):
    assert tasks.get(name).domain_size == inputs


@pytest.mark.parametrize("name", ["reverse", "hist", "dyck1", "induction"])
def test_enumeration_gives_every_input_once_in_order(name):
    task = tasks.get(name)
    seen = list(itertools.islice(task.enumerate(), task.domain_size + 1))
    assert len(seen) == len(set(seen)) == task.domain_size
    order = {symbol: index for index, symbol in enumerate(task.symbols)}
    keys = [(len(s), [order[t] for t in s]) for s in seen[:40_000]]
    assert keys == sorted(keys)


@pytest.mark.parametrize("name", PAPER)
def test_every_label_occurs_at_the_size_of_the_paper(name):
    task = tasks.get(name)
    rng = random.Random(0)
    # Counts are largest in constant sequences, spread most in diverse ones.
    constant = [(task.symbols[0],) * n for n in range(1, task.input.max_bare_length)]
    drawn = [s for s in task.dataset(size=3000).sequences if rng.random() < 0.9]
    spread = [task.symbols[: task.input.max_bare_length]]
    found = {
        tag
        for s in (*constant, (task.symbols[0],) * task.input.max_bare_length)
        for tag in task.target(s)
    }
    for sequence in drawn + spread:
        found.update(task.target(sequence))
    assert found - {None} == set(task.labels)
    assert "<pad>" not in task.labels


@pytest.mark.parametrize("name", tasks.names())
def test_building_a_task_at_its_own_size_changes_nothing(name):
    task = tasks.get(name)
    assert task.build(task.vocabulary_size, task.max_length) == task
    assert task.build() == task


def test_labels_follow_the_size():
    assert tasks.get("double_hist").build(16, 5).labels == ("1", "2", "3", "4")
    assert tasks.get("double_hist").build(5, 16).labels == ("1", "2", "3")
    assert tasks.get("hist").build(16, 5).labels == ("1", "2", "3", "4")
    assert tasks.get("most_freq").build(5, 8).labels == ("0", "1", "2", "<s>")
    assert tasks.get("induction").build(7, 8).symbols == ("a", "b", "c", "0", "1")


@pytest.mark.parametrize(
    ("name", "vocabulary_size", "max_length", "message"),
    [
        ("reverse", 4, 8, "vocabulary size of at least 5, 3 of it for frame"),
        ("hist", 3, 8, "vocabulary size of at least 4, 2 of it for frame"),
        ("reverse", 8, 2, "max_length 2 leaves room for 0 bare tokens"),
        ("dyck1", 6, 16, "the brackets are fixed, so the vocabulary size is 4, got 6"),
        ("dyck2", 6, 1, "max_length 1 leaves room for 0 bare tokens"),
        ("induction", 55, 10, "vocabulary size of at most 54"),
        ("induction", 3, 10, "vocabulary size of at least 4"),
    ],
)
def test_impossible_sizes_are_refused(name, vocabulary_size, max_length, message):
    with pytest.raises(TaskError, match=f"^task '{name}': .*{message}"):
        tasks.get(name).build(vocabulary_size, max_length)


def test_models_have_at_least_the_shapes_of_the_paper():
    shapes = {
        name: (
            m.layers,
            m.categorical_heads + m.numerical_heads,
            m.tables,
            m.scope is Scope.CAUSAL,
        )
        for name in PAPER
        for m in [tasks.get(name).model]
    }
    assert shapes == {
        "reverse": (3, 12, 4, False),
        "sort": (3, 12, 8, False),
        "hist": (1, 4, 2, False),
        "double_hist": (3, 4, 2, False),
        "most_freq": (3, 12, 8, False),
        "dyck1": (3, 8, 2, True),
        "dyck2": (3, 12, 8, True),
        "induction": (2, 1, 0, True),
    }
    for name in PAPER[:-1]:
        model = tasks.get(name).model
        assert model.categorical_heads == model.numerical_heads
    assert tasks.get("induction").model.categorical_heads == 1
