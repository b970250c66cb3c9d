"""Kernels: numpy, loops, and compiled loops give the same, in whole searches too."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from transformer_programs import tasks
from transformer_programs.language import Scope
from transformer_programs.search import kernels, search
from transformer_programs.search.compiled import LoopKernels
from transformer_programs.search.kernels import (
    Joint,
    Kernels,
    Others,
    Targets,
    coded,
    weights,
)
from transformer_programs.search.sample import Sample, Values, in_scope
from transformer_programs.settings import SearchSettings

HAS_NUMBA = importlib.util.find_spec("numba") is not None
needs_numba = pytest.mark.skipif(not HAS_NUMBA, reason="needs numba")

NUMPY = Kernels()
INTERPRETED = LoopKernels(lambda loop: loop)
OTHERS = [
    pytest.param(INTERPRETED, id="interpreted"),
    pytest.param(LoopKernels(), id="compiled", marks=needs_numba),
]

seeds = st.integers(0, 2**32 - 1)
few = settings(max_examples=40, deadline=None)


class Case:
    """Random sequences, padded at the end, with labels at some positions."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        sequences, length = self.rng.integers(1, (5, 9)).tolist()
        lengths = self.rng.integers(0, length + 1, size=sequences)
        self.real = np.arange(length) < lengths[:, None]
        self.labels = np.where(self.real, self.rng.integers(3, size=self.real.shape), 0)
        self.where = np.flatnonzero(
            self.real & (self.rng.random(self.real.shape) < 0.8)
        )
        tokens = self.values(4).astype(np.int64)
        judged = self.real
        self.sample = Sample(tokens, self.real, self.labels, judged, 3)

    def values(self, size: int) -> Values:
        """Draw a variable, 0 where padded."""
        drawn = self.rng.integers(size, size=self.real.shape)
        return (drawn * self.real).astype(np.int32)

    def joint(self) -> Joint:
        """Draw one or two variables."""
        sizes = tuple(self.rng.integers(1, 6, size=self.rng.integers(1, 3)).tolist())
        return Joint([self.values(size) for size in sizes], sizes, self.where)


@pytest.mark.parametrize("other", OTHERS)
@given(seed=seeds, large=st.booleans())
@few
def test_labels_are_tallied_alike(other: Kernels, seed: int, large: bool) -> None:
    case = Case(seed)
    at = Targets(case.where, case.labels, 3)
    sizes = [1, 2, 500 if large else 5]
    first, beside = case.values(7), [case.values(size) for size in sizes]
    results = []
    for made in (NUMPY, other):
        rows = np.stack([made.row(at, values) for values in beside])
        row, others = made.row(at, first), Others(rows, sizes)
        told = made.tally(at, row, 7, others)
        right = made.right(at, row, 7, others, np.array([2, 0]))
        results.append((told.tolist(), right.tolist()))
    assert results[0] == results[1]
    # Nothing is left over from what was counted.
    rows = np.stack([other.row(at, values) for values in beside])
    again = other.tally(at, other.row(at, first), 7, Others(rows, sizes))
    assert again.tolist() == results[0][0]


@given(seed=seeds)
@few
def test_many_labels_are_sorted_to_the_same(seed: int) -> None:
    case = Case(seed)
    labels = case.rng.integers(kernels.MANY_LABELS + 2, size=case.real.shape)
    sizes = [1, 3, 1 << 58]  # the last is too large to be joined with others
    beside = [case.values(min(size, 3)) for size in sizes]
    first = case.values(7)
    results = []
    for many in (kernels.MANY_LABELS, 1 << 20):
        at = Targets(case.where, labels, kernels.MANY_LABELS + 2)
        rows = np.stack([NUMPY.row(at, values) for values in beside])
        counted = sizes if many == kernels.MANY_LABELS else [1, 3, 3]
        others, row = Others(rows, counted), NUMPY.row(at, first)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kernels, "MANY_LABELS", many)
            told = NUMPY.tally(at, row, 7, others).tolist()
            right = NUMPY.right(at, row, 7, others, np.array([0, 2])).tolist()
        results.append((told, right))
    assert results[0] == results[1]


def test_tallies_are_those_of_counting_by_hand() -> None:
    labels, values = np.array([[0, 1, 1, 2, 0, 0]]), np.array([[0, 0, 0, 1, 1, 2]])
    at = Targets(np.arange(5), labels, 3)
    first, one = values.astype(np.int32), Others(np.zeros((1, 5), np.uint32), [1])
    for made in (NUMPY, INTERPRETED):
        row = made.row(at, first)
        ((bits, occupied),) = made.tally(at, row, 3, one).tolist()
        # Rows (1, 2, 0) and (1, 0, 1): 3 log 3 - 2 log 2, and 2 log 2.
        expected = 3 * np.log2(3) - 2 + 2
        assert bits / kernels.BITS == pytest.approx(expected, abs=1e-5)
        assert occupied == 2
        assert made.right(at, row, 3, one, np.array([0])).tolist() == [3]


@pytest.mark.parametrize("other", OTHERS)
@given(seed=seeds)
@few
def test_joint_values_are_read_alike(other: Kernels, seed: int) -> None:
    case = Case(seed)
    joint, shape = case.joint(), case.real.shape
    assert (NUMPY.spread(joint, shape) == other.spread(joint, shape)).all()
    entries = case.rng.integers(9, size=joint.sizes)
    found = [made.look_up(entries, joint.values, case.real) for made in (NUMPY, other)]
    assert found[0].dtype == found[1].dtype == np.int32
    assert (found[0] == found[1]).all()
    for values in (joint.values[0], np.zeros_like(joint.values[0])):
        same = len(np.unique(values[case.real])) <= 1
        for made in (NUMPY, other):
            assert made.is_constant(values, case.real) == same


