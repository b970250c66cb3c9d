from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from hypothesis import given, settings
from rich.console import Console

from golden_programs import BY_NAME, GOLDEN, Golden
from naive import _matches, _nearest, naive_trace
from statements import embedding
from strategies import programs_with_inputs
from transformer_programs.analysis.derivation import ValueOrigin
from transformer_programs.analysis.drawing import draw_decision
from transformer_programs.analysis.explanation import Decision
from transformer_programs.errors import InputError, LengthError, SettingsError
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Head,
    Pooling,
    Program,
    Readout,
    Scope,
    Table,
    Term,
)
from transformer_programs.language.types import Domain, InputFormat, Vocabulary
from transformer_programs.runs.runnable import Program as Runnable

pytestmark = pytest.mark.filterwarnings(
    "ignore::transformer_programs.errors.UnknownTokenWarning"
)

OPINION = Runnable.of(BY_NAME["opinion"].program)
HIST = Runnable.of(BY_NAME["hist"].program)
NAMES = Runnable.of(BY_NAME["names"].program)


def assert_exact(program: Runnable, tokens: tuple[str, ...]) -> None:
    """The labels are the program's, and all sums are differences of its scores."""
    found = program.explain(tokens)
    labels = program(tokens)
    assert found.labels == ((labels,) if isinstance(labels, str) else tuple(labels))
    (scores,) = program.scores([tokens])
    names = program.readout.labels
    for row, decision in zip(
        scores.reshape(-1, len(names)), found.decisions, strict=True
    ):
        one, other = names.index(decision.label), names.index(decision.against)
        assert decision.margin == row[one] - row[other] >= 0
        assert row[other] == max(s for i, s in enumerate(row) if i != one)
        assert sum(part.amount for part in decision.contributions) == decision.margin
        assert all(part.amount for part in decision.contributions)
        for groups in (decision.by_word, decision.by_phrase, decision.by_feature):
            assert sum(group.total for group in groups) == decision.margin
            parts = [part for group in groups for part in group.contributions]
            assert len(parts) == len(decision.contributions)


@given(programs_with_inputs() | programs_with_inputs(characters=True))
@settings(deadline=None, max_examples=60)
def test_all_contributions_are_the_margin(
    case: tuple[Program, list[tuple[str, ...]]],
) -> None:
    program, inputs = case
    runnable = Runnable.of(program)
    if len(program.readout.labels) < 2:
        with pytest.raises(SettingsError, match="there is no other label to explain"):
            runnable.explain(inputs[0])
        return
    for tokens in inputs:
        assert_exact(runnable, tokens)
        for decision in runnable.explain(tokens).decisions:
            for part in decision.contributions:
                for origin in part.origin.chain():
                    assert_follows(program, tokens, origin)


def assert_follows(
    program: Program, tokens: tuple[str, ...], origin: ValueOrigin
) -> None:
    """Is an origin what the definition of its statement says?"""
    traced = naive_trace(program, tokens)
    offset = program.input.offset
    index, length = origin.position + offset, len(traced[TOKENS])
    value = program.domains[origin.variable].value(traced[origin.variable][index])
    assert origin.value == value
    statement = next(
        (s for s in program.statements if s.output == origin.variable), None
    )
    if isinstance(statement, Head) and not statement.sums:
        read = [traced[name] for name in statement.inputs]
        (source,) = origin.sources
        taken = _nearest(statement, [*read[:2], [*range(length)]], index)
        assert source.position + offset == taken
        assert origin.missed == (not _matches(statement, read, index) or source.missed)
        assert origin.places == source.places
    elif isinstance(statement, Head):
        read = [traced[name] for name in statement.inputs]
        matching = _matches(statement, read, index)
        assert sorted(matching) == [place + offset for place in origin.places]
    elif statement is not None and not (
        isinstance(statement, Table) and statement.of_tokens
    ):
        assert tuple(s.variable for s in origin.sources) == statement.inputs


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
def test_programs_written_by_hand(golden: Golden) -> None:
    program = golden.program
    symbols = program.input.symbols
    most = program.input.max_bare_length
    for tokens in (symbols[:1], symbols[:most], (symbols[-1],) * most):
        assert_exact(Runnable.of(program), tokens)


