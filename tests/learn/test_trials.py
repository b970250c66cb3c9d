"""Why a program was chosen among those of several learners."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from transformer_programs.data.metrics import Quality
from transformer_programs.language.nodes import Program, Readout, Table, Term
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.learn.learned import Outcome
from transformer_programs.learn.trials import Trials, is_much_shorter
from transformer_programs.settings import Learner

FORM = InputFormat(Vocabulary(("a", "b", "c")), 3)


def program(tables: int) -> Program:
    """One whose tables follow no rule."""
    names = [f"t{n}" for n in range(tables)]
    statements = tuple(
        Table(name, ("tokens",), (1, 0, 1), Domain.of_classes(2)) for name in names
    )
    terms = tuple(Term(name, ((3, 0), (0, n + 1))) for n, name in enumerate(names))
    return Program("some", FORM, statements, Readout(("x", "y"), terms))


def outcome(learner: Learner, score: float, tables: int) -> Outcome:
    some = program(tables)
    return Outcome(some, some, learner, Quality(score), "", (), False, False)


@pytest.mark.parametrize(
    ("scores", "tables", "best", "why"),
    [
        ((0.7, 0.9), (1, 9), 1, "the most accurate on validation data"),
        ((0.9, 0.7), (1, 9), 0, "the most accurate on validation data"),
        ((0.9, 0.9), (1, 9), 0, "no less accurate on validation data than others, and"),
        (
            (0.896, 0.9),
            (1, 9),
            0,
            "much shorter than that of linear, and less than half",
        ),
        ((0.7, 0.91, 0.9), (1, 2, 2), 2, "more accurate .* than the one kept before"),
    ],
)
def test_reasons(
    scores: tuple[float, ...], tables: tuple[int, ...], best: int, why: str
) -> None:
    learners = (Learner.SEARCH, Learner.LINEAR, Learner.GRADIENT)
    found = [outcome(*about) for about in zip(learners, scores, tables, strict=False)]
    trials = Trials()
    for each in found:
        trials.add(each, 1.26)
    shorter = replace(found[best], program=program(1))
    *tried, chosen = trials.lines(shorter)
    assert [line["accuracy"] for line in tried] == [*scores]
    assert {line["seconds"] for line in tried} == {1.3}
    assert tried[best]["statements"] == 1  # of the program that is kept
    assert (chosen["kind"], chosen["learner"]) == ("chosen", learners[best].value)
    assert re.match(why, chosen["why"])


def test_held_out_parts_of_the_training_data_decide() -> None:
    trials = Trials()
    search, linear = outcome(Learner.SEARCH, 1, 1), outcome(Learner.LINEAR, 0.6, 9)
    trials.add(search)
    trials.add(linear)
    trials.compare(0.8, 0.86)
    *_, chosen = trials.lines(linear)
    assert chosen["why"] == (
        "on held-out parts of the data linear reaches 86.00%, search at most 80.00%"
    )


def test_one_learner_is_no_choice() -> None:
    trials = Trials()
    one = outcome(Learner.SEARCH, 1, 1)
    trials.add(one)
    assert trials.lines(one) == ()


def test_much_shorter() -> None:
    assert is_much_shorter(program(1), program(8))
    assert not is_much_shorter(program(2), program(3))
