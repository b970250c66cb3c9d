"""The constrained modules of a hardened model, one for every kind of statement.

A stream maps the name of every variable written so far to its ids, (batch, length).
Reading a variable is a product with its one-hot vector; where the domain is large the
same product is taken as a gather of rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.nn import functional

from transformer_programs.errors import LengthError
from transformer_programs.program import Scope

if TYPE_CHECKING:
    from transformer_programs.program import Domain

Ids = Int64[Tensor, "batch length"]
Visible = Bool[Tensor, "batch length length"]
Stream = dict[str, Tensor]

ONE_HOT_LIMIT = 256
"""The largest domain whose one-hot vectors are written out."""


MOST_POSITIONS = 1 << 13
"""The longest sequence for which a head compares all pairs of positions: its matrices
then have 2 GB together."""


def read_rows(
    ids: Ids, rows: Float[Tensor, "size width"]
) -> Float[Tensor, "batch length width"]:
    """The product ``one_hot(ids) @ rows``."""
    if len(rows) > ONE_HOT_LIMIT:
        return rows[ids]
    return functional.one_hot(ids, len(rows)).to(rows.dtype) @ rows


def match_scores(
    query: Ids, key: Ids, predicate: Bool[Tensor, "queries keys"]
) -> Float[Tensor, "batch length length"]:
    """The product ``one_hot(query) @ predicate @ one_hot(key).T``, 0 or 1."""
    size = predicate.shape[1]
    if size > ONE_HOT_LIMIT:
        return predicate[query[:, :, None], key[:, None, :]].float()
    rows = read_rows(query, predicate.float())
    return rows @ functional.one_hot(key, size).to(rows.dtype).transpose(1, 2)


def check_pairs(length: int) -> None:
    """See that there is room for all pairs of positions.

    Raises:
        LengthError: if not.
    """
    if length > MOST_POSITIONS:
        raise LengthError(
            f"the model compares all pairs of positions: expected at most "
            f"{MOST_POSITIONS:,} tokens where there are heads, got {length:,}; give "
            "the program a smaller max_length"
        )


def visible(scope: Scope, lengths: Int64[Tensor, " batch"], width: int) -> Visible:
    """Which positions j (last) every position i may look at; never padding."""
    here = torch.arange(width, device=lengths.device)
    i, j = here[:, None], here[None, :]
    allowed = {
        Scope.ALL: torch.ones_like(i >= j),
        Scope.BEFORE: j < i,
        Scope.AFTER: j > i,
        Scope.CAUSAL: j <= i,
    }[scope]
    return allowed & (here < lengths[:, None])[:, None, :]


def preference(width: int, device: torch.device) -> Float[Tensor, "length length"]:
    """A distinct positive number for every j that i may attend to, larger if nearer.

    Self is the smallest, and of two equally near positions the earlier is larger.
    Multiples of 2, so that 1 is left for the default position.
    """
    here = torch.arange(width, device=device)
    ahead = here[None, :] - here[:, None]
    rank = 2 * ahead.abs() + (ahead > 0)
    rank.fill_diagonal_(2 * width)
    return (2 * (2 * width + 1 - rank)).float()


class HardEmbed(nn.Module):
    """A class for every token.

    Args:
        output: the variable written.
        table: (vocabulary,) the class of every token.
        domain: the values written.
    """

    table: Tensor

    def __init__(
        self, output: str, table: Int64[Tensor, " vocabulary"], domain: Domain
    ) -> None:
        super().__init__()
        self.output = output
        self.domain = domain
        self.register_buffer("table", table)

    def forward(self, stream: Stream, lengths: Int64[Tensor, " batch"]) -> Ids:
        """The ids of the variable written."""
        return self.table[stream["tokens"]]


class _HardHead(nn.Module):
    """What both kinds of heads share: who reads what, and the predicate.

    Args:
        output: the variable written.
        query: the variable read at the position that attends.
        key: the variable that the predicate is asked about.
        value: the variable copied or summed.
        predicate: (queries, keys) which keys match every query.
        scope: the positions that may be looked at.
        domain: the values written.
    """

    predicate: Tensor

    def __init__(
        self,
        output: str,
        query: str,
        key: str,
        value: str,
        predicate: Bool[Tensor, "queries keys"],
        scope: Scope,
        domain: Domain,
    ) -> None:
        super().__init__()
        self.output = output
        self.query = query
        self.key = key
        self.value = value
        self.scope = scope
        self.domain = domain
        self.register_buffer("predicate", predicate)

    def matches(
        self, stream: Stream, lengths: Int64[Tensor, " batch"]
    ) -> Float[Tensor, "batch length length"]:
        """1 where position j (last) is in scope and matches position i, else 0."""
        query, key = stream[self.query], stream[self.key]
        check_pairs(query.shape[1])
        scores = match_scores(query, key, self.predicate)
        return scores * visible(self.scope, lengths, query.shape[1])


_STEPS = {Scope.BEFORE: -1, Scope.AFTER: 1}
"""How far the nearest visible position is, by scope, where not every one is."""


class HardAttend(_HardHead):
    """A categorical head: copies the value at the nearest match, else position 0."""

    def forward(self, stream: Stream, lengths: Int64[Tensor, " batch"]) -> Ids:
        """The ids of the variable written."""
        if self.scope in _STEPS and self.predicate.all():
            return self._beside(stream[self.value], lengths)
        matches = self.matches(stream, lengths)
        scores = matches * preference(matches.shape[1], matches.device)
        scores[:, :, 0] += 1
        return stream[self.value].gather(1, scores.argmax(dim=2))

    def _beside(self, value: Ids, lengths: Int64[Tensor, " batch"]) -> Ids:
        """What every position copies if all match: no (length, length) is needed."""
        place = torch.arange(value.shape[1], device=value.device) + _STEPS[self.scope]
        outside = (place < 0) | (place >= lengths[:, None])
        return value.gather(1, place.expand_as(value).masked_fill(outside, 0))


class HardCount(_HardHead):
    """A numerical head: sums the value over all matches."""

    def forward(self, stream: Stream, lengths: Int64[Tensor, " batch"]) -> Ids:
        """The ids of the variable written."""
        matches = self.matches(stream, lengths).long()
        return (matches * stream[self.value][:, None, :]).sum(dim=2)


class HardLookup(nn.Module):
    """A table over one or two variables.

    Args:
        output: the variable written.
        inputs: the variables read.
        table: one axis for every input, the id written for every combination.
        domain: the values written.
    """

    table: Tensor

    def __init__(
        self,
        output: str,
        inputs: tuple[str, ...],
        table: Int64[Tensor, "*sizes"],
        domain: Domain,
    ) -> None:
        super().__init__()
        self.output = output
        self.inputs = inputs
        self.domain = domain
        self.register_buffer("table", table)

    def forward(self, stream: Stream, lengths: Int64[Tensor, " batch"]) -> Ids:
        """The ids of the variable written."""
        return self.table[tuple(stream[name] for name in self.inputs)]


HardStatement = HardEmbed | HardAttend | HardCount | HardLookup


class HardReadout(nn.Module):
    """Integer scores of the labels.

    Args:
        variables: the variables read.
        weights: for each of them (values, labels), or (1, labels) if it is numerical.
        numerical: which of them are numerical.
    """

    def __init__(
        self,
        variables: tuple[str, ...],
        weights: tuple[Int64[Tensor, "rows labels"], ...],
        numerical: tuple[bool, ...],
    ) -> None:
        super().__init__()
        self.variables = variables
        self.numerical = numerical
        for index, weight in enumerate(weights):
            self.register_buffer(f"weight_{index}", weight)

    @property
    def weights(self) -> tuple[Tensor, ...]:
        """The weights, in the order of the variables."""
        count = len(self.variables)
        return tuple(self.get_buffer(f"weight_{index}") for index in range(count))

    def forward(self, stream: Stream, labels: int) -> Int64[Tensor, "batch length c"]:
        """The scores at every position."""
        scores = stream["tokens"].new_zeros((*stream["tokens"].shape, labels))
        terms = zip(self.variables, self.weights, self.numerical, strict=True)
        for name, weight, numerical in terms:
            ids = stream[name]
            scores = scores + (ids[..., None] * weight if numerical else weight[ids])
        return scores
