"""How a value was computed, as lines that are indented like a tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from transformer_programs.explain.defaults import DEPTH
from transformer_programs.explain.derivation import Part, Step
from transformer_programs.program import ONES

_FEW = 6
"""Places that are named one by one."""

_WORDS = {Part.INPUT: "", Part.OWN: "own ", Part.MATCH: "match ", Part.VALUE: ""}
"""What a line begins with."""


def tree(steps: Iterable[Step], depth: int = DEPTH) -> list[str]:
    """Return the lines of some derivations, ``depth`` values above each other."""
    drawing = _Drawing(depth)
    return [line for step in steps for line in drawing.lines([step], "", 0)]


@dataclass(slots=True)
class _Drawing:
    """Lines, and what they have shown so far.

    Attributes:
        depth: how many values above each other are shown.
        shown: the variables and positions whose inputs stand above.
    """

    depth: int
    shown: set[tuple[str, int]] = field(default_factory=set)

    def lines(
        self, steps: Sequence[Step], part: str, level: int, own: int | None = None
    ) -> Iterator[str]:
        """Yield the lines of equal values of one variable.

        Args:
            steps: the value, at one or several positions.
            part: what it is to what stands above.
            level: how deep they are.
            own: the position that need not be named, as it stands above.
        """
        first, more = steps[0], len(steps) - 1
        margin = "  " * level
        text = f"{margin}{part}{first.variable} = {first.value}"
        if first.variable == ONES:
            text = f"{margin}{part.rstrip()}"
        if more or first.position != own:
            text += f" {_places(steps)}"
        if not first.rule:
            yield text
        elif (first.variable, first.position) in self.shown:
            yield f"{text}: as above"
        else:
            yield f"{text}: {first.rule}"
            if more and first.inputs:
                yield f"{margin}  {_place(first)}:"
                level += 1
            yield from self._below(first, level + 1)

    def _below(self, step: Step, level: int) -> Iterator[str]:
        """What a value was computed from, as far down as is wanted."""
        margin = "  " * level
        if level >= self.depth:
            if step.inputs:
                yield f"{margin}..."
            return
        self.shown.add((step.variable, step.position))
        groups: dict[tuple[Part, str, object], list[Step]] = {}
        for found in step.inputs:
            key = (found.part, found.step.variable, found.step.value)
            group = groups.setdefault(key, [])
            if found.step not in group:  # a table may read a variable twice
                group.append(found.step)
        missed = [f"{margin}nothing matches{_stands_in(step)}"] * step.missed
        for (part, _, _), steps in groups.items():
            if part is not Part.OWN:
                yield from missed
                missed = []
            yield from self.lines(steps, _WORDS[part], level, step.position)
        yield from missed


def _stands_in(step: Step) -> str:
    """What a head that copies does then."""
    copies = any(found.part is Part.VALUE for found in step.inputs)
    return ", so position 0 stands in" if copies else ""


def _place(step: Step) -> str:
    return f"at {step.position} {step.word!r}"


def _places(steps: Sequence[Step]) -> str:
    """Where values stand, with the words there."""
    named = [f"{s.position} {s.word!r}" for s in steps[:_FEW]]
    more = len(steps) - _FEW
    return f"at {', '.join(named)}" + (f" and {more} more" if more > 0 else "")
