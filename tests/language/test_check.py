"""Every rule is broken once, and nothing else is reported then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, strategies as st

from golden_programs import BY_NAME
from statements import counting, embedding
from strategies import awkward_tokens, programs
from transformer_programs.errors import ProgramError
from transformer_programs.language.nodes import (
    ONES,
    TOKENS,
    Decide,
    Head,
    Pooling,
    Program,
    Readout,
    Statement,
    Table,
    Term,
)
from transformer_programs.language.rules import check, violations
from transformer_programs.language.surface import Folding, Surface, SurfaceKind
from transformer_programs.language.types import Domain, InputFormat, Kind, Vocabulary

FORM = InputFormat(Vocabulary(("<s>", "a", "b")), max_length=3, begin="<s>")
EMBED = embedding("kind", (0, 1, 1), Domain.of_classes(2))
ATTEND = Head("seen", "kind", "kind", "tokens", ((0,), (0, 1)))
COUNT = counting("number", "kind", "tokens", ONES, ((), (1, 2)))
LOOKUP = Table("mixed", ("kind", "number"), (0, 1, 2, 0) * 2, Domain.of_numbers(2))
READOUT = Readout(("x", "y"), (Term("mixed", ((1, 2),)), Term("kind", ((1, 0),) * 2)))
VALID = Program("valid", FORM, (EMBED, ATTEND, COUNT, LOOKUP), READOUT)

Edit = Callable[[], Program]


def form(**changes: Any) -> Edit:
    return lambda: replace(VALID, input=replace(FORM, **changes))


def vocabulary(*tokens: Any, unknown: str | None = None) -> Edit:
    return lambda: Program(
        "edited",
        replace(FORM, vocabulary=Vocabulary(tokens, unknown)),
        (),
        Readout(("x",), ()),
    )


def statement(old: Statement, **changes: Any) -> Edit:
    def edit() -> Program:
        new = replace(old, **changes)
        rest = tuple(new if s is old else s for s in VALID.statements)
        return replace(VALID, statements=rest)

    return edit


def extra(new: Statement) -> Edit:
    return lambda: replace(VALID, statements=(*VALID.statements, new))


def readout(**changes: Any) -> Edit:
    return lambda: replace(VALID, readout=replace(READOUT, **changes))


HUGE = 1 << 53
SURROGATE = "\ud800"

SHAPE = Surface("shape", SurfaceKind.SHAPE, ("x", "other"))
ENDING = Surface("ending", SurfaceKind.SUFFIX, ("ing", "other"), 3)
LOWER = Folding(lowercase=True, digits=False)

BROKEN: dict[str, tuple[Edit | str, ...]] = {
    "no tokens": (
        vocabulary(),
        "vocabulary: there is no token",
        "input: the begin token '<s>' is not in the vocabulary",
        "vocabulary: there is no token besides the frame's",
    ),
    "token twice": (
        vocabulary("<s>", "a", "a"),
        "vocabulary: the token 'a' appears more than once",
    ),
    "token no string": (
        vocabulary("<s>", 7),
        "vocabulary: the token 7 is not a string",
    ),
    "token surrogate": (
        vocabulary("<s>", SURROGATE),
        "vocabulary: the token '\\ud800' holds a lone surrogate: no file can store it",
    ),
    "only the frame": (
        vocabulary("<s>"),
        "vocabulary: there is no token besides the frame's",
    ),
    "no token is folded so": (
        lambda: replace(
            vocabulary("<s>", "Ab", "<UNK>", unknown="<UNK>")(),
            input=InputFormat(
                Vocabulary(("<s>", "Ab", "<UNK>"), "<UNK>"), 3, "<s>", folding=LOWER
            ),
        ),
        "vocabulary: no token is read as 'Ab', because folding makes it 'ab'",
    ),
    "surface twice": (
        form(surfaces=(SHAPE, replace(ENDING, name="shape"))),
        "surfaces: there is more than one 'shape'",
    ),
    "surface is an input": (
        form(surfaces=(replace(SHAPE, name="positions"),)),
        "surface 'positions': this is the name of another input variable",
    ),
    "surface name": (
        form(surfaces=(replace(SHAPE, name="Shape"),)),
        "surface 'Shape': the name must be a lower-case letter, then letters, digits "
        "and _ (ASCII)",
    ),
    "surface without values": (
        form(surfaces=(replace(SHAPE, values=()),)),
        "surface 'shape': there is no value",
    ),
    "surface value twice": (
        form(surfaces=(replace(SHAPE, values=("x", "x")),)),
        "surface 'shape': the value 'x' appears more than once",
    ),
    "shape with a length that others have": (
        form(surfaces=(replace(SHAPE, length=1),)),
        "surface 'shape': its length is 1, expected 0 for a shape, or at least 2",
    ),
    "suffix without a length": (
        form(surfaces=(replace(ENDING, length=0),)),
        "surface 'ending': its length is 0, expected at least 1",
    ),
    "too many codes": (
        form(
            surfaces=tuple(
                Surface(f"s{i}", SurfaceKind.PREFIX, (*map(str, range(2000)),), 4)
                for i in range(6)
            )
        ),
        f"surfaces: with the vocabulary they have {3 * 2000**6:,} combinations, "
        "expected less than 2**62; leave one out, or make them smaller",
    ),
    "writes a surface": (
        lambda: replace(
            form(surfaces=(SHAPE,))(),
            statements=(*VALID.statements, replace(EMBED, output="shape")),
        ),
        "statement 4 ('shape'): writes an input variable",
    ),
    "unknown missing": (
        vocabulary("<s>", "a", unknown="?"),
        "input: the unknown token '?' is not in the vocabulary",
    ),
    "begin missing": (
        form(begin="^"),
        "input: the begin token '^' is not in the vocabulary",
    ),
    "end missing": (
        form(end="$"),
        "input: the end token '$' is not in the vocabulary",
    ),
    "frame tokens equal": (
        form(end="<s>"),
        "input: the unknown, begin and end tokens must differ from each other",
    ),
    "unknown is frame": (
        vocabulary("<s>", "a", unknown="<s>"),
        "input: the unknown, begin and end tokens must differ from each other",
    ),
    "no room for the frame": (
        lambda: Program(
            "edited",
            InputFormat(Vocabulary(("<", "a", ">")), 1, "<", ">"),
            (),
            Readout(("x",), ()),
        ),
        "input: max_length is 1, expected at least 2",
    ),
    "no length": (
        lambda: Program(
            "edited", InputFormat(Vocabulary(("a",)), 0), (), Readout(("x",), ())
        ),
        "input: max_length is 0, expected at least 1",
    ),
    "writes an input": (
        extra(replace(EMBED, output=TOKENS)),
        "statement 4 ('tokens'): writes an input variable",
    ),
    "writes twice": (
        extra(replace(EMBED, output="seen")),
        "statement 4 ('seen'): writes a variable that is already written",
    ),
    "reads what is not there": (
        extra(replace(COUNT, output="new", key="nothing")),
        "statement 4 ('new'): reads 'nothing', which is not written before it",
    ),
    "reads itself": (
        extra(replace(ATTEND, output="new", value="new")),
        "statement 4 ('new'): reads 'new', which is not written before it",
    ),
    "three inputs": (
        extra(Table("new", ("kind",) * 3, (0,) * 8, Domain.of_classes(1))),
        "statement 4 ('new'): reads 3 variables, expected 1 or 2",
    ),
    "no inputs": (
        extra(Table("new", (), (0,), Domain.of_classes(1))),
        "statement 4 ('new'): reads 0 variables, expected 1 or 2",
    ),
    "empty domain": (
        extra(Table("new", ("kind",), (0, 0), Domain.of_classes(0))),
        "statement 4 ('new'): its domain is empty",
        "statement 4 ('new'): table entries outside 0..-1: 2, the first is 0",
    ),
    "domain size": (
        extra(embedding("new", (0, 0, 0), Domain(Kind.TOKEN, 2, ("p",)))),
        "statement 4 ('new'): its domain has size 2 but 1 tokens",
    ),
    "domain token twice": (
        extra(embedding("new", (0, 0, 0), Domain.of_tokens(("p", "p")))),
        "statement 4 ('new'): domain: the token 'p' appears more than once",
    ),
    "tokens of a class": (
        extra(embedding("new", (0, 0, 0), Domain(Kind.CLASS, 1, ("p",)))),
        "statement 4 ('new'): its domain has kind class and must not list tokens",
    ),
    "embedding too short": (
        statement(EMBED, table=(0, 1)),
        "statement 0 ('kind'): its table has 2 entries, expected 3: "
        "one for every combination of inputs",
    ),
    "table too long": (
        statement(LOOKUP, table=(0,) * 9),
        "statement 3 ('mixed'): its table has 9 entries, expected 8: "
        "one for every combination of inputs",
    ),
    "entry too large": (
        statement(EMBED, table=(0, 1, 2)),
        "statement 0 ('kind'): table entries outside 0..1: 1, the first is 2",
    ),
    "entries negative": (
        statement(LOOKUP, table=(-1, 3) * 4),
        "statement 3 ('mixed'): table entries outside 0..2: 8, the first is -1",
    ),
    "predicate rows": (
        statement(ATTEND, predicate=((0,),)),
        "statement 1 ('seen'): its predicate has 1 rows, expected 2: "
        "one for every value of 'kind'",
    ),
    "row not rising": (
        statement(COUNT, predicate=((), (2, 1))),
        "statement 2 ('number'): predicate row 1 is not in rising order: (2, 1)",
    ),
    "row repeats": (
        statement(COUNT, predicate=((0, 0), ())),
        "statement 2 ('number'): predicate row 0 is not in rising order: (0, 0)",
    ),
    "key outside": (
        statement(COUNT, predicate=((), (1, 3))),
        "statement 2 ('number'): predicate keys outside 0..2: 1, the first is 3",
    ),
    "value not numerical": (
        extra(replace(COUNT, output="new", value="kind")),
        "statement 4 ('new'): sums 'kind', which is not numerical",
    ),
    "no labels": (
        readout(labels=(), terms=()),
        "readout: there is no label",
    ),
    "label twice": (
        readout(labels=("x", "x")),
        "readout: the label 'x' appears more than once",
    ),
    "term twice": (
        readout(terms=READOUT.terms * 2),
        "readout: 'kind' has more than one term",
        "readout: 'mixed' has more than one term",
    ),
    "term of nothing": (
        readout(terms=(Term("nothing", ()),)),
        "readout: reads 'nothing', which is not written",
    ),
    "rows of a number": (
        readout(terms=(Term("mixed", ((1, 2),) * 3),)),
        "readout: 'mixed' has 3 rows of weights, expected 1",
    ),
    "rows of a class": (
        readout(terms=(Term("kind", ((1, 2),)),)),
        "readout: 'kind' has 1 rows of weights, expected 2",
    ),
    "too few weights": (
        readout(terms=(Term("kind", ((1, 2), (1,))),)),
        "readout: 'kind' has a row without exactly 2 weights",
    ),
    "weight too large": (
        readout(terms=(Term("kind", ((0, -HUGE), (0, 0))),)),
        "readout: a score can reach 2**53: the weights are too large",
    ),
    "factor too large": (
        readout(terms=(Term("mixed", ((0, HUGE // 2),)),)),
        "readout: a score can reach 2**53: the weights are too large",
    ),
}


NAME = "the name must be a lower-case letter, then letters, digits and _ (ASCII)"


def test_the_example_is_valid() -> None:
    assert violations(VALID) == ()
    check(VALID)


@pytest.mark.parametrize("case", BROKEN)
def test_each_violation_is_found_alone(case: str) -> None:
    edit, *expected = BROKEN[case]
    program = edit()
    assert list(violations(program)) == expected
    with pytest.raises(ProgramError) as caught:
        check(program)
    assert list(caught.value.violations) == expected


@pytest.mark.parametrize("name", ["", "New", "a b", "1a", "é", "a-b", "_a", "a\n"])
def test_names(name: str) -> None:
    program = extra(replace(EMBED, output=name))()
    assert violations(program) == (f"statement 4 ({name!r}): {NAME}",)


def test_everything_is_found_at_once() -> None:
    edits = ("entry too large", "table too long", "rows of a class", "row not rising")
    statements = list(VALID.statements)
    terms = READOUT.terms
    for name in edits:
        edited = BROKEN[name][0]()
        for index, old in enumerate(VALID.statements):
            if edited.statements[index] != old:
                statements[index] = edited.statements[index]
        terms = edited.readout.terms if edited.readout != READOUT else terms
    program = replace(
        VALID,
        input=replace(FORM, max_length=0),
        statements=tuple(statements),
        readout=replace(READOUT, terms=terms),
    )
    found = violations(program)
    for name in edits:
        if name != "table too long":  # with max_length 0, other tables fit
            assert BROKEN[name][1] in found
    assert "input: max_length is 0, expected at least 1" in found
    with pytest.raises(ProgramError, match=f"{len(found)} violations:") as caught:
        check(program)
    assert str(caught.value).count("\n  - ") == len(found)


def test_one_violation_is_not_violations() -> None:
    assert str(ProgramError(("x",))).startswith("not a valid program, 1 violation:")


def test_readers_of_a_broken_variable_are_not_blamed() -> None:
    broken = replace(ATTEND, output="broken", key="nothing")
    reader = replace(COUNT, output="reader", query="broken")
    second = Table("second", ("reader", "kind"), (9,), Domain.of_classes(10))
    program = replace(
        VALID,
        statements=(*VALID.statements, broken, reader, second),
        readout=replace(READOUT, terms=(Term("second", ()), Term("broken", ()))),
    )
    assert violations(program) == (
        "statement 4 ('broken'): reads 'nothing', which is not written before it",
    )


def test_a_broken_variable_is_still_written_once() -> None:
    broken = replace(ATTEND, output="broken", key="nothing")
    program = replace(VALID, statements=(*VALID.statements, broken, broken))
    assert "statement 5 ('broken'): writes a variable that is already written" in (
        violations(program)
    )


def test_a_wrong_table_does_not_hide_its_readers_own_faults() -> None:
    program = replace(
        VALID,
        statements=(
            replace(EMBED, table=(0,)),
            replace(ATTEND, predicate=()),
            COUNT,
            LOOKUP,
        ),
    )
    assert [sentence.split(":")[0] for sentence in violations(program)] == [
        "statement 0 ('kind')",
        "statement 1 ('seen')",
    ]


@pytest.mark.parametrize("name", BY_NAME)
def test_golden_programs_are_valid(name: str) -> None:
    assert violations(BY_NAME[name].program) == ()


@given(programs(awkward_tokens))
def test_random_programs_are_valid(program: Program) -> None:
    assert violations(program) == ()


def _mutations(program: Program) -> list[tuple[str, Program]]:
    """Broken variants, each with the place that the violation must name."""
    mutations = []
    for index, old in enumerate(program.statements):
        if isinstance(old, Table):
            changes: list[dict[str, Any]] = [
                {"table": old.table[:-1]},
                {"table": (*old.table, 0)},
                {"table": (*old.table[:-1], old.domain.size)},
                {"table": (-1, *old.table[1:])},
            ]
        elif isinstance(old, Decide):
            changes = [{"terms": (Term("missing", ()),)}]
            for term in old.terms:
                changes += [
                    {"terms": (*old.terms, term)},
                    {"terms": (replace(term, weights=term.weights[:-1]),)},
                    {"terms": (replace(term, weights=(*term.weights, (0,) * 9)),)},
                    {"terms": (replace(term, variable=old.output),)},
                ]
        else:
            keys = program.domains[old.key].size
            changes = [
                {"predicate": old.predicate[:-1]},
                {"predicate": (*old.predicate, ())},
                {"predicate": ((*old.predicate[0], keys), *old.predicate[1:])},
                {"predicate": ((-1, *old.predicate[0]), *old.predicate[1:])},
                {"key": "missing"},
                {"value": old.output},
            ]
        changes.append({"output": "positions"})
        for change in changes:
            statements = list(program.statements)
            statements[index] = replace(old, **change)
            mutations.append(
                (f"statement {index} ", replace(program, statements=tuple(statements)))
            )
    for index, term in enumerate(program.readout.terms):
        for weights in (
            term.weights[:-1],
            (*term.weights, term.weights[0]),
            ((*term.weights[0], 0), *term.weights[1:]),
        ):
            terms = list(program.readout.terms)
            terms[index] = replace(term, weights=weights)
            edited = replace(program.readout, terms=tuple(terms))
            mutations.append(("readout: ", replace(program, readout=edited)))
    return mutations


@given(programs(), st.data())
def test_mutations_are_found_where_they_are(
    program: Program, data: st.DataObject
) -> None:
    mutations = _mutations(program)
    if mutations:
        place, broken = data.draw(st.sampled_from(mutations))
        assert any(s.startswith(place) for s in violations(broken))


@pytest.mark.parametrize(
    ("pooling", "weight", "valid"),
    [
        (Pooling.NONE, (1 << 53) - 6, True),
        (Pooling.NONE, (1 << 53) - 5, False),
        (Pooling.FIRST, (1 << 53) - 6, True),
        (Pooling.FIRST, (1 << 53) - 5, False),
        (Pooling.MEAN, (1 << 51) - 6, True),
        (Pooling.MEAN, (1 << 51) - 5, False),
    ],
)
def test_scores_are_bounded_over_all_terms_and_positions(
    pooling: Pooling, weight: int, valid: bool
) -> None:
    number = Table("number", ("positions",), (0, 1, 2, 3), Domain.of_numbers(5))
    terms = (Term("tokens", ((-weight, 0),)), Term("number", ((0, 1),)))
    program = Program(
        "large",
        InputFormat(Vocabulary(("a",)), 4),
        (number,),
        Readout(("x", "y"), terms, pooling),
    )
    sentence = "readout: a score can reach 2**53: the weights are too large"
    assert violations(program) == (() if valid else (sentence,))


def test_decisions_have_a_weight_for_each_value_and_small_sums() -> None:
    tags = Domain.of_tokens(["x", "x"])
    terms = (Term("kind", ((1, 2), (1,))), Term("kind", ((1, 2),) * 2))
    huge = (Term("number", ((2**60, 0),)),)
    decisions = (Decide("tag", terms, tags), Decide("sum", huge, Domain.of_classes(2)))
    program = replace(VALID, statements=(*VALID.statements, *decisions))
    assert violations(program) == (
        "statement 4 ('tag'): domain: the token 'x' appears more than once",
        "statement 4 ('tag'): 'kind' has more than one term",
        "statement 4 ('tag'): 'kind' has a row without exactly 2 weights",
        "statement 5 ('sum'): a sum can reach 2**53: the weights are too large",
    )
