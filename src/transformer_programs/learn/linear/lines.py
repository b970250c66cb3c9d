"""Sets of places that are filled with one token only where a label is right.

Three places in line on a board are such a set. Sets grow by one place at a time, as
long as they may still stand often enough for what they tell: the evidence of a set, in
nats, has to be more than naming its places takes. Of those, the ones are taken that
settle what the others leave open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from transformer_programs.learn.linear.grams import Mask
from transformer_programs.system import Work

PURE = 0.99
"""The share of a label from which on filled places settle it."""

MOST_SETS, MOST_PLACES = 20_000, 5
"""The most sets of places that are compared at once, and the most places of a set."""

MOVED = 3
"""The fewest sets of places, each another one moved along, that make a shape."""

_BLOCK = 1_000  # sets that grow at once: bounds the memory

Places = tuple[int, ...]


def telling_sets(there: Mask, wanted: Mask, work: Work) -> list[Places]:
    """Return the sets of places that are filled only in sequences that are wanted.

    Args:
        there: (places, sequences) where a token stands.
        wanted: (sequences,) which of them have a label.
        work: Account of what is computed.

    Returns:
        Sets none of which holds another one; none if they are too many to tell much.
    """
    share = float(wanted.mean()) if len(wanted) else 0.0
    if not 0 < share < 1:
        return []
    places = len(there)
    told = -float(np.log(share))
    found = _covering(_grown(there, wanted, told, work), there[:, wanted], told, work)
    # Sets of a shape that is known need no more evidence than that nothing contradicts.
    shapes = Counter(_shape(those) for those in found)
    for shape in sorted(s for s, times in shapes.items() if times >= MOVED):
        for first in range(places - shape[-1]):
            those = tuple(first + step for step in shape)
            full = there[list(those)].all(axis=0)
            if full.any() and wanted[full].mean() >= PURE:
                found.append(those)
    found = _least(sorted(set(found), key=lambda those: (len(those), those)))
    return found if len(found) <= 4 * places else []


def _grown(there: Mask, wanted: Mask, told: float, work: Work) -> list[Places]:
    # Sets that are filled often, and only where wanted; each wanted one tells so much.
    places = len(there)
    name = np.log(places)
    here = there.astype(np.float32)
    inside = here[:, wanted]
    found: list[Places] = []
    level: list[Places] = [(place,) for place in range(places)]
    for size in range(2, MOST_PLACES + 1):
        following: list[Places] = []
        for start in range(0, len(level), _BLOCK):
            some = level[start : start + _BLOCK]
            index = np.array(some)  # (sets, places of a set)
            both = here[index].all(axis=1).astype(np.float32)  # (sets, sequences)
            work.spend(both.size * places / 4)
            often, right = both @ here.T, both[:, wanted] @ inside.T  # (sets, places)
            # Of every set with one more place, which stands after its last.
            enough = right * told > (size + 1) * name
            enough &= np.arange(places) > index[:, -1:]
            for row, place in zip(*np.nonzero(enough), strict=True):
                those = (*some[row], int(place))
                pure = right[row, place] >= PURE * often[row, place]
                (found if pure else following).append(those)
        if len(following) > MOST_SETS:
            break
        level = following
    return found


def _covering(
    sets: Sequence[Places], there: Mask, told: float, work: Work
) -> list[Places]:
    # Sets that settle, one after the other, most of what the others leave open: what
    # holds a telling set by chance settles nothing more.
    if not sets:
        return []
    full = np.stack([there[list(those)].all(axis=0) for those in sets])
    name = np.log(len(there))
    sizes = np.array([len(those) for those in sets])
    left = full.sum(axis=1)  # of every set the sequences that are still open
    chosen: list[Places] = []
    while True:
        worth = left * told - (sizes + 1) * name
        best = int(worth.argmax())
        if worth[best] <= 0:
            return _least(sorted(chosen, key=lambda those: (len(those), those)))
        chosen.append(sets[best])
        work.spend(full.size / 2)
        left -= full[:, full[best]].sum(axis=1)
        full &= ~full[best]


def _shape(those: Places) -> Places:
    return tuple(place - those[0] for place in those)


def _least(sets: Sequence[Places]) -> list[Places]:
    # Larger sets that hold a smaller one, which stands before them, say no more.
    found: list[Places] = []
    for those in sets:
        if not any(set(other) < set(those) for other in found):
            found.append(those)
    return found
