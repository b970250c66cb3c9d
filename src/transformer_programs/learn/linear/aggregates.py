"""Variables that say something of a whole sequence: tokens at places, counts of counts.

Tokens have *attributes*: the token itself, its first and last characters and what is
left of it, the sorts of its characters, and the token if it is of one kind, such as a
rank or a suit, where those of different kinds never stand at the same place. Of every
attribute it is counted how often each value occurs, how many positions have a value
that occurs so often, and how many values come again; of numbers also their sum, the
largest, and the smallest. All of these are heads and tables, of whose values at
position 0 sums are made (``boosting.py``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from transformer_programs.analysis import numeral
from transformer_programs.language import (
    ONES,
    POSITIONS,
    TOKENS,
    Domain,
    InputFormat,
    Scope,
)
from transformer_programs.learn.linear.grams import Ids, Mask
from transformer_programs.learn.linear.lines import Places, telling_sets
from transformer_programs.learn.linear.statements import Statements
from transformer_programs.search import attributes, in_order
from transformer_programs.system import Work

MOST_COUNTED = 32
"""The most values of an attribute each of which is counted."""

MOST_EQUAL = 8
"""The most positions of one value that are told apart."""

MOST_PAIRED = 16
"""The most places each of which is compared with every other."""

MOST_PLACES = 64
"""The most places whose tokens are read."""

MOST_KINDS = 4
"""The most kinds of tokens."""

LARGEST_NUMBER = 255
"""Tokens that are larger numbers count as none."""

ALWAYS = 0.9
"""The share of sequences that have a place whose token is read."""

EXPECTED, SCARCELY = 5.0, 1.0
"""How often values that never stand together with a label would do so by chance: all
such pairs, and each of them."""

MOST_FILLING = 4
"""The most tokens of which it is told which places they fill."""


@dataclass(frozen=True, slots=True)
class Aggregated:
    """A variable of a whole sequence.

    Attributes:
        name: Its name.
        values: (sequences,) ids at position 0.
        placed: Whether it is about single places.
        price: What describing it takes, in nats, if it was learned.
    """

    name: str
    values: Ids
    placed: bool = False
    price: float = 0.0


@dataclass(frozen=True, slots=True)
class _Values:
    # A variable, and its values: at all positions, (sequences, length), or at the
    # first, (sequences,).
    name: str
    ids: Ids


class Aggregates:
    """Variables of some sequences.

    Args:
        form: What they are sequences of.
        tokens: (sequences, length) ids, 0 where padded.
        lengths: (sequences,).

    Attributes:
        written: Statements of all variables.
        found: The variables.
    """

    def __init__(self, form: InputFormat, tokens: Ids, lengths: Ids) -> None:
        self._form, self._lengths = form, lengths
        self._real: Mask = np.arange(tokens.shape[1]) < lengths[:, None]
        self._tokens = _Values(TOKENS, tokens)
        known = form.vocabulary.tokens
        frame = {form.begin, form.end, form.vocabulary.unknown}
        self._words = ["" if token in frame else token for token in known]
        self.written = Statements(form)
        self.found: list[Aggregated] = []
        self._attributes = [*self._all_attributes()]
        for attribute in self._attributes:
            self._read_places(attribute)
            self._count_values(attribute)
            self._count_counts(attribute)
            numbers = self._numbers(attribute)
            if numbers is not None:
                self._measure(attribute, numbers)

    def learned(
        self, labels: Ids, count: int, rows: Mask, work: Work
    ) -> list[Aggregated]:
        """Return variables that some sequences suggest, by their labels.

        Args:
            labels: (sequences,) ids.
            count: Number of labels.
            rows: (sequences,) which sequences are learned from.
            work: Account of what is computed.
        """
        found = []
        for label in range(count):
            wanted = labels == label
            for attribute in self._attributes:
                work.spend(self._real.size * self._size(attribute))
                pairs = self._apart(attribute, wanted, rows)
                if pairs is not None:
                    found.append(self._meetings(attribute, pairs))
            for token in self._filling(rows):
                here = self._tokens.ids == token
                sets = telling_sets(here[rows].T, wanted[rows], work)
                if len(sets) > 1:
                    found.append(self._filled(token, here, sets))
        return found

    def _all_attributes(self) -> Iterator[_Values]:
        yield self._tokens
        for stem, values in self._partitions():
            texts = in_order(values)
            if len(texts) < 3:
                continue  # a single value says nothing
            cells = np.array([texts.index(text) for text in values])
            domain = Domain.of_tokens(texts)
            name = self.written.table(stem, (TOKENS,), cells, domain)
            yield _Values(name, cells[self._tokens.ids] * self._real)

    def _partitions(self) -> Iterator[tuple[str, list[str]]]:
        yield from attributes(self._words)
        kinds = self._kinds()
        for kind in range(1, max(kinds) + 1 if 1 < max(kinds) <= MOST_KINDS else 0):
            words = zip(self._words, kinds, strict=True)
            yield "kind", [word if k == kind else "" for word, k in words]

    def _kinds(self) -> list[int]:
        # The kind of every token, from 1, or 0: tokens that stand at a common place
        # are of the same kind.
        size = len(self._words)
        parent = [*range(size)]

        def root(token: int) -> int:
            while parent[token] != token:
                token = parent[token]
            return token

        tokens = self._tokens.ids
        for place in range(tokens.shape[1]):
            here = np.unique(tokens[self._lengths > place, place]).tolist()
            for other in here[1:]:
                parent[root(other)] = root(here[0])
        there = np.unique(tokens[self._real]).tolist()
        named = [t for t in there if self._words[t]]
        roots = [*dict.fromkeys(map(root, named))]
        return [roots.index(root(t)) + 1 if t in named else 0 for t in range(size)]

    def _read_places(self, attribute: _Values) -> None:
        # Values at places that most sequences have, and comparisons of them.
        ids, lengths = attribute.ids, self._lengths
        shares = self._real.mean(axis=0)
        there = np.flatnonzero(shares >= ALWAYS)[:MOST_PLACES].tolist()
        fetched = []
        for place in there if attribute.name.rpartition("_")[0] != "kind" else ():
            name = attribute.name
            if place:
                keys = np.arange(self._form.max_length) == place
                stem = f"at_{place}"
                read = ONES, POSITIONS, name
                name = self.written.fetch(stem, read, np.stack([keys, keys]))
            value = _Values(name, np.where(lengths > place, ids[:, place], ids[:, 0]))
            fetched.append(value)
            self._keep(value, placed=True)
        if len(fetched) > MOST_PAIRED:
            return
        numbers = self._numbers(attribute)
        for a, b in combinations(fetched, 2):
            self._compare("equal", a, b, np.eye(self._size(attribute), dtype=np.int64))
            if numbers is not None:
                order = np.sign(np.subtract.outer(numbers, numbers)) + 1
                self._compare("order", a, b, order)

    def _compare(self, stem: str, a: _Values, b: _Values, cells: Ids) -> None:
        ids = cells[a.ids, b.ids]
        if (ids != ids[0]).any():
            size = int(cells.max()) + 1
            flag = Domain.of_numbers(1)
            domain = flag if size == 2 else Domain.of_classes(size)
            name = self.written.table(stem, (a.name, b.name), cells, domain)
            self._keep(_Values(name, ids), placed=True)

    def _count_values(self, attribute: _Values) -> None:
        # How often each value occurs.
        size = self._size(attribute)
        there = [v for v in range(size) if self._occurs(attribute, v).any()]
        for value in there if len(there) <= MOST_COUNTED else ():
            keys = np.arange(size) == value
            head = (ONES, attribute.name, ONES)
            stem = "count"
            name = self.written.count(stem, head, np.stack([keys, keys]), Scope.ALL)
            here = (attribute.ids == value) & self._real
            self._keep(_Values(name, here.sum(axis=1)))

    def _count_counts(self, attribute: _Values) -> None:
        # At every position the number of those with the same value; the sum of these
        # numbers, how many positions have each, and how many are no first ones.
        ids, size = attribute.ids, self._size(attribute)
        same = np.eye(size, dtype=np.bool_)
        same[0, 0] = attribute.name == TOKENS  # the first value of others is none
        known = self._real & same.diagonal()[ids]
        pairs = (ids[:, :, None] == ids[:, None, :]) & known[:, :, None]
        pairs &= known[:, None, :]  # (sequences, looking, seen)
        like = (attribute.name, attribute.name, ONES)
        name = self.written.count("same", like, same, Scope.ALL)
        times = _Values(name, pairs.sum(axis=2))
        self._keep(self._total("squares", times))
        for often in range(1, min(MOST_EQUAL, int(times.ids.max(initial=0))) + 1):
            flag = self._flag("so_often", times, often)
            self._keep(self._total("positions_with", flag))
        name = self.written.count("before", like, same, Scope.BEFORE)
        earlier = np.tril(np.ones(pairs.shape[1:], dtype=np.bool_), -1)
        seen = _Values(name, (pairs & earlier).sum(axis=2))
        self._keep(self._total("repeats", self._flag("again", seen, 1, more=True)))

    def _flag(
        self, stem: str, number: _Values, value: int, *, more: bool = False
    ) -> _Values:
        # Where a number is so large, or more.
        values = np.arange(self._size(number))
        up: Mask = values >= value if more else values == value
        name = self.written.table(stem, (number.name,), up, Domain.of_numbers(1))
        return _Values(name, (up[number.ids] & self._real).astype(np.int64))

    def _total(self, stem: str, value: _Values) -> _Values:
        every = np.ones((2, 2), dtype=np.bool_)
        name = self.written.count(stem, (ONES, ONES, value.name), every, Scope.ALL)
        return _Values(name, (value.ids * self._real).sum(axis=1))

    def _measure(self, attribute: _Values, numbers: Ids) -> None:
        # The sum of numbers, the largest, the smallest, and how far these are apart.
        cells = numbers - min(int(numbers.min()), 0)
        domain = Domain.of_numbers(int(cells.max()))
        name = self.written.table("number", (attribute.name,), cells, domain)
        value = _Values(name, cells[attribute.ids] * self._real)
        self._keep(self._total("sum", value))
        ids = np.arange(domain.size)
        difference = np.subtract.outer(ids, ids)
        ends = []
        for stem, beyond in (("largest", difference < 0), ("smallest", difference > 0)):
            read = name, name, ONES
            further = self.written.count("further", read, beyond, Scope.ALL)
            pairs = beyond[value.ids[:, :, None], value.ids[:, None, :]]
            far = (pairs & self._real[:, None, :]).sum(axis=2)
            none = np.arange(self.written.domains[further].size) == 0
            read = ONES, further, name
            found = self.written.fetch(stem, read, np.stack([none, none]))
            first = ((far == 0) & self._real).argmax(axis=1)
            ends.append(_Values(found, value.ids[np.arange(len(first)), first]))
            self._keep(ends[-1])
        largest, smallest = ends
        spread = difference.clip(min=0)
        read_both = (largest.name, smallest.name)
        name = self.written.table("spread", read_both, spread, domain)
        self._keep(_Values(name, spread[largest.ids, smallest.ids]))

    def _numbers(self, attribute: _Values) -> Ids | None:
        # Of every value, if all that are some are small numbers.
        values = self.written.domains[attribute.name].tokens
        if attribute.name == TOKENS:
            values = tuple(self._words)
        read = [numeral(v) if v else 0 for v in values]
        if not any(values) or any(n is None or abs(n) > LARGEST_NUMBER for n in read):
            return None
        return np.array(read)

    def _apart(self, attribute: _Values, wanted: Mask, rows: Mask) -> Mask | None:
        # The pairs of values that never stand together in sequences with a label,
        # though others have them; None if that may be chance.
        size = self._size(attribute)
        there = [self._occurs(attribute, v) for v in range(size)]
        twice = [self._occurs(attribute, v, times=2) for v in range(size)]
        some, again = np.stack(there, axis=1), np.stack(twice, axis=1)

        def together(chosen: Mask) -> Ids:
            # (values, values) sequences that have both, or one twice.
            inside = some[chosen].astype(np.float64)
            found = inside.T @ inside
            np.fill_diagonal(found, again[chosen].sum(axis=0))
            return found.astype(np.int64)

        own, usual = together(rows & wanted), together(rows)
        share = int((rows & wanted).sum()) / max(int(rows.sum()), 1)
        # Values that the label does not have at all are another matter.
        occurs = some[rows & wanted].any(axis=0)
        never: Mask = np.logical_and.outer(occurs, occurs)
        never &= (own == 0) & (usual * share > SCARCELY)
        if attribute.name != TOKENS:
            never[0] = never[:, 0] = False
        return never if (usual * share)[never].sum() > EXPECTED else None

    def _meetings(self, attribute: _Values, pairs: Mask) -> Aggregated:
        # How many pairs of positions have values of one of some pairs.
        read = attribute.name, attribute.name, ONES
        name = self.written.count("apart_before", read, pairs, Scope.BEFORE)
        ids = attribute.ids
        both = pairs[ids[:, :, None], ids[:, None, :]] & self._real[:, None, :]
        earlier = np.tril(np.ones(both.shape[1:], dtype=np.bool_), -1)
        total = self._total("apart", _Values(name, (both & earlier).sum(axis=2)))
        size = int(pairs.any(axis=1).sum())
        price = float(np.log(2)) * size * (size - 1) / 2
        return Aggregated(total.name, total.ids, price=price)

    def _filling(self, rows: Mask) -> list[int]:
        # The most frequent tokens, where all sequences have the same few places.
        tokens, length = self._tokens.ids, self._form.max_length
        if (self._lengths != length).any() or length > MOST_PLACES:
            return []
        often = np.bincount(tokens[rows].ravel(), minlength=len(self._words))
        ranked = np.argsort(-often, kind="stable")[:MOST_FILLING]
        return [t for t in ranked.tolist() if often[t] and self._words[t]]

    def _filled(self, token: int, here: Mask, sets: Sequence[Places]) -> Aggregated:
        # How many sets of places are filled with a token: every position has a set.
        cells = np.arange(len(self._words)) == token
        name = self.written.table("here", (TOKENS,), cells, Domain.of_numbers(1))
        places = here.shape[1]
        totals = []
        for many in sorted({len(those) for those in sets}):
            some = [those for those in sets if len(those) == many]
            for start in range(0, len(some), places):
                pack = some[start : start + places]
                matches = np.zeros((places, places), dtype=np.bool_)
                for row, those in zip(matches, pack, strict=False):
                    row[list(those)] = True
                read = POSITIONS, POSITIONS, name
                head = self.written.count("filled", read, matches, Scope.ALL)
                among = _Values(head, here.astype(np.int64) @ matches.T)
                totals.append(self._total("lines", self._flag("full", among, many)))
        total, *others = totals
        for other in others:
            sizes = self._size(total), self._size(other)
            cells = np.add.outer(*map(np.arange, sizes))
            domain, read_both = (
                Domain.of_numbers(sum(sizes) - 2),
                (total.name, other.name),
            )
            name = self.written.table("lines", read_both, cells, domain)
            total = _Values(name, total.ids + other.ids)
        price = sum(map(len, sets)) * float(np.log(places))
        return Aggregated(total.name, total.ids, True, price)

    def _occurs(self, attribute: _Values, value: int, times: int = 1) -> Mask:
        here = (attribute.ids == value) & self._real
        found: Mask = here.sum(axis=1) >= times
        return found

    def _size(self, value: _Values) -> int:
        return self.written.domains[value.name].size

    def _keep(self, value: _Values, *, placed: bool = False) -> None:
        if len(value.ids) and (value.ids != value.ids[0]).any():
            self.found.append(Aggregated(value.name, value.ids, placed))
