"""A Transformer whose every choice has been made: a program on tensors.

It computes what ``docs/reference/semantics.md`` says with one-hot vectors and attention
scores. Nothing here calls the interpreter, so that the two can be compared. Letters in
shapes:

    B sequences   N positions   Q, K values of query and key   C labels
    D values to decide on
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from transformer_programs.errors import LengthError
from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Aggregate,
    Decide,
    Domain,
    Head,
    Pooling,
    Predicate,
    Program,
    Scope,
    Statement,
    Table,
)

Ids = Int64[Tensor, "B N"]
Lengths = Int64[Tensor, " B"]
Values = dict[str, Tensor]
"""The ids of every variable, (B, N)."""
Allowed = Callable[[Scope], Bool[Tensor, "B N N"]]
"""Which positions j (last) every position i may look at, by scope."""

EXACT = 1 << 24
"""Below it floats add whole numbers without rounding, in any order."""

ONE_HOT_LIMIT = 256
"""The largest domain whose one-hot vectors are written out."""

BLOCK = 4096
"""Positions whose sums of weights are computed at once."""

MOST_POSITIONS = 1 << 13
"""The longest sequence for which a head compares all pairs of positions: its matrices
then have 2 GB together."""

STEPS = {Scope.BEFORE: -1, Scope.AFTER: 1}
"""How far the nearest visible position is, by scope, where that is not all of them."""


class HardenedModel(nn.Module):
    """A Transformer Program as a PyTorch module (paper, section 3).

    Predicates, tables and weights are buffers, named after the variable that they
    write or read: ``predicate_NAME``, ``table_NAME``, ``decide_NAME``,
    ``weights_NAME``.
    """

    def __init__(self, program: Program) -> None:
        super().__init__()
        self.program = program
        domains = program.domains
        for statement in program.statements:
            output = statement.output
            match statement:
                case Head():
                    keys = domains[statement.key].size
                    matching = matching_keys(statement.predicate, keys)  # (Q, K)
                    self.register_buffer(f"predicate_{output}", matching)
                case Table():
                    sizes = [domains[name].size for name in statement.inputs]
                    table = torch.tensor(statement.table).view(sizes)
                    self.register_buffer(f"table_{output}", table)
                case Decide():
                    # (inputs, D): the rows of all terms, one below the other.
                    rows = [row for term in statement.terms for row in term.weights]
                    matrix = torch.tensor(rows, dtype=torch.int64)
                    matrix = matrix.view(len(rows), statement.domain.size)
                    self.register_buffer(f"decide_{output}", matrix)
        for term in program.readout.terms:
            # (values, C); a numerical variable has one row, multiplied by its value.
            weights = torch.tensor(term.weights)
            self.register_buffer(f"weights_{term.variable}", weights)

    def forward(self, ids: Ids, lengths: Lengths) -> Int64[Tensor, "B ..."]:
        """Return the ids of the labels, (B, N) for tagging, else (B,).

        Args:
            ids: codes of framed tokens, any valid code where padded.
            lengths: framed lengths, at least 1.
        """
        return self.scores(self.trace(ids, lengths), lengths).argmax(-1)

    def trace(self, ids: Ids, lengths: Lengths) -> Values:
        """Return the ids of every variable, (B, N), in program order.

        At padded positions they mean nothing. The arguments are those of ``forward``.
        """
        form = self.program.input
        values = {
            TOKENS: form.word_ids(ids),
            POSITIONS: torch.arange(ids.shape[1], device=ids.device).expand_as(ids),
            ONES: torch.ones_like(ids),
            **{s.name: form.surface_ids(ids, s.name) for s in form.surfaces},
        }
        allowed = cache(lambda scope: visible(scope, lengths, ids.shape[1]))
        for statement in self.program.statements:
            match statement:
                case Head() if statement.sums:
                    matches = self._matches(statement, values, allowed)
                    found = _summed_up(matches, values[statement.value])
                case Head():
                    found = self._attend(statement, values, lengths, allowed)
                case Table():
                    table = self.get_buffer(f"table_{statement.output}")
                    found = table[tuple(values[name] for name in statement.inputs)]
                case Decide():
                    found = self._decide(statement, values)
            values[statement.output] = found
        return values

    def scores(self, values: Values, lengths: Lengths) -> Tensor:
        """Return the integer scores of the labels, (B, N, C) for tagging, else (B, C).

        The values are those that ``trace`` returned.
        """
        readout = self.program.readout
        names = [term.variable for term in readout.terms]
        weights = [self.get_buffer(f"weights_{name}") for name in names]
        scores = self._summed(names, weights, values, len(readout.labels))
        return self.pool(scores, lengths)

    def pool(self, scores: Int64[Tensor, "B N C"], lengths: Lengths) -> Tensor:
        """Return the scores that labels are chosen by: of positions or of sequences."""
        match self.program.readout.pooling:
            case Pooling.NONE:
                return scores
            case Pooling.FIRST:
                return scores[:, 0]  # (B, C)
            case Pooling.MEAN:
                here = torch.arange(scores.shape[1], device=scores.device)
                present = here < lengths[:, None]  # (B, N)
                return (scores * present[..., None]).sum(1)  # (B, C)

    def _attend(
        self, head: Head, values: Values, lengths: Lengths, allowed: Allowed
    ) -> Ids:
        value = values[head.value]
        everything = self.get_buffer(f"predicate_{head.output}").all()
        if head.scope in STEPS and everything:
            # Everybody takes a neighbour: no (N, N) is needed.
            place = torch.arange(value.shape[1], device=value.device)
            place = place + STEPS[head.scope]
            outside = (place < 0) | (place >= lengths[:, None])
            return value.gather(1, place.expand_as(value).masked_fill(outside, 0))
        matches = self._matches(head, values, allowed)  # (B, N, N)
        scores = matches * preference(matches.shape[1], matches.device)
        scores[:, :, 0] += 1  # where nothing matches
        return value.gather(1, scores.argmax(2))

    def _decide(self, decide: Decide, values: Values) -> Ids:
        # What stands for the product of the inputs, one-hot or numbers, with a matrix.
        matrix = self.get_buffer(f"decide_{decide.output}")
        weights = torch.split(matrix, [len(term.weights) for term in decide.terms])
        names = [term.variable for term in decide.terms]
        return self._summed(names, weights, values, decide.domain.size).argmax(-1)

    def _summed(
        self,
        names: Sequence[str],
        weights: Sequence[Tensor],
        values: Values,
        columns: int,
    ) -> Int64[Tensor, "B N D"]:
        # The sums of the rows of weights of many variables.
        tokens, domains = values[TOKENS], self.program.domains
        scores = tokens.new_zeros(*tokens.shape, columns)
        flat = scores.view(-1, columns)
        # Of so few positions at once that their sums stay in the cache.
        for start in range(0, len(flat), BLOCK):
            here = slice(start, start + BLOCK)
            for name, rows in zip(names, weights, strict=True):
                ids = values[name].reshape(-1)[here]
                numerical = domains[name].numerical
                flat[here] += ids[:, None] * rows if numerical else rows[ids]
        return scores

    def _matches(
        self, head: Head, values: Values, allowed: Allowed
    ) -> Float[Tensor, "B N N"]:
        """1 where position i (first) may look at j (last) and it matches, else 0."""
        query, key = values[head.query], values[head.key]
        length = query.shape[1]
        if length > MOST_POSITIONS:
            raise LengthError(
                f"the model compares all pairs of positions: expected at most "
                f"{MOST_POSITIONS:,} tokens where there are heads, got {length:,}; "
                "give the program a smaller max_length"
            )
        predicate = self.get_buffer(f"predicate_{head.output}")
        matches = match_scores(query, key, predicate)
        return matches * allowed(head.scope)


def _summed_up(matches: Float[Tensor, "B N N"], value: Ids) -> Ids:
    """Return the sum of the values of the positions that match."""
    if int(value.abs().max()) * value.shape[1] < EXACT:
        return (matches @ value[..., None].float())[..., 0].long()  # (B, N)
    return (matches.long() * value[:, None]).sum(2)


def matching_keys(predicate: Predicate, keys: int) -> Bool[Tensor, "Q K"]:
    """Return which of so many keys match every query."""
    matrix = torch.zeros(len(predicate), keys, dtype=torch.bool)
    pairs = [(query, key) for query, row in enumerate(predicate) for key in row]
    places = torch.tensor(pairs, dtype=torch.int64).view(-1, 2)
    matrix[places[:, 0], places[:, 1]] = True
    return matrix


def as_predicate(matching: Bool[Tensor, "Q K"]) -> Predicate:
    """Return the matching keys of every query."""
    keys = matching.nonzero()[:, 1].tolist()  # row by row
    ends = matching.sum(1).cumsum(0).tolist()
    return tuple(tuple(keys[start:end]) for start, end in pairwise((0, *ends)))


def head_of(
    output: str,
    inputs: tuple[str, str, str],
    matching: Bool[Tensor, "Q K"],
    scope: Scope,
    aggregate: Aggregate = Aggregate.NEAREST,
) -> Statement:
    """Return the head with a predicate that was found as a matrix."""
    return Head(output, *inputs, as_predicate(matching), scope, aggregate)


def table_of(
    output: str, inputs: tuple[str, ...], entries: Int64[Tensor, "*N"], domain: Domain
) -> Statement:
    """Return the table with entries that were found as a tensor, one axis per input."""
    return Table(output, inputs, tuple(entries.flatten().tolist()), domain)


def match_scores(
    query: Ids, key: Ids, predicate: Bool[Tensor, "Q K"]
) -> Float[Tensor, "B N N"]:
    """Return the product ``one_hot(query) @ predicate @ one_hot(key).T``, 0 or 1."""
    queries, keys = predicate.shape
    if keys > ONE_HOT_LIMIT:
        # The same by reading the entries: vectors so long would be mostly zeros. Those
        # of the values that are here, which are few, stay in the cache.
        some_queries, row = torch.unique(query, return_inverse=True)
        some_keys, column = torch.unique(key, return_inverse=True)
        entries = predicate[some_queries[:, None], some_keys].float()
        return entries[row[:, :, None], column[:, None, :]]  # (B, N, N)
    wanted = predicate.float()  # (Q, K)
    if queries > ONE_HOT_LIMIT:
        wanted = wanted[query]  # (B, N, K)
    else:
        wanted = functional.one_hot(query, queries).float() @ wanted  # (B, N, K)
    return wanted @ functional.one_hot(key, keys).float().mT


def visible(scope: Scope, lengths: Lengths, width: int) -> Bool[Tensor, "B N N"]:
    """Return which positions j (last) every position i may look at; never padding."""
    here = torch.arange(width, device=lengths.device)
    i, j = here[:, None], here[None, :]
    allowed = {
        Scope.ALL: torch.ones_like(i >= j),
        Scope.BEFORE: j < i,
        Scope.AFTER: j > i,
        Scope.CAUSAL: j <= i,
    }[scope]
    return allowed & (here < lengths[:, None])[:, None, :]


def preference(width: int, device: torch.device) -> Float[Tensor, "N N"]:
    """Return a distinct positive number for every j that i may attend to.

    The nearer j, the larger; of two equally near the earlier, and i itself is last.
    The numbers are multiples of 2, so that 1 is left for the default position.
    """
    here = torch.arange(width, device=device)
    ahead = here[None, :] - here[:, None]  # (N, N)
    rank = 2 * ahead.abs() + (ahead > 0)
    rank.fill_diagonal_(2 * width)
    return (2 * (2 * width + 1 - rank)).float()
