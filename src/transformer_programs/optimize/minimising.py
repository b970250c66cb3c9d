"""A program made as short as its labels allow.

Every pass keeps the labels on all valid inputs. What it gives is taken if it is valid
and shorter, by a measure of natural numbers: so there is an end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from transformer_programs.analysis import ClosedForms
from transformer_programs.codegen import Outside, code_lines, emit
from transformer_programs.optimize.classes import merge_classes
from transformer_programs.optimize.functions import folded
from transformer_programs.optimize.observed import EFFORT, Effort, Observed
from transformer_programs.optimize.reached import Reached, reach
from transformer_programs.optimize.refit import refitted
from transformer_programs.optimize.simpler import (
    fewer_rows,
    instead_of,
    plainer,
    settle_unreached,
)
from transformer_programs.optimize.statements import drop_dead
from transformer_programs.optimize.weights import balance_weights, settle_weights
from transformer_programs.program import Program, Statement, check, enumerable

Measure = tuple[int, ...]

Measured = Callable[[Program], Measure]
"""How long a program is, and what else must not grow."""

Pass = Callable[["Work"], None]

Changes = Callable[[Program, Reached, Statement], Iterator[Program]]


def measure(program: Program) -> Measure:
    """How long a program is: lines, statements, what they read, characters.

    Lines of the file of tables count like those of code.
    """
    source, found = emit(program)
    tables = found or ""
    written = {statement.output for statement in program.statements}
    reads = sum(name in written for s in program.statements for name in {*s.inputs})
    lines = code_lines(source) + tables.count("\n")
    return lines, len(program.statements), reads, len(source) + len(tables)


class Work:
    """A program on its way to a shorter one.

    Attributes:
        program: the shortest so far.
        observed: all its inputs and labels; None where there are too many, or where
            nothing may be tried.
        effort: what may still be computed by passes that try and compare.

    Args:
        program: a valid program.
        effort: what may be computed.
        measured: how long a program is.
    """

    def __init__(
        self, program: Program, effort: int, measured: Measured = measure
    ) -> None:
        self.program = program
        self._measured = measured
        self.effort = Effort(effort)
        few = effort > 0 and enumerable(program.input)
        self.observed = Observed(program, self.effort) if few else None
        self._measure = measured(program)
        self._reached: Reached | None = None

    @property
    def reached(self) -> Reached:
        """What occurs in the program as it is now."""
        if self._reached is None:
            self._reached = reach(self.program)
            if self.observed is not None:
                self.observed.spend(len(self.program.statements))
        return self._reached

    def offer(self, program: Program) -> bool:
        """Take a program that has the same labels, if it is shorter.

        Raises:
            ProgramError: if it is not valid.
        """
        found = self._shorter(program)
        if found is not None:
            self.program, self._measure, self._reached = program, found, None
        return found is not None

    def offer_unproved(self, program: Program) -> bool:
        """Take a program if it is shorter and has the same labels on all inputs."""
        observed = self.observed
        if observed is None or not observed.seems_same(program):
            return False
        shorter = self._shorter(program) is not None
        return shorter and observed.same_labels(program) and self.offer(program)

    def _shorter(self, program: Program) -> Measure | None:
        """Its measure, if that is smaller."""
        if program == self.program:
            return None
        check(program)
        found = self._measured(program)
        return found if found < self._measure else None


def _dead(work: Work) -> None:
    """What nothing reads."""
    work.offer(drop_dead(work.program))


def _refit(work: Work) -> None:
    """Readout terms and rows of weights that others can stand in for."""
    if work.observed is not None and not work.effort.spent:
        work.offer_unproved(refitted(work.program, work.observed))


def _simpler(changes: Changes) -> Pass:
    """A pass that tries changes of every statement, the last ones first."""

    def one(work: Work, name: str) -> bool:
        statements = {s.output: s for s in work.program.statements}
        if name not in statements:
            return False
        for program in changes(work.program, work.reached, statements[name]):
            if work.effort.spent:
                return False
            if work.offer_unproved(program):
                return True
        return False

    def step(work: Work) -> None:
        if work.observed is not None and not work.effort.spent:
            for name in [s.output for s in reversed(work.program.statements)]:
                while one(work, name):
                    pass

    step.__name__ = changes.__name__
    return step


def _functions(work: Work) -> None:
    """Variables that follow from others."""
    while any(map(work.offer, folded(work.program, work.reached))):
        pass


def _always(change: Callable[[Program, Reached], Program]) -> Pass:
    """A pass that needs to know only what occurs."""

    def step(work: Work) -> None:
        work.offer(drop_dead(change(work.program, work.reached)))

    step.__name__ = change.__name__
    return step


_UNREACHED = _always(settle_unreached)
_WEIGHTS, _BALANCE = _always(settle_weights), _always(balance_weights)

PASSES: tuple[Pass, ...] = (
    _dead,
    _refit,
    _UNREACHED,
    _functions,
    _always(merge_classes),
    _WEIGHTS,
    _BALANCE,
    _simpler(instead_of),
    _simpler(plainer),
    _simpler(fewer_rows),
)
"""In the order in which they are applied, until none gives anything."""


QUICK: tuple[Pass, ...] = (_dead, _UNREACHED, _WEIGHTS, _BALANCE)
"""Those that need not look at every variable: for programs with large tables, of which
every measure takes a second."""


def minimise(
    program: Program, effort: int = EFFORT, measured: Measured = measure
) -> Program:
    """A program with the same labels on every valid input, as short as passes make it.

    Args:
        program: a valid program.
        effort: how many values may be computed by trying and comparing, where all
            inputs can be enumerated; the rest of the passes is not bounded.
        measured: what must fall with every change.
    """
    work = Work(program, effort, measured)
    passes = QUICK if Outside(ClosedForms(program)).heavy else PASSES
    seen: dict[Pass, Program] = {}
    while any(seen.get(step) is not work.program for step in passes):
        for step in passes:
            if seen.get(step) is not work.program:
                step(work)
                seen[step] = work.program
    return work.program
