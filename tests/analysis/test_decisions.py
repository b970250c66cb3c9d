"""Decisions by sums of weights: comparisons, and values that can win."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st

from golden_programs import BY_NAME
from strategies import programs
from transformer_programs.analysis.closed import ClosedForms
from transformer_programs.analysis.decisions import comparison_of, winners
from transformer_programs.analysis.tables import runner
from transformer_programs.analysis.words import describe
from transformer_programs.language.nodes import Decide, Program, Term
from transformer_programs.language.types import Domain

NUMBERS = {name: Domain.of_numbers(9) for name in "pqrs"} | {
    "kind": Domain.of_classes(2),
    "place": Domain.of_positions(4),
    "word": Domain.of_tokens(["a", "b"]),
}
VALUES = {name: Domain.of_positions(d.size).values for name, d in NUMBERS.items()}
FLAG = Domain.of_numbers(1)


def text(
    *factors: tuple[str, int], domain: Domain = FLAG, constant: int = 0
) -> str | None:
    """The comparison of numbers with factors for the second of two values."""
    terms = [Term(name, ((0, factor),)) for name, factor in factors]
    terms.append(Term("kind", ((-constant, 0), (-constant, 0))))
    values = {name: np.array(found) for name, found in VALUES.items()}
    found = comparison_of(terms, domain, NUMBERS, values)
    return None if found is None else found.text


@pytest.mark.parametrize(
    ("factors", "constant", "expected"),
    [
        ([("p", 1)], 0, "int(x > 0)"),
        ([("p", -1)], 3, "int(x < 3)"),
        ([("p", 2), ("q", -1)], 0, "int(2 * a > b)"),
        ([("p", 2), ("q", 1), ("r", -1)], 0, "int(2 * a + b > c)"),
        ([("p", 1), ("q", 1)], -2, "int(a + b > 2)"),
        ([("p", -1), ("q", -3)], 5, "int(a + 3 * b < 5)"),
        ([("p", 1), ("q", -1)], 4, "int(a + 4 > b)"),
        ([("p", 4), ("q", -2)], 3, "int(2 * a + 2 > b)"),
        ([("p", 4), ("q", -2)], -3, "int(2 * a > b + 1)"),
        ([], 1, "1"),
        ([], 0, "0"),
    ],
)
def test_comparisons(
    factors: list[tuple[str, int]], constant: int, expected: str
) -> None:
    assert text(*factors, constant=constant) == expected


def test_comparisons_between_texts() -> None:
    tags = Domain.of_tokens(["no", "yes"])
    assert text(("p", 1), ("q", -1), domain=tags) == '"yes" if a > b else "no"'


def test_only_two_values_are_compared() -> None:
    terms = [Term("p", ((0, 1, 2),))]
    assert comparison_of(terms, Domain.of_classes(3), NUMBERS, {}) is None


@given(programs())
def test_comparisons_are_decisions(program: Program) -> None:
    closed = ClosedForms(program)
    for decide in program.decisions:
        found = closed.comparison(decide)
        if found is None:
            continue
        reached = [closed.values[name].tolist()[:6] for name in decide.inputs]
        function = runner(found.text, ", ".join(found.names))
        for ids in product(*reached):
            read = dict(zip(decide.inputs, ids, strict=True))
            # The numbers of a comparison are values of kinds whose ids they are.
            value = function(*(read[name] for name in found.names.values()))
            assert value == decide.domain.value(decided(program, decide, read))


def decided(program: Program, decide: Decide, read: dict[str, int]) -> int:
    sums = [0] * decide.domain.size
    for term in decide.terms:
        numerical = program.domains[term.variable].numerical
        factor, row = (
            (read[term.variable], 0) if numerical else (1, read[term.variable])
        )
        for option, weight in enumerate(term.weights[row]):
            sums[option] += factor * weight
    return sums.index(max(sums))


@given(programs(), st.data())
def test_nothing_wins_that_is_left_out(program: Program, data: st.DataObject) -> None:
    closed = ClosedForms(program)
    for decide in program.decisions:
        terms, domains = decide.terms, program.domains
        found = winners(terms, decide.domain.size, domains, closed.values)
        for _ in range(3):
            ids = {
                name: data.draw(st.sampled_from(closed.values[name].tolist()))
                for name in decide.inputs
            }
            assert decided(program, decide, ids) in found.tolist()


def test_what_never_wins() -> None:
    terms = [Term("p", ((2, 1, 2),)), Term("word", ((1, 0, 1), (0, 0, 0)))]
    values = {name: np.array(found) for name, found in VALUES.items()}
    assert winners(terms, 3, NUMBERS, values).tolist() == [0]
    assert winners([], 3, NUMBERS, values).tolist() == [0]


def test_in_words() -> None:
    program = BY_NAME["rounds"].program
    closed = ClosedForms(program)
    said = {d.output: describe(d, closed) for d in program.decisions}
    assert said["tag_2"] == (
        'Of "noun", "verb" and "other" the one with the largest sum of weights by '
        "token and before."
    )
    assert said["more_nouns"] == "1 where nouns > 2 * verbs, else 0."
