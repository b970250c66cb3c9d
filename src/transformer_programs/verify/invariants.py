"""Claims that a name states: what they mean, and whether a program keeps them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from transformer_programs.errors import AgreementError, SettingsError
from transformer_programs.program import (
    BLOCK,
    Batch,
    InputFormat,
    Interpreter,
    domain_size,
    encode_batch,
    enumerable,
    enumerate_inputs,
    joined,
)
from transformer_programs.tasks import InputSpace
from transformer_programs.verify import claims, renaming
from transformer_programs.verify.agreement import Advance
from transformer_programs.verify.claims import Check, Claim
from transformer_programs.verify.inputs import as_read, edge_cases, random_inputs
from transformer_programs.verify.judgement import (
    Counterexample,
    Judgement,
    Method,
    Tokens,
    counted,
    shown,
)
from transformer_programs.verify.meanings import MEANINGS, NEVER
from transformer_programs.verify.predictors import bare_tokens
from transformer_programs.verify.solver import invariants as solver_goals
from transformer_programs.verify.solver.budget import SolverBudget
from transformer_programs.verify.solver.decide import load_solver
from transformer_programs.verify.solver.encode import check_solvable
from transformer_programs.verify.solver.prove import find_input


@dataclass(frozen=True, slots=True)
class Invariant:
    """A claim that can be made of many programs.

    Attributes:
        name: how it is asked for.
        meaning: in one line.
        state: makes the claim about a program.
    """

    name: str
    meaning: str
    state: Callable[[Interpreter], Claim]


INVARIANTS = tuple(
    Invariant(name, MEANINGS[name], state)
    for name, state in (
        ("permutation", claims.permutation),
        ("length", claims.length),
        ("sorted", claims.in_order),
        ("prefix", claims.prefix),
        ("renaming", renaming.renaming),
        ("renaming-with-labels", renaming.renaming_with_labels),
    )
)
"""All but ``never LABEL``, in the order in which they are listed."""


def claim_of(interpreter: Interpreter, name: str) -> Claim:
    """What a name claims of a program.

    Args:
        interpreter: runs the program.
        name: that of an invariant, or ``never LABEL``.

    Raises:
        SettingsError: for another name, a label that the program does not have, or an
            invariant that says nothing about such a program.
    """
    if name == NEVER.strip():
        raise SettingsError(
            "invariant 'never': expected a label after it, all in quotes: "
            "--invariant 'never LABEL'"
        )
    if name.startswith(NEVER):
        return claims.never(interpreter, name.removeprefix(NEVER))
    for one in INVARIANTS:
        if one.name == name:
            return one.state(interpreter)
    raise SettingsError(f"invariant {name!r}: expected one of {', '.join(MEANINGS)}")


def judge_claim(
    interpreter: Interpreter,
    name: str,
    drawn: int,
    advance: Advance | None = None,
    budget: SolverBudget | None = None,
) -> Judgement:
    """Look for the shortest input on which a program does not keep an invariant.

    Args:
        interpreter: runs the program.
        name: as for ``claim_of``.
        drawn: how many random inputs are looked at, besides edge cases, where more
            than two million inputs exist; else all are.
        advance: told how many inputs have been looked at, or how many lengths.
        budget: how long a solver may be asked there before; None for not at all.

    Raises:
        AgreementError: if the interpreter does not confirm what the solver found.
        SettingsError: as for ``claim_of``; or if no solver is installed.
    """
    started = time.perf_counter()
    claim = claim_of(interpreter, name)
    form = interpreter.program.input
    size = domain_size(form)
    before: _Asked = None, None
    if budget is not None and not enumerable(form) and claim.check is not None:
        check_solvable(interpreter.program)
        load_solver()
        before = _solved(interpreter, name, claim.check, budget, advance)
        length, example = before
        lengths = (form.min_bare_length, form.max_bare_length)
        if example is not None or length == form.max_bare_length:
            spent = round(time.perf_counter() - started, 3)
            known = size if example is None else _up_to(form, length) + 1
            return Judgement(
                *(claim.text, Method.SOLVER, lengths, counted(known), spent, example),
                which=which_inputs(form),
            )
    method, total, found = Method.STRUCTURE, size, None
    if claim.check is not None:
        batches = enumerate_inputs(form)
        method = Method.ENUMERATION
        if not enumerable(form):
            tried = _tried(form, drawn)
            batches, method, total = _blocks(tried), Method.DRAWN, len(tried)
        if advance is not None:
            batches = _told(batches, name, total, advance)
        found = _first_broken(interpreter, claim.check, batches)
    looked, example = found or (total, None)
    endless = bool(form.surfaces) and method is Method.STRUCTURE
    return Judgement(
        claim=claim.text,
        method=method,
        lengths=(form.min_bare_length, form.max_bare_length),
        inputs="possible" if endless else counted(looked),
        seconds=round(time.perf_counter() - started, 3),
        counterexample=example,
        which=which_inputs(form),
        **_reservation(form, before[0], budget, method),
    )


def which_inputs(form: InputFormat) -> str:
    """What ``Judgement.which`` says of all inputs of a program."""
    read = as_read(form)
    return f", as they are read ({read})" if read else ""


_Asked = tuple[int | None, Counterexample | None]
"""The greatest length up to which a solver proved a claim, and where it fails."""


def _solved(
    interpreter: Interpreter,
    name: str,
    check: Check,
    budget: SolverBudget,
    advance: Advance | None,
) -> _Asked:
    """Ask a solver, length by length, as long as the budget allows."""
    program = interpreter.program
    form = program.input
    lengths = range(form.min_bare_length, form.max_bare_length + 1)
    space = InputSpace((form.symbols,), lengths)
    if name.startswith(NEVER):
        goals = solver_goals.never(program, name.removeprefix(NEVER))
    else:
        goals = solver_goals.GOALS[name](program)
    proved = None
    for length in lengths:
        found = find_input(space, length, budget, goals)
        if found is None:
            break
        if not isinstance(found, bool):
            return proved, _confirmed(interpreter, name, check, found)
        proved = length
        if advance is not None:
            advance(f"lengths of {name}", 1, len(lengths))
    return proved, None


def _up_to(form: InputFormat, length: int | None) -> int:
    """How many inputs there are of at most a length; None: of no length."""
    most = form.min_bare_length - 1 if length is None else length
    lengths = range(form.min_bare_length, most + 1)
    return sum(len(form.symbols) ** n for n in lengths)


def _confirmed(
    interpreter: Interpreter, name: str, check: Check, tokens: Tokens
) -> Counterexample:
    batch = encode_batch(interpreter.program.input, [tokens])
    if not check.broken(batch, interpreter.predict(batch)).all():
        raise AgreementError(
            f"the solver and the interpreter differ: on {shown(tokens)} the solver "
            f"sees {name!r} broken, the interpreter does not; please report this"
        )
    return check.counterexample(tokens)


def _reservation(
    form: InputFormat,
    proved: int | None,
    budget: SolverBudget | None,
    method: Method,
) -> dict[str, Any]:
    """What a solver proved before its budget was spent."""
    if budget is None or method is not Method.DRAWN:
        return {}
    known = None if proved is None else (form.min_bare_length, proved)
    return {"proved_lengths": known, "reservation": budget.why()}


def _told(
    batches: Iterator[Batch], title: str, total: int, advance: Advance
) -> Iterator[Batch]:
    """The same batches; says of each, when the next is asked for, that it is done."""
    for batch in batches:
        yield batch
        advance(title, len(batch), total)


def _tried(form: InputFormat, drawn: int) -> Batch:
    """Random inputs, and edge cases that they hardly hit; the shortest first."""
    parts = (
        random_inputs(form, drawn, seed=1),
        encode_batch(form, edge_cases(form), form.max_length),
    )
    tried = joined(parts)
    return tried[np.argsort(tried.lengths, kind="stable")]


def _blocks(batch: Batch) -> Iterator[Batch]:
    """Blocks no wider than they need to be."""
    for start in range(0, len(batch), BLOCK):
        block = batch[start : start + BLOCK]
        yield replace(block, ids=block.ids[:, : block.lengths.max()])


def _first_broken(
    interpreter: Interpreter, check: Check, batches: Iterator[Batch]
) -> tuple[int, Counterexample] | None:
    """The first counterexample, and how many inputs were looked at up to it."""
    looked = 0
    for batch in batches:
        broken = np.flatnonzero(check.broken(batch, interpreter.predict(batch)))
        if len(broken):
            (tokens,) = bare_tokens(interpreter.program, batch[broken[:1]])
            return looked + int(broken[0]) + 1, check.counterexample(tokens)
        looked += len(batch)
    return None
