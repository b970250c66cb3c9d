"""Statements that tests write often, in short."""

from __future__ import annotations

from transformer_programs.language.nodes import (
    TOKENS,
    Aggregate,
    Head,
    Predicate,
    Scope,
    Table,
)
from transformer_programs.language.types import Domain


def counting(
    output: str,
    query: str,
    key: str,
    value: str,
    predicate: Predicate,
    scope: Scope = Scope.ALL,
) -> Head:
    """A head that sums."""
    return Head(output, query, key, value, predicate, scope, Aggregate.SUM)


def embedding(output: str, table: tuple[int, ...], domain: Domain) -> Table:
    """A table that gives every token a class."""
    return Table(output, (TOKENS,), table, domain)
