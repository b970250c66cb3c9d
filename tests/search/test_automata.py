"""Automata: learned by merging states, taken apart, and written as programs."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from transformer_programs.analysis.length import length_bound
from transformer_programs.data.dataset import Dataset
from transformer_programs.data.in_memory import labelled_sequences
from transformer_programs.language.nodes import Scope
from transformer_programs.search import search
from transformer_programs.search.automata.cascade import (
    TooLargeError,
    tabulate_cascade,
)
from transformer_programs.search.automata.decomposition import decompose
from transformer_programs.search.automata.learning import (
    LearnedMachine,
    cascade_of,
    learn_machines,
)
from transformer_programs.search.automata.machine import UNKNOWN, Machine, minimised
from transformer_programs.search.automata.merging import (
    UnlearnableError,
    Word,
    learn,
)
from transformer_programs.search.automata.partitions import Moves
from transformer_programs.search.automata.states import states
from transformer_programs.search.candidate import input_candidates, needed
from transformer_programs.search.readouts import fit
from transformer_programs.search.sample import sample_of
from transformer_programs.settings import SearchSettings
from transformer_programs.system import Work

SHORT, LONG = 8, 17

POINTS = range(5)

KNOWN: dict[str, Moves] = {
    "two parities": ((1, 0, 3, 2), (2, 3, 0, 1)),
    "up and down mod 3": ((1, 2, 0), (2, 0, 1)),
    "saturating at 2": ((1, 2, 2), (0, 0, 1)),
    "saturating at 3": ((1, 2, 3, 3), (0, 0, 1, 2)),
    "mod 3 since the last b": ((1, 2, 0), (0, 0, 0)),
    "flip-flop": ((0, 0), (1, 1), (0, 1)),
    "S3": ((1, 0, 2), (1, 2, 0)),
    "S3 with a reset": ((1, 0, 2), (1, 2, 0), (0, 0, 0)),
    "affine mod 5": (
        *(tuple((v + d) % 5 for v in POINTS) for d in POINTS),
        *(tuple(v * d % 5 for v in POINTS) for d in POINTS),
    ),
    "contains aba": ((1, 1, 3, 3), (0, 2, 0, 3)),
    "a*b*c*": ((0, 3, 3, 3), (1, 1, 3, 3), (2, 2, 2, 3)),
    "tomita 3": ((0, 2, 3, 2, 4), (1, 0, 4, 1, 4)),
    "mod 7 in binary": (
        tuple(2 * v % 7 for v in range(7)),
        tuple((2 * v + 1) % 7 for v in range(7)),
    ),
    "S4": ((1, 0, 2, 3), (1, 2, 3, 0)),
}
"""Machines that a cascade must be found for, by letter and state."""


def telling(moves: Moves) -> Machine:
    """The machine that tells the state after every letter, and at the end."""
    step = tuple(zip(*moves, strict=True))
    said = tuple((*row, state) for state, row in enumerate(step))
    return Machine(len(moves), step, said)


def dataset_of(
    machine: Machine, length: int, tagging: bool, backwards: bool, frame: bool
) -> Dataset:
    """Random words of a machine, with all that it tells."""
    rng = np.random.default_rng(0)
    names = [chr(ord("a") + letter) for letter in range(machine.letters)]
    words, labels = [], []
    for size in [*range(1, length + 1)] * 25:
        word = rng.integers(machine.letters, size=size)
        after = machine.run(word[None])[0, 1:].tolist()
        order = slice(None, None, -1 if backwards else 1)
        words.append([names[letter] for letter in word.tolist()][order])
        labels.append(after[order] if tagging else after[-1])
    return labelled_sequences(words, labels, frame=frame)


def learned_of(
    machine: Machine, dataset: Dataset, backwards: bool, cascade: bool = True
) -> LearnedMachine:
    ids = dataset.input.vocabulary.ids
    letters = [UNKNOWN] * len(ids)
    for letter in range(machine.letters):
        letters[ids[chr(ord("a") + letter)]] = letter
    found = cascade_of(machine, Work()) if cascade else None
    assert found is not None or not cascade
    return LearnedMachine(machine, tuple(letters), backwards, found)


def assert_told(
    machine: Machine,
    frame: bool,
    backwards: bool,
    tagging: bool,
    cascade: bool = True,
) -> None:
    """Every group of variables tells every label of words of any length."""
    dataset = dataset_of(machine, LONG, tagging, backwards, frame)
    learned = learned_of(machine, dataset, backwards, cascade)
    encoded = dataset.encode(dataset.train)
    sample = sample_of(dataset, encoded, np.arange(len(encoded)))
    inputs = input_candidates(sample, dataset.input.vocabulary.tokens)
    # A machine says by number what the data say by name.
    names = {label: i for i, label in enumerate(dataset.labels)}
    ids = [names.get(str(state), UNKNOWN) for state in range(machine.states)]
    said = tuple(tuple(ids[label] for label in row) for row in machine.said)
    learned = replace(learned, machine=replace(machine, said=said))
    for group in states(learned, dataset, sample, inputs):
        assert fit(group, dataset, encoded).wrong.sum() == 0


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize(("frame", "backwards"), list(product([False, True], repeat=2)))
def test_states_tell_tags(name: str, frame: bool, backwards: bool) -> None:
    assert_told(telling(KNOWN[name]), frame, backwards, tagging=True)


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize(("frame", "backwards"), list(product([False, True], repeat=2)))
def test_states_tell_labels_of_sequences(
    name: str, frame: bool, backwards: bool
) -> None:
    assert_told(telling(KNOWN[name]), frame, backwards, tagging=False)


@pytest.mark.parametrize("name", KNOWN)
def test_cascades_do_what_machines_do(name: str) -> None:
    moves = KNOWN[name]
    tabulated = tabulate_cascade(decompose(moves, 0, Work()), moves, 0)
    assert set(tabulated.points.values()) <= set(range(len(moves[0])))


def test_groups_that_are_not_solvable_have_no_cascade() -> None:
    moves = ((1, 2, 3, 4, 0), (1, 2, 0, 3, 4))  # A5
    with pytest.raises(TooLargeError):
        decompose(moves, 0, Work(3000))


@st.composite
def machines(draw: st.DrawFn) -> Moves:
    """Random machines of up to four states, some of whose moves are unknown."""
    size = draw(st.integers(2, 4))
    images = st.integers(UNKNOWN, size - 1)
    row = st.tuples(*[images] * size)
    return tuple(draw(st.lists(row, min_size=1, max_size=3)))


@given(machines())
@settings(max_examples=80)
def test_cascades_of_random_machines(moves: Moves) -> None:
    tabulate_cascade(decompose(moves, 0, Work(3000)), moves, 0)


@given(machines(), st.booleans(), st.booleans(), st.booleans())
@settings(max_examples=30)
def test_states_of_random_machines(
    moves: Moves, frame: bool, backwards: bool, tagging: bool
) -> None:
    total = tuple(tuple(max(image, 0) for image in images) for images in moves)
    machine = minimised(telling(total))
    if machine.states > 1:
        rows = tuple(zip(*machine.step, strict=True))
        assert_told(telling(rows), frame, backwards, tagging)


def words_of(machine: Machine, length: int) -> list[Word]:
    """All words up to a length, the shortest first, with what a machine tells."""
    found = []
    for size in range(1, length + 1):
        for letters in product(range(machine.letters), repeat=size):
            state, labels = 0, []
            for letter in letters:
                labels.append(machine.said[state][letter])
                state = machine.step[state][letter]
            found.append(Word(letters, (*labels, UNKNOWN)))
    return found


@pytest.mark.parametrize(
    "name", ["saturating at 3", "S3", "contains aba", "two parities", "tomita 3"]
)
def test_machines_are_learned_from_short_words(name: str) -> None:
    machine = telling(KNOWN[name])
    found, used = learn(words_of(machine, 7), machine.letters, 10, Work())
    assert used == sum(machine.letters**size for size in range(1, 8))
    assert found.states == machine.states
    words = np.random.default_rng(0).integers(machine.letters, size=(200, 20))
    before, told = found.run(words), np.array(found.said)
    expected = machine.run(words)[:, 1:]
    assert (told[before[:, :-1], words] == expected).all()


def test_a_prefix_with_two_labels_is_not_learned() -> None:
    words = [Word((0,), (0, UNKNOWN)), Word((0,), (1, UNKNOWN))]
    with pytest.raises(UnlearnableError, match="two labels"):
        learn(words, 1, 10, Work())


def test_too_many_states_are_not_learned() -> None:
    words = [Word((0,) * 9, (*range(9), UNKNOWN))]
    with pytest.raises(UnlearnableError, match="more than 5 states"):
        learn(words, 1, 5, Work())


def test_only_heads_that_look_back_where_only_those_are_allowed() -> None:
    dataset = dataset_of(telling(KNOWN["saturating at 3"]), SHORT, True, False, False)
    train, validation = map(dataset.encode, (dataset.train, dataset.validation))
    (learned,) = learn_machines(dataset, train, validation, Work(), Scope.CAUSAL)
    sample = sample_of(dataset, train, np.arange(len(train)))
    inputs = input_candidates(sample, dataset.input.vocabulary.tokens)
    for group in states(learned, dataset, sample, inputs):
        for candidate in needed(group):
            scope = getattr(candidate.rule, "scope", Scope.BEFORE)
            assert scope in (Scope.BEFORE, Scope.CAUSAL)


@pytest.mark.parametrize("tagging", [False, True])
@pytest.mark.parametrize(("frame", "backwards"), list(product([False, True], repeat=2)))
def test_maps_are_composed_where_there_is_no_cascade(
    frame: bool, backwards: bool, tagging: bool
) -> None:
    machine = telling(KNOWN["saturating at 3"])
    assert_told(machine, frame, backwards, tagging, cascade=False)


def test_groups_that_are_too_large_are_not_composed() -> None:
    machine = telling(((1, 2, 3, 4, 0), (1, 0, 2, 3, 4)))  # S5
    dataset = dataset_of(machine, SHORT, True, False, False)
    encoded = dataset.encode(dataset.train)
    sample = sample_of(dataset, encoded, np.arange(10))
    inputs = input_candidates(sample, dataset.input.vocabulary.tokens)
    learned = learned_of(machine, dataset, False, cascade=False)
    assert states(learned, dataset, sample, inputs) == []


def test_many_states_are_learned_where_labels_have_bits_enough() -> None:
    # The number of a's mod 8, and that of b's mod 7.
    both = [divmod(state, 7) for state in range(56)]
    moves = (
        tuple((a + 1) % 8 * 7 + b for a, b in both),
        tuple(a * 7 + (b + 1) % 7 for a, b in both),
    )
    dataset = dataset_of(telling(moves), LONG, True, False, False)
    train, validation = map(dataset.encode, (dataset.train, dataset.validation))
    found = learn_machines(dataset, train, validation, Work(), Scope.CAUSAL)
    assert [learned.machine.states for learned in found] == [56]
    assert found[0].cascade is not None


def test_machines_are_learned_from_labels_some_of_which_are_wrong() -> None:
    machine = telling(KNOWN["up and down mod 3"])
    dataset = dataset_of(machine, 10, tagging=True, backwards=False, frame=False)
    rng = np.random.default_rng(0)
    words = list(dataset.train.sequences) * 4
    labels = [
        [label if rng.random() < 0.96 else str(rng.integers(3)) for label in target]
        for target in list(dataset.train.targets) * 4
    ]
    noisy = labelled_sequences(words, labels)
    train, validation = map(noisy.encode, (noisy.train, noisy.validation))
    (learned,) = learn_machines(noisy, train, validation, Work())
    assert learned.machine.states == 3
    assert learned.cascade is not None


def test_labels_that_no_prefix_says_have_no_machine() -> None:
    rng = np.random.default_rng(0)
    words = [list(rng.choice(["a", "b"], size=8)) for _ in range(400)]
    labels = [[str(rng.integers(2)) for _ in word] for word in words]
    dataset = labelled_sequences(words, labels)
    train, validation = map(dataset.encode, (dataset.train, dataset.validation))
    assert learn_machines(dataset, train, validation, Work()) == []


def test_the_search_finds_a_machine_that_holds_at_any_length() -> None:
    machine = telling(KNOWN["saturating at 3"])
    dataset = dataset_of(machine, SHORT, True, False, False)
    found = search(dataset, SearchSettings(layers=1))
    assert found.exact
    assert not length_bound(found.program)


def test_a_group_that_is_not_solvable_is_composed() -> None:
    machine = telling(((1, 2, 3, 4, 0), (1, 2, 0, 3, 4)))  # A5
    assert_told(machine, False, False, tagging=True, cascade=False)
