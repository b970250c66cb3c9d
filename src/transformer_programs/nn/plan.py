"""Which variables a relaxed model has, and which of them every module may read."""

from __future__ import annotations

from dataclasses import dataclass

from transformer_programs.language import POSITIONS, TOKENS, InputFormat, Pooling, Scope
from transformer_programs.settings import ModelSettings

SCOPES = {
    Scope.ALL: (Scope.ALL, Scope.BEFORE, Scope.AFTER),
    Scope.CAUSAL: (Scope.CAUSAL, Scope.BEFORE),
    Scope.BEFORE: (Scope.BEFORE,),
    Scope.AFTER: (Scope.AFTER,),
}
"""What a head chooses from, by the widest scope that it may have."""


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """What one layer reads and writes."""

    inputs: tuple[str, ...]  # the variables that heads choose from
    counted: tuple[bool, ...]  # for each of them, whether it is a count
    heads: tuple[str, ...]  # names of the categorical heads
    counts: tuple[str, ...]  # names of the numerical heads
    tables: tuple[str, ...]  # of the tables, which read the heads of the layer too

    @property
    def table_inputs(self) -> tuple[str, ...]:
        """The variables that tables choose from."""
        return self.inputs + self.heads + self.counts


@dataclass(frozen=True, slots=True)
class Pair:
    """A table over a word class and that of a word before."""

    name: str  # of what it writes
    word_class: int  # which of the word classes
    distance: int  # how many words before the other one is


@dataclass(frozen=True, slots=True)
class Plan:
    """The variables of a relaxed model."""

    classes: tuple[str, ...]  # word classes; empty if tokens are read as they are
    cardinality: int  # values of word classes and of tables' outputs
    width: int  # the most values that a variable has; all are padded to it
    offsets: tuple[int, ...]  # from here, where the readout reads classes and surfaces
    pairs: tuple[Pair, ...]  # tables that the readout alone reads
    layers: tuple[LayerPlan, ...]
    variables: tuple[str, ...]  # all that can be read, in order of writing
    counted: tuple[bool, ...]  # for each of them, whether it is a count

    @property
    def near(self) -> tuple[int, ...]:
        """The offsets of neighbours."""
        return tuple(offset for offset in self.offsets if offset)


def make_plan(settings: ModelSettings, form: InputFormat) -> Plan:
    """Return the variables of a model of this shape for these inputs.

    With word classes, tokens are read through their classes only and the default
    cardinality is the length; without, it is the larger of vocabulary and length.
    A window means nothing for classification: summed over all positions, neighbours say
    what the words themselves say.
    """
    classes = tuple(f"class_{index}" for index in range(settings.word_classes))
    vocabulary = 1 if classes else len(form.vocabulary)
    cardinality = settings.cardinality or max(vocabulary, form.max_length, 2)
    numbers = form.max_length + 1 if settings.numerical_heads else 1

    # Layer by layer: each reads all that is above it.
    variables = (*(classes or (TOKENS,)), POSITIONS)
    counts: set[str] = set()
    layers = []
    for index in range(settings.layers):
        layer = LayerPlan(
            inputs=variables,
            counted=tuple(name in counts for name in variables),
            heads=_names("attn", index, settings.categorical_heads),
            counts=_names("num_attn", index, settings.numerical_heads),
            tables=_names("mlp", index, settings.tables),
        )
        counts |= {*layer.counts}
        variables = layer.table_inputs + layer.tables
        layers.append(layer)

    # The window of the readout, within the scope of heads, which copy it in the end.
    window = settings.window if settings.pooling is Pooling.NONE else 0
    sides = SCOPES[settings.scope]
    before = window if Scope.BEFORE in sides else 0
    after = window if Scope.AFTER in sides else 0
    return Plan(
        classes,
        cardinality,
        max(vocabulary, form.max_length, cardinality, numbers),
        tuple(range(-before, after + 1)),
        tuple(
            Pair(f"pair_{index}", index % len(classes), 1 + index // len(classes))
            for index in range(settings.pairs)
        ),
        tuple(layers),
        variables,
        tuple(name in counts for name in variables),
    )


def reads_out(variable: str, settings: ModelSettings) -> bool:
    """Return whether the readout reads a variable.

    Summed over all positions, ``positions`` say no more than the length, which ``ones``
    say too, in one row of weights instead of one for every position. With a window,
    neighbours say where a sequence begins and ends, and do so at any length.
    """
    if variable != POSITIONS:
        return True
    return settings.pooling is not Pooling.MEAN and not settings.window


def _names(prefix: str, layer: int, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}_{layer}_{index}" for index in range(count))