def one(decisions: tuple[Decision, ...]) -> Decision:
    (decision,) = decisions
    return decision


def test_down_to_the_words() -> None:
    found = one(OPINION.explain(["not", "bad", "good", "good"]).decisions)
    assert (found.label, found.against, found.margin) == ("positive", "neutral", 3)
    assert (found.position, found.token) == (None, None)
    first = found.by_word[0]
    # The pair of a word and the one before it is what the table reads.
    assert (first.places, first.words, first.total) == ((), (), -4)
    together = {total.words: total.total for total in found.by_word}
    assert together["not", "bad"] == 2
    assert together["good", "good"] == 2
    (polarity,) = (t for t in found.by_feature if t.value == 2)
    assert (polarity.variable, polarity.total) == ("polarity", 6)
    table = polarity.contributions[0].origin
    previous, token = table.sources
    assert (previous.variable, previous.value) == ("previous", "not")
    assert (token.variable, token.value) == ("tokens", "bad")
    assert [origin.variable for origin in table.chain()] == [
        *("polarity", "previous", "tokens", "tokens")
    ]


def test_position_0_stands_in() -> None:
    found = one(OPINION.explain(["good"]).decisions)
    table = next(p.origin for p in found.contributions if p.origin.sources)
    assert table.places == (0,)
    assert (table.sources[0].missed, table.sources[0].value) == (True, "good")


def test_positions_are_those_of_bare_tokens() -> None:
    found = HIST.explain(["2", "0", "2"])
    assert [d.position for d in found.decisions] == [0, 1, 2]
    assert [d.token for d in found.decisions] == ["2", "0", "2"]
    # A count comes from the positions that match.
    assert found.decisions[2].contributions[0].origin.places == (0, 2)
    title = NAMES.explain(["Ada"], versus="verb").decisions[0]
    frames = [o for p in title.contributions for o in p.origin.chain() if o.words]
    assert {(o.places, o.words) for o in frames} <= {
        ((0,), ("Ada",)),
        ((-1, 0), ("<s>", "Ada")),
    }


def classes() -> Program:
    """Days and verbs are told apart by a learned class, and by that before."""
    words = ("<unk>", "<s>", "run", "monday", "tuesday", "go")
    form = InputFormat(Vocabulary(words, unknown="<unk>"), max_length=4, begin="<s>")
    everything = ((0, 1), (0, 1))
    statements = (
        embedding("kind", (0, 2, 0, 1, 1, 0), Domain.of_classes(3)),
        Head("kind_before", ONES, ONES, "kind", everything, Scope.BEFORE),
    )
    weights = ((0, 5), (7, 0), (0, 0))
    terms = (Term("kind", weights), Term("kind_before", weights))
    return Program(
        "days", form, statements, Readout(("day", "verb"), terms, Pooling.MEAN)
    )


def test_the_words_of_a_class() -> None:
    found = one(Runnable.of(classes()).explain(["tuesday", "x"]).decisions)
    assert (found.label, found.score, found.against_score) == ("day", 14, 5)
    named = {(p.origin.variable, p.origin.value): p.words for p in found.contributions}
    assert named == {
        ("kind", 1): ("monday", "tuesday"),
        ("kind_before", 1): ("monday", "tuesday"),
        # What stands for words that are not known comes first.
        ("kind", 0): ("<unk>", "run", "go"),
    }
    assert [(t.words, t.total) for t in found.by_word] == [
        (("tuesday",), 14),
        (("x",), -5),
    ]


def test_the_class_of_unknown_words_says_so() -> None:
    """However many words there are before ``<unk>`` in the vocabulary."""
    words = (*"abcdefgh", "<s>", "<unk>")
    form = InputFormat(Vocabulary(words, unknown="<unk>"), max_length=4, begin="<s>")
    kind = embedding("kind", (*(0,) * 8, 1, 0), Domain.of_classes(2))
    readout = Readout(("x", "y"), (Term("kind", ((3, 0), (0, 0))),), Pooling.MEAN)
    program = Runnable.of(Program("many", form, (kind,), readout))
    for word in ("new", "a"):
        found = one(program.explain([word]).decisions)
        assert found.by_feature[0].words == ("<unk>", "a", "b", "c", "d")


