"""The statements of a program, with every choice inside them open to training.

Letters in shapes are those of ``relaxed.py``; the leading dimension is 1 for what is
the same in all restarts.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
from jaxtyping import Float
from torch import Generator, Tensor, nn
from torch.nn import functional

from transformer_programs.errors import SettingsError
from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Decide,
    Domain,
    Head,
    InputFormat,
    Pooling,
    Scope,
    Statement,
    Table,
    Term,
)
from transformer_programs.nn.harden import EXACT_LIMIT, from_zero, rounded, term_bounds
from transformer_programs.nn.hardened import (
    Ids,
    Lengths,
    as_predicate,
    matching_keys,
    visible,
)
from transformer_programs.nn.kernels import nearest_match, pair_mix, pair_scores
from transformer_programs.nn.sampling import Heat, Noise, sample, sample_set

Domains = dict[str, Domain]

MARGIN = 5.0
"""Log-odds of every choice of the program at the start, at temperature 1: firm enough
to be kept, loose enough that gradients pass to the alternatives."""

JITTER = 0.5
"""Logits start up to so far from where they would, so that restarts differ even where
nothing is random in training. Less than half of ``MARGIN``: no choice is changed."""

MOST_LOGITS = 1 << 20
"""A statement with more logits than this in a restart is not trained."""


WEIGHT_MARGIN = 8.0
"""Nats that the largest difference between two weights of a value starts with, at
most; at least half as many."""

DECISION_STEPS = 16.0
"""Fixed-point steps per nat of a decision's weights, at least."""


class Signals:
    """Every variable written so far, for a batch.

    A variable is written as a distribution over its values or, by a count, as a real
    number. It is converted only where it is read as the other, and then once.
    """

    def __init__(
        self, form: InputFormat, domains: Domains, ids: Ids, lengths: Lengths
    ) -> None:
        self.tokens = form.word_ids(ids).T  # (N, B)
        self._given = {TOKENS: self.tokens} | {
            s.name: form.surface_ids(ids, s.name).T for s in form.surfaces
        }
        self._domains, self._lengths = domains, lengths
        ones = torch.ones(1, *self.tokens.shape, device=ids.device)
        self._numbers: dict[str, Tensor] = {ONES: ones}
        self._distributions: dict[str, Tensor] = {}
        self._counted = {ONES}
        self._visible: dict[Scope, Tensor] = {}

    def counted(self, name: str) -> bool:
        """Return whether a variable was written as a number."""
        return name in self._counted

    def write(self, name: str, values: Float[Tensor, "#R K N B"]) -> None:
        """Add a variable as a distribution over its values."""
        self._distributions[name] = values

    def write_number(self, name: str, values: Float[Tensor, "#R N B"]) -> None:
        """Add a variable as a real number."""
        self._numbers[name] = values
        self._counted.add(name)

    def distribution(self, name: str) -> Float[Tensor, "#R K N B"]:
        """Return how likely every value of a variable is."""
        if name not in self._distributions:
            self._distributions[name] = self._distribution(name)
        return self._distributions[name]

    def _distribution(self, name: str) -> Tensor:
        size = self._domains[name].size
        if name in self._given:
            one_hot = functional.one_hot(self._given[name], size)  # (N, B, K)
            return one_hot.movedim(2, 0).float()[None].contiguous()
        if name == POSITIONS:
            length, batch = self.tokens.shape
            rows = torch.eye(size, length, device=self.tokens.device)
            return rows[None, :, :, None].expand(1, size, length, batch)
        return interpolated(self._numbers[name], size)

    def weighted(
        self, name: str, weights: Float[Tensor, "#R D W"]
    ) -> Float[Tensor, "#R D P"]:
        """Return what a variable adds to sums: P are the positions of all sequences.

        There is a weight for every value (W), or a factor for a number (W = 1).
        """
        if self._domains[name].numerical:
            return weights * self.number(name).flatten(1).unsqueeze(1)
        if name in self._given:  # one-hot vectors of words would be long
            return weights[:, :, self._given[name].flatten()]
        return weights @ self.distribution(name).flatten(2)

    def number(self, name: str) -> Float[Tensor, "#R N B"]:
        """Return the expected value of a numerical variable."""
        if name not in self._numbers:
            likely = self._distributions[name]
            values = torch.arange(likely.shape[1], device=likely.device)
            self._numbers[name] = (likely * values[:, None, None]).sum(1)
        return self._numbers[name]

    def visible(self, scope: Scope) -> Float[Tensor, "N N B"]:
        """Return 1 where position i (first) may look at j, else 0."""
        if scope not in self._visible:
            allowed = visible(scope, self._lengths, len(self.tokens))  # (B, N, N)
            self._visible[scope] = allowed.permute(1, 2, 0).float()
        return self._visible[scope]


