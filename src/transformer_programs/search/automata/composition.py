"""Automata by composing what letters do, over distances that double.

Exact up to the length that the program is for: one head and one table per doubling. It
is for automata without a small cascade, whose letters generate few maps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from transformer_programs.language import Domain
from transformer_programs.search import forms
from transformer_programs.search.automata.machine import UNKNOWN
from transformer_programs.search.automata.partitions import Moves
from transformer_programs.search.automata.realising import (
    FAMILY,
    Read,
    Reading,
    TooLongError,
    joined_with_edge,
)
from transformer_programs.search.candidate import (
    ENTRY_PRICE,
    Candidate,
    Matches,
    tabulate,
)

MOST_MAPS = 72
"""The most maps of states that letters may generate."""

BOUND = 10.0
"""Price, in statements, of not holding beyond a length."""

Map = tuple[int, ...]
"""By state, the next state."""


def composed(
    moves: Moves, start: int, reading: Reading, classes: Sequence[int], length: int
) -> Read:
    """Return a variable of the class of the state before every position.

    It may be wrong at the position that is read first, see ``realised``.

    Args:
        moves: By letter and state, the next state; an unknown one is the same state.
        start: State that begins.
        reading: What is read.
        classes: By state, its class.
        length: The most positions.

    Raises:
        TooLongError: If the letters generate too many maps.
    """
    maps = [
        tuple(s if image == UNKNOWN else image for s, image in enumerate(images))
        for images in moves
    ]
    letter, letters = reading.letter, reading.letters
    restarts, first = reading.restarts, np.zeros_like(reading.restarts)
    if not reading.framed:
        letter, letters, restarts, first = joined_with_edge(reading, reading.edge())
    size = len(maps[0])
    identity = tuple(range(size))
    # Where nothing was read before, whatever comes out is known.
    read = []
    for value, index in enumerate(letters):
        one = identity if index == UNKNOWN else maps[index]
        if restarts[value]:
            one = (start,) * size
        elif first[value]:
            one = (one[start],) * size
        read.append(one)
    numbers, products = _monoid(read)
    domain, real = Domain.of_classes(len(numbers)), reading.sample.real
    entries = np.array([numbers[one] for one in read])
    price = 1 + ENTRY_PRICE * entries.size + BOUND
    done = tabulate(FAMILY, (letter,), entries, domain, real, price)
    # What the last 1, 2, 4, ... letters do; from the edge on, it is constant.
    distance = 1
    while distance < length:
        earlier = _at_distance(reading, done, distance)
        price = 1 + ENTRY_PRICE * products.size
        both = (earlier, done)
        done = tabulate(FAMILY, both, products, domain, real, price)
        distance *= 2
    constant = [classes[one[0]] if len(set(one)) == 1 else UNKNOWN for one in numbers]
    before = _at_distance(reading, done, 1)
    return Read(before, tuple(constant), letter, letters, first)


def _monoid(read: Sequence[Map]) -> tuple[dict[Map, int], np.ndarray]:
    # The maps that some generate, and by the first and the second, their product.
    numbers = {one: i for i, one in enumerate(dict.fromkeys(read))}
    generators, order = list(numbers), list(numbers)
    for one in order:
        for other in generators:
            after = tuple(other[state] for state in one)
            if after not in numbers:
                numbers[after] = len(order)
                order.append(after)
                if len(order) > MOST_MAPS:
                    raise TooLongError("too many maps")
    products = [
        [numbers[tuple(other[state] for state in one)] for other in order]
        for one in order
    ]
    return numbers, np.array(products)


def _at_distance(reading: Reading, value: Candidate, distance: int) -> Candidate:
    # The value so many positions before, in the order of reading.
    size = reading.positions.domain.size
    shift = distance if reading.backwards else -distance
    predicate = forms.compared("==", size, size, shift)
    places = reading.positions
    matches = Matches(reading.sample, places, places, predicate)
    (found,) = matches.attend(FAMILY, [value], reading.scope)
    return found