def test_a_neighbour_of_a_missing_neighbour_is_missing() -> None:
    """The word two away, which is copied by way of the next one."""
    base, anything = classes(), ((0, 1), (0, 1))
    copies = tuple(
        Head(name, ONES, ONES, value, anything, scope)
        for name, value, scope in (
            ("before", TOKENS, Scope.BEFORE),
            ("before_2", "before", Scope.BEFORE),
            ("after", TOKENS, Scope.AFTER),
            ("after_2", "after", Scope.AFTER),
        )
    )
    words = len(base.input.vocabulary)
    terms = tuple(Term(c.output, ((0, 1),) * words) for c in copies)
    readout = Readout(("x", "y"), terms, Pooling.NONE)
    program = Runnable.of(replace(base, statements=copies, readout=readout))
    missed = [
        {p.origin.variable for p in d.contributions if p.origin.missed}
        for d in program.explain(["go", "run", "monday"]).decisions
    ]
    assert missed == [{"before_2"}, {"after_2"}, {"after", "after_2"}]


def test_against_another_label() -> None:
    found = one(OPINION.explain(["good"], versus="negative").decisions)
    assert (found.label, found.against, found.margin) == ("positive", "negative", 2)
    # Nothing is compared with itself.
    found = one(OPINION.explain(["good"], versus="positive").decisions)
    assert (found.label, found.against) == ("positive", "neutral")


def test_longer_inputs() -> None:
    tokens = ["0", "1"] * 5
    found = HIST.explain(tokens, any_length=True)
    assert [*found.labels] == HIST(tokens, any_length=True) == ["5"] * 10
    with pytest.raises(InputError, match="too long"):
        HIST.explain(tokens)
    place = Term(POSITIONS, tuple((i, 0) for i in range(4)))
    terms = (*classes().readout.terms, place)
    bound = replace(classes(), readout=Readout(("day", "verb"), terms))
    with pytest.raises(LengthError, match="weights of positions"):
        Runnable.of(bound).explain(["go"] * 9, any_length=True)


def test_what_cannot_be_explained() -> None:
    with pytest.raises(
        SettingsError, match="no label 'good'; the labels are 'neutral'"
    ):
        OPINION.explain(["good"], versus="good")
    with pytest.raises(InputError, match="unknown token 'x'"):
        HIST.explain(["x"])


def test_a_tie_is_won_by_the_first() -> None:
    program = replace(classes(), statements=(), readout=Readout(("a", "b"), ()))
    found = Runnable.of(program).explain(["go"])
    assert found.labels == ("a",)
    assert (found.decisions[0].margin, found.decisions[0].contributions) == (0, ())


def test_the_runner_up_is_a_tag_that_may_follow() -> None:
    # I-X has the second score, but follows no O.
    form = InputFormat(Vocabulary(("a", "b")), max_length=3)
    term = Term("tokens", ((3, 8, 9), (9, 8, 3)))
    readout = Readout(("B-X", "I-X", "O"), (term,), Pooling.NONE)
    program = Runnable.of(Program("tags", form, (), readout))
    found = program.explain(["a", "b", "a"]).decisions
    assert [(d.label, d.against) for d in found] == [
        ("O", "B-X"),
        ("B-X", "O"),
        ("O", "I-X"),
    ]


def test_lines_name_most_of_what_is_added() -> None:
    words = tuple(f"w{index}" for index in range(40))
    form = InputFormat(Vocabulary(words), max_length=40)
    weights = tuple((0, 40 - index) for index in range(40))
    readout = Readout(("no", "yes"), (Term("tokens", weights),), Pooling.MEAN)
    decision = one(
        Runnable.of(Program("words", form, (), readout)).explain(words).decisions
    )

    def lines(top: int | None) -> list[str]:
        console = Console(width=100, record=True, file=StringIO())
        console.print(draw_decision(decision, top))
        return console.export_text().splitlines()[2:-1]

    assert len(lines(None)) == 21  # 20 of 40, and the rest
    assert "20 more" in lines(None)[-1]
    assert len(lines(5)) == 6
    # One table: the words say everything.
    assert sum("margin" in line for line in lines(None)) == 0
