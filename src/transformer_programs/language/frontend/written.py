"""A Python function as a program: run on lists, and written as statements."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count as numbers
from types import CodeType, FrameType
from typing import Any

from transformer_programs.errors import WritingError
from transformer_programs.language.frontend.readouts import Scoring, scoring_of
from transformer_programs.language.frontend.values import Column, Values
from transformer_programs.language.frontend.variables import (
    Expression,
    Writer,
)
from transformer_programs.language.nodes import INPUTS, Program, Readout, Statement
from transformer_programs.language.rules import NAME
from transformer_programs.language.types import InputFormat

Body = Callable[[Any, Any, Any], Values | Scoring]
"""A function of tokens, positions and ones."""


def code_of(function: Body) -> CodeType:
    """Return the code of a written function.

    Raises:
        WritingError: If it is no function of three arguments.
    """
    code = getattr(function, "__code__", None)
    if not isinstance(code, CodeType) or code.co_argcount != len(INPUTS):
        raise WritingError(
            f"{function!r}: expected a function of {', '.join(INPUTS)}, as in "
            f"def hist({', '.join(INPUTS)}): ..."
        )
    return code


def run_on_lists(
    function: Body, form: InputFormat, tokens: Sequence[str]
) -> list[str] | str:
    """Return the labels of a sequence, by plain Python.

    Raises:
        InputError: For tokens that the program does not accept.
        WritingError: If the function returns no labels.
    """
    known = form.vocabulary.tokens
    framed = [known[code % len(known)] for code in form.encode(tokens)]
    length = len(framed)
    found = scoring_of(
        function(Column(framed), Column(range(length)), Column([1] * length))
    )
    if found.pooled:
        return found.label_of_columns()
    bare = found.labels_of_columns()
    return bare[form.offset : form.offset + len(tokens)]


def write(function: Body, form: InputFormat, name: str) -> Program:
    """Return the program that a function is; it may break rules (``rules.check``).

    Args:
        function: Of tokens, positions and ones.
        form: The input of the program.
        name: What errors call it, and the name of the program.

    Raises:
        WritingError: If it cannot be one; names the line.
    """
    writer = Writer(form, code_of(function), name)
    try:
        with _locals_at_end(writer, function):
            returned = function(*writer.inputs)
        found = scoring_of(returned)
        terms, labels = found.terms(writer)
    except Exception as error:
        raise _placed(error, function, name) from error
    readout = Readout(labels, tuple(terms), found.pooling)
    program = Program(name, form, tuple(writer.statements), readout)
    return _renamed(_needed(program), _names(writer))


def _placed(error: Exception, function: Body, name: str) -> WritingError:
    # Names the line, if the error does not say it itself.
    message = str(error)
    if not isinstance(error, WritingError):
        message = f"the function fails: {type(error).__name__}: {error}"
    elif message.startswith((f"{name}, line ", f"{name}: ")):
        return error
    code, line, trace = code_of(function), None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code is code:
            line = trace.tb_lineno
        trace = trace.tb_next
    at = "" if line is None else f", line {line}"
    return WritingError(f"{name}{at}: {message}")


@contextmanager
def _locals_at_end(writer: Writer, function: Body) -> Iterator[None]:
    # The local variables of a function when it returns name what was written.
    code, before = code_of(function), sys.getprofile()

    def profile(frame: FrameType, event: str, argument: object) -> None:
        del argument
        if event == "return" and frame.f_code is code:
            writer.local = dict(frame.f_locals)

    sys.setprofile(profile)
    try:
        yield
    finally:
        sys.setprofile(before)


def _names(writer: Writer) -> dict[str, str]:
    names: dict[str, str] = {}
    taken = {*INPUTS}
    for given, value in writer.local.items():
        variable = value.written if isinstance(value, Expression) else None
        if variable is None or variable.name in (*INPUTS, *names):
            continue
        name = re.sub(r"[^a-z0-9_]", "_", given.lower()).lstrip("_0123456789")
        if NAME.fullmatch(name) and name not in taken:
            names[variable.name] = name
            taken.add(name)
    # What has no name keeps its own, unless that is taken.
    for statement in writer.statements:
        old = statement.output
        if old not in names:
            stem = old.rstrip("0123456789").rstrip("_")
            free = (f"{stem}_{i}" for i in numbers(1))
            names[old] = next(name for name in free if name not in taken)
            taken.add(names[old])
    return names


def _renamed(program: Program, names: Mapping[str, str]) -> Program:
    terms = tuple(
        replace(term, variable=names.get(term.variable, term.variable))
        for term in program.readout.terms
    )
    return replace(
        program,
        statements=tuple(s.renamed(names) for s in program.statements),
        readout=replace(program.readout, terms=terms),
    )


def _needed(program: Program) -> Program:
    # Only what the labels depend on.
    needed = {term.variable for term in program.readout.terms}
    kept: list[Statement] = []
    for statement in reversed(program.statements):
        if statement.output in needed:
            kept.insert(0, statement)
            needed |= {*statement.inputs}
    return replace(program, statements=tuple(kept))
