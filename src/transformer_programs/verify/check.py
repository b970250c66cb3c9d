"""Checks of a program: against a specification, or for a property.

Where at most two million inputs exist, all are examined. Where there are more, a solver
can search for a counterexample; what it does not decide is tested on drawn inputs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

import numpy as np

from transformer_programs.data import Target
from transformer_programs.errors import AgreementError, SettingsError
from transformer_programs.language import (
    BLOCK,
    Batch,
    Interpreter,
    Program,
    domain_size,
    encode_batch,
    enumerable,
    enumerate_inputs,
    joined,
)
from transformer_programs.tasks import InputSpace
from transformer_programs.verify.agreement import Advance
from transformer_programs.verify.inputs import blocks, edge_cases, random_inputs
from transformer_programs.verify.predictors import bare_tokens
from transformer_programs.verify.properties import Test, property_of
from transformer_programs.verify.result import (
    CheckResult,
    Counterexample,
    Method,
    Tokens,
    as_target,
    counted,
    shown,
)
from transformer_programs.verify.solver.circuit import Circuit, Literal
from transformer_programs.verify.solver.encode import Choice, check_solvable, encode
from transformer_programs.verify.solver.prove import (
    Solved,
    SolverBudget,
    solve,
    unequal,
)
from transformer_programs.verify.specification import (
    DRAWN,
    Inputs,
    Specification,
    which_inputs,
)

COMPARED = 10_000
"""Inputs compared with a specification at once: bounds the memory."""

WHERE_SPECIFIED = " (where it asks for a label)"
"""Added to a statement about a specification that leaves labels open."""


def check_specification(
    program: Program,
    specification: Specification,
    *,
    drawn: int = DRAWN,
    budget: SolverBudget | None = None,
    advance: Advance | None = None,
) -> CheckResult:
    """Search for the shortest input whose labels are not those that are specified.

    Args:
        program: a valid program.
        specification: the expected labels.
        drawn: the number of random inputs where more than two million exist.
        budget: of a solver that searches there before; None for no solver.
        advance: told how many inputs have been compared, or how many lengths proved.

    Raises:
        AgreementError: If the interpreter does not confirm what the solver found.
        SettingsError: If ``drawn`` is less than 1, or no solver is installed.
    """
    _check_drawn(drawn)
    started, name = time.perf_counter(), specification.name
    left_open: set[bool] = set()  # whether the labels of an input are not all specified

    def labels(block: Sequence[Tokens]) -> Sequence[Target]:
        found = specification.labels(block)
        left_open.update(None in one for one in found if not isinstance(one, str))
        return found

    def goals(circuit: Circuit, tokens: Sequence[Choice]) -> Iterator[Literal]:
        assert specification.encode is not None
        expected = specification.encode(circuit, tokens)
        left_open.add(None in expected)
        return unequal(circuit, encode(program, circuit, tokens), expected)

    inputs = specification.inputs(drawn)
    solved = Solved(0, stopped_at=inputs.lengths[0])
    if budget is not None and not inputs.whole:
        if specification.encode is None:
            solved = replace(solved, reservation=f"a solver cannot read {name}")
        else:
            name = specification.solved_name or name
            solved = solve(specification.space, goals, name, budget, advance)
            advance = None  # was told how many lengths are proved
    noting = replace(specification, name=name, labels=labels)
    if solved.stopped_at is None:
        example = _confirmed_difference(program, noting, solved.counterexample)
        claim, count = f"equal to {name}", counted(solved.inputs)
        about = claim, Method.SOLVER, inputs.lengths, count
        result = CheckResult(*about, 0, example, which=specification.which)
    else:  # what is not proved is tested: the inputs of the other lengths
        rest = inputs.from_length(solved.stopped_at)
        result = solved.noted(_compare(program, noting, rest, advance))
    claim = result.claim + (WHERE_SPECIFIED if True in left_open else "")
    return replace(result, claim=claim, seconds=_since(started))


def _compare(
    program: Program,
    specification: Specification,
    inputs: Inputs,
    advance: Advance | None = None,
) -> CheckResult:
    first = next(differences(program, specification, inputs, advance), None)
    covered = inputs.count if inputs.method is Method.CLASSES else inputs.size
    compared, example = first or (covered, None)
    other = inputs.size - covered if example is None else 0
    about = f"equal to {specification.name}", inputs.method, inputs.lengths, compared
    return CheckResult(*about, 0, example, which=specification.which, rewritten=other)


def differences(
    program: Program,
    specification: Specification,
    inputs: Inputs,
    advance: Advance | None = None,
) -> Iterator[tuple[int, Counterexample]]:
    """Yield every input on which labels differ, and how many were compared up to it."""
    interpreter, name = Interpreter(program), specification.name
    rest, compared = chain(inputs.sequences, inputs.rewritten or ()), 0
    while block := list(islice(rest, COMPARED)):
        expected = specification.labels(block)
        found = map(as_target, interpreter.labels(block))
        for tokens, labels, wanted in zip(block, found, expected, strict=True):
            compared += 1
            if differ(labels, wanted):
                why = f"{name} {shown(wanted)}"
                yield compared, Counterexample(tokens, labels, why)
        if advance is not None:
            advance(name, len(block), inputs.size)


def differ(labels: Target, expected: Target) -> bool:
    """Return whether labels are not the expected ones, where these are specified."""
    if isinstance(labels, str) or isinstance(expected, str):
        return labels != expected
    if len(labels) != len(expected):
        return True
    pairs = zip(labels, expected, strict=True)
    return any(wanted not in (None, label) for label, wanted in pairs)


def _confirmed_difference(
    program: Program, specification: Specification, tokens: Tokens | None
) -> Counterexample | None:
    if tokens is None:
        return None
    said = as_target(Interpreter(program)(tokens))
    (wanted,) = specification.labels([tokens])
    if not differ(said, wanted):
        raise AgreementError(
            f"the solver and the interpreter differ: on {shown(tokens)} the solver "
            f"sees labels that differ from {specification.name}, and the interpreter "
            f"gives {shown(said)}, as they should be; please report this (your own "
            "task: does its formula say what its definition says?)"
        )
    return Counterexample(tokens, said, f"{specification.name} {shown(wanted)}")


def check_property(
    program: Program,
    name: str,
    *,
    drawn: int = DRAWN,
    budget: SolverBudget | None = None,
    advance: Advance | None = None,
) -> CheckResult:
    """Search for the shortest input on which a program lacks a property.

    ``name`` is a key of ``PROPERTIES``, or ``never LABEL``; the rest is as for
    ``check_specification``, where edge cases are examined besides ``drawn`` inputs.

    Raises:
        AgreementError: If the interpreter does not confirm what the solver found.
        SettingsError: If there is no such property or label, or it is not defined for
            such a program; ``drawn`` is less than 1; or no solver is installed.
    """
    _check_drawn(drawn)
    started = time.perf_counter()
    interpreter, form = Interpreter(program), program.input
    lengths = form.min_bare_length, form.max_bare_length
    found = property_of(interpreter, name)
    test = found.test

    def result(
        method: Method, inputs: int | str, example: Counterexample | None = None
    ) -> CheckResult:
        about = found.text, method, lengths, inputs, _since(started), example
        return CheckResult(*about, which=which_inputs(form))

    untried = found.follows and budget is None and not enumerable(form)
    if test is None or untried:
        size = "possible" if form.surfaces else counted(domain_size(form))
        return result(Method.STRUCTURE, size)
    if enumerable(form):
        size, batches = domain_size(form), enumerate_inputs(form)
        examined = _examine(interpreter, test, name, advance, batches, size)
        return result(Method.ENUMERATION, *examined)
    solved = Solved(0, stopped_at=lengths[0])
    if budget is not None:
        check_solvable(program)
        space = InputSpace((form.symbols,), range(lengths[0], lengths[1] + 1))
        solved = solve(space, test.goals, name, budget, advance)
    if solved.stopped_at is None:
        example = _confirmed(interpreter, test, name, solved.counterexample)
        return result(Method.SOLVER, counted(solved.inputs), example)
    # Random inputs, and edge cases, which they rarely hit; the shortest first.
    edges = encode_batch(form, edge_cases(form), form.max_length)
    tried = joined((random_inputs(form, drawn, seed=1), edges))
    tried = tried[np.argsort(tried.lengths, kind="stable")]
    batches = blocks(tried, BLOCK)
    examined = _examine(interpreter, test, name, advance, batches, len(tried))
    return solved.noted(result(Method.DRAWN, *examined))


def _examine(
    interpreter: Interpreter,
    test: Test,
    name: str,
    advance: Advance | None,
    batches: Iterator[Batch],
    total: int,
) -> tuple[int | str, Counterexample | None]:
    # The number of inputs up to the first counterexample, and this.
    examined = 0
    for batch in batches:
        broken = np.flatnonzero(test.broken(batch, interpreter.predict(batch)))
        if len(broken):
            (tokens,) = bare_tokens(interpreter.program, batch[broken[:1]])
            return examined + int(broken[0]) + 1, test.counterexample(tokens)
        examined += len(batch)
        if advance is not None:
            advance(name, len(batch), total)
    return counted(total), None


def _confirmed(
    interpreter: Interpreter, test: Test, name: str, tokens: Tokens | None
) -> Counterexample | None:
    if tokens is None:
        return None
    batch = encode_batch(interpreter.program.input, [tokens])
    if not test.broken(batch, interpreter.predict(batch)).all():
        raise AgreementError(
            f"the solver and the interpreter differ: on {shown(tokens)} the solver "
            f"sees {name!r} broken, the interpreter does not; please report this"
        )
    return test.counterexample(tokens)


def _check_drawn(drawn: int) -> None:
    if drawn < 1:
        raise SettingsError(f"expected at least 1 drawn input, got {drawn}")


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 3)
