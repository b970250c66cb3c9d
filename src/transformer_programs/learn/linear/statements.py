"""Heads and tables as they come to be written, and the domains of what they write."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from transformer_programs.language import (
    Aggregate,
    Domain,
    InputFormat,
    Predicate,
    Scope,
    Statement,
    input_domains,
    output_domain,
)
from transformer_programs.learn.linear.grams import Ids, Mask
from transformer_programs.search import head_over, table_over


class Statements:
    """Statements over an input format, each with a name of its own.

    Args:
        form: What the programs accept.

    Attributes:
        domains: The domain of every variable.
    """

    def __init__(self, form: InputFormat) -> None:
        self._form = form
        self._written: dict[str, Statement] = {}
        self.domains = input_domains(form)

    def copy(self) -> Statements:
        """Return the same statements, to which others may be added."""
        found = Statements(self._form)
        for statement in self._written.values():
            found.add(statement)
        return found

    def table(
        self, stem: str, inputs: tuple[str, ...], cells: Ids | Mask, domain: Domain
    ) -> str:
        """Add a table, and return its name."""
        name = self._new(stem)
        return self.add(table_over(inputs, cells.astype(np.int64), name, domain))

    def count(
        self, stem: str, inputs: tuple[str, str, str], matches: Mask, scope: Scope
    ) -> str:
        """Add a head that sums over matches, (queries, keys), and return its name."""
        return self._head(stem, inputs, matches, scope, Aggregate.SUM)

    def fetch(self, stem: str, inputs: tuple[str, str, str], matches: Mask) -> str:
        """Add a head that copies the nearest match, and return its name."""
        return self._head(stem, inputs, matches, Scope.ALL, Aggregate.NEAREST)

    def add(self, statement: Statement) -> str:
        """Add a statement, and return the name of what it writes."""
        self._written[statement.output] = statement
        length = self._form.max_length
        domain = output_domain(statement, self.domains, length)
        self.domains[statement.output] = domain
        return statement.output

    def needed(self, names: Iterable[str]) -> list[Statement]:
        """Return all that some variables need, in order."""
        wanted, stack = set[str](), [*names]
        while stack:
            name = stack.pop()
            if name in self._written and name not in wanted:
                wanted.add(name)
                stack += self._written[name].inputs
        return [s for name, s in self._written.items() if name in wanted]

    def _head(
        self,
        stem: str,
        inputs: tuple[str, str, str],
        matches: Mask,
        scope: Scope,
        aggregate: Aggregate,
    ) -> str:
        name = self._new(stem)
        rows: Predicate = tuple(tuple(np.flatnonzero(row).tolist()) for row in matches)
        return self.add(head_over(inputs, rows, name, scope, aggregate))

    def _new(self, stem: str) -> str:
        return f"{stem}_{len(self._written) + 1}"


def shortened(names: Iterable[str], inputs: Iterable[str]) -> dict[str, str]:
    """Return names without their numbers where one is enough, by old ones.

    Args:
        names: Names with numbers, in order.
        inputs: Names that are taken.
    """
    found: dict[str, str] = {}
    taken = {*inputs}
    for name in names:
        stem = name.rpartition("_")[0]
        short, number = stem, 2
        while short in taken:
            short, number = f"{stem}_{number}", number + 1
        found[name] = short
        taken.add(short)
    return found
