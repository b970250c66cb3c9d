"""Where an ordinary Transformer computes what: layers, and the residual stream.

The residual stream has a dimension for every value of every variable that a layer
reads. Layer ``b`` computes heads at stage ``2 b`` and tables at stage ``2 b + 1``; the
embedding is stage -1. Steps come as early as what they read allows, so that those of
one depth share a layer.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from transformer_programs.language import (
    INPUTS,
    POSITIONS,
    Pooling,
    Program,
    Scope,
    Value,
)
from transformer_programs.nn.ordinary.steps import (
    MOST_PARAMETERS,
    DecideStep,
    HeadStep,
    Image,
    Step,
    TransformerSteps,
    too_large,
)
from transformer_programs.nn.ordinary.units import Ids

BOS, PAD = "<bos>", "<pad>"
"""The flags of the two tokens that a Transformer has besides those of the program."""

EMBEDDED = -1

Name = tuple[str, Value]
"""A dimension: a variable, or what helps to compute one, and a value."""


@dataclass(frozen=True, slots=True)
class Subspace:
    """The dimensions of a variable.

    Attributes:
        start: the first one.
        ids: the value that each stands for.
    """

    start: int
    ids: Ids

    @property
    def dims(self) -> Ids:
        """The dimensions."""
        return np.arange(self.start, self.start + len(self.ids))


@dataclass(frozen=True, slots=True)
class Placed:
    """A step, and where it is computed.

    Attributes:
        step: it.
        layer: the layer, or the first of two.
        stage: when its output is complete.
        default: of heads that copy, the value where nothing matches: None if that
            needs no care, an id, or "first": that of position 0.
    """

    step: Step
    layer: int
    stage: int
    default: int | str | None = None


class TransformerLayout:
    """The layers and the residual stream of a program.

    Attributes:
        program: the program.
        steps: what is computed.
        ids: the values that each variable can have.
        causal: whether positions look at earlier ones alone.
        placed: the steps with their layers, in their order.
        stages: when each variable is complete.
        layers: how many there are.
        pool_layer: the layer that sums scores, if the program does.
        first_copies: the layers that copy what position 0 holds, by variable.
        subspaces: the dimensions of each variable, and of what helps.
        names: what each dimension stands for.

    Raises:
        SettingsError: If it would be too large.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.steps = TransformerSteps(program)
        self.ids, self.length = self.steps.ids, program.input.max_length
        self._pooled = program.readout.pooling is Pooling.MEAN
        heads = [step for step in self.steps.steps if isinstance(step, HeadStep)]
        inward = all(head.scope in (Scope.BEFORE, Scope.CAUSAL) for head in heads)
        self.causal = inward and not self._pooled
        self.first_copies: dict[str, int] = {}
        self.stages = dict.fromkeys(self.steps.embedded, EMBEDDED)
        self.placed = [self._place(step) for step in self.steps.steps]
        read = {name for step in self.steps.steps for name in step.inputs}
        read |= {term.variable for term in program.readout.terms}
        read = {name for name in read if not self.constant(name)}
        last = max([EMBEDDED, *(self.stages[name] for name in read)])
        last = _attention_after(last) if self._pooled else last
        self.pool_layer, self.layers = last // 2, max(1, last // 2 + 1)
        self.subspaces: dict[str, Subspace] = {}
        self.names: list[Name] = []
        self._allocate(read)
        self._check()

    def constant(self, name: str) -> bool:
        """Whether a variable has one value only, so that nothing needs to say it."""
        return self.steps.constant(name)

    def images(self, name: str) -> list[Image]:
        """Return the tables of a variable alone, which are written with it."""
        return self.steps.images.get(name, [])

    def refuse(self, parameters: int, sizes: str) -> None:
        """Raise the error for so many parameters, if they are too many."""
        if parameters > MOST_PARAMETERS:
            widths = {name: len(space.ids) for name, space in self.subspaces.items()}
            name = max(widths, key=lambda name: widths[name])
            raise too_large(
                self.program,
                f"{parameters:,} parameters ({sizes}; {widths[name]:,} dimensions are "
                f"for {name!r})",
            )

    def _place(self, step: Step) -> Placed:
        varying = [name for name in step.inputs if not self.constant(name)]
        ready = max([EMBEDDED, *(self.stages[name] for name in varying)])
        default: int | str | None = None
        if isinstance(step, HeadStep):
            stage = end = _attention_after(ready)
            default = self._default(step)
            if default == "first":
                self.first_copies.setdefault(step.inputs[2], stage // 2)
            end += 1 if step.sums or default == "first" else 0
        else:
            stage = end = _units_after(ready)
            several = isinstance(step, DecideStep) and len(self.ids[step.output]) > 2
            end += 2 if several else 0
        self._complete(step.output, end)
        return Placed(step, stage // 2, end, default)

    def _complete(self, name: str, stage: int) -> None:
        self.stages[name] = stage
        for image in self.images(name):
            self._complete(image.output, stage)

    def _default(self, head: HeadStep) -> int | str | None:
        if head.sums or head.always or head.places is not None:
            return None
        found = self.steps.starts[head.inputs[2]]
        return int(found[0]) if len(found) == 1 else "first"

    def _allocate(self, read: set[str]) -> None:
        # Dimensions for what layers or the unembedding read.
        for flag in (BOS, PAD):
            self._add(flag, np.zeros(1, dtype=np.int64))
        if any(self._looks_at_positions(placed.step) for placed in self.placed):
            everywhere = np.arange(self.length)
            self.steps.embedded.setdefault(POSITIONS, everywhere)
            self.stages.setdefault(POSITIONS, EMBEDDED)
            self._add(POSITIONS, self.ids.setdefault(POSITIONS, everywhere))
        for name in (*INPUTS, *self.stages):
            if name in read and name not in self.subspaces:
                self._add(name, self.ids[name])
        for placed in self.placed:
            self._add_helpers(placed)
        if self._pooled:
            self._add("score", np.arange(len(self.program.readout.labels)))

    def _looks_at_positions(self, step: Step) -> bool:
        if not isinstance(step, HeadStep):
            return False
        free = Scope.CAUSAL if self.causal else Scope.ALL
        return not step.sums or step.scope is not free

    def _add(self, name: str, ids: Ids) -> None:
        self.subspaces[name] = Subspace(len(self.names), ids)
        domain, values = self.program.domains.get(name), ids.tolist()
        self.names += [(name, i if domain is None else domain.value(i)) for i in values]

    def _add_helpers(self, placed: Placed) -> None:
        step, one = placed.step, np.zeros(1, dtype=np.int64)
        if isinstance(step, HeadStep) and step.sums:
            self._add(f"{step.output}:share", one)
        elif isinstance(step, HeadStep) and placed.default == "first":
            self._add(f"{step.output}:none", one)
            value = step.inputs[2]
            if f"{value}:first" not in self.subspaces:
                self._add(f"{value}:first", self.steps.starts[value])
        elif isinstance(step, DecideStep) and placed.stage // 2 > placed.layer:
            size = len(self.ids[step.output])
            self._add(f"{step.output}:larger", np.arange(size * (size - 1) // 2))

    def _check(self) -> None:
        # A bound from below, before anything is computed.
        form, width = self.program.input, len(self.names)
        heads, units = [0] * (self.layers + 1), [0] * (self.layers + 1)
        for placed in self.placed:
            size = len(self.ids[placed.step.output])
            if isinstance(placed.step, HeadStep):
                heads[placed.layer] += 1 if placed.step.sums else size
            else:
                units[placed.layer] += size
        layer = 2 * width * (2 * max(heads) + max(units))
        least = width * (form.code_count + self.length) + self.layers * layer
        self.refuse(least, f"at least; residual stream {width:,}, {self.layers} layers")


def _attention_after(stage: int) -> int:
    return 2 * (stage // 2 + 1)


def _units_after(stage: int) -> int:
    return 2 * ((stage + 1) // 2) + 1
