"""Closed forms that agree with given cells: terms, and what stands around them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis.pieces import Pieces
from transformer_programs.analysis.tables import literal, numeral, shifted
from transformer_programs.analysis.terms import (
    Reals,
    SmallTerm,
    constant_bits,
    terms_over,
)
from transformer_programs.language import Value

RARE = 8
"""Cells of every output that terms are compared at."""

_Mask = NDArray[np.bool_]
_Ids = NDArray[np.int64]
_Test = Callable[[Reals, _Ids], _Mask]

_SIEVE = 8  # cells of the first, quick comparison
_TURNS = 3  # whole periods that must be seen
_LONGEST_PERIOD = 16
_MOST_STEPS = 4  # values of a step function
_STEPPED = 3  # size of the terms that steps and choices are over
_BRANCH = 5  # size of the terms that are chosen between
_CUT_SIEVE = 32  # cells of the first, quick search of a bound
_MOST_CASES = 6  # values of a variable that chooses between forms


_BY_VARIABLE = re.compile(r"(//|%) [^0-9]")


@dataclass(frozen=True, slots=True)
class Form:
    """A closed form.

    Attributes:
        text: an expression in ``x``, or in ``a`` and ``b``.
        bits: the length of its description.
    """

    text: str
    bits: float


def number_of(value: Value) -> int | None:
    """Return the number that a value is, or says; None for any other text."""
    return value if isinstance(value, int) else numeral(value)


class Fitter:
    """Forms that agree with some cells.

    Rows stand for terms, the smallest first, and columns for cells.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        numeric: Sequence[int],
        cells: Sequence[tuple[Value, ...]],
        largest: int,
        room: float = np.inf,
    ) -> None:
        self._names, self._room = names, room
        columns = [list(column) for column in zip(*cells, strict=True)]
        self._read, self._said = columns[:-1], columns[-1]
        self._points = np.array([self._read[i] for i in numeric], dtype=np.float64)
        every = terms_over(*(names[i] for i in numeric))
        self._rows = every.at(self._points, largest)  # (terms, cells)
        self._terms = every.terms[: len(self._rows)]
        self._sizes = every.sizes[: len(self._rows)]
        self._prices = 2.2 * self._sizes - 1.2
        self._kinds = list(dict.fromkeys(self._said))
        ids = {kind: index for index, kind in enumerate(self._kinds)}
        self._ids = np.array([ids[value] for value in self._said])
        self._kind_bits = log2(max(len(self._kinds), 2))
        self._written = isinstance(self._said[0], str)
        numbers = [number_of(value) for value in self._kinds]
        self._numbers: Reals | None = None
        # Numbers, or texts that str() writes.
        if all(
            n is not None and v in (n, str(n))
            for n, v in zip(numbers, self._kinds, strict=True)
        ):
            self._numbers = np.array(numbers, dtype=np.float64)[self._ids]

    def forms(self) -> Iterator[Form]:
        """Yield forms without choices that agree with all cells."""
        yield from self._simple(np.arange(len(self._said)))

    def choices(self) -> Iterator[Form]:
        """Yield forms that choose between two or more, and agree with all cells."""
        if self._numbers is not None:
            for form in self._chosen(np.arange(len(self._said)), self._numbers):
                yield self._as_written(form)
        yield from self._by_cases()
        yield from self._split(np.arange(len(self._said)))

    def pairs(self) -> Iterator[Form]:
        """Yield forms of two linear pieces that agree with all cells."""
        yield from self._pieces(2)

    def triples(self) -> Iterator[Form]:
        """Yield forms of three linear pieces that agree with all cells."""
        yield from self._pieces(3)

    def _pieces(self, count: int) -> Iterator[Form]:
        if self._numbers is None or len(self._points) != len(self._names):
            return

        def conditions(where: _Ids, holds: _Mask) -> Iterator[tuple[str, float]]:
            for form in self._conditions(where, holds):
                if not _BY_VARIABLE.search(form.text):
                    yield form.text, form.bits

        found = Pieces(self._names, self._points, self._numbers, self._room, conditions)
        for text, bits in found.forms(count):
            yield self._as_written(Form(text, bits))

    def relations(self) -> Iterator[Form]:
        """Yield conditions that hold for the cells with a 1, and for no other."""
        holds = np.array([value == 1 for value in self._said])
        for form in self._conditions(np.arange(len(holds)), holds):
            if not _BY_VARIABLE.search(form.text):
                yield form

    def _as_written(self, form: Form) -> Form:
        return Form(f"str({form.text})", form.bits + 1) if self._written else form

    def _simple(self, where: _Ids) -> Iterator[Form]:
        # Forms without a choice between forms, for the cells of some columns.
        kinds = np.unique(self._ids[where])
        if len(kinds) == 1:
            yield Form(literal(self._kinds[kinds[0]]), 1 + self._kind_bits)
            return
        if self._numbers is not None:
            yield from map(
                self._as_written, self._arithmetic(where, self._numbers[where])
            )
        if len(kinds) == 2:
            yield from self._two_kinds(where, kinds)
        yield from self._periodic(where)
        if 2 < len(kinds) <= _MOST_STEPS:
            yield from self._steps(where)

    def _matching(
        self, where: _Ids, test: _Test, most: int = 3
    ) -> Iterator[tuple[int, SmallTerm, Reals]]:
        # The first terms that pass a test, which is first made on few cells.
        few = np.linspace(0, len(where) - 1, _SIEVE).astype(np.int64)
        rows = np.flatnonzero(test(self._rows[:, where[few]], few))
        kept = self._rows[rows][:, where]
        for index in np.flatnonzero(test(kept, np.arange(len(where))))[:most].tolist():
            row = int(rows[index])
            yield row, self._terms[row], kept[index]

    # Numbers.

    def _arithmetic(self, where: _Ids, wanted: Reals) -> Iterator[Form]:
        yield from self._sums(where, wanted)
        least, most = int(wanted.min()), int(wanted.max())
        for row, term, values in self._matching(
            where, lambda r, at: _same(r + wanted[at])
        ):
            constant = int(wanted[0] + values[0])
            bits = self._prices[row] + 4 + constant_bits(constant)
            yield Form(f"{constant} - {_factor(term)}", bits)
        yield from self._folded(where, wanted)
        if least == 0 and len(np.unique(wanted)) == most + 1:
            yield from self._remainders(where, wanted, most + 1)
        yield from self._bounded(where, wanted, least, most)

    def _sums(self, where: _Ids, wanted: Reals) -> Iterator[Form]:
        for row, term, values in self._matching(
            where, lambda r, at: _same(wanted[at] - r)
        ):
            constant = int(wanted[0] - values[0])
            yield Form(
                _plus(term, constant), self._prices[row] + constant_bits(constant)
            )

    def _folded(self, where: _Ids, wanted: Reals) -> Iterator[Form]:
        # How far a term is from a constant, which its largest value tells.
        def centers(rows: Reals, at: _Ids) -> Reals:
            largest = rows.argmax(axis=1)
            found: Reals = rows.max(axis=1) - wanted[at][largest]
            return found

        def test(rows: Reals, at: _Ids) -> _Mask:
            middle = centers(rows, at)[:, None]
            return np.asarray((np.abs(rows - middle) == wanted[at]).all(axis=1))

        for row, term, values in self._matching(where, test):
            constant = int(centers(values[None, :], np.arange(len(where)))[0])
            if values.min() < constant < values.max():
                bits = self._prices[row] + 4 + constant_bits(constant)
                yield Form(f"abs({_plus(term, -constant)})", bits)

    def _remainders(self, where: _Ids, wanted: Reals, modulus: int) -> Iterator[Form]:
        def test(rows: Reals, at: _Ids) -> _Mask:
            return _same((wanted[at] - rows) % modulus)

        for row, term, values in self._matching(where, test):
            if len(np.unique(values)) < 2 * modulus:
                continue
            constant = int((wanted[0] - values[0]) % modulus)
            constant -= modulus * (2 * constant > modulus)
            text = _plus(term, constant) if constant else term.text
            text = text if term.simple and not constant else f"({text})"
            bits = self._prices[row] + 4 + constant_bits(constant)
            yield Form(f"{text} % {modulus}", bits)

    def _bounded(
        self, where: _Ids, wanted: Reals, least: int, most: int
    ) -> Iterator[Form]:
        middle = np.flatnonzero((wanted > least) & (wanted < most))
        if len(middle) < 2:
            return
        inner = wanted[middle]
        matching = self._matching(
            where[middle], lambda r, at: _same(inner[at] - r), most=12
        )
        for row, term, values in matching:
            constant = int(inner[0] - values[0])
            text = _plus(term, constant)
            bits = self._prices[row] + constant_bits(constant)
            every = self._rows[row, where] + constant
            if not (np.clip(every, least, most) == wanted).all():
                continue
            if (every < least).any():
                text, bits = f"max({text}, {least})", bits + 4
            if (every > most).any():
                text, bits = f"min({text}, {most})", bits + 4
            yield Form(text, bits)

    # Conditions.

    def _two_kinds(self, where: _Ids, kinds: _Ids) -> Iterator[Form]:
        first, second = (self._kinds[kind] for kind in kinds)
        if not self._written and {first, second} == {0, 1}:
            first, second = 1, 0
        holds = self._ids[where] == self._kinds.index(first)
        for condition in self._conditions(where, holds):
            if not self._written and (first, second) == (1, 0):
                yield Form(f"int({condition.text})", condition.bits)
                continue
            text = f"{literal(first)} if {condition.text} else {literal(second)}"
            yield Form(text, condition.bits + self._kind_bits)

    def _conditions(self, where: _Ids, holds: _Mask) -> Iterator[Form]:
        for inside, above, below, equal in (
            (holds, ">", ">=", "=="),
            (~holds, "<=", "<", "!="),
        ):

            def larger(rows: Reals, at: _Ids, inside: _Mask = inside) -> _Mask:
                outer = np.where(inside[at], -np.inf, rows).max(axis=1)
                found: _Mask = outer < np.where(inside[at], rows, np.inf).min(axis=1)
                return found

            def single(rows: Reals, at: _Ids, inside: _Mask = inside) -> _Mask:
                value = np.where(inside[at], rows, -np.inf).max(axis=1)[:, None]
                found: _Mask = ((rows == value) == inside[at]).all(axis=1)
                return found & _defined(rows)

            for row, term, values in self._matching(where, larger):
                outer, inner = int(values[~inside].max()), int(values[inside].min())
                sign, constant = above, _nearest_zero(outer, inner - 1)
                other = _nearest_zero(outer + 1, inner)
                if abs(other) < abs(constant):
                    sign, constant = below, other
                bits = self._prices[row] + 2 + constant_bits(constant)
                yield Form(self._compared(term, sign, constant), bits)
            for row, term, values in self._matching(where, single):
                constant = int(values[inside][0])
                room = log2(int(values.max() - values.min()) + 1)
                bits = self._prices[row] + 2 + min(constant_bits(constant), room)
                yield Form(self._compared(term, equal, constant), bits)

    def _compared(self, term: SmallTerm, sign: str, constant: int) -> str:
        # A difference is written as a comparison of two terms.
        if term.operation != "-":
            return f"{term.text} {sign} {constant}"
        left, right = self._terms[term.left], self._terms[term.right]
        if sign in ("==", "!=") and left.size > right.size == 1:
            left, right, constant = right, left, -constant
        return f"{left.text} {sign} {_plus(right, constant)}"

    def _below(self, term: SmallTerm, bound: int) -> str:
        if term.operation == "-" and bound == 1:
            return self._compared(term, "<=", 0)
        return self._compared(term, "<", bound)

    # Labels that follow a remainder, or change in steps.

    def _bases(self, largest: int) -> Iterator[tuple[int, SmallTerm]]:
        for row, term in enumerate(self._terms):
            if term.size > largest:
                return
            plain = term.constant is None and not term.shifted
            if plain and term.operation in ("", "+", "-") and not self._is_turned(term):
                yield row, term

    def _is_turned(self, term: SmallTerm) -> bool:
        # Whether it is a difference that stands the other way round before.
        return term.operation == "-" and term.left > term.right

    def _periodic(self, where: _Ids) -> Iterator[Form]:
        ids = self._ids[where]
        # Parts of a choice follow single variables.
        largest = _STEPPED if len(where) == len(self._ids) else 1
        for row, term in self._bases(largest):
            values = self._rows[row, where].astype(np.int64)
            seen = len(np.unique(values))
            for period in range(2, min(_LONGEST_PERIOD, seen // _TURNS) + 1):
                turn = np.full(period, -1, dtype=np.int64)
                turn[values % period] = ids
                if (turn < 0).any() or (turn[values % period] != ids).any():
                    continue
                if period == 2:  # a condition says so
                    break
                labels = ", ".join(literal(self._kinds[i]) for i in turn)
                text = term.text if term.simple else f"({term.text})"
                bits = self._prices[row] + 6.4 + period * self._kind_bits
                yield Form(f"({labels})[{text} % {period}]", bits)
                break

    def _steps(self, where: _Ids) -> Iterator[Form]:
        ids = self._ids[where]
        largest = _STEPPED if len(where) == len(self._ids) else 1
        for row, term in self._bases(largest):
            values = self._rows[row, where].astype(np.int64)
            order = np.lexsort((ids, values))
            line, said = values[order], ids[order]
            starts = np.flatnonzero(np.diff(said)) + 1
            if len(starts) >= _MOST_STEPS or (line[starts] == line[starts - 1]).any():
                continue
            bits = self._prices[row] + self._kind_bits
            text = ""
            for start in starts.tolist():
                bound = int(line[start])
                condition = self._below(term, bound)
                text += f"{literal(self._kinds[said[start - 1]])} if {condition} else "
                bits += 3 + self._kind_bits + constant_bits(bound)
            yield Form(text + literal(self._kinds[said[-1]]), bits)

    # Choices between forms.

    def _chosen(self, where: _Ids, numbers: Reals) -> Iterator[Form]:
        # One sum below a bound of some term, another above it.
        count = int(np.searchsorted(self._sizes, _BRANCH, side="right"))
        wanted = numbers[where]
        rows = self._rows[:count, where].astype(np.float32)
        modulus = int(wanted.max()) + 1 if wanted.min() == 0 else 0
        for row, term in enumerate(self._terms[:count]):
            if not _divides(term) or self._is_turned(term):
                continue
            line = self._rows[row, where]
            order = np.argsort(line, kind="stable")
            starts = np.flatnonzero(np.diff(line[order])) + 1
            if not len(starts) or np.isnan(line).any():
                continue
            for turn in (0, modulus) if modulus > 1 and term.size == 1 else (0,):
                few = order[np.linspace(0, len(order) - 1, _CUT_SIEVE).astype(np.int64)]
                if _is_cut(*_agreement(wanted[few] - rows[:, few], turn)):
                    difference = wanted[order] - rows[:, order]
                    yield from self._cut(term, line[order], starts, difference, turn)

    def _cut(
        self,
        term: SmallTerm,
        line: Reals,
        starts: _Ids,
        difference: Reals,
        modulus: int,
    ) -> Iterator[Form]:
        ahead, back = _agreement(difference, modulus)
        if not _is_cut(ahead, back):
            return
        if modulus:
            difference = difference % modulus
        cuts = starts[(starts <= ahead.max()) & (starts >= back.min())]
        ends = (difference[:, 0], difference[:, -1])
        costs = [
            self._prices[: len(end)] + 2 * np.log2(np.abs(end) + 1) for end in ends
        ]
        best: list[Form] = []
        for cut in cuts.tolist():
            lower = int(np.where(ahead >= cut, costs[0], np.inf).argmin())
            upper = int(np.where(back <= cut, costs[1], np.inf).argmin())
            texts = [
                _plus(self._terms[r], int(end[r]))
                for r, end in zip((lower, upper), ends, strict=True)
            ]
            if modulus:
                texts = [f"({text}) % {modulus}" for text in texts]
            bound = int(line[cut])
            condition = self._below(term, bound)
            bits = costs[0][lower] + costs[1][upper] + 2.0 * term.size + 4
            bits += constant_bits(bound) + 10 * bool(modulus)
            best.append(Form(f"{texts[0]} if {condition} else {texts[1]}", bits))
        yield from sorted(best, key=lambda form: form.bits)[:2]

    def _by_cases(self) -> Iterator[Form]:
        # A form of the other input for each of a few values of one.
        if len(self._read) == 1:
            return
        for name, column in zip(self._names, self._read, strict=True):
            values = list(dict.fromkeys(column))
            if not 1 < len(values) <= _MOST_CASES:
                continue
            fits: dict[str, list[Value]] = {}
            bits: dict[str, float] = {}
            for value in values:
                where = np.flatnonzero([v == value for v in column])
                for form in self._simple(where):
                    if name not in form.text.replace("max", "").replace("abs", ""):
                        fits.setdefault(form.text, []).append(value)
                        bits[form.text] = form.bits
            yield from _covered(name, values, fits, bits)

    def _split(self, where: _Ids) -> Iterator[Form]:
        # An exceptional beginning, or every second or third value.
        for row, term in enumerate(self._terms):
            if term.size > _STEPPED or not _divides(term) or self._is_turned(term):
                continue
            cuts = _cuts(self._rows[row], term, alone=len(self._names) == 1)
            for mask, sign, constant in cuts:
                if mask[where].all() or not mask[where].any():
                    continue
                found = self._sides(where[mask[where]], where[~mask[where]], sign)
                if found is None:
                    continue
                one, other = found
                condition = self._compared(term, sign, constant)
                bits = one.bits + other.bits + 2 * term.size + 2
                bits += constant_bits(constant)
                yield Form(
                    f"{_branch(one.text)} if {condition} else {other.text}", bits
                )

    def _sides(self, one: _Ids, other: _Ids, sign: str) -> tuple[Form, Form] | None:
        # The side with more cells is the less likely one to have a form.
        less, more = sorted((one, other), key=len)
        best = min(self._simple(more), key=_bits, default=None)
        nested = best is None and sign == "==" and self._numbers is not None
        if best is None and not nested:
            return None
        rest = min(self._simple(less), key=_bits, default=None)
        if rest is None:
            return None
        if nested and self._numbers is not None:
            chosen = map(self._as_written, self._chosen(more, self._numbers))
            best = min(chosen, key=_bits, default=None)
        if best is None:
            return None
        return (rest, best) if less is one else (best, rest)


def _cuts(line: Reals, term: SmallTerm, *, alone: bool) -> list[tuple[_Mask, str, int]]:
    # Where a term of a choice is small, as a condition.
    match term.operation:
        case "%" if term.shifted:
            return [(line == 0, "==", 0)]
        case "-":
            return [(line < 0, "<", 0), (line == 0, "==", 0), (line > 0, ">", 0)]
        case "":
            cuts = [(line < c, "<", c) for c in ((2, 3) if alone else ())]
            return [(line == 0, "==", 0), *cuts]
    return []


def _divides(term: SmallTerm) -> bool:
    # Whether a choice may depend on a bound of the term.
    if term.constant is not None or term.size > _BRANCH:
        return False
    if term.size == _BRANCH:
        return term.operation == "-" and not term.shifted
    return not term.shifted or term.operation == "%"


def _agreement(difference: Reals, modulus: int) -> tuple[_Ids, _Ids]:
    # How far each row agrees from the first cell on, and from the last one back.
    if modulus:
        difference = difference % modulus
    size = difference.shape[1]
    first = difference != difference[:, :1]
    last = (difference != difference[:, -1:])[:, ::-1]
    ahead = np.where(first.any(axis=1), first.argmax(axis=1), size)
    back = size - np.where(last.any(axis=1), last.argmax(axis=1), size)
    return ahead, back


def _is_cut(ahead: _Ids, back: _Ids) -> bool:
    return int(ahead.max()) >= int(back.min())


def _covered(
    name: str,
    values: list[Value],
    fits: dict[str, list[Value]],
    bits: dict[str, float],
) -> Iterator[Form]:
    # The forms that fit most values first; the last needs no condition.
    left, parts = list(values), []
    while left:
        options = [
            (-len([v for v in fitted if v in left]), bits[text], text)
            for text, fitted in fits.items()
        ]
        gain, price, text = min(options, default=(0, 0.0, ""))
        if not gain:
            return
        covered = [v for v in left if v in fits[text]]
        left = [v for v in left if v not in covered]
        parts.append((text, price, covered))
    parts.reverse()
    found, total = "", 0.0
    for text, price, covered in parts:
        total += price + 3 + log2(len(values)) * len(covered)
        if covered is parts[-1][2]:
            found += text
        elif len(covered) == 1:
            found += f"{_branch(text)} if {name} == {literal(covered[0])} else "
        else:
            listed = ", ".join(map(literal, covered))
            found += f"{_branch(text)} if {name} in ({listed}) else "
    yield Form(found, total)


def _bits(form: Form) -> float:
    return form.bits


def _branch(text: str) -> str:
    return f"({text})" if " if " in text else text


def _same(rows: Reals) -> _Mask:
    return np.asarray((rows == rows[:, :1]).all(axis=1))


def _defined(rows: Reals) -> _Mask:
    return np.asarray(~np.isnan(rows).any(axis=1))


def _nearest_zero(least: int, most: int) -> int:
    return min(max(0, least), most)


def _factor(term: SmallTerm) -> str:
    return f"({term.text})" if term.operation in ("+", "-") else term.text


def _plus(term: SmallTerm, constant: int) -> str:
    if term.constant is not None:
        return str(term.constant + constant)
    return shifted(term.text, constant)