@pytest.mark.parametrize("other", OTHERS)
@given(seed=seeds)
@few
def test_pairs_of_sources_are_chosen_alike(other: Kernels, seed: int) -> None:
    case = Case(seed)
    if not len(case.where):
        return
    joint, sources = case.joint(), int(case.rng.integers(2, 6))
    right = case.rng.random((len(case.where), sources)) < 0.5
    results = [made.best_pair(joint, right) for made in (NUMPY, other)]
    assert results[0][:3] == results[1][:3]
    assert (results[0][3] == results[1][3]).all()


@pytest.mark.parametrize("other", OTHERS)
@given(seed=seeds, scope=st.sampled_from(Scope), ones=st.booleans())
@few
def test_heads_are_computed_alike(
    other: Kernels, seed: int, scope: Scope, ones: bool
) -> None:
    case = Case(seed)
    query = case.real.astype(np.int32) if ones else case.values(5)
    key, values = case.values(6), [case.values(2), case.values(9)]
    predicate = case.rng.random((5, 6)) < 0.4
    heads = [m.heads(case.sample, query, key, predicate) for m in (NUMPY, other)]
    nearest = [head.nearest(scope) for head in heads]
    # Where padded, what is found does not matter.
    assert (nearest[0] == nearest[1])[case.real].all()
    sums = [head.sums(scope, values) for head in heads]
    assert (sums[0] == sums[1]).all()
    assert sums[0].dtype == sums[1].dtype == np.int32


@given(seed=seeds, scope=st.sampled_from(Scope))
@few
def test_heads_follow_their_definition(seed: int, scope: Scope) -> None:
    case = Case(seed)
    query, key, value = case.values(3), case.values(4), case.values(5)
    predicate, allowed = case.rng.random((3, 4)) < 0.4, in_scope(scope, query.shape[1])
    head = NUMPY.heads(case.sample, query, key, predicate)
    nearest, (sums,) = head.nearest(scope), head.sums(scope, [value])
    length = query.shape[1]
    for row, i in np.argwhere(case.real).tolist():
        seen = [
            j
            for j in range(length)
            if case.real[row, j]
            and allowed[i, j]
            and predicate[query[row, i], key[row, j]]
        ]
        rank = {j: (abs(i - j) if j != i else length, j) for j in seen}
        found = min(seen, key=rank.__getitem__, default=0)
        assert nearest[row, i] == row * length + found
        assert sums[row, i] == sum(int(value[row, j]) for j in seen)


@pytest.mark.parametrize("other", OTHERS)
@given(seed=seeds, scope=st.sampled_from(Scope))
@few
def test_hits_are_counted_alike(other: Kernels, seed: int, scope: Scope) -> None:
    case = Case(seed)
    query, key, value = case.values(3), case.values(4), case.values(5)
    looks = case.real & (case.rng.random(case.real.shape) < 0.7)
    wanted = case.rng.integers(-1, 5, size=case.real.shape)
    wanted = np.where(looks, wanted, -2).astype(np.int32)
    pairs = looks[:, :, None] & case.real[:, None] & in_scope(scope, query.shape[1])
    row, i, j = np.nonzero(pairs)
    hit = (wanted[row, i] == value[row, j]).astype(np.int64)
    flat = row * query.shape[1]
    results = []
    for made in (NUMPY, other):
        cells = made.hits(
            query,
            key,
            (3, 4),
            lambda: [(flat + i, flat + j, hit)],
            (wanted, value, case.real),
            scope,
        )
        gains, told, occupied = made.line_gains(cells, weights(len(row)))
        results.append((cells.tolist(), gains.tolist(), told, occupied))
    assert results[0] == results[1]


def test_weights_do_not_depend_on_how_far_they_go() -> None:
    before = weights(10)[:11].copy()
    assert (weights(100_000)[:11] == before).all()
    assert before[:3].tolist() == [0, 0, 2 * kernels.BITS]
    assert coded(np.array([[4, 4]])) == 8 * kernels.BITS


@pytest.fixture
def chosen() -> Iterator[None]:
    """Restore the kernels of the process."""
    before = kernels.current()
    yield
    kernels.use(before)


@needs_numba
@pytest.mark.usefixtures("chosen")
@pytest.mark.parametrize(
    ("name", "work"),
    [("dyck2", 600), ("most_freq", 500), ("reverse", 500), ("add_digits", 123)],
)
def test_a_search_finds_the_same_with_both(name: str, work: float) -> None:
    dataset = tasks.get(name).dataset(size=400)
    found = []
    for made in (NUMPY, LoopKernels()):
        kernels.use(made)
        told = []
        result = search(
            dataset,
            SearchSettings(work=work, sample=60),
            lambda p, told=told: told.append((p.layer, p.candidates, p.accuracy)),
        )
        found.append((result.program, result.work, result.ending, told))
    assert found[0] == found[1]


@pytest.mark.usefixtures("chosen")
def test_kernels_are_compiled_only_after_some_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kernels.use(None)
    kernels.warm(kernels.WARM)
    assert type(kernels.current()) is Kernels
    monkeypatch.setattr(kernels, "_has_compiler", lambda: False)
    kernels.warm(2 * kernels.WARM)
    assert type(kernels.current()) is Kernels
    monkeypatch.setattr(kernels, "_has_compiler", lambda: True)
    kernels.warm(2 * kernels.WARM)
    assert type(kernels.current()) is LoopKernels


def test_small_searches_do_not_import_the_compiler() -> None:
    code = (
        "import sys; from transformer_programs import tasks;"
        "from transformer_programs.search import search;"
        "search(tasks.get('hist').dataset(size=100));"
        "assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
