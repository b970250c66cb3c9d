from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden_programs import BY_NAME, same
from statements import counting, embedding
from transformer_programs.analysis import ClosedForms
from transformer_programs.analysis.words import describe, describe_program
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Head,
    Pooling,
    Program,
    Readout,
    Scope,
    Statement,
    Table,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary

DOMAINS = {
    TOKENS: Domain.of_tokens(("a", '"', "c")),
    POSITIONS: Domain.of_positions(4),
    ONES: Domain.of_numbers(1),
    "kind": Domain.of_classes(3),
    "twin": Domain.of_tokens(("a", '"', "c")),
}


def context(domains: dict[str, Domain] = DOMAINS) -> ClosedForms:
    """Every value of every variable is possible."""
    form = InputFormat(Vocabulary(DOMAINS[TOKENS].tokens), 4)
    found = ClosedForms(Program("x", form, (), Readout(("p",), ())))
    found.domains = domains
    found.values = {name: np.arange(domain.size) for name, domain in domains.items()}
    return found


BEFORE_1 = ((), (0,), (1,), (2,))
AFTER_2 = ((2,), (3,), (), ())


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            embedding("o", (0, 1, 2), Domain.of_classes(3)),
            "The learned class (0..2) of each token.",
        ),
        (
            Table("o", ("kind",), (0, 1, 0), Domain.of_numbers(1)),
            "A table from kind to 0..1.",
        ),
        (
            Table("o", (TOKENS, POSITIONS), (0, 1) * 6, DOMAINS["twin"]),
            "A table from token and position to one of 3 tokens.",
        ),
        (
            Head("o", POSITIONS, POSITIONS, TOKENS, BEFORE_1, Scope.BEFORE),
            "From each position, the token at the nearest earlier position whose "
            "position is its own position - 1.",
        ),
        (
            Head("o", POSITIONS, POSITIONS, "kind", AFTER_2),
            "From each position, the kind at the nearest position whose position is "
            "its own position + 2.",
        ),
        (
            Head("o", TOKENS, TOKENS, POSITIONS, same(3), Scope.CAUSAL),
            "From each position, the position at the nearest position up to its own "
            "with the same token.",
        ),
        (
            Head("o", "twin", TOKENS, TOKENS, same(3)),
            "From each position, the token at the nearest position with its own twin "
            "as token.",
        ),
        (
            Head("o", TOKENS, TOKENS, TOKENS, ((1, 2),) * 3),
            "From each position, the token at the nearest position whose token is "
            '\'"\' or "c".',
        ),
        (
            Head("o", TOKENS, TOKENS, TOKENS, ((),) * 3),
            "At each position, the token at position 0: nothing ever matches.",
        ),
        (
            counting("o", TOKENS, TOKENS, ONES, same(3)),
            "At each position, the number of positions with the same token.",
        ),
        (
            counting("o", TOKENS, "kind", ONES, ((0,),) * 3, Scope.AFTER),
            "At each position, the number of later positions whose kind is 0.",
        ),
        (
            counting("o", TOKENS, TOKENS, ONES, ((), (0,), (0, 1))),
            "At each position, the number of positions whose token is less than its "
            "own.",
        ),
        (
            counting("o", TOKENS, TOKENS, ONES, ((1, 2), (0, 2), (0, 1)), Scope.BEFORE),
            "At each position, the number of earlier positions whose token is not its "
            "own.",
        ),
        (
            counting("o", POSITIONS, "kind", ONES, ((0, 1, 2),) * 2 + ((1, 2), (2,))),
            "At each position, the number of positions whose kind is at least its own "
            "position - 1.",
        ),
        (
            counting("o", POSITIONS, POSITIONS, ONES, ((3,), (2,), (1,), (0,))),
            "At each position, the number of positions whose position is 3 - its own "
            "position.",
        ),
        (
            Head("o", POSITIONS, POSITIONS, TOKENS, ((), (), (1,), (2,))),
            "From each position, the token at the nearest position whose position is "
            "its own position - 1, where position in (1, 2).",
        ),
        (
            counting("o", ONES, ONES, ONES, ((0, 1),) * 2, Scope.AFTER),
            "At each position, the number of later positions.",
        ),
        (
            counting("o", TOKENS, TOKENS, ONES, ((),) * 3),
            "At each position, 0: nothing ever matches.",
        ),
        (
            counting("o", TOKENS, "kind", "number", ((0,), (1,), (0, 2))),
            "At each position, the sum of number over positions whose kind is one that "
            "its own token looks for.",
        ),
    ],
)
def test_statements(statement: Statement, words: str) -> None:
    assert describe(statement, context()) == words


def test_one_to_one_on_other_values_is_not_called_the_same() -> None:
    tokens = Head("o", "kind", TOKENS, TOKENS, same(3))
    assert describe(tokens, context()).endswith("is one that its own kind looks for.")


def test_many_values_are_not_listed() -> None:
    domains = DOMAINS | {"large": Domain.of_classes(20)}
    head = Head("o", TOKENS, "large", TOKENS, (tuple(range(9)),) * 3)
    assert "whose large is one of 9 values." in describe(head, context(domains))


def program(**changes: object) -> Program:
    tokens = ("<s>", "a", "?", "</s>")
    form = InputFormat(Vocabulary(tokens, unknown="?"), 6, "<s>", "</s>")
    return replace(Program("x", form, (), Readout(("p", "q"), ())), **changes)


def test_programs() -> None:
    assert describe_program(program()) == (
        'Takes 0 to 4 tokens. "<s>" before and "</s>" after them are added. '
        'Other tokens count as "?". Gives every token one of 2 labels.'
    )
    assert describe_program(BY_NAME["hist"].program).startswith(
        'Takes 0 to 5 tokens. "<s>" before them is added. Gives '
    )
    plain = program(input=InputFormat(Vocabulary(("a",)), 1))
    assert describe_program(plain).startswith("Takes 1 tokens. Gives every token ")


@pytest.mark.parametrize(
    ("pooling", "end"),
    [
        (Pooling.MEAN, "labels, its scores summed over all positions."),
        (Pooling.FIRST, "labels, its scores read at the first position."),
    ],
)
def test_pooling(pooling: Pooling, end: str) -> None:
    words = describe_program(program(readout=Readout(("p",), (), pooling)))
    assert "Gives the sequence one of 1 " in words
    assert words.endswith(end)
