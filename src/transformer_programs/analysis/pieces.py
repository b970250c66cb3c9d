"""Linear pieces of tables over numbers, and the conditions that choose between them.

A piece is a sum of multiples of the variables and of one part that others share, such
as ``b // 2``. It explains the cells at which it is right. Pieces that explain all
cells together are a form, if a condition tells apart the cells that only one explains.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, reduce
from itertools import product
from math import gcd

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis.tables import shifted
from transformer_programs.analysis.terms import Reals, constant_bits

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]

Conditions = Callable[[Ids, Mask], Iterator[tuple[str, float]]]
"""Conditions that hold for some of the given cells and no other, and their bits."""

_MULTIPLES = (0, 1, -1, 2, -2, 3, -3)
_OFFSETS = 2  # constants that are tried with a sum
_LEAST = 4  # cells that a piece explains
_MOST_PIECES = 300
_MOST_PAIRS = 24  # of pieces, that a condition is looked for
_FIRST = 12  # pieces that are tried as the first of three


@dataclass(frozen=True, slots=True)
class _Part:
    # A variable, or a quotient that is shared.
    text: str
    size: int
    values: Callable[..., Reals]


@cache
def _shared(names: tuple[str, ...]) -> tuple[_Part, ...]:
    # Halves and thirds of the variables, the last one first, and of their sum.
    found = []
    for read in ((1,), (0,), (0, 1)) if len(names) == 2 else ((0,),):
        for divisor, shift in product((2, 3), (0, 1, -1)):
            text = shifted(" + ".join(names[i] for i in read), shift)
            text = text if text.isidentifier() else f"({text})"

            def values(
                *points: Reals,
                read: tuple[int, ...] = read,
                shift: int = shift,
                divisor: int = divisor,
            ) -> Reals:
                total: Reals = sum((points[i] for i in read), np.zeros(())) + shift
                return total // divisor

            size = 1 + 2 * len(read) + 2 * bool(shift)
            found.append(_Part(f"{text} // {divisor}", size, values))
    return tuple(found)


class LinearSums:
    """Sums of multiples of some variables, and of at most one shared part.

    Args:
        names: What the variables are called.

    Attributes:
        parts: What is multiplied.
        factors: (sums, parts) multiples of the parts.
        prices: (sums,) lengths of their descriptions, in bits.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        variables = [
            _Part(name, 1, lambda *points, i=i: points[i])
            for i, name in enumerate(names)
        ]
        shared = _shared(names)
        self.parts = (*variables, *shared)
        rows = []
        for factors in product(_MULTIPLES, repeat=len(names)):
            rows.append([*factors, *(0 for _ in shared)])
            for which, factor in product(range(len(shared)), _MULTIPLES[1:]):
                row = [*factors, *(0 for _ in shared)]
                row[len(names) + which] = factor
                rows.append(row)
        every = np.array(rows, dtype=np.float64)
        sizes = np.array([self._size(row) for row in rows])
        order = np.argsort(sizes, kind="stable")
        self.factors, self.prices = every[order], 2.2 * sizes[order] - 1.2

    def _size(self, factors: list[int]) -> int:
        # Nodes of the text; a common factor is written once.
        common = reduce(gcd, factors) or 1
        used = [(f // common, p) for f, p in zip(factors, self.parts, strict=True) if f]
        size = sum(p.size + 1 + 2 * (abs(f) > 1) for f, p in used) - 1
        return max(size, 1) + 2 * (common > 1 and len(used) > 1)

    def at(self, points: Reals) -> Reals:
        """Return what they are: (variables, points) -> (sums, points)."""
        values = np.stack(
            [np.broadcast_to(p.values(*points), points.shape[1:]) for p in self.parts]
        )
        found: Reals = self.factors @ values
        return found

    def text(self, row: int, constant: int = 0) -> str:
        """Return a sum and a constant as Python source."""
        factors = self.factors[row].astype(np.int64).tolist()
        used = [(f, p.text) for f, p in zip(factors, self.parts, strict=True) if f]
        common = reduce(gcd, [f for f, _ in used], 0)
        if len(used) > 1 and common > 1 and constant % common == 0:
            inner = _added([(f // common, text) for f, text in used])
            return f"{common} * ({shifted(inner, constant // common)})"
        if not used:
            return str(constant)
        if constant > 0 and all(f < 0 for f, _ in used):
            return _added([(constant, ""), *used])
        return shifted(_added(used), constant)

    def compared(self, row: int, least: int) -> str:
        """Return the condition that a sum is at least a constant."""
        factors = self.factors[row].astype(np.int64).tolist()
        used = [(f, p.text) for f, p in zip(factors, self.parts, strict=True) if f]
        left = [(f, text) for f, text in used if f > 0]
        right = [(-f, text) for f, text in used if f < 0]
        sign, constant = (
            (">", least - 1) if abs(least - 1) < abs(least) else (">=", least)
        )
        if not left:
            flipped = {">": "<", ">=": "<="}[sign]
            return f"{_added(right)} {flipped} {-constant}"
        if not right:
            return f"{_added(left)} {sign} {constant}"
        return f"{_added(left)} {sign} {shifted(_added(right), constant)}"


def _added(used: list[tuple[int, str]]) -> str:
    # Positive ones first.
    text = ""
    for factor, part in sorted(used, key=lambda pair: pair[0] < 0):
        size = abs(factor)
        if not part:
            written = str(size)
        elif size == 1:
            written = part
        else:
            written = f"{size} * ({part})" if "//" in part else f"{size} * {part}"
        if not text and factor < 0:
            text = f"-({written})" if size == 1 and "//" in part else f"-{written}"
        elif not text:
            text = written
        else:
            text += f" {'+' if factor > 0 else '-'} {written}"
    return text


@cache
def linear_sums(*names: str) -> LinearSums:
    """Return the sums over one or two variables; they are made once."""
    return LinearSums(names)


@dataclass(frozen=True, slots=True)
class _Piece:
    # Where it is right, and where it is below 0 for a 0.
    text: str
    bits: float
    right: Mask
    below: Mask


class Pieces:
    """Forms of two or three linear pieces.

    Args:
        names: What the variables are called.
        points: (variables, cells) their values.
        wanted: (cells,) the numbers to explain.
        room: Bits that a form may have.
        conditions: Looks for conditions on cells.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        points: Reals,
        wanted: Reals,
        room: float,
        conditions: Conditions,
    ) -> None:
        self._sums = linear_sums(*names)
        self._rows = self._sums.at(points)
        self._wanted, self._conditions = wanted, conditions
        self._room = room
        self._floor = 0.0 if wanted.min() == 0 else -np.inf

    def forms(self, count: int) -> Iterator[tuple[str, float]]:
        """Yield forms of 2 or 3 pieces that agree with all cells, and their bits."""
        if len(self._wanted) < 2 * _LEAST:
            return
        every = np.ones(len(self._wanted), dtype=np.bool_)
        for choice in self._pairs(every) if count == 2 else self._triples(every):
            text, bits = choice.text, choice.bits
            if choice.below.any():
                text, bits = f"max({text}, 0)", bits + 4
            yield text, bits

    @cached_property
    def _pieces(self) -> list[_Piece]:
        # The pieces that explain most cells, of those that explain the same the first.
        rows, offsets, counts = self._explaining()
        order = np.lexsort((self._sums.prices[rows], -counts))
        found: dict[bytes, _Piece] = {}
        for index in order.tolist():
            row, offset = int(rows[index]), int(offsets[index])
            values = self._rows[row] + offset
            right = np.maximum(values, self._floor) == self._wanted
            key = right.tobytes()
            bits = self._sums.prices[row] + constant_bits(offset)
            if key not in found or bits < found[key].bits:
                if key not in found and len(found) == _MOST_PIECES:
                    break
                below = right & (values < self._floor)
                found[key] = _Piece(self._sums.text(row, offset), bits, right, below)
        return list(found.values())

    def _explaining(self) -> tuple[Ids, Ids, Ids]:
        # Sums with the constants that explain most cells: rows, constants, cells.
        difference = np.sort(self._wanted - self._rows, axis=1)
        count = difference.shape[1]
        ends = np.ones(difference.shape, dtype=np.bool_)
        ends[:, :-1] = difference[:, 1:] != difference[:, :-1]
        row, column = np.nonzero(ends)
        before = np.concatenate([[-1], row[:-1] * count + column[:-1]])
        lengths = row * count + column - before
        least = max(_LEAST, count // 8)
        kept = lengths >= least
        row, column, lengths = row[kept], column[kept], lengths[kept]
        order = np.lexsort((column, -lengths, row))
        row, column, lengths = row[order], column[order], lengths[order]
        # The first few of every row.
        starts = np.searchsorted(row, row)
        first = np.arange(len(row)) - starts < _OFFSETS
        constants = difference[row[first], column[first]].astype(np.int64)
        return row[first], constants, lengths[first]

    def _pairs(self, where: Mask) -> Iterator[_Piece]:
        # Two pieces that explain the cells.
        pieces = self._pieces
        if not pieces:
            return
        missed = np.stack([where & ~piece.right for piece in pieces]).astype(np.float32)
        one, other = np.nonzero(np.triu(missed @ missed.T == 0, 1))
        bits = np.array([piece.bits for piece in pieces])
        together = bits[one] + bits[other]
        kept = together < self._room
        one, other, together = one[kept], other[kept], together[kept]
        order = np.argsort(together, kind="stable")
        for index in order[:_MOST_PAIRS].tolist():
            pair = pieces[int(one[index])], pieces[int(other[index])]
            yield from self._chosen(*pair, where)

    def _triples(self, where: Mask) -> Iterator[_Piece]:
        # Those that explain most do not leave more than two others can explain.
        counts = [int(np.count_nonzero(piece.right)) for piece in self._pieces]
        two = sum(sorted(counts)[-2:])
        for first in self._pieces[:_FIRST]:
            if np.count_nonzero(~first.right) > two:
                return
            for rest in self._pairs(where & ~first.right):
                yield from self._chosen(first, rest, where)

    def _chosen(self, one: _Piece, other: _Piece, where: Mask) -> Iterator[_Piece]:
        # One piece or the other, if a condition tells apart where only one is right.
        alone = where & (one.right != other.right)
        holds = one.right[alone]
        if holds.all() or not holds.any():
            return
        room = self._room - one.bits - other.bits
        conditions = self._told_apart(np.flatnonzero(alone), holds, room)
        found = min(conditions, key=lambda pair: pair[1], default=None)
        if found is not None:
            condition, price = found
            text = f"{one.text} if {condition} else {other.text}"
            bits = one.bits + other.bits + price + 2
            yield _Piece(text, bits, where, one.below | other.below)

    def _told_apart(
        self, cells: Ids, holds: Mask, room: float
    ) -> Iterator[tuple[str, float]]:
        if room <= 0:
            return
        yield from self._conditions(cells, holds)
        count = int(np.searchsorted(self._sums.prices, room))
        rows = self._rows[:count, cells]
        inner, outer = rows[:, holds].min(axis=1), rows[:, ~holds].max(axis=1)
        for row in np.flatnonzero(inner > outer)[:1].tolist():
            least = int(min(max(0, outer[row] + 1), inner[row]))
            bits = self._sums.prices[row] + 2 + constant_bits(least)
            yield self._sums.compared(row, least), bits
