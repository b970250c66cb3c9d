"""Validation and test data that are split off from the training data.

What is held out follows from what stands in the data, not from how it is read: a unit
(the records of equal text, or of a group) has a random number that is a hash of it and
the seed. So options that change tokens change no part, and a row that is added moves
few others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data.dataset import Target, labels_of
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import NO_RECORDS, Records, mismatch
from transformer_programs.data.vocabulary import folding_of

Ids = NDArray[np.int64]


class Parts(NamedTuple):
    """Records by what they are for; an empty part is cut off from the training data.

    Attributes:
        train: Records to learn from.
        validation: Records to choose among learned models.
        test: Records that nothing is chosen by.
    """

    train: Records
    validation: Records = NO_RECORDS
    test: Records = NO_RECORDS

    @property
    def all(self) -> Records:
        """Every record."""
        return self.train + self.validation + self.test

    def map(self, change: Callable[[Records], Records]) -> Parts:
        """Change every part."""
        return Parts(*map(change, self))


def completed(
    source: str, written: Parts, read: Parts, options: ReadOptions
) -> tuple[Parts, tuple[str, ...]]:
    """Cut missing parts off from the training data, and say so.

    Records of a unit always go to the same part; classes are held in proportion. A
    label stays in the training data, if it can. Which units are validation data does
    not depend on how many are for the test, nor the other way round.

    Args:
        source: What the data are from, for messages.
        written: The records by which they are split.
        read: The same records as they are read, which are returned.
        options: How they are split.
    """
    train = written.train
    if not train:
        raise mismatch(source, "training sequences", "; ".join(("none", *train.notes)))
    by_content = options.split_by == "content"
    units, order = (_by_content if by_content else _by_order)(train, options)
    validation, test = _held_out_sizes(source, len(order), read, options)
    if not validation + test:
        return read, ()
    if by_content:  # the test from the end, for it does not move with the validation
        end = len(order) - test
        order = np.concatenate((order[:validation], order[end:], order[validation:end]))
    order = _keeping_labels(train.targets, units, order, validation + test)
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    place = ranks[units]
    rows = np.argsort(place, kind="stable")
    # Of the sorted rows, where those of the validation and of the test part end.
    first, second = np.searchsorted(place[rows], (validation, validation + test))
    complete = Parts(
        train=read.train.select(rows[second:].tolist()),
        validation=read.validation or read.train.select(rows[:first].tolist()),
        test=read.test or read.train.select(rows[first:second].tolist()),
    )
    grouped = options.group_column
    together = "equal sequences" if grouped is None else f"those of equal {grouped!r}"
    return complete, (
        f"split at random (seed {options.seed}) into {len(complete.train):,} training, "
        f"{len(complete.validation):,} validation and {len(complete.test):,} test "
        f"sequences, {together} on one side",
    )


def without_held_out(
    parts: Parts, cut: Sequence[str], options: ReadOptions
) -> tuple[Parts, tuple[str, ...]]:
    """Leave out what reads like something that was held out, and say so.

    Texts of different parts can have equal tokens once they are folded or truncated.
    The test part stays as it is, whatever the options; training and validation data
    lose what equals it. A part that would lose most of its sequences stays, too.

    Args:
        parts: The records as they are read.
        cut: Names of the parts that were split off.
        options: How they were read.
    """
    folding = folding_of(options)

    def read(tokens: tuple[str, ...]) -> tuple[str, ...]:
        return tokens if folding is None else tuple(map(folding.fold, tokens))

    held_out: set[tuple[str, ...]] = set()
    left_out, notes = [], []
    for name in ("test", "validation", "train"):
        records: Records = getattr(parts, name)
        if name != "train" and name not in cut:
            continue
        texts = list(map(read, records.sequences)) if cut else []
        kept = [n for n, tokens in enumerate(texts) if tokens not in held_out]
        lost, what = len(texts) - len(kept), "training" if name == "train" else name
        if 2 * lost > len(records):
            notes.append(
                f"{lost:,} of {len(records):,} {what} sequences equal held-out ones as "
                "they are read; they stay, for they are most of the data, but a score "
                "on held-out data says little"
            )
        elif lost:
            left_out.append(f"{lost:,} {what}")
            parts = parts._replace(**{name: records.select(kept)})
        held_out.update(texts)
    if left_out:
        notes.append(
            f"{' and '.join(left_out[::-1])} sequences are left out: they equal "
            "held-out ones as they are read"
        )
    return parts, tuple(notes)


def used_labels(targets: Iterable[Target]) -> set[str]:
    """Return the labels that occur."""
    return set(labels_of(set(targets)))


def part_size(count: int, fraction: float) -> int:
    """Return how many of ``count`` items a fraction is: at least one."""
    return max(1, round(count * fraction))


def stratified_order(strata: Ids, shuffled: Ids) -> Ids:
    """Return an order of items in which every slice holds each stratum in proportion.

    The items of a stratum are spread evenly over the order, so the only item of a
    stratum stands in the middle.

    Args:
        strata: The number of each item's stratum.
        shuffled: The items in a random order, in which those of a stratum stay.
    """
    stratum = strata[shuffled]
    sizes = np.bincount(stratum)
    # How many items of its stratum stand before each, in the shuffled order.
    together = np.argsort(stratum, kind="stable")
    begins = np.cumsum(sizes) - sizes
    seen = np.empty(len(strata), dtype=np.int64)
    seen[together] = np.arange(len(strata)) - begins[stratum[together]]
    place = (seen + 0.5) / sizes[stratum]
    order: Ids = shuffled[np.argsort(place, kind="stable")]
    return order


def _by_content(records: Records, options: ReadOptions) -> tuple[Ids, Ids]:
    """Return the unit of each record, and the units in a random order.

    The unit is that of its key; the order spreads the classes.
    """
    keys = np.frombuffer(records.keys, dtype=np.uint64)
    distinct, units = np.unique(keys, return_inverse=True)
    shuffled = np.argsort(_mixed(distinct, options.seed), kind="stable")
    return units, stratified_order(_strata(records, units), shuffled)


def _mixed(keys: NDArray[np.uint64], seed: int) -> NDArray[np.uint64]:
    """Return a random number for every key, by two rounds of SplitMix64."""
    state = keys.copy()
    for added in (seed, 0):
        state += np.uint64((added + 1) * 0x9E3779B97F4A7C15 % (1 << 64))
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            state = (state ^ (state >> np.uint64(shift))) * np.uint64(factor)
        state ^= state >> np.uint64(31)
    return state


def _strata(records: Records, units: Ids) -> Ids:
    """Return the number of each unit's most frequent label, the first among equals.

    A tuple of tags is no stratum: sentences rarely share one.
    """
    if not isinstance(records.targets[0], str):
        return np.zeros(int(units.max()) + 1, dtype=np.int64)
    numbers = {label: n for n, label in enumerate(sorted(set(records.targets)))}
    labels = np.array([numbers[target] for target in records.targets])
    pairs, counts = np.unique(units * len(numbers) + labels, return_counts=True)
    unit, label = pairs // len(numbers), pairs % len(numbers)
    order = np.lexsort((label, -counts, unit))
    firsts = np.unique(unit[order], return_index=True)[1]
    strata: Ids = label[order][firsts]
    return strata


def _by_order(records: Records, options: ReadOptions) -> tuple[Ids, Ids]:
    """Return units and order as they were when runs did not say how data are split.

    Records of equal tokens are a unit, and it is its place in the data that is random.
    """
    folding = folding_of(options)
    known: dict[tuple[str, ...], int] = {}
    numbers: dict[str, int] = {}
    strata: list[int] = []
    units = np.empty(len(records), dtype=np.int64)
    pairs = zip(records.sequences, records.targets, strict=True)
    for index, (tokens, target) in enumerate(pairs):
        if folding is not None:
            tokens = tuple(map(folding.fold, tokens))
        units[index] = unit = known.setdefault(tokens, len(known))
        if unit == len(strata):
            label = target if isinstance(target, str) else ""
            strata.append(numbers.setdefault(label, len(numbers)))
    shuffled = np.random.default_rng(options.seed).permutation(len(strata))
    return units, stratified_order(np.array(strata), shuffled)


def _held_out_sizes(
    source: str, count: int, parts: Parts, options: ReadOptions
) -> tuple[int, int]:
    validation = test = 0
    if not parts.validation:
        validation = part_size(count, options.validation_fraction)
    if not parts.test and options.test_fraction:
        test = part_size(count, options.test_fraction)
    if count <= validation + test:
        what = "distinct sequences"
        if options.group_column is not None:
            what = f"groups in {options.group_column!r}"
        raise mismatch(
            source,
            f"more than {validation + test} {what}, of which {validation} for "
            f"validation and {test} for the test",
            str(count),
        )
    return validation, test


def _keeping_labels(
    targets: Sequence[Target], units: Ids, order: Ids, held_out: int
) -> Ids:
    """Exchange units so that training has every label, if some can be spared.

    Held out are the first units of the order, ``held_out`` of them.
    """

    def used(rows: Ids) -> set[str]:
        return used_labels(targets[row] for row in rows.tolist())

    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    place = ranks[units]
    held = place < held_out
    if used(np.flatnonzero(held)) <= used(np.flatnonzero(~held)):
        return order
    rows = np.argsort(place, kind="stable")
    ends = np.searchsorted(place[rows], np.arange(len(order)), side="right").tolist()

    def labels(rank: int) -> set[str]:
        return used(rows[ends[rank - 1] if rank else 0 : ends[rank]])

    left = Counter(label for n in range(held_out, len(order)) for label in labels(n))
    exchanged = order.copy()
    spared = held_out
    for rank in range(held_out):
        missing = labels(rank)
        if all(left[label] for label in missing):
            continue
        # The next unit whose labels training has elsewhere, too.
        while spared < len(order) and any(left[one] < 2 for one in labels(spared)):
            spared += 1
        if spared == len(order):
            break
        left.subtract(labels(spared))
        left.update(missing)
        exchanged[[rank, spared]] = exchanged[[spared, rank]]
        spared += 1
    return exchanged
