"""Sums of few parts: variables, and conjunctions of their values, chosen one by one.

In every round the parts (``parts.py``) that promise most for the labels that the sum
so far does not explain join it (as in boosting, by the gain of one Newton step), if
that is worth their price: the weights, and naming one of so many parts. All weights are
then fitted anew, and parts that the others made superfluous leave.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from transformer_programs.learn.linear.grams import Ids, Mask
from transformer_programs.learn.linear.parts import (
    PartChoices,
    SumPart,
    Weighted,
    scores_of,
)
from transformer_programs.system import Floats, Work, descend

FEWEST_LITERALS, MOST_LITERALS = 24, 400
"""How many literals are joined in pairs, at least and at most."""

MOST_PRODUCTS = 1 << 30
"""Pairs of literals times sequences times labels squared: bounds the work."""

DEEPEST = 4
"""The most literals of a conjunction."""

GROWN = 40
"""The most conjunctions that grow by another literal in a round."""

MOST_PARTS = 60
"""The most parts of a sum."""

ROUNDS = 24
"""The most rounds."""

PENALTY = 0.3
"""Cost of half a squared weight, in nats."""

_STEPS = 60
_EXPLAINED = 0.02  # a label of which no more is left

Bits = NDArray[np.float32]


class Boosting:
    """Sums of more and more parts for some sequences.

    Args:
        choices: What they may be made of.
        labels: (sequences,) ids.
        count: Number of labels.
        rows: The sequences that are learned from.
        given: (sequences,) how much each counts.
        work: Account of what is computed.
    """

    def __init__(
        self,
        choices: PartChoices,
        labels: Ids,
        count: int,
        rows: Ids,
        given: Floats,
        work: Work,
    ) -> None:
        self._choices, self._rows, self._work = choices, rows, work
        self._labels, self._count = labels[rows], count
        self._given = given[rows]
        self._wanted = np.eye(count)[self._labels] * self._given[:, None]
        # (sequences,) by variable, of a column for each of its values.
        sizes = np.array([0, *np.cumsum(choices.sizes)])
        self._starts = sizes
        self._flat = [
            values[rows] + start
            for values, start in zip(choices.values, sizes, strict=False)
        ]
        kept = choices.literals
        most = int(np.sqrt(MOST_PRODUCTS / max(len(rows) * count**2, 1)))
        self._literals = kept
        self._most = min(MOST_LITERALS, max(most, FEWEST_LITERALS))
        self._up: Bits = np.zeros((len(kept), len(rows)), np.float32)
        for index, literal in enumerate(kept):
            self._up[index] = choices.holds([literal], rows)
        self._bits = np.log(max(self._given.sum(), 2)) / 2  # nats of a weight

    def sums(self) -> Iterator[Weighted]:
        """Yield a sum after every round."""
        parts: list[SumPart] = []
        found = self._fit(parts, None)
        yield found
        for _ in range(ROUNDS):
            rest, curvature = self._rest(found)
            gains = [*self._single(rest, curvature), *self._joined(rest, curvature)]
            # Rounded, so that the order does not depend on how a machine adds.
            gains.sort(key=lambda entry: -round(entry[0], 3))
            new = self._apart(gains, parts)
            if not new or len(parts) >= MOST_PARTS:
                return
            found = self._pruned(self._fit([*parts, *new], found))
            if set(found.parts) <= set(parts):
                return  # what was new is worth less than it promised
            parts = list(found.parts)
            yield found

    def _apart(
        self, gains: Sequence[tuple[float, SumPart]], known: Sequence[SumPart]
    ) -> list[SumPart]:
        # The best part, and others that are about other sequences.
        new: list[SumPart] = []
        taken: list[Mask] = []
        most = 1 + len(known) // 4
        best = gains[0][0] if gains else 0.0
        for gain, part in gains:
            if gain <= 0 or gain < best / 3 or len(new) >= most:
                break
            if part in known:
                continue
            here = self._holds(part)
            # Of a variable with weights for all values, all sequences are meant.
            if any(
                (here & other).sum() > 0.3 * min(here.sum(), other.sum())
                for other in taken
            ):
                continue
            new.append(part)
            taken.append(here)
        return new

    def _holds(self, part: SumPart) -> Mask:
        if not part.literals:
            return np.ones(len(self._rows), dtype=np.bool_)
        return self._choices.holds(part.literals, self._rows)

    def _rest(self, found: Weighted) -> tuple[Floats, Floats]:
        # (sequences, labels) what is not explained, and curvatures.
        scores = scores_of(self._choices, found, self._rows)
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        odds /= odds.sum(axis=1, keepdims=True)
        weight = self._given[:, None]
        return self._wanted - odds * weight, odds * (1 - odds) * weight

    def _single(
        self, rest: Floats, curvature: Floats
    ) -> Iterator[tuple[float, SumPart]]:
        # Every variable, with a weight for each value that occurs.
        size = int(self._starts[-1])
        count, many = self._count, len(self._flat)
        if not many:
            return
        flat = np.concatenate(self._flat)
        self._work.spend(20.0 * len(flat) * count)
        gains = np.zeros(size)
        for label in range(count):
            slope = np.bincount(flat, np.tile(rest[:, label], many), size)
            bend = np.bincount(flat, np.tile(curvature[:, label], many), size)
            gains += slope**2 / (bend + PENALTY) / 2
        there = np.bincount(flat, minlength=size) > 0
        totals = np.add.reduceat(gains, self._starts[:-1])
        values = np.add.reduceat(there.astype(np.int64), self._starts[:-1])
        price = (values - 1) * (count - 1) * self._bits + np.log(many)
        price += np.array(self._choices.prices)
        for index in np.flatnonzero(totals > price).tolist():
            yield float(totals[index] - price[index]), SumPart(variable=index)

    def _joined(
        self, rest: Floats, curvature: Floats
    ) -> Iterator[tuple[float, SumPart]]:
        # Literals and conjunctions of them, from pairs that promise most on.
        if not len(self._up):
            return
        count = self._count
        labels = [0] if count == 2 else [*range(count)]
        # What is explained says nothing any more.
        open_rows = np.flatnonzero(np.abs(rest).max(axis=1) > _EXPLAINED)
        up = self._up[:, open_rows]
        slopes = rest[open_rows].astype(np.float32)
        bends = curvature[open_rows].astype(np.float32)
        twice = 2 if count == 2 else 1
        self._work.spend(2.0 * up.size * len(labels))
        alone = _gain(up @ slopes[:, labels], up @ bends[:, labels]) * twice
        weights = (count - 1) * self._bits
        name = np.log(len(self._up))
        prices = np.array([self._choices.prices[x.variable] for x in self._literals])
        for index in np.flatnonzero(alone > weights + name + prices).tolist():
            part = SumPart((self._literals[index],))
            yield float(alone[index] - weights - name - prices[index]), part
        # What has to be described is not joined.
        order = np.argsort(-np.where(prices > 0, -1.0, alone), kind="stable")
        order = order[: self._most]
        chosen = np.sort(order)
        some = up[chosen]
        owner = np.array([self._literals[i].variable for i in chosen])
        self._work.spend(len(some) ** 2 * len(open_rows) / 4 * len(labels))
        slope = np.stack([(some * slopes[:, label]) @ some.T for label in labels], -1)
        bend = np.stack([(some * bends[:, label]) @ some.T for label in labels], -1)
        gains = _gain(slope, bend) * twice  # (literals, literals)
        apart = np.triu(owner[:, None] != owner, 1)
        single = np.maximum(alone[chosen][:, None], alone[chosen])
        gains = np.where(apart, gains, -np.inf)
        flat = np.argsort(-gains, axis=None, kind="stable")[:GROWN]
        level: list[tuple[float, tuple[int, ...]]] = []
        for a, b in zip(*np.unravel_index(flat, gains.shape), strict=True):
            if np.isfinite(gains[a, b]):
                level.append((float(gains[a, b]), (int(chosen[a]), int(chosen[b]))))
                if gains[a, b] > single[a, b] + name:
                    yield (
                        float(gains[a, b] - weights - 2 * name),
                        self._part(level[-1][1]),
                    )
        for depth in range(3, DEEPEST + 1):
            level = self._grown(level, up, slopes[:, labels], bends[:, labels], twice)
            for gain, those in level:
                yield gain - weights - depth * name, self._part(those)

    def _grown(
        self,
        level: Sequence[tuple[float, tuple[int, ...]]],
        up: Bits,
        slopes: Bits,
        bends: Bits,
        twice: int,
    ) -> list[tuple[float, tuple[int, ...]]]:
        # Conjunctions with one more literal that tell more by more than its name.
        name = np.log(len(up))
        found: dict[tuple[int, ...], float] = {}
        for gain, those in level:
            rows = up[list(those)].all(axis=0)
            self._work.spend(len(up) * int(rows.sum()) * 2 * slopes.shape[1])
            inside = up[:, rows]
            gains = _gain(inside @ slopes[rows], inside @ bends[rows]) * twice
            for index in np.argsort(-gains, kind="stable")[:GROWN].tolist():
                if gains[index] < gain + name:
                    break
                if self._literals[index].variable in {
                    self._literals[i].variable for i in those
                }:
                    continue
                found[tuple(sorted((*those, index)))] = float(gains[index])
        ranked = sorted(found.items(), key=lambda entry: -entry[1])[:GROWN]
        return [(gain, those) for those, gain in ranked]

    def _part(self, those: Sequence[int]) -> SumPart:
        return SumPart(tuple(self._literals[i] for i in sorted(those)))

    def _fit(self, parts: Sequence[SumPart], start: Weighted | None) -> Weighted:
        blocks = [self._choices.columns(part, self._rows) for part in parts]
        ends = np.cumsum([0, *(block.shape[1] for block in blocks)])
        ones = np.ones((len(self._rows), 1))
        features = np.concatenate([*blocks, ones], axis=1)
        across = np.ascontiguousarray(features.T)
        rows = np.arange(len(self._rows))
        labels, given, work = self._labels, self._given, self._work
        penalty = np.full((features.shape[1], 1), PENALTY)
        penalty[-1] = PENALTY / 10  # what is added in any case

        def loss(point: Floats) -> tuple[float, Floats]:
            work.spend(features.size * point.shape[1] / 2)
            scores = features @ point
            scores -= scores.max(axis=1, keepdims=True)
            odds = np.exp(scores)
            total = odds.sum(axis=1)
            value = float((given * (np.log(total) - scores[rows, labels])).sum())
            value += float((penalty * point * point).sum()) / 2
            odds *= (given / total)[:, None]
            odds -= self._wanted
            gradient: Floats = across @ odds + penalty * point
            return value, gradient

        least = 1e-3 * np.sqrt(len(labels))

        def ended(value: float, gradient: Floats) -> bool:
            return bool(np.linalg.norm(gradient) < least)

        point = np.zeros((features.shape[1], self._count))
        if start is not None:
            known = dict(zip(start.parts, start.weights, strict=True))
            for part, (a, b) in zip(parts, pairwise(ends), strict=True):
                if part in known:
                    point[a:b] = known[part]
            point[-1] = start.always
        point = descend(loss, point, ended, _STEPS)
        weights = tuple(point[a:b] for a, b in pairwise(ends))
        return Weighted(tuple(parts), weights, point[-1])

    def _pruned(self, found: Weighted) -> Weighted:
        # Without parts that are worth less than their price beside the others.
        while len(found.parts) > 1:
            scores = scores_of(self._choices, found, self._rows)
            base = self._loss(scores)
            losses = []
            for part, weights in zip(found.parts, found.weights, strict=True):
                without = scores - self._choices.columns(part, self._rows) @ weights
                losses.append(self._loss(without) - base - self._price(part))
            worst = int(np.argmin(losses))
            if losses[worst] >= 0:
                return found
            parts = [p for i, p in enumerate(found.parts) if i != worst]
            found = self._fit(parts, found)
        return found

    def _price(self, part: SumPart) -> float:
        values = 2 if part.literals else self._choices.sizes[part.variable]
        return float((values - 1) * (self._count - 1) * self._bits) / 2

    def _loss(self, scores: Floats) -> float:
        most = scores.max(axis=1, keepdims=True)
        total = np.log(np.exp(scores - most).sum(axis=1)) + most[:, 0]
        right = scores[np.arange(len(scores)), self._labels]
        return float((self._given * (total - right)).sum())


def _gain(slope: Bits | Floats, bend: Bits | Floats) -> Floats:
    # Of one Newton step, in nats, by the sums of slopes and curvatures over labels.
    found: Floats = (slope**2 / (bend + PENALTY)).sum(axis=-1) / 2
    return found
