"""Which variables a relaxed model has, and which of them every module may read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from transformer_programs.errors import SettingsError
from transformer_programs.program.nodes import (
    ONES,
    POSITIONS,
    TOKENS,
    Pooling,
    visible_positions,
)

if TYPE_CHECKING:
    from transformer_programs.program.types import InputFormat
    from transformer_programs.settings import ModelSettings

LARGEST_NUMBER = 256
"""The largest worst-case number that a count of counts or a table may deal with.

Keeps a numerical table at or below 257 * 257 entries whatever is learned. A head that
could exceed it may only sum ``ones``."""


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """What one layer reads and writes.

    Attributes:
        head_inputs: categorical variables that queries, keys and values choose from.
        head_numbers: for every numerical variable so far, whether heads may sum it.
        table_inputs: categorical variables that tables choose from.
        table_numbers: for every numerical variable so far, whether tables may read it.
        heads: names of the categorical heads.
        counts: names of the numerical heads.
        tables: names of the categorical tables.
        number_tables: names of the numerical tables.
    """

    head_inputs: tuple[str, ...]
    head_numbers: tuple[bool, ...]
    table_inputs: tuple[str, ...]
    table_numbers: tuple[bool, ...]
    heads: tuple[str, ...]
    counts: tuple[str, ...]
    tables: tuple[str, ...]
    number_tables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The variables of a relaxed model.

    Attributes:
        classes: names of the learned word classes; empty if tokens are read as they
            are.
        cardinality: values of word classes and of tables' outputs.
        width: the most values that a categorical variable has; all are padded to it.
        layers: one plan for every layer.
        categorical: every categorical variable that can be read, in order of writing.
        numerical: every numerical variable, in order of writing.
    """

    classes: tuple[str, ...]
    cardinality: int
    width: int
    layers: tuple[LayerPlan, ...]
    categorical: tuple[str, ...]
    numerical: tuple[str, ...]


def make_plan(settings: ModelSettings, form: InputFormat) -> Plan:
    """The variables of a model of this shape for these inputs.

    With word classes, tokens are read through their classes only and the default
    cardinality is the length; without, it is the larger of vocabulary and length.

    Raises:
        SettingsError: if numerical tables are asked for, but counts over sequences of
            this length would be too large for them.
    """
    classes = tuple(f"class_{index}" for index in range(settings.word_classes))
    vocabulary = 1 if classes else len(form.vocabulary)
    cardinality = settings.cardinality or max(vocabulary, form.max_length, 2)
    visible = visible_positions(settings.scope, form.max_length)
    if settings.numerical_tables and visible > LARGEST_NUMBER:
        raise SettingsError(
            f"numerical tables need sequences of at most {LARGEST_NUMBER} tokens, "
            f"got max_length {form.max_length}; set numerical_tables to 0"
        )
    categorical = (*(classes or (TOKENS,)), POSITIONS)
    bounds = {ONES: 1}
    layers = []
    for index in range(settings.layers):
        layer = _layer(settings, index, categorical, bounds, visible)
        categorical = (*layer.table_inputs, *layer.tables, *layer.number_tables)
        layers.append(layer)
    return Plan(
        classes,
        cardinality,
        max(vocabulary, form.max_length, cardinality),
        tuple(layers),
        categorical,
        tuple(bounds),
    )


def reads_out(variable: str, pooling: Pooling) -> bool:
    """Whether the readout reads a variable.

    Summed over all positions, ``positions`` say no more than the length, which ``ones``
    say too, in one row of weights instead of one for every position.
    """
    return not (variable == POSITIONS and pooling is Pooling.MEAN)


def _layer(
    settings: ModelSettings,
    index: int,
    categorical: tuple[str, ...],
    bounds: dict[str, int],
    visible: int,
) -> LayerPlan:
    """The plan of one layer; adds its numerical variables to ``bounds``."""
    summable = {
        name: name == ONES
        or (settings.sum_counts and bound * visible <= LARGEST_NUMBER)
        for name, bound in bounds.items()
    }
    largest = max(bounds[name] for name, allowed in summable.items() if allowed)
    heads = _names("attn", index, settings.categorical_heads)
    counts = _names("num_attn", index, settings.numerical_heads)
    bounds |= dict.fromkeys(counts, largest * visible)
    return LayerPlan(
        head_inputs=categorical,
        head_numbers=tuple(summable.values()),
        table_inputs=categorical + heads,
        table_numbers=tuple(bound <= LARGEST_NUMBER for bound in bounds.values()),
        heads=heads,
        counts=counts,
        tables=_names("mlp", index, settings.categorical_tables),
        number_tables=_names("num_mlp", index, settings.numerical_tables),
    )


def _names(prefix: str, layer: int, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}_{layer}_{index}" for index in range(count))
