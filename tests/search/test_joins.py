"""Joins of flags: the most informative conjunction or disjunction of two values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from transformer_programs.language.types import Domain
from transformer_programs.search.candidate import Candidate, tabulate
from transformer_programs.search.joins import joins
from transformer_programs.search.sample import Sample
from transformer_programs.system import OutOfWorkError, Work

Rule = Callable[[np.ndarray, np.ndarray], np.ndarray]


def sample_of_two(rule: Rule) -> tuple[Sample, list[Candidate]]:
    rng = np.random.default_rng(0)
    a, b, noise = rng.integers(0, 3, (3, 80, 6))
    labels = rule(a, b).astype(np.int64)
    everywhere = np.ones_like(labels, dtype=np.bool_)
    sample = Sample(a, everywhere, labels, everywhere, 2)
    domain = Domain.of_classes(3)
    return sample, [
        Candidate(name, domain, v) for name, v in zip("abn", (a, b, noise), strict=True)
    ]


@pytest.mark.parametrize(
    "rule",
    [
        lambda a, b: (a == 1) & (b == 2),
        lambda a, b: (a == 1) & (b != 2),
        lambda a, b: (a != 0) & (b != 0),
        lambda a, b: (a == 0) | (b == 2),
        lambda a, b: (a == 0) ^ (b == 1),
    ],
)
def test_the_best_join_is_the_label(rule: Rule) -> None:
    sample, variables = sample_of_two(rule)
    _, best = next(joins(variables, sample, 4, Work()))
    assert {c.family for c in best.inputs} == {"a", "b"}
    same = best.values == sample.labels
    assert same.all() or not same.any()


def test_joins_have_the_values_of_their_tables() -> None:
    sample, variables = sample_of_two(lambda a, b: (a == 1) & (b == 2))
    for _, join in joins(variables, sample, 12, Work()):
        again = tabulate(
            "again", join.inputs, join.rule.entries, join.domain, sample.real
        )
        assert (again.values == join.values).all()


def test_nothing_is_joined_that_tells_no_more() -> None:
    sample, variables = sample_of_two(lambda a, b: a == 1)
    assert [*joins(variables, sample, 4, Work())] == []


def test_joins_are_accounted_for() -> None:
    sample, variables = sample_of_two(lambda a, b: a == b)
    with pytest.raises(OutOfWorkError):
        next(joins(variables, sample, 4, Work(0.001)))
