"""Labels that say what follows: read, followed, and used as a check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from golden_programs import BY_NAME
from transformer_programs.errors import (
    InputError,
    LengthError,
    SettingsError,
    UnknownTokenWarning,
)
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Head,
    Readout,
    Scope,
    Table,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.runs.generation import Following, meanings
from transformer_programs.runs.run import Run
from transformer_programs.runs.runnable import Program

HIST = Program.of(BY_NAME["hist"].program)
OPINION = Program.of(BY_NAME["opinion"].program)


def form_of(*tokens: str) -> InputFormat:
    return InputFormat(Vocabulary(tokens), max_length=6)


def said(labels: list[str], *tokens: str, stop: str | None = None) -> list[str]:
    meant = meanings(form_of(*tokens), labels, stop)
    return [str(meant(label)) for label in labels]


def program_of(labels: tuple[str, ...], symbols: tuple[str, ...]) -> Program:
    """The label at a token is that of its place in the vocabulary."""
    one_hot = tuple(tuple(int(i == j) for j in range(len(labels))) for i in range(3))
    readout = Readout(labels, (Term(TOKENS, one_hot),))
    return Program("follow", form_of(*symbols), (), readout)


ROUND = program_of(("b", "c", "a"), ("a", "b", "c"))
CHOICES = program_of(("ab$", "c", "b"), ("a", "b", "c"))


@pytest.mark.parametrize(
    ("labels", "tokens", "expected"),
    [
        (["a", "b"], "ab", ["'a'", "'b'"]),
        (["a", "b", "</s>"], "ab", ["'a'", "'b'", "the end"]),
        (["ab$", "b", "$"], "ab", ["'a' or 'b' or the end", "'b'", "the end"]),
        (["ab", "b", "end"], "ab", ["'a' or 'b'", "'b'", "the end"]),
        (["ab", "b$", "-"], "ab", ["'a' or 'b'", "'b' or the end", "nothing"]),
        (["a", "a$"], "a", ["'a'", "'a' or the end"]),
        (["a", "a$", "-"], "a", ["'a'", "'a' or the end", "nothing"]),
        (["a,b", "b,$"], "ab", ["'a' or 'b'", "'b' or the end"]),
        (["ab", "a"], ["ab", "a"], ["'ab'", "'a'"]),
    ],
)
def test_labels_are_read_by_what_they_are_made_of(
    labels: list[str], tokens: str, expected: list[str]
) -> None:
    assert said(labels, *tokens) == expected


def test_words_are_separated() -> None:
    labels = ["the cat", "the", "cat ."]
    expected = ["'the' or 'cat'", "'the'", "'cat' or the end"]
    assert said(labels, "the", "cat") == expected


@pytest.mark.parametrize(
    ("labels", "tokens", "message"),
    [
        (["even", "odd"], "01", "expected labels that say what may follow"),
        (["a$", "a#"], "a", "expected labels that say what may follow"),
        (["ab", "a", "-", "$"], "ab", "expected one sign for the end"),
        (["ab", "adend", "a"], "abd", "expected labels that say what may follow"),
    ],
)
def test_labels_that_say_something_else(
    labels: list[str], tokens: str, message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        said(labels, *tokens)


def test_the_end_can_be_named() -> None:
    signs = ["ab", "a", "-", "$"]
    expected = ["'a' or 'b'", "'a'", "nothing", "the end"]
    assert said(signs, *"ab", stop="$") == expected
    assert said(["a", "b"], *"ab", stop="b") == ["'a'", "the end"]
    assert said(["ab", "b"], *"ab", stop="b") == ["'a' or the end", "the end"]
    with pytest.raises(SettingsError, match="to be one of the labels 'a', 'b', or a"):
        said(["a", "b"], *"ab", stop="x")


def test_the_next_token() -> None:
    assert ROUND.next(["a", "b"]) == "c"
    assert ROUND.next(["b"] * 9, any_length=True) == "c"
    assert Run(ROUND).next("ab") == "c" if ROUND.input.split else True
    for tokens in (["a"], ["b", "a"], ["c", "c", "b"]):
        assert ROUND.next(tokens) == ROUND([*tokens, "a"])[len(tokens) - 1]


def test_sequences_grow() -> None:
    found = ROUND.generate(["b"])
    assert (str(found), found.given) == ("b c a b c a", 1)
    assert found.ended == "6 tokens are the most that the program takes"
    assert ROUND.generate(["b"], most=3).tokens == ("b", "c", "a")
    assert len(ROUND.generate(["b"], most=100).tokens) == 100
    ended = ROUND.generate(["b"], stop="a")
    assert (str(ended), ended.ended) == ("b c", "the label 'a'")
    assert Run(ROUND).generate(["b"], stop="a") == ended
    whole = ROUND.generate(["a"] * 6)
    assert whole.tokens == ("a",) * 6


def test_allowed_tokens_are_drawn() -> None:
    many = {str(CHOICES.generate(["a"], seed=seed)) for seed in range(40)}
    assert {"a", "a b c b c b", "a a"} <= many
    assert CHOICES.generate(["a"], seed=3) == CHOICES.generate(["a"], seed=3)
    for text in many:
        tokens = text.split()
        assert CHOICES.allows(tokens) or len(tokens) == 6


def test_sequences_are_checked() -> None:
    fine = CHOICES.allows(["a", "a"])
    assert (bool(fine), fine.position, fine.label) == (True, None, "ab$")
    assert fine.sentence.endswith("and the end by the last")
    wrong = CHOICES.allows(["a", "b", "b", "c"])
    assert (wrong.allowed, wrong.position, wrong.label) == (False, 2, "c")
    assert wrong.expected == Following(("c",), ends=False)
    assert "'b' at position 2: after 'a b' the label 'c' allows 'c'" in wrong.sentence
    early = Run(CHOICES).allows(["a", "b"])
    assert (early.allowed, early.position) == (False, 2)
    assert "the end after 2 tokens" in early.sentence
    assert ROUND.allows(["b", "c", "a"]).sentence == (
        "allowed: every token by the label before it"
    )
    assert not ROUND.allows(["b", "c", "a"], stop="a")


def test_unknown_tokens_are_read_as_one_word() -> None:
    program = program_of(("x", "b", "a"), ("x", "a", "b"))
    words = Vocabulary(("x", "a", "b"), unknown="x")
    known = replace(program, input=replace(program.input, vocabulary=words))
    with pytest.warns(UnknownTokenWarning, match="unknown tokens: '?'"):
        assert known.allows(["?", "?", "x"])
    with pytest.warns(UnknownTokenWarning):
        assert not known.allows(["b", "?"])


def test_an_answer_that_could_change_is_none() -> None:
    with pytest.raises(SettingsError, match="head frequency of hist looks at later"):
        HIST.next(["0"])
    with pytest.raises(SettingsError, match="one label for a whole sequence"):
        OPINION.generate(["good"])
    with pytest.raises(InputError, match="at least one token to begin with"):
        ROUND.next([])
    with pytest.raises(InputError, match="too long: 7 tokens to begin with, of 6"):
        ROUND.generate(["a"] * 7)
    with pytest.raises(SettingsError, match="expected most >= 1, got 0"):
        ROUND.generate(["a"], most=0)


def test_what_is_bound_to_its_length_is_not_grown() -> None:
    table = Table("places", (POSITIONS,), (0, 1, 1, 0, 1, 0), Domain.of_classes(2))
    weights = ((1, 0, 0), (0, 1, 0))
    readout = Readout(("a", "b", "c"), (Term("places", weights),))
    bound = Program("bound", ROUND.input, (table,), readout)
    assert str(bound.generate(["c"])) == "c a b b a b"
    with pytest.raises(LengthError, match="places"):
        bound.generate(["c"], most=9)


@pytest.mark.parametrize(("distance", "causal"), [(-1, True), (0, True), (1, False)])
def test_heads_that_compare_positions_may_be_causal(
    distance: int, causal: bool
) -> None:
    rows = tuple(
        (place + distance,) if 0 <= place + distance < 6 else () for place in range(6)
    )
    beside = Head("beside", POSITIONS, POSITIONS, TOKENS, rows, scope=Scope.ALL)
    copied = tuple(tuple(int(i == j) for j in range(3)) for i in range(3))
    readout = Readout(("a", "b", "c"), (Term("beside", copied),))
    program = Program("beside", ROUND.input, (beside,), readout)
    if causal:
        assert program.next(["a", "b"]) == "ab"[distance - 1 :][:1]
    else:
        with pytest.raises(SettingsError, match="head beside"):
            program.next(["a", "b"])


def test_counts_of_all_positions_are_not_causal() -> None:
    every = Head(
        "every", ONES, ONES, ONES, ((), (1,)), Scope.ALL, aggregate=Aggregate.SUM
    )
    program = Program("every", ROUND.input, (every,), ROUND.readout)
    with pytest.raises(SettingsError, match="head every of every"):
        program.allows(["a"])