def interpolated(
    numbers: Float[Tensor, "#R N B"], size: int
) -> Float[Tensor, "#R K N B"]:
    """Return a distribution with the given mean on the two integers next to it.

    Exact on integers. There the gradient is that of a step to either side, because a
    clamped value passes gradients at its bound: a count of exactly 3 still learns
    whether 2 or 4 would have been better.
    """
    values = torch.arange(size, device=numbers.device)
    distance = (numbers[:, None] - values[:, None, None]).abs()
    return (1 - distance).clamp(min=0)


class _Choices(nn.Module):
    """Logits that start at given choices; fixed choices if they would be too many."""

    fixed: Tensor

    def __init__(
        self, start: Tensor, fixed: Tensor, restarts: int, generator: Generator
    ) -> None:
        super().__init__()
        self.logits: nn.Parameter | None = None
        if start.numel() > MOST_LOGITS:
            self.register_buffer("fixed", fixed[None], persistent=False)
        else:
            shape = (restarts, *start.shape)
            jitter = torch.empty(shape).uniform_(-JITTER, JITTER, generator=generator)
            self.logits = nn.Parameter(start + jitter)

    def taken(self, draw: Callable[[Tensor], Tensor]) -> Tensor:
        """Return what is drawn from the logits (R, ...), or the choices (1, ...)."""
        return self.fixed if self.logits is None else draw(self.logits)

    def final(self, restart: int) -> Tensor:
        """Return the logits of one restart, or the fixed choices."""
        found = self.fixed[0] if self.logits is None else self.logits[restart]
        return found.detach().cpu()


Opened = Callable[[Tensor, Tensor], _Choices]
"""Makes choices of logits to start at, and of the same choices as 0 and 1."""


class RelaxedTable(nn.Module):
    """A table with a logit for every output of every entry.

    Like the tables of ``layer.py`` it is taken once in a step and gets no noise. One
    with more than ``MOST_LOGITS`` outputs of entries stays as it is in the program.
    """

    def __init__(self, statement: Table, domains: Domains, opened: Opened) -> None:
        super().__init__()
        self.statement = statement
        sizes = [domains[name].size for name in statement.inputs]
        outputs = statement.domain.size
        table = torch.tensor(statement.table).reshape(sizes)  # (*sizes)
        # (O, *sizes): 1 where an entry has that output.
        chosen = functional.one_hot(table, outputs).movedim(-1, 0).float().contiguous()
        # All other outputs together are as unlikely as the one alternative of two.
        margin = MARGIN + math.log(max(outputs - 1, 1))
        self.choices = opened(margin * chosen, chosen)

    def forward(self, signals: Signals, heat: Heat, noise: Noise) -> None:
        """Write the output."""
        table = self.choices.taken(lambda logits: sample(logits, heat, None, dim=1))
        inputs = self.statement.inputs
        if inputs == (TOKENS,):
            read = table[:, :, signals.tokens]  # (#R, O, N, B)
        elif len(inputs) == 1:
            read = table @ signals.distribution(inputs[0]).flatten(2)  # (R, O, N * B)
        else:
            first, second = (signals.distribution(name).flatten(2) for name in inputs)
            read = contract(table, first, second)
        shape = (*table.shape[:2], *signals.tokens.shape)
        signals.write(self.statement.output, read.reshape(-1, *shape[1:]))

    def hardened(self, restart: int) -> Table:
        """Return the statement with the likeliest output of every entry."""
        table = self.choices.final(restart).argmax(0)
        return replace(self.statement, table=tuple(table.flatten().tolist()))


