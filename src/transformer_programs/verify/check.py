"""Checks of a program: against a specification, or for a property.

Where at most two million inputs exist, all are examined. Where there are more, a solver
can search for a counterexample; what it does not decide is tested on drawn inputs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, dropwhile, islice

import numpy as np

from transformer_programs.data import Target
from transformer_programs.errors import AgreementError, SettingsError
from transformer_programs.program import (
    BLOCK,
    Batch,
    InputFormat,
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
from transformer_programs.verify.inputs import edge_cases, random_inputs
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
from transformer_programs.verify.solver.decide import SolverBudget
from transformer_programs.verify.solver.encode import Choice, check_solvable, encode
from transformer_programs.verify.solver.prove import Encoded, solve, unequal
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
    started, where = time.perf_counter(), ""

    def labels(block: Sequence[Tokens]) -> Sequence[Target]:
        nonlocal where
        found = specification.labels(block)
        if any(None in target for target in found if not isinstance(target, str)):
            where = WHERE_SPECIFIED
        return found

    def encode_labels(circuit: Circuit, tokens: Sequence[Choice]) -> Encoded:
        nonlocal where
        assert specification.encode is not None
        found = specification.encode(circuit, tokens)
        if None in found:
            where = WHERE_SPECIFIED
        return found

    noting = replace(specification, labels=labels, encode=encode_labels)
    inputs = specification.inputs(drawn)
    if budget is None or inputs.whole:
        result = _compare(program, noting, inputs, advance)
    elif specification.encode is None:
        reservation = f"a solver cannot read {specification.name}"
        result = _compare(program, noting, inputs, advance)
        result = replace(result, reservation=reservation)
    else:
        noting = replace(noting, name=specification.solved_name or specification.name)
        result = _solve(program, noting, inputs, budget, advance)
    return replace(result, claim=result.claim + where, seconds=_since(started))


def _compare(
    program: Program,
    specification: Specification,
    inputs: Inputs,
    advance: Advance | None = None,
) -> CheckResult:
    first = next(differences(program, specification, inputs, advance), None)
    method = inputs.method
    covered = inputs.count if method is Method.CLASSES else inputs.size
    compared, example = first or (covered, None)
    return CheckResult(
        claim=f"equal to {specification.name}",
        method=method,
        lengths=inputs.lengths,
        inputs=compared,
        seconds=0,
        counterexample=example,
        which=specification.which,
        rewritten=inputs.size - covered if example is None else 0,
    )


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


def _solve(
    program: Program,
    specification: Specification,
    drawn: Inputs,
    budget: SolverBudget,
    advance: Advance | None,
) -> CheckResult:
    name, encode_labels = specification.name, specification.encode
    assert encode_labels is not None

    def goals(circuit: Circuit, tokens: Sequence[Choice]) -> Iterator[Literal]:
        expected = encode_labels(circuit, tokens)
        return unequal(circuit, encode(program, circuit, tokens), expected)

    found = solve(specification.space, goals, name, budget, advance)
    if found.stopped_at is not None:
        # What is not proved is tested: the drawn inputs of the other lengths.
        stop, most = found.stopped_at, drawn.lengths[1]
        rest = list(dropwhile(lambda tokens: len(tokens) < stop, drawn.sequences))
        inputs = replace(drawn, sequences=rest, count=len(rest), lengths=(stop, most))
        return found.noted(_compare(program, specification, inputs))
    tokens, example = found.counterexample, None
    if tokens is not None:
        (said,) = map(as_target, Interpreter(program).labels([tokens]))
        (wanted,) = specification.labels([tokens])
        if not differ(said, wanted):
            raise AgreementError(
                f"the solver and the interpreter differ: on {shown(tokens)} the solver "
                f"sees labels that differ from {name}, and the interpreter gives "
                f"{shown(said)}, as they should be; please report this (your own task: "
                "does its formula say what its definition says?)"
            )
        example = Counterexample(tokens, said, f"{name} {shown(wanted)}")
    return CheckResult(
        claim=f"equal to {name}",
        method=Method.SOLVER,
        lengths=drawn.lengths,
        inputs=counted(found.inputs),
        seconds=0,
        counterexample=example,
        which=specification.which,
    )


def check_property(
    program: Program,
    name: str,
    *,
    drawn: int = DRAWN,
    budget: SolverBudget | None = None,
    advance: Advance | None = None,
) -> CheckResult:
    """Search for the shortest input on which a program lacks a property.

    Args:
        program: a valid program.
        name: a key of ``PROPERTIES``, or ``never LABEL``.
        drawn: the number of random inputs that are examined, besides edge cases, where
            more than two million exist.
        budget: of a solver that searches there before; None for no solver.
        advance: told how many inputs have been examined, or how many lengths proved.

    Raises:
        AgreementError: If the interpreter does not confirm what the solver found.
        SettingsError: If there is no such property or label, the property is not
            defined for such a program, ``drawn`` is less than 1, or no solver is
            installed.
    """
    _check_drawn(drawn)
    started = time.perf_counter()
    interpreter, form = Interpreter(program), program.input
    least, most = form.min_bare_length, form.max_bare_length
    found = property_of(interpreter, name)

    def result(
        method: Method, inputs: int | str, example: Counterexample | None = None
    ) -> CheckResult:
        about = found.text, method, (least, most), inputs, _since(started), example
        return CheckResult(*about, which=which_inputs(form))

    if found.test is None:
        size = "possible" if form.surfaces else counted(domain_size(form))
        return result(Method.STRUCTURE, size)
    examine = partial(_examine, interpreter, found.test, name, advance)
    if enumerable(form):
        examined = examine(enumerate_inputs(form), domain_size(form))
        return result(Method.ENUMERATION, *examined)
    solved = None
    if budget is not None:
        check_solvable(program)
        space = InputSpace((form.symbols,), range(least, most + 1))
        solved = solve(space, found.test.goals, name, budget, advance)
        if solved.stopped_at is None:
            tokens, example = solved.counterexample, None
            if tokens is not None:
                example = _confirmed(interpreter, name, found.test, tokens)
            return result(Method.SOLVER, counted(solved.inputs), example)
    tried = _tried(form, drawn)
    tested = result(Method.DRAWN, *examine(_blocks(tried), len(tried)))
    return tested if solved is None else solved.noted(tested)


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
    interpreter: Interpreter, name: str, test: Test, tokens: Tokens
) -> Counterexample:
    batch = encode_batch(interpreter.program.input, [tokens])
    if not test.broken(batch, interpreter.predict(batch)).all():
        raise AgreementError(
            f"the solver and the interpreter differ: on {shown(tokens)} the solver "
            f"sees {name!r} broken, the interpreter does not; please report this"
        )
    return test.counterexample(tokens)


def _tried(form: InputFormat, drawn: int) -> Batch:
    # Random inputs, and edge cases, which they rarely hit; the shortest first.
    edges = encode_batch(form, edge_cases(form), form.max_length)
    tried = joined((random_inputs(form, drawn, seed=1), edges))
    return tried[np.argsort(tried.lengths, kind="stable")]


def _blocks(batch: Batch) -> Iterator[Batch]:
    for start in range(0, len(batch), BLOCK):
        yield batch[start : start + BLOCK].cut()


def _check_drawn(drawn: int) -> None:
    if drawn < 1:
        raise SettingsError(f"expected at least 1 drawn input, got {drawn}")


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 3)
