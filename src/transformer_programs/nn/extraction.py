"""Hardened model -> Program: every module is written down as the statement it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from transformer_programs.errors import ProgramError
from transformer_programs.nn.modules import (
    HardAttend,
    HardCount,
    HardEmbed,
    HardLookup,
)
from transformer_programs.program import (
    TOKENS,
    Aggregate,
    Head,
    Program,
    Readout,
    Table,
    Term,
    check,
)

if TYPE_CHECKING:
    from torch import Tensor

    from transformer_programs.nn.hardened import HardenedModel
    from transformer_programs.nn.modules import HardReadout, HardStatement
    from transformer_programs.program import Pooling, Predicate, Statement


def extract(model: HardenedModel, name: str) -> Program:
    """The program that a hardened model is.

    Args:
        model: any hardened model, learned or compiled.
        name: what the program is about.

    Raises:
        ProgramError: if the model is no valid program, or if the domains it was built
            with are not those that follow from the program.
    """
    modules: list[HardStatement] = list(model.statements)  # type: ignore[arg-type]
    program = Program(
        name,
        model.input_format,
        tuple(_statement(module) for module in modules),
        _readout(model.readout, model.labels, model.pooling),
    )
    check(program)
    domains = program.domains
    mismatches = tuple(
        f"{module.output!r} was built with {module.domain} but the program makes it "
        f"{domains[module.output]}."
        for module in modules
        if module.domain != domains[module.output]
    ) + tuple(
        f"{name!r} is read out as {'a number' if numerical else 'a category'} but "
        f"the program makes it {domains[name]}."
        for name, numerical in zip(
            model.readout.variables, model.readout.numerical, strict=True
        )
        if numerical != domains[name].numerical
    )
    if mismatches:
        raise ProgramError(mismatches)
    return program


def _statement(module: HardStatement) -> Statement:
    match module:
        case HardEmbed():
            return Table(
                module.output, (TOKENS,), tuple(module.table.tolist()), module.domain
            )
        case HardAttend() | HardCount():
            sums = isinstance(module, HardCount)
            predicate = _predicate(module.predicate)
            inputs = (module.query, module.key, module.value)
            aggregate = Aggregate.SUM if sums else Aggregate.NEAREST
            return Head(module.output, *inputs, predicate, module.scope, aggregate)
        case HardLookup():
            table = tuple(module.table.flatten().tolist())
            return Table(module.output, module.inputs, table, module.domain)


def _predicate(matrix: Tensor) -> Predicate:
    return tuple(tuple(row.nonzero().flatten().tolist()) for row in matrix)


def _readout(
    readout: HardReadout, labels: tuple[str, ...], pooling: Pooling
) -> Readout:
    terms = tuple(
        Term(name, tuple(tuple(row) for row in weight.tolist()))
        for name, weight in zip(readout.variables, readout.weights, strict=True)
    )
    return Readout(labels, terms, pooling)
