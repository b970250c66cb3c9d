"""Minimisation: the shortest program with the same labels that edits lead to.

Every pass keeps the labels on all valid inputs. What it proposes is accepted if it is
valid and shorter, by a measure of natural numbers, so that the passes come to an end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import takewhile

from transformer_programs.analysis import ClosedForms
from transformer_programs.codegen import Outside, code_lines, emit
from transformer_programs.language import Program, check, enumerable
from transformer_programs.optimize.functions import folded, merge_classes
from transformer_programs.optimize.reached import EFFORT, Observed, Reached, reach
from transformer_programs.optimize.readouts import fewer_terms
from transformer_programs.optimize.simpler import (
    Changes,
    fewer_rows,
    instead_of,
    plainer,
    settle_unreached,
)
from transformer_programs.optimize.statements import drop_dead
from transformer_programs.optimize.weights import balance_weights, settle_weights

Length = tuple[int, ...]
Measured = Callable[[Program], Length]
"""How long a program is, and what else must not grow."""

Pass = Callable[["Minimiser"], None]


def measure(program: Program) -> Length:
    """Measure a program: lines, statements, variables read, characters.

    Lines of the file of tables count like those of code.
    """
    source, found = emit(program)
    tables = found or ""
    written = {statement.output for statement in program.statements}
    reads = sum(name in written for s in program.statements for name in {*s.inputs})
    lines = code_lines(source) + tables.count("\n")
    return lines, len(program.statements), reads, len(source) + len(tables)


class Minimiser:
    """A program on its way to a shorter one.

    Args:
        program: A valid program.
        effort: How many values may be computed by passes that try and compare.
        measured: Length of a program.

    Attributes:
        program: The shortest program so far.
        observed: All its inputs and labels; None where there are too many, or where
            nothing may be tried.
    """

    def __init__(
        self, program: Program, effort: int, measured: Measured = measure
    ) -> None:
        self.program = program
        few = effort > 0 and enumerable(program.input)
        self.observed = Observed(program, effort) if few else None
        self._measured, self._length = measured, measured(program)
        self._reached: Reached | None = None

    @property
    def trying(self) -> bool:
        """Whether programs may still be compared on all inputs."""
        return self.observed is not None and not self.observed.spent

    @property
    def reached(self) -> Reached:
        """What occurs in the program as it is now."""
        if self._reached is None:
            self._reached = reach(self.program)
            if self.observed is not None:
                self.observed.spend(len(self.program.statements))
        return self._reached

    def offer(self, program: Program) -> bool:
        """Accept a program that has the same labels, if it is shorter.

        Raises:
            ProgramError: If it is not valid.
        """
        length = self._shorter(program)
        if length is not None:
            self.program, self._length, self._reached = program, length, None
        return length is not None

    def offer_unproved(self, program: Program) -> bool:
        """Accept a program that is shorter and has the same labels on all inputs."""
        return (
            self.observed is not None
            and self.observed.seems_same(program)
            and self._shorter(program) is not None
            and self.observed.same_labels(program)
            and self.offer(program)
        )

    def _shorter(self, program: Program) -> Length | None:
        if program == self.program:
            return None
        check(program)
        length = self._measured(program)
        return length if length < self._length else None


def _dead(work: Minimiser) -> None:
    work.offer(drop_dead(work.program))


def _readout(work: Minimiser) -> None:
    if work.observed is not None and not work.observed.spent:
        work.offer_unproved(fewer_terms(work.program, work.observed))


def _functions(work: Minimiser) -> None:
    while any(map(work.offer, folded(work.program, work.reached))):
        pass


def _tried(changes: Changes) -> Pass:
    # A pass that tries changes of every statement, the last statements first.
    def trials(work: Minimiser, name: str) -> Iterator[Program]:
        for statement in work.program.statements:
            if statement.output == name and work.trying:
                found = changes(work.program, work.reached, statement)
                yield from takewhile(lambda _: work.trying, found)

    def step(work: Minimiser) -> None:
        for name in [s.output for s in reversed(work.program.statements)]:
            while any(map(work.offer_unproved, trials(work, name))):
                pass

    step.__name__ = changes.__name__
    return step


def _always(change: Callable[[Program, Reached], Program]) -> Pass:
    # A pass that needs to know only what occurs.
    def step(work: Minimiser) -> None:
        work.offer(drop_dead(change(work.program, work.reached)))

    step.__name__ = change.__name__
    return step


_UNREACHED, _CLASSES = _always(settle_unreached), _always(merge_classes)
_WEIGHTS, _BALANCE = _always(settle_weights), _always(balance_weights)
_TRIED = (_tried(instead_of), _tried(plainer), _tried(fewer_rows))

PASSES: tuple[Pass, ...] = (
    *(_dead, _readout, _UNREACHED, _functions, _CLASSES, _WEIGHTS, _BALANCE),
    *_TRIED,
)
"""Passes in the order in which they are applied, until none gives anything."""

QUICK: tuple[Pass, ...] = (_dead, _UNREACHED, _WEIGHTS, _BALANCE)
"""Passes that need not look at every variable: for programs with large tables, of which
every measure takes a second."""


def minimise(
    program: Program, effort: int = EFFORT, measured: Measured = measure
) -> Program:
    """Return a program with the same labels on every valid input, made short by passes.

    Args:
        program: A valid program.
        effort: How many values may be computed by trying and comparing, where all
            inputs can be enumerated; the rest of the passes is not bounded.
        measured: Measure that must fall with every change.
    """
    work = Minimiser(program, effort, measured)
    passes = QUICK if Outside(ClosedForms(program)).heavy else PASSES
    seen: dict[Pass, Program] = {}
    while any(seen.get(step) is not work.program for step in passes):
        for step in passes:
            if seen.get(step) is not work.program:
                step(work)
                seen[step] = work.program
    return work.program
