"""A program made as short as its labels allow, where that makes it simpler to read."""

from __future__ import annotations

import numpy as np

from transformer_programs.analysis import length_bound
from transformer_programs.codegen import table_entries
from transformer_programs.errors import LengthError
from transformer_programs.optimize.minimising import (
    Measure,
    Measured,
    measure,
    minimise,
)
from transformer_programs.optimize.resizing import resize
from transformer_programs.program import Interpreter, Program

_TIMES = (2, 4)
"""Times its own length at which a program that holds at any length is compared."""

_DRAWN = 500
"""Inputs that are drawn at each of these lengths."""


def shorter(program: Program) -> Program:
    """The same labels by fewer lines, without more table entries than before.

    A program that holds at any length is kept as it is unless the shorter one does so
    too, and gives the same labels on drawn inputs of two and four times its length.

    Args:
        program: a valid program.
    """
    found = minimise(program, measured=_reading(program))
    if found == program or length_bound(program) or _same_beyond(program, found):
        return found
    return program


def _reading(program: Program) -> Measured:
    """A measure of what must be read; more entries than those of a program cost most.

    So a closed form is not replaced by a table, nor one that means something at any
    length by one that does not: both would be shorter, and say less.
    """
    most, free = table_entries(program), not length_bound(program)

    def measured(program: Program) -> Measure:
        more = max(0, table_entries(program) - most)
        bound = free and bool(length_bound(program))
        return more, int(bound), *measure(program)

    return measured


def _same_beyond(one: Program, other: Program) -> bool:
    """Whether two programs that hold at any length agree on drawn longer inputs."""
    form, rng = one.input, np.random.default_rng(0)
    for times in _TIMES:
        length = times * form.max_bare_length
        drawn = rng.choice(form.symbols, (_DRAWN, length)).tolist()
        try:
            longer = [resize(p, length + form.frame_size) for p in (one, other)]
        except LengthError:  # too large to be written out
            return False
        labels = [Interpreter(program).labels(drawn) for program in longer]
        if labels[0] != labels[1]:
            return False
    return True
