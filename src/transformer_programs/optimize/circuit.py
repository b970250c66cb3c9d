"""The part of a program that decides some labels.

What the labels do not depend on is taken out: first what is not used at all (the
*slice*), then, one at a time, whatever can be replaced by what it mostly is while the
labels of these inputs stay. What is left is a program of its own, faithful on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis import ClosedForms
from transformer_programs.language import (
    Batch,
    Interpreter,
    Program,
    Scope,
    Statement,
)
from transformer_programs.optimize.statements import (
    Ids,
    Mask,
    cells_of,
    constant,
    drop_dead,
    is_table,
    with_cells,
    with_statement,
)


@dataclass(frozen=True, slots=True)
class ProgramPart:
    """What of a program decides the labels of some inputs.

    Attributes:
        program: What is left: a program with the same labels there.
        kept: The variables that it computes as the whole program does, perhaps with
            fewer cells.
        fixed: Those that are one value instead.
        removed: Those that it does not need.
        cells: Cells of tables that are used, and how many the whole tables have.
        used_cells: The same for every table that is listed.
        offsets: For every head that is kept, how far away the positions are that its
            output comes from: the least and the most, below 0 if they are earlier.
    """

    program: Program
    kept: tuple[str, ...]
    fixed: tuple[str, ...]
    removed: tuple[str, ...]
    cells: tuple[int, int]
    used_cells: dict[str, tuple[int, int]]
    offsets: dict[str, tuple[int, int]]


def part_of_program(
    program: Program, batch: Batch, asked: Mask, label: str | None = None
) -> ProgramPart:
    """Return what decides the labels of some inputs.

    Args:
        program: A valid program.
        batch: The inputs.
        asked: Whose labels have to stay: (sequences, width), or (sequences,) for labels
            of sequences.
        label: If it is given, only whether the label is this one has to stay.
    """
    traced, labels = Interpreter(program).trace_and_predict(batch)
    lengths = np.asarray(batch.lengths)
    real = np.arange(batch.ids.shape[1]) < lengths[:, None]  # (sequences, width)

    wanted = None if label is None else program.readout.labels.index(label)

    def stays(other: Program) -> bool:
        found = Interpreter(other).predict(batch)
        if wanted is not None:
            return bool(((found == wanted) == (labels == wanted))[asked].all())
        return bool((found == labels)[asked].all())

    def fewer(candidate: Program, current: Program) -> Program:
        smaller = drop_dead(candidate)
        return smaller if stays(smaller) else current

    found = drop_dead(program)
    for term in reversed(found.readout.terms[1:]):  # one stays: it says the label
        rest = tuple(t for t in found.readout.terms if t.variable != term.variable)
        readout = replace(found.readout, terms=rest)
        found = fewer(replace(found, readout=readout), found)
    # From the last to the first: what is fixed takes with it what it alone reads.
    for statement in reversed(program.statements):
        if _has(found, statement):
            most = int(np.bincount(traced[statement.output][real]).argmax())
            domain = program.domains[statement.output]
            fixed = constant(statement.output, most, domain)
            found = fewer(with_statement(found, fixed), found)
    used: dict[str, tuple[int, int]] = {}
    for statement in found.statements:
        if is_table(statement) and not _is_constant(statement):
            table, count = _used(statement, program, traced, real)
            used[statement.output] = count, len(statement.table)
            # What is said in an expression is not made longer.
            if not ClosedForms(found).has(statement):
                candidate = with_statement(found, table)
                found = candidate if stays(candidate) else found
    return _described(program, found, used, _offsets(found, batch))


def _used(
    statement: Statement, program: Program, traced: dict[str, Ids], real: Mask
) -> tuple[Statement, int]:
    # Cells that no position of the inputs looks up become the commonest one.
    cells = cells_of(statement, program.domains)
    looked_up = np.zeros(cells.shape, dtype=np.bool_)
    looked_up[tuple(traced[name][real] for name in statement.inputs)] = True
    values, counts = np.unique(cells[looked_up], return_counts=True)
    other: NDArray[np.int64] = np.where(looked_up, cells, values[counts.argmax()])
    return with_cells(statement, statement.inputs, other), int(looked_up.sum())


_LOOKED_AT = 500
"""Sequences from which it is told how far heads look."""


def _offsets(program: Program, batch: Batch) -> dict[str, tuple[int, int]]:
    some = batch[slice(None, None, -(-len(batch) // _LOOKED_AT) or 1)]
    traced = Interpreter(program).trace(some)
    found: dict[str, tuple[int, int]] = {}
    for head in program.heads:
        matching = np.zeros(
            (len(head.predicate), program.domains[head.key].size), dtype=np.bool_
        )
        for index, keys in enumerate(head.predicate):
            matching[index, list(keys)] = True
        away: set[int] = set()
        for row, length in enumerate(some.lengths.tolist()):
            query, key = (traced[x][row, :length] for x in (head.query, head.key))
            pairs = matching[query[:, None], key[None, :]]
            away |= _sources(head.scope, pairs, every=head.sums)
        if away:
            found[head.output] = min(away), max(away)
    return found


def _sources(scope: Scope, pairs: NDArray[np.bool_], *, every: bool) -> set[int]:
    # How far from each position those are that match, or the one that is taken.
    place = np.arange(len(pairs))
    away = place[None, :] - place[:, None]
    allowed = {
        Scope.ALL: np.full_like(pairs, True),
        Scope.BEFORE: away < 0,
        Scope.AFTER: away > 0,
        Scope.CAUSAL: away <= 0,
    }[scope]
    matching = pairs & allowed
    if every:
        return {*away[matching].tolist()}
    # The nearest, the earlier of two, itself as the last; 0 where nothing matches.
    rank = 2 * (len(pairs) + 1 - abs(away)) + (away < 0)
    rank[away == 0] = 1
    taken = np.where(matching, rank, 0).argmax(axis=1)
    return {*(taken - place)[matching.any(axis=1)].tolist()}


def _described(
    program: Program,
    found: Program,
    used: dict[str, tuple[int, int]],
    offsets: dict[str, tuple[int, int]],
) -> ProgramPart:
    left = {s.output: s for s in found.statements}
    fixed = tuple(name for name, s in left.items() if _is_constant(s))
    kept = tuple(name for name in left if name not in fixed)
    removed = tuple(s.output for s in program.statements if s.output not in left)
    whole = sum(len(s.table) for s in program.statements if is_table(s))
    cells = sum(count for count, _ in used.values()), whole
    return ProgramPart(found, kept, fixed, removed, cells, used, offsets)


def _has(program: Program, statement: Statement) -> bool:
    return any(statement.output == s.output for s in program.statements)


def _is_constant(statement: Statement) -> bool:
    return is_table(statement) and len(set(statement.table)) == 1


def sentences(found: ProgramPart) -> Iterator[str]:
    """Yield what was kept, in words."""
    statements = len(found.kept) + len(found.fixed) + len(found.removed)
    yield f"{len(found.kept)} of {statements} statements decide: {_named(found.kept)}"
    if found.fixed:
        yield f"one value will do for {_named(found.fixed)}"
    if found.removed:
        yield f"not needed: {_named(found.removed)}"
    used, whole = found.cells
    if whole:
        yield f"{used:,} of {whole:,} cells of tables are used"


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"