def contract(
    table: Float[Tensor, "#R O A B"],
    first: Float[Tensor, "#R A P"],
    second: Float[Tensor, "#R B P"],
) -> Float[Tensor, "#R O P"]:
    """Return ``out[o, p] = sum of table[o, a, b] * first[a, p] * second[b, p]``.

    In the order that needs the smaller array between: all pairs of inputs, or for every
    output what the second input leaves of the table.
    """
    outputs, rows, columns = table.shape[1:]
    if rows > columns:
        table, first, second = table.transpose(2, 3), second, first
        rows, columns = columns, rows
    if columns <= outputs:
        pairs = (first.unsqueeze(2) * second.unsqueeze(1)).flatten(1, 2)  # (#R, AB, P)
        return table.flatten(2) @ pairs
    left = table.flatten(1, 2) @ second  # (#R, OA, P)
    left = left.view(len(left), outputs, rows, -1)
    return (left * first.unsqueeze(1)).sum(2)


class RelaxedHead(nn.Module):
    """A head with a logit for every pair of a query and a key.

    A predicate is a set, so its pairs are chosen independently of each other. One over
    more than ``MOST_LOGITS`` pairs stays as it is in the program.
    """

    def __init__(self, statement: Head, domains: Domains, opened: Opened) -> None:
        super().__init__()
        self.statement = statement
        keys = domains[statement.key].size
        chosen = matching_keys(statement.predicate, keys).float()  # (Q, K)
        self.choices = opened(MARGIN * (2 * chosen - 1), chosen)

    def forward(self, signals: Signals, heat: Heat, noise: Noise) -> None:
        """Write the output."""
        head = self.statement
        matches = self._matches(signals, heat, noise)
        # What is summed is weighed by matches, what is copied by the nearest: of that
        # the rows sum up to 1.
        weights = matches if head.sums else nearest_match(matches)  # (R, N, N, B)
        if head.sums or signals.counted(head.value):
            mixed = _mix_numbers(weights, signals, head.value)
            signals.write_number(head.output, mixed)
        else:
            values = signals.distribution(head.value).unsqueeze(1)
            copied = pair_mix(weights.unsqueeze(1), values).squeeze(1)
            signals.write(head.output, copied)

    def _matches(
        self, signals: Signals, heat: Heat, noise: Noise
    ) -> Float[Tensor, "#R N N B"]:
        """How likely every position i (first) matches j; 0 where it may not look."""
        query = signals.distribution(self.statement.query)
        key = signals.distribution(self.statement.key)
        predicate = self.choices.taken(lambda x: sample_set(x, heat, noise))
        wanted = predicate.mT @ query.flatten(2)  # (#R, K, N * B)
        wanted = wanted.view(*wanted.shape[:2], *query.shape[2:])
        matches = pair_scores(wanted.unsqueeze(1), key.unsqueeze(1)).squeeze(1)
        return matches * signals.visible(self.statement.scope)

    def hardened(self, restart: int) -> Head:
        """Return the head with the pairs that are likelier to match than not."""
        predicate = as_predicate(self.choices.final(restart) > 0)
        return replace(self.statement, predicate=predicate)


def _mix_numbers(
    weights: Float[Tensor, "#R N N B"], signals: Signals, value: str
) -> Float[Tensor, "#R N B"]:
    numbers = signals.number(value)[:, None, None]
    return pair_mix(weights.unsqueeze(1), numbers)[:, 0, 0]


