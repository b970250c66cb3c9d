"""How two programs differ as they are written."""

from __future__ import annotations

from dataclasses import replace

from golden_programs import BY_NAME
from transformer_programs.analysis.difference import changes
from transformer_programs.language.nodes import Head, Program, Scope, Table
from transformer_programs.language.types import Domain

HIST = BY_NAME["hist"].program
OPINION = BY_NAME["opinion"].program


def texts(first: Program, second: Program) -> list[str]:
    return [str(change) for change in changes(first, second)]


def test_equal_programs_have_no_changes() -> None:
    assert changes(HIST, HIST) == ()
    assert changes(HIST, replace(HIST, name="other")) == ()


def test_cells_that_differ_are_named() -> None:
    head, *rest = HIST.statements
    assert isinstance(head, Head)
    row = tuple(k for k in head.predicate[0] if k != 0)
    edited = replace(head, predicate=(row, *head.predicate[1:]), scope=Scope.CAUSAL)
    found = texts(HIST, replace(HIST, statements=(edited, *rest)))
    name = head.output
    assert f'{name}: scope: "all" -> "causal"' in found
    assert any(t.startswith(f"{name}: 1 cell differs: ") for t in found)
    assert any(t.endswith('"matches" -> nothing') for t in found)


def test_tables_are_compared_by_values() -> None:
    index, table = next(
        (i, s) for i, s in enumerate(HIST.statements) if isinstance(s, Table)
    )
    turned = replace(table, table=tuple(reversed(table.table)))
    statements = list(HIST.statements)
    statements[index] = turned
    (found,) = texts(HIST, replace(HIST, statements=tuple(statements)))
    differ = sum(a != b for a, b in zip(table.table, turned.table, strict=True))
    assert found.startswith(f"{table.output}: {differ} cells differ: ")


def test_values_that_are_never_written_are_a_change() -> None:
    index, table = next(
        (i, s) for i, s in enumerate(HIST.statements) if isinstance(s, Table)
    )
    more = replace(table.domain, size=6, tokens=(*table.domain.tokens, "never"))
    statements = list(HIST.statements)
    statements[index] = replace(table, domain=more)
    term = HIST.readout.terms[0]
    weights = (*term.weights, (0,) * len(HIST.readout.labels))
    readout = replace(HIST.readout, terms=(replace(term, weights=weights),))
    other = replace(HIST, statements=tuple(statements), readout=readout)
    (found,) = texts(HIST, other)
    assert found.startswith(f"{table.output}: values: ")
    assert found.endswith('"never"')


def test_statements_of_one_program_alone() -> None:
    extra = replace(HIST.tables[0], output="extra")
    more = replace(HIST, statements=(*HIST.statements, extra))
    assert texts(more, HIST) == ["extra: only the first program computes it"]
    assert texts(HIST, more) == ["extra: only the second program computes it"]


def test_readouts_and_inputs_are_compared() -> None:
    term = OPINION.readout.terms[0]
    (first, *weights), *rows = term.weights
    edited = replace(term, weights=((first + 1, *weights), *rows))
    readout = replace(OPINION.readout, terms=(edited, *OPINION.readout.terms[1:]))
    (found,) = texts(OPINION, replace(OPINION, readout=readout))
    assert found.startswith(f"readout: 1 weight differs: each {term.variable}")
    split = replace(OPINION, input=replace(OPINION.input, split="characters"))
    assert texts(OPINION, split) == ['input: split: "words" -> "characters"']


def test_decisions_are_compared_by_weights_and_values() -> None:
    rounds = BY_NAME["rounds"].program
    first, *rest = rounds.statements
    (term,) = rounds.decisions[0].terms
    (row, *rows) = term.weights
    edited = replace(term, weights=((row[0] + 4, *row[1:]), *rows))
    tags = Domain.of_tokens(["noun", "verb", "others"])
    for change, expected in (
        ({"terms": (edited,)}, '1 weight differs: tokens = "saw" for "noun": 3 -> 7'),
        (
            {"terms": (), "domain": tags},
            'values: "noun", "verb", "other" -> "noun", "verb", "others"',
        ),
    ):
        other = replace(rounds, statements=(replace(first, **change), *rest))
        assert f"tag_1: {expected}" in texts(rounds, other)
