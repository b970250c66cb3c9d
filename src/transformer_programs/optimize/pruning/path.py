"""A program made smaller step by step: the way from all of it to hardly anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from transformer_programs.codegen import code_lines, emit_python, table_entries
from transformer_programs.data import Encoded, Quality, Scorer
from transformer_programs.optimize.pruning.readout import Fitted, Weights, refit
from transformer_programs.optimize.pruning.removals import (
    Removal,
    Seen,
    removals,
    without_parts,
)
from transformer_programs.optimize.pruning.shorter import shorter
from transformer_programs.optimize.statements import drop_dead
from transformer_programs.program import ONES, Batch, Interpreter, Program

_TRIED = 8
"""Removals whose readout is refitted, of those that cost least without that."""

_BEYOND = 0.1
"""The way ends where the score has fallen by so much more than is allowed."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One program on the way.

    Attributes:
        program: the program.
        quality: how right it is on validation data.
        lines: lines of code of its ``program.py``.
        entries: what its tables, predicates and weights list.
        removed: what was taken out of the one before, in words.
    """

    program: Program
    quality: Quality
    lines: int
    entries: int
    removed: str

    @property
    def statements(self) -> int:
        """How many statements it has."""
        return len(self.program.statements)

    @property
    def score(self) -> float:
        """Accuracy, or entity F1 where labels are BIO tags; 0..1."""
        return self.quality.score

    def numbers(self) -> dict[str, Any]:
        """All but the program, for scripts."""
        return self.quality.numbers() | {
            "statements": self.statements,
            "lines": self.lines,
            "entries": self.entries,
            "removed": self.removed,
        }


@dataclass(frozen=True, slots=True)
class Pruning:
    """The way, and where it was left.

    Attributes:
        stages: from the program as it was, to the smallest one that was looked at.
        chosen: the shortest one whose score is at most ``tolerance`` below that of the
            first, and that lists no more entries than it.
        kept: the chosen one, made as short as its labels allow (``shorter.py``).
        tolerance: how much of the score may be lost; 0..1.
    """

    stages: tuple[Stage, ...]
    chosen: Stage
    kept: Stage
    tolerance: float

    @property
    def changed(self) -> bool:
        """Whether the program that was kept is another one."""
        return self.kept.program != self.stages[0].program


def prune(
    program: Program,
    train: Encoded,
    validation: Scorer,
    tolerance: float,
    on_stage: Callable[[Stage], None] | None = None,
    on_phase: Callable[[str], None] | None = None,
) -> Pruning:
    """Take out what costs the least, until the score has clearly fallen.

    In every step each head, table and term of the readout is taken out for a trial; of
    those that cost the least on validation data some are tried together, and some one
    by one with a readout refitted on training data. The best of these is the next
    stage. Everything is deterministic.

    Args:
        program: a valid program.
        train: what readouts are fitted on.
        validation: what says how much a removal costs.
        tolerance: how much of the score may be lost: a part of the labels, or of the
            entity F1 where labels are BIO tags.
        on_stage: called with every stage.
        on_phase: told that the chosen one is made shorter, which may take a while.
    """
    walk = _Walk(train, validation)
    stage = walk.stage(program, "")
    stages = [stage]
    floor = stage.score - tolerance
    weights: Weights = {}
    while True:
        if on_stage is not None:
            on_stage(stages[-1])
        found = walk.next(stages[-1], weights, floor)
        if found is None or found[0].score < floor - _BEYOND:
            break
        stages.append(found[0])
        weights = found[1]
    enough = [s for s in stages if s.score >= floor and s.entries <= stage.entries]
    chosen = min(enough, key=lambda s: (s.lines, s.statements, -s.score))
    if on_phase is not None:
        on_phase("making the program shorter, with the same labels")
    kept = walk.stage(shorter(chosen.program), chosen.removed)
    return Pruning(tuple(stages), chosen, kept, tolerance)


class _Walk:
    """The steps of a way, on given data."""

    def __init__(self, train: Encoded, validation: Scorer) -> None:
        self._train, self._validation = train, validation
        self._batch = _batch(validation.data)

    def stage(self, program: Program, removed: str) -> Stage:
        lines = code_lines(emit_python(program))
        entries = table_entries(program)
        return Stage(program, self.quality(program), lines, entries, removed)

    def quality(self, program: Program) -> Quality:
        """How right a program is on validation data."""
        return self._validation.quality(Interpreter(program).predict(self._batch))

    def score(self, program: Program) -> float:
        """What programs are compared by."""
        return self.quality(program).score

    def next(
        self, stage: Stage, weights: Weights, floor: float
    ) -> tuple[Stage, Weights] | None:
        """The best program with less in it; None if there is nothing to take out."""
        program = stage.program
        trials = [
            (self.score(without_parts(program, [removal])), removal)
            for removal in removals(program, self._seen(program))
        ]
        trials.sort(key=lambda trial: (-trial[0], -trial[1].entries))
        parts = [removal for _, removal in trials]
        free = [removal for cost, removal in trials if cost >= stage.score]
        while len(free) > 1:
            found = self._refitted(program, free, weights)
            if self.score(found.program) >= min(stage.score, floor):
                return self._staged(found, free)
            free = free[: len(free) // 2]
        fitted = [
            (self._refitted(program, [part], weights), part) for part in parts[:_TRIED]
        ]
        if not fitted:
            return None
        best, part = max(fitted, key=lambda pair: self.score(pair[0].program))
        return self._staged(best, [part])

    def _refitted(
        self, program: Program, parts: list[Removal], weights: Weights
    ) -> Fitted:
        """Without these parts, the readout fitted anew if that helps."""
        smaller = _tidied(without_parts(program, parts))
        if not smaller.readout.terms:
            return Fitted(smaller, weights)
        fitted = refit(smaller, self._train, weights)
        if self.score(fitted.program) >= self.score(smaller):
            return fitted
        return Fitted(smaller, weights)

    def _staged(self, found: Fitted, parts: list[Removal]) -> tuple[Stage, Weights]:
        removed = ", ".join(map(str, parts))
        return self.stage(found.program, removed), found.weights

    def _seen(self, program: Program) -> Seen:
        """What values variables have in validation data."""
        traced = Interpreter(program).trace(self._batch)
        real = np.arange(self._batch.ids.shape[1]) < self._batch.lengths[:, None]
        return {name: ids[real] for name, ids in traced.items()}


def _tidied(program: Program) -> Program:
    """Without what nothing reads, and weights of variables that are constant.

    These only favour some labels everywhere, which a readout that is fitted anew does
    as well with the weights that remain.
    """
    constant = {s.output for s in program.statements if s.inputs == (ONES,)}
    read = tuple(t for t in program.readout.terms if t.variable not in constant)
    readout = replace(program.readout, terms=read or program.readout.terms)
    return drop_dead(replace(program, readout=readout))


def _batch(data: Encoded) -> Batch:
    return Batch(data.ids, data.lengths)