class RelaxedDecision(nn.Module):
    """A decision with a real weight for every weight.

    Its choice is relaxed by a softmax of the sums, without noise. Once it is final the
    weights count as the integers that they harden to, so that sums are exact. One with
    more than ``MOST_LOGITS`` weights stays as it is in the program.

    Raises:
        SettingsError: If its sums are too large to be exact.
    """

    weights: Tensor

    def __init__(self, statement: Decide, domains: Domains, restarts: int) -> None:
        super().__init__()
        self.statement = statement
        names = statement.inputs
        self._bounds = term_bounds(names, domains, Pooling.NONE, 1)
        self._rows = [len(term.weights) for term in statement.terms]
        nothing = torch.empty(0, statement.domain.size, dtype=torch.float64)
        rows = [torch.tensor(t.weights, dtype=torch.float64) for t in statement.terms]
        whole = torch.cat([nothing, *map(from_zero, rows)])  # (inputs, D)
        parts = zip(torch.split(whole, self._rows), self._bounds, strict=True)
        largest = sum(float(part.max()) * bound for part, bound in parts)
        if largest >= EXACT_LIMIT:
            raise SettingsError(
                f"the sums of {statement.output!r} in the program that training starts "
                f"from can reach {largest:.0f}, expected less than {EXACT_LIMIT}; "
                "divide its weights, or start from another program"
            )
        unit = unit_of(whole)
        self._scale = max(DECISION_STEPS, 1 / unit)  # powers of two
        size = statement.domain.size
        self.handicap = torch.arange(size) * (unit / (2 * size))  # less than a step
        self._start = (whole.T * unit).float()  # (D, inputs)
        start = self._start[None]
        if start.numel() > MOST_LOGITS:
            self.register_buffer("weights", start, persistent=False)
        else:
            self.weights = nn.Parameter(start.repeat(restarts, 1, 1))

    def forward(self, signals: Signals, heat: Heat, noise: Noise) -> None:
        """Write the output."""
        weights = self.weights if heat.tau else self._final()
        positions = signals.tokens.numel()
        sums = weights[:, :, :0].sum(2, keepdim=True).expand(-1, -1, positions)
        for name, part in zip(
            self.statement.inputs, torch.split(weights, self._rows, dim=2), strict=True
        ):
            sums = sums + signals.weighted(name, part)  # (R, D, P)
        if heat.tau:  # of equal sums the first is the likeliest
            sums = sums - self.handicap.to(sums)[:, None]
        likely = sample(sums, heat, None, dim=1)
        shape = (*likely.shape[:2], *signals.tokens.shape)
        signals.write(self.statement.output, likely.reshape(shape))

    def _final(self) -> Float[Tensor, "#R D inputs"]:
        # The integers of all restarts, as they are hardened.
        found = [torch.cat(self._integers(r)).T for r in range(len(self.weights))]
        return torch.stack(found).to(self.weights)

    def _integers(self, restart: int) -> list[Tensor]:
        # The rows of every term, (values, D).
        weights = self.weights[restart].detach().cpu().double().T
        rows = map(from_zero, torch.split(weights, self._rows))
        nothing = weights[:0].long()
        return [nothing, *rounded(rows, self._bounds, self._scale)]

    def hardened(self, restart: int) -> Decide:
        """Return the decision with weights in integers; its own if none has moved."""
        row = min(restart, len(self.weights) - 1)  # one for all, if they do not train
        if torch.equal(self.weights[row].detach().cpu(), self._start):
            return self.statement
        _, *rows = self._integers(row)
        terms = tuple(
            Term(name, tuple(map(tuple, found.tolist())))
            for name, found in zip(self.statement.inputs, rows, strict=True)
        )
        return replace(self.statement, terms=terms)


def unit_of(weights: Tensor) -> float:
    """Return what integers are multiplied by, as logits: a power of two."""
    spread = float(weights.max()) if weights.numel() else 0.0
    return 2.0 ** math.floor(math.log2(WEIGHT_MARGIN / (spread or 1.0)))


RelaxedStatement = RelaxedTable | RelaxedHead | RelaxedDecision


def relaxed(
    statement: Statement, domains: Domains, restarts: int, generator: Generator
) -> RelaxedStatement:
    """Return R relaxed statements that all start at one."""
    opened = partial(_Choices, restarts=restarts, generator=generator)
    match statement:
        case Table():
            return RelaxedTable(statement, domains, opened)
        case Head():
            return RelaxedHead(statement, domains, opened)
        case Decide():
            return RelaxedDecision(statement, domains, restarts)
