"""Sums of the weights of tokens as variables of the search."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transformer_programs.language import Domain, Scope
from transformer_programs.search import forms
from transformer_programs.search.candidate import ENTRY_PRICE, Candidate, tabulate
from transformer_programs.search.letters import Companion, Inputs, Span
from transformer_programs.search.readouts import LARGEST_TABLE
from transformer_programs.search.sample import Ids, Sample


@dataclass(frozen=True, eq=False, slots=True)
class Weights:
    """Weights of tokens whose sum tells something of the label.

    Attributes:
        companion: What they depend on besides the token.
        span: Positions that are summed over.
        entries: (tokens,) or (tokens, values beside) weights.
        modulus: What the remainder of the sum is taken of; 0 if it is not.
        told: The part of the labels that the sum tells; 0..1.
        own: Whether the token of the own position is needed as well.
        below: Whether it is a label, and can be below 0, which only tables of a single
            variable can say.
    """

    companion: Companion
    span: Span
    entries: Ids
    modulus: int
    told: float
    own: bool
    below: bool = False

    def sums(self, sample: Sample, inputs: Inputs) -> list[tuple[Candidate, ...]]:
        """Return the sum as variables on a sample, in groups that tell it."""
        tokens, positions, _ = inputs
        other = self.companion.variable(sample, inputs)
        read = (tokens,) if other is None else (tokens, other)
        span, entries = self.span, self.entries

        def summed(entries: Ids) -> Candidate:
            price = 1 + ENTRY_PRICE * np.count_nonzero(entries)
            domain = Domain.of_numbers(int(entries.max()))
            value = tabulate("weight", read, entries, domain, sample.real, price)
            return span.sum_of(value, sample, inputs)

        own = (tokens,) if self.own else ()
        if self.modulus:
            total = summed(entries)
            return [(forms.remainder(total, self.modulus, sample.real), *own)]
        parts = np.maximum(entries, 0), np.maximum(-entries, 0)
        pair = tuple(summed(e) for e in parts if e.any())
        if len(pair) < 2:
            return [(*pair, *own)]
        groups: list[tuple[Candidate, ...]] = []
        small = pair[0].domain.size * pair[1].domain.size <= LARGEST_TABLE
        if (self.own or self.below) and small:
            a, b = pair
            groups.append((forms.difference(a, b, sample.real), *own))
        if not self.own:
            groups.append(pair)
        if not self.own and not span.width:
            # Or all raised by as much, so that their number is taken away again.
            causal = span.scope is Scope.CAUSAL
            count = positions if causal else span.sum_of(inputs[2], sample, inputs)
            groups.append((summed(entries - int(entries.min())), count))
        return groups
