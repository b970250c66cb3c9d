"""Comparison of two implementations of a program: the first difference is an error."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import AgreementError
from transformer_programs.language import Batch, Program
from transformer_programs.verify.inputs import InputSet, sample_rows
from transformer_programs.verify.predictors import LABEL, Predictor, bare_tokens

FILE_SAMPLE = 20_000
"""Inputs that the file, which runs one at a time, is compared on by default."""

CELLS = 1 << 24
"""The most values that an implementation gives at once, where that is possible."""

Advance = Callable[[str, int, int], None]
"""Called with the title of a comparison, the number of inputs that were just compared,
and the number of all."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two implementations that gave the same values for all variables and labels.

    Attributes:
        implementations: their names.
        inputs: the number of inputs that were compared.
        exhaustive: whether these are all valid inputs.
        differences: the number that differed; 0, because the first is an error.
        seconds: the time that it took.
        labels_only: whether variables were left out.
        rewritten: the number of further inputs that are spelled differently.
    """

    implementations: tuple[str, str]
    inputs: int
    exhaustive: bool
    differences: int
    seconds: float
    labels_only: bool = False
    rewritten: int = 0


def compare(
    program: Program,
    first: Predictor,
    second: Predictor,
    inputs: InputSet,
    *,
    sample: int | None = None,
    seed: int = 0,
    labels_only: bool = False,
    advance: Advance | None = None,
) -> Agreement:
    """Compare all variables and labels of two implementations of a program.

    Where there are more than ``sample`` inputs, so many are chosen at random, with
    ``seed``. ``labels_only`` leaves out the variables: the two may have different ones.

    Raises:
        AgreementError: If ids do not stand for the same tokens, labels or values;
            else at the first difference, with variable, position and input.
    """
    _compare_signatures(first, second, labels_only)
    names = (LABEL,) if labels_only else (*program.domains, LABEL)
    started = time.perf_counter()
    total = inputs.size if sample is None else min(sample, inputs.size)
    compared = 0
    for batch in sample_rows(inputs, total, seed):
        # In parts whose values have room in memory.
        rows = max(1, CELLS // (max(1, batch.ids.shape[1]) * len(names)))
        for start in range(0, len(batch), rows):
            _compare_batch(program, names, (first, second), batch[start : start + rows])
        compared += len(batch)
        if advance is not None:
            advance(f"{first.name} = {second.name}", len(batch), total)
    return Agreement(
        implementations=(first.name, second.name),
        inputs=compared,
        exhaustive=inputs.exhaustive and compared == inputs.size,
        differences=0,
        seconds=round(time.perf_counter() - started, 3),
        labels_only=labels_only,
    )


def _compare_signatures(first: Predictor, second: Predictor, labels_only: bool) -> None:
    theirs = second.signature
    for part, value in first.signature.items():
        if labels_only and part == "variables":  # their domains follow
            return
        other = theirs.get(part)
        if value != other:
            raise AgreementError(
                f"{first.name} and {second.name} differ in {part}: "
                f"{first.name} has {_short(value)}, {second.name} has {_short(other)}"
            )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:197]}..."


def _compare_batch(
    program: Program,
    names: Sequence[str],
    predictors: tuple[Predictor, Predictor],
    batch: Batch,
) -> None:
    pairs = [(predictor.name, predictor.values(batch)) for predictor in predictors]
    for name in names:
        for predictor, values in pairs:
            if name not in values:
                raise AgreementError(f"{predictor} computes no {name!r}")
        ours, theirs = (values[name] for _, values in pairs)
        differs = ours != theirs  # (inputs, width), or (inputs,) for one label each
        if differs.ndim == 2:
            differs &= _compared(program, batch, name)
        if not differs.any():
            continue
        where = tuple(np.argwhere(differs)[0].tolist())
        found = [
            f"{predictor} gives {_value(program, name, values[name][where])}"
            for predictor, values in pairs
        ]
        (tokens,) = bare_tokens(program, batch[where[0] : where[0] + 1])
        place = f" at position {where[1]}" if len(where) == 2 else ""
        raise AgreementError(
            f"{predictors[0].name} and {predictors[1].name} differ in {name!r}{place} "
            f"of input {list(tokens)!r}: {', '.join(found)}"
        )


def _compared(program: Program, batch: Batch, name: str) -> NDArray[np.bool_]:
    # Padding does not count, nor do labels of the frame. (inputs, width)
    columns = np.arange(batch.ids.shape[1])
    first, last = 0, batch.lengths[:, None]
    if name == LABEL:
        form = program.input
        first, last = form.offset, last - (form.end is not None)
    return np.asarray((columns >= first) & (columns < last))


def _value(program: Program, name: str, index: np.int64) -> str:
    values: Sequence[object] = (
        program.readout.labels if name == LABEL else program.domains[name].values
    )
    known = 0 <= index < len(values)
    return repr(values[int(index)]) if known else "a value outside its domain"
