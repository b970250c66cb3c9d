"""Cascades: counters and latches, each of which sees the state of those above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

from transformer_programs.search.automata.labelling import KEEP, Action, Labelled
from transformer_programs.search.automata.machine import UNKNOWN
from transformer_programs.search.automata.partitions import Moves

MOST_TUPLES = 1500
"""The most states of a cascade that are looked at."""

Coordinates = tuple[int, ...]
Act = Callable[[int, Coordinates], Action]
"""What is done to a coordinate, by letter and the coordinates before it."""


class TooLargeError(Exception):
    """A cascade has too many states, or too many parts."""


@dataclass(frozen=True, slots=True)
class Component:
    """One coordinate of a cascade: a number mod ``size``.

    Attributes:
        size: Number of its values.
        start: Its value at the beginning.
        act: What a letter does to it.
        cost: About how many statements it takes.
        sticky: Whether it keeps the value that it is set to, so that whatever would be
            done then does not matter.
    """

    size: int
    start: int
    act: Act
    cost: float
    sticky: bool = False


@dataclass(frozen=True, slots=True)
class Cascade:
    """Coordinates, and the point that they stand for.

    Attributes:
        components: Its parts, each of which reads those before it.
        point: The point of a tuple of coordinates that can be reached.
        free: The components that are of no matter any more, whatever they do, given the
            coordinates.
    """

    components: tuple[Component, ...]
    point: Callable[[Coordinates], int]
    free: Callable[[Coordinates], frozenset[int]] = lambda _: frozenset()

    @property
    def start(self) -> Coordinates:
        """Coordinates at the beginning."""
        return tuple(component.start for component in self.components)

    @property
    def cost(self) -> float:
        """About how many statements it takes."""
        joins = max(0, len(self.components) - 1)
        return sum(component.cost for component in self.components) + joins


NOTHING = Cascade((), lambda _: 0)
"""The cascade of a single point."""


def stacked(
    front: Cascade,
    back: Cascade,
    joint: Callable[[int, int], int],
    point: Callable[[int, int], int],
) -> Cascade:
    """Return a cascade of two, of which the second reads the first.

    Args:
        front: What the letters act on.
        back: What letters joined with points of the first act on.
        joint: Number of a letter and a point of the first as a letter of the second.
        point: What a point of the first and one of the second stand for.
    """
    depth = len(front.components)

    def act_of(component: Component) -> Act:
        def act(letter: int, coordinates: Coordinates) -> Action:
            above = front.point(coordinates[:depth])
            return component.act(joint(letter, above), coordinates[depth:])

        return act

    below = tuple(replace(c, act=act_of(c)) for c in back.components)

    def decoded(coordinates: Coordinates) -> int:
        above = front.point(coordinates[:depth])
        return point(above, back.point(coordinates[depth:]))

    def free(coordinates: Coordinates) -> frozenset[int]:
        behind = back.free(coordinates[depth:])
        return front.free(coordinates[:depth]) | {depth + index for index in behind}

    return Cascade((*front.components, *below), decoded, free)


def renamed(cascade: Cascade, letters: Sequence[int]) -> Cascade:
    """Return the cascade that reads, for every letter, another one."""
    return stacked(NOTHING, cascade, lambda a, _: letters[a], lambda _, point: point)


def of_step(step: Labelled, start: int, blocks: int) -> Cascade:
    """Return the cascade of labelled points; its points are the labels.

    Args:
        step: The labels and what is done to them.
        start: Label at the beginning.
        blocks: Number of upper blocks; letter a and block b are a * blocks + b.
    """
    size, extra = step.size, 1.2 if step.upper else 0.0

    def act_at(letter: int) -> Action:
        return step.actions.get(divmod(letter, blocks), KEEP)

    if not (step.adds and step.sets):
        cost = (3 if step.adds else 2) + extra
        one = Component(size, start, lambda letter, _: act_at(letter), cost)
        return Cascade((one,), lambda coordinates: coordinates[0])

    # A counter that is never reset, and what was set last less the count at that time.
    def counted(letter: int, _: Coordinates) -> Action:
        action = act_at(letter)
        return KEEP if action.sets else action

    def latched(letter: int, above: Coordinates) -> Action:
        sets, value = act_at(letter)
        return Action(True, (value - above[0]) % size) if sets else KEEP

    counter = Component(size, 0, counted, 3 + extra)
    latch = Component(size, start, latched, 2 + extra)
    return Cascade((counter, latch), lambda c: sum(c) % size)


@dataclass(frozen=True, slots=True)
class Tabulated:
    """A cascade with everything that can be reached written out.

    Attributes:
        sizes: Of every component, the number of its values.
        start: Coordinates at the beginning.
        points: By coordinates, the point that they stand for.
        actions: Of every component, by letter and the coordinates above it, what is
            done to it.
    """

    sizes: tuple[int, ...]
    start: Coordinates
    points: dict[Coordinates, int]
    actions: tuple[dict[tuple[int, Coordinates], Action], ...]


def tabulate_cascade(cascade: Cascade, moves: Moves, start: int) -> Tabulated:
    """Return the cascade written out, checked against an automaton.

    Raises:
        TooLargeError: If too many coordinates can be reached.
    """
    begin, components = cascade.start, cascade.components
    assert cascade.point(begin) == start, "a cascade begins elsewhere"
    known, order = {begin: start}, [begin]
    points: dict[Coordinates, int] = {}
    actions: tuple[dict[tuple[int, Coordinates], Action], ...]
    actions = tuple({} for _ in components)
    for coordinates in order:
        free = cascade.free(coordinates)
        # What is of no matter may have any value.
        values = [
            range(component.size) if index in free else (coordinates[index],)
            for index, component in enumerate(components)
        ]
        alike = list(product(*values))
        points.update(dict.fromkeys(alike, known[coordinates]))
        if len(points) > MOST_TUPLES:
            raise TooLargeError("too many coordinates")
        for letter, images in enumerate(moves):
            image = images[known[coordinates]]
            if image == UNKNOWN:
                continue
            done = [
                KEEP if index in free else component.act(letter, coordinates[:index])
                for index, component in enumerate(components)
            ]
            following = tuple(
                action.value if action.sets else (value + action.value) % component.size
                for action, value, component in zip(
                    done, coordinates, components, strict=True
                )
            )
            later = cascade.free(following)
            for index, action in enumerate(done):
                component = components[index]
                stuck = component.sticky and coordinates[index] != component.start
                if index not in free | later and not stuck:
                    for other in alike:
                        actions[index][letter, other[:index]] = action
            after = tuple(
                begin[i] if i in later else value for i, value in enumerate(following)
            )
            assert cascade.point(after) == image, "a cascade goes astray"
            if after not in known:
                known[after] = image
                order.append(after)
    sizes = tuple(component.size for component in components)
    return Tabulated(sizes, begin, points, actions)
