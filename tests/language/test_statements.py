"""What structural code may ask of any statement."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import given

from statements import counting, embedding
from strategies import programs
from transformer_programs.language.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Head,
    Program,
    Table,
    _Structure,
)
from transformer_programs.language.types import Domain

DOMAINS = {"a": Domain.of_classes(2), "b": Domain.of_classes(3)}
SUM = counting("n", "a", "b", ONES, ((0, 2), (2,)))
COPY = Head("c", "a", "b", "a", ((0, 2), (2,)))
PAIR = Table("t", ("a", "b"), (0, 1, 2, 3, 4, 5), Domain.of_classes(6))
CLASS = embedding("k", (1, 0), Domain.of_classes(2))


@dataclass(frozen=True, slots=True)
class Unknown(_Structure):
    """A kind of statement that nothing dispatches on."""

    roles = ("first",)

    output: str
    first: str

    @property
    def inputs(self) -> tuple[str, ...]:
        return (self.first,)


def test_defaults_are_safe() -> None:
    new = Unknown("u", "a")
    assert new.looks_around
    assert new.copied is None
    assert not new.of_tokens
    assert new.listed == ("a",)
    assert [list(view) for view in new.views("a", DOMAINS)] == [[0, 1]]
    assert not [*new.views("b", DOMAINS)]
    assert new.renamed({"a": "b", "u": "v"}) == Unknown("v", "b")


def test_structure() -> None:
    assert [s.copied for s in (SUM, COPY, PAIR)] == [None, "a", None]
    assert [s.looks_around for s in (SUM, COPY, PAIR)] == [True, True, False]
    assert [s.listed for s in (SUM, PAIR)] == [("a", "b"), ("a", "b")]
    assert [s.entries for s in (SUM, PAIR)] == [3, 6]
    assert [s.of_tokens for s in (SUM, PAIR, CLASS)] == [False, False, True]


def test_views() -> None:
    assert [*SUM.views("a", DOMAINS)] == [((0, 2), (2,))]
    assert [*SUM.views("b", DOMAINS)] == [[(0,), (), (0, 1)]]
    assert [*PAIR.views("a", DOMAINS)] == [[(0, 1, 2), (3, 4, 5)]]
    assert [*PAIR.views("b", DOMAINS)] == [[(0, 3), (1, 4), (2, 5)]]
    assert [*CLASS.views(TOKENS, {TOKENS: Domain.of_tokens("xy")})] == [(1, 0)]
    assert not [*PAIR.views("c", DOMAINS)]


def test_every_role_is_renamed() -> None:
    names = {"a": "x", "b": "y", "n": "m", "c": "d", "t": "s"}
    assert SUM.renamed(names) == replace(SUM, output="m", query="x", key="y")
    assert COPY.renamed(names) == replace(
        COPY, output="d", query="x", key="y", value="x"
    )
    assert PAIR.renamed(names) == replace(PAIR, output="s", inputs=("x", "y"))


@given(programs())
def test_statements_of_a_program(program: Program) -> None:
    kinds = (*program.heads, *program.tables, *program.decisions)
    assert {*kinds} == {*program.statements}
    for statement in program.statements:
        assert statement.renamed({}) == statement
        read = {name: f"{name}_" for name in (*statement.inputs, POSITIONS)}
        assert statement.renamed(read).inputs == tuple(map(read.get, statement.inputs))
        for name in statement.inputs:
            for view in statement.views(name, program.domains):
                assert len(view) == program.domains[name].size
