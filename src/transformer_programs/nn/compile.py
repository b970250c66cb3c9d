"""Program -> hardened model: one constrained module for every statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from transformer_programs.nn.hardened import HardenedModel
from transformer_programs.nn.modules import (
    HardAttend,
    HardCount,
    HardEmbed,
    HardLookup,
    HardReadout,
)
from transformer_programs.program import (
    Head,
    Table,
)

if TYPE_CHECKING:
    from torch import Tensor

    from transformer_programs.nn.modules import HardStatement
    from transformer_programs.program import (
        Domain,
        Predicate,
        Program,
        Readout,
        Statement,
    )


def compile_program(program: Program) -> HardenedModel:
    """A hardened model that computes a valid program.

    The inverse of ``extract``: ``extract(compile_program(p), p.name) == p``.
    """
    domains = program.domains
    return HardenedModel(
        program.input,
        program.readout.labels,
        program.readout.pooling,
        [_module(statement, domains) for statement in program.statements],
        _readout(program.readout, domains),
    )


def _module(statement: Statement, domains: dict[str, Domain]) -> HardStatement:
    output = statement.output
    match statement:
        case Table() if statement.of_tokens:
            return HardEmbed(output, torch.tensor(statement.table), statement.domain)
        case Head():
            head = HardCount if statement.sums else HardAttend
            query, key, value = statement.inputs
            keys = domains[key].size
            predicate = _predicate_matrix(statement.predicate, keys)
            scope, domain = statement.scope, domains[output]
            return head(output, query, key, value, predicate, scope, domain)
        case Table():
            sizes = [domains[name].size for name in statement.inputs]
            table = torch.tensor(statement.table).reshape(sizes)
            return HardLookup(output, statement.inputs, table, statement.domain)


def _predicate_matrix(predicate: Predicate, keys: int) -> Tensor:
    matrix = torch.zeros(len(predicate), keys, dtype=torch.bool)
    for query, matching in enumerate(predicate):
        matrix[query, list(matching)] = True
    return matrix


def _readout(readout: Readout, domains: dict[str, Domain]) -> HardReadout:
    names = tuple(term.variable for term in readout.terms)
    weights = tuple(torch.tensor(term.weights) for term in readout.terms)
    return HardReadout(names, weights, tuple(domains[n].numerical for n in names))
