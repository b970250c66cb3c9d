"""Loops over integer arrays that a compiler makes fast.

They are plain Python that only tests run as it is: ``kernels.py`` has them compiled,
and the same in numpy. All values are integers, so every compiler and numpy give the
same. Arrays called scratch are zero before and after a call.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Places = NDArray[np.uint64]
Short = NDArray[np.uint32]
Values = NDArray[np.int32]
Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]

EARLIER, OWN, LATER = 1, 2, 4
"""Positions that a scope has, as bits of a number."""

NEVER = np.iinfo(np.int64).min
"""Gain of a line on which hits are not more frequent than elsewhere."""


def tally(  # noqa: C901 (no calls, which would have to be compiled)
    first: Short,
    size: int,
    others: Short,
    sizes: Places,
    chosen: Ids,
    labels: Short,
    count: int,
    weights: Ids,
    scratch: Ids,
    found: Ids,
) -> None:
    """Count labels by the joint values of a variable and each of some others.

    Args:
        first: (positions,) ids of the variable.
        size: Number of its values.
        others: (others, positions) ids of the others.
        sizes: (others,) numbers of their values.
        chosen: Numbers of those that are counted.
        labels: (positions,) labels.
        count: Number of labels.
        weights: (counts,) n * log2(n); empty if no bits are asked for.
        scratch: At least (size * the largest other size * labels,).
        found: (those that are counted, 3), written: the bits that code labels, given
            the values, the number of values that occur, and the number of positions
            with the most frequent label of their value.
    """
    width = np.uint64(count)
    for turn in range(len(chosen)):
        other = chosen[turn]
        step = sizes[other]
        for index in range(len(first)):
            cell = first[index] * step + others[other, index]
            scratch[cell * width + labels[index]] += 1
        # Cells are visited in order, or, if most are empty, where they occur.
        values = size * int(step)
        dense = values * count <= 4 * len(first)
        bits, occupied, right = 0, 0, 0
        for index in range(values if dense else len(first)):
            start = index * count
            if not dense:
                cell = first[index] * step + others[other, index]
                if not scratch[cell * width + labels[index]]:
                    continue  # it has been visited
                start = int(cell) * count
            total, most = 0, 0
            for at in range(start, start + count):
                number = scratch[at]
                if number:
                    scratch[at] = 0
                    total += number
                    most = max(most, number)
                    if len(weights):
                        bits -= weights[number]
            if total:
                occupied += 1
                right += most
                if len(weights):
                    bits += weights[total]
        found[turn, 0], found[turn, 1], found[turn, 2] = bits, occupied, right


def gather(values: Short, where: Places, found: Short) -> None:
    """Take the values at some positions; arrays are flat."""
    for index in range(len(where)):
        found[index] = values[where[index]]


def spread(
    first: Short,
    second: Short,
    other: int,
    where: Places,
    length: int,
    support: Ids,
    scratch: Ids,
) -> None:
    """Count the sequences in which each joint value occurs, into ``support``.

    Arguments are those of ``best_pair``; positions are in the order of sequences.
    """
    step, width = np.uint64(other), np.uint64(length)
    for index in range(len(where)):
        cell = first[where[index]]
        if other:
            cell = cell * step + second[where[index]]
        sequence = int(where[index] // width) + 1
        if scratch[cell] != sequence:
            scratch[cell] = sequence
            support[cell] += 1
    for index in range(len(support)):
        scratch[index] = 0


def hits(
    asked: Short,
    seen: Short,
    wanted: Values,
    value: Values,
    real: Mask,
    sides: int,
    keys: int,
    cells: Ids,
) -> None:
    """Count, for queries and keys, misses and hits of the wanted value.

    Args:
        asked: (sequences, length) queries.
        seen: (sequences, length) keys.
        wanted: (sequences, length) value looked for, -1 for none, -2 where no position
            looks.
        value: (sequences, length) value found.
        real: (sequences, length) positions that can be seen.
        sides: Which positions may be looked at: ``EARLIER + OWN + LATER``.
        keys: Number of keys.
        cells: (2, queries, keys), flattened, that counts are added to.
    """
    sequences, length = asked.shape
    half, step = np.uint64(len(cells) // 2), np.uint64(keys)
    for row in range(sequences):
        for i in range(length):
            if wanted[row, i] == -2:
                continue
            own = i + 1 if sides & OWN else i
            start = 0 if sides & EARLIER else 2 * i + 1 - own
            stop = length if sides & LATER else own
            base = asked[row, i] * step
            for j in range(start, stop):
                if real[row, j]:
                    at = base + seen[row, j]
                    if wanted[row, i] == value[row, j]:
                        at += half
                    cells[at] += 1


def line_gains(
    cells: Ids, queries: int, keys: int, weights: Ids, gains: Ids
) -> tuple[int, int]:
    """Compute what queries and keys tell about hit or miss.

    Args:
        cells: (2, queries, keys) misses and hits, flattened.
        queries: Number of queries.
        keys: Number of keys.
        weights: (counts,) n * log2(n).
        gains: (2, queries + keys - 1) bits told by lying on each diagonal, and each
            antidiagonal, written here; ``NEVER`` where hits are not more frequent.

    Returns:
        The bits that all cells tell, and the number of cells that occur.
    """
    lines, half = queries + keys - 1, queries * keys
    inside = np.zeros((2, 2, lines), np.int64)  # (family, misses and hits, lines)
    all_misses, all_hits, told, occupied, at = 0, 0, 0, 0, 0
    for query in range(queries):
        for key in range(keys):
            misses, found = cells[at], cells[half + at]
            at += 1
            if misses + found == 0:
                continue
            occupied += 1
            told += weights[misses] + weights[found] - weights[misses + found]
            all_misses += misses
            all_hits += found
            inside[0, 0, key - query + queries - 1] += misses
            inside[0, 1, key - query + queries - 1] += found
            inside[1, 0, key + query] += misses
            inside[1, 1, key + query] += found
    both = all_misses + all_hits
    alone = weights[both] - weights[all_misses] - weights[all_hits]
    for family in range(2):
        for line in range(lines):
            misses, found = inside[family, 0, line], inside[family, 1, line]
            total = misses + found
            if found * (both - total) <= (all_hits - found) * total:
                gains[family, line] = NEVER
                continue
            left = weights[total] - weights[misses] - weights[found]
            right = weights[both - total] - weights[all_misses - misses]
            right -= weights[all_hits - found]
            gains[family, line] = alone - left - right
    return alone + told, occupied


def nearest(  # noqa: C901 (no calls, which would have to be compiled)
    query: Short, key: Short, real: Mask, predicate: Mask, sides: int, found: Ids
) -> None:
    """Find the nearest position whose key matches, 0 if none does.

    Args:
        query: (sequences, length) ids.
        key: (sequences, length) ids.
        real: (sequences, length) positions that look, and can be seen.
        predicate: (queries, keys) which match.
        sides: Which positions may be looked at: ``EARLIER + OWN + LATER``.
        found: (sequences, length) flat positions, written.
    """
    sequences, length = query.shape
    head = np.full(len(predicate), -1, np.int64)
    same = np.empty(length, np.int64)
    before, after = np.full(length, -1, np.int64), np.full(length, -1, np.int64)
    for row in range(sequences):
        # Positions of the same query are a chain, which begins at ``head``.
        for i in range(length - 1, -1, -1):
            found[row, i] = row * length
            if real[row, i]:
                same[i] = head[query[row, i]]
                head[query[row, i]] = i
        for start in range(length):
            asked = query[row, start]
            if not real[row, start] or head[asked] != start:
                continue
            head[asked] = -1
            # The nearest match on each side: of one position, or of all of them.
            if same[start] < 0:
                before[start], after[start] = -1, -1
                for away in range(1, length):
                    j = start - away
                    seen = sides & EARLIER and j >= 0 and real[row, j]
                    if seen and predicate[asked, key[row, j]]:
                        before[start] = j
                        break
                    j = start + away
                    seen = sides & LATER and j < length and real[row, j]
                    if seen and predicate[asked, key[row, j]]:
                        after[start] = j
                        break
            else:
                last = -1
                if sides & EARLIER:
                    for j in range(length):
                        before[j] = last
                        if real[row, j] and predicate[asked, key[row, j]]:
                            last = j
                last = -1
                if sides & LATER:
                    for j in range(length - 1, -1, -1):
                        after[j] = last
                        if real[row, j] and predicate[asked, key[row, j]]:
                            last = j
            i = start
            while i >= 0:
                left, right = before[i], after[i]
                if left >= 0 and (right < 0 or i - left <= right - i):
                    found[row, i] += left
                elif right >= 0:
                    found[row, i] += right
                elif sides & OWN and predicate[asked, key[row, i]]:
                    found[row, i] += i
                i = same[i]


def sums(  # noqa: C901 (no calls, which would have to be compiled)
    query: Short,
    key: Short,
    real: Mask,
    predicate: Mask,
    sides: int,
    values: Values,
    found: Values,
) -> None:
    """Sum values over the positions whose key matches.

    Arguments are those of ``nearest``, but for values, and sums that are zero before,
    of (variables, sequences, length).
    """
    variables, sequences, length = values.shape
    head = np.full(len(predicate), -1, np.int64)
    same = np.empty(length, np.int64)
    matching = np.empty(length, np.int32)
    until = np.zeros(length + 1, np.int32)
    for row in range(sequences):
        for i in range(length - 1, -1, -1):
            if real[row, i]:
                same[i] = head[query[row, i]]
                head[query[row, i]] = i
        for start in range(length):
            asked = query[row, start]
            if not real[row, start] or head[asked] != start:
                continue
            head[asked] = -1
            if same[start] < 0:  # nobody else asks the same
                own = start + 1 if sides & OWN else start
                low = 0 if sides & EARLIER else 2 * start + 1 - own
                high = length if sides & LATER else own
                for j in range(low, high):
                    if real[row, j] and predicate[asked, key[row, j]]:
                        for variable in range(variables):
                            number = values[variable, row, j]
                            found[variable, row, start] += number
                continue
            for j in range(length):
                matches = real[row, j] and predicate[asked, key[row, j]]
                matching[j] = 1 if matches else 0
            for variable in range(variables):
                # Sums over a scope are differences of two sums from the beginning.
                for j in range(length):
                    number = values[variable, row, j] * matching[j]
                    until[j + 1] = until[j] + number
                i = start
                while i >= 0:
                    own = i + 1 if sides & OWN else i
                    low = 0 if sides & EARLIER else 2 * i + 1 - own
                    high = length if sides & LATER else own
                    found[variable, row, i] = until[high] - until[low]
                    i = same[i]


def look_up(
    entries: Ids, first: Short, second: Short, other: int, real: Mask, found: Values
) -> None:
    """Look one or two variables up in a table, 0 where padded; arrays are flat."""
    step = np.uint64(other)
    for index in range(len(first)):
        cell = first[index]
        if other:
            cell = cell * step + second[index]
        found[index] = entries[cell] if real[index] else 0


def is_constant(values: Values, real: Mask) -> bool:
    """Check whether all values that are not padding are the same; arrays are flat."""
    first = np.int32(-1)
    for index in range(len(values)):
        if real[index]:
            if first < 0:
                first = values[index]
            elif values[index] != first:
                return False
    return True


def best_pair(
    first: Short,
    second: Short,
    other: int,
    where: Places,
    right: Bytes,
    hits: Values,
) -> tuple[int, int, int]:
    """Find the two sources of which the better one in every cell is right most often.

    Args:
        first: (all positions,) ids of a variable.
        second: (all positions,) ids of another one; cells are their joint values.
        other: Size of the domain of the second one, 0 if there is none.
        where: Positions that are counted.
        right: (positions that are counted, sources) 1 where a source is right.
        hits: (cells, sources) zeros; how often a source is right is written here.

    Returns:
        How often the better one is right, and the numbers of the two.
    """
    step, sources = np.uint64(other), right.shape[1]
    for index in range(len(where)):
        cell = first[where[index]]
        if other:
            cell = cell * step + second[where[index]]
        for source in range(sources):
            hits[cell, source] += right[index, source]
    either = np.zeros((sources, sources), np.int32)
    for row in range(len(hits)):
        for a in range(sources):
            for b in range(a + 1, sources):
                either[a, b] += max(hits[row, a], hits[row, b])
    best, one, two = -1, 0, 1
    for a in range(sources):
        for b in range(a + 1, sources):
            if either[a, b] > best:
                best, one, two = either[a, b], a, b
    return best, one, two
