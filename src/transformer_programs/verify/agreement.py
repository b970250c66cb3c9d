"""Do two implementations compute the same? The first difference stops everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import AgreementError
from transformer_programs.program import Batch, Program
from transformer_programs.verify.inputs import InputSet, sample_rows
from transformer_programs.verify.predictors import LABEL, Predictor, bare_tokens

FILE_SAMPLE = 20_000
"""How many inputs the file, which runs one at a time, is compared on by default."""

CELLS = 1 << 24
"""Values that each implementation gives at once, at most, where that is possible."""

Advance = Callable[[str, int, int], None]
"""Called with a comparison's title, how many inputs were just compared, and of how
many in all."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two implementations that gave the same values for all variables and labels.

    Attributes:
        implementations: their names.
        inputs: how many inputs were compared.
        exhaustive: whether these are all valid inputs.
        differences: how many differed; 0, because the first difference is an error.
        seconds: how long it took.
        labels_only: whether variables were left out.
        rewritten: how many more inputs were compared that are written in other ways,
            where tokens are read as others.
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
) -> Comparison:
    """Compare all variables and labels of two implementations.

    Args:
        program: gives the order of the variables and the values of their ids.
        first: one implementation.
        second: the other.
        inputs: what both are given.
        sample: compare a seeded choice of so many inputs, where there are more.
        seed: of that choice.
        labels_only: leave out the variables: the two may have different ones.
        advance: told how many inputs have been compared.

    Raises:
        AgreementError: if ids do not stand for the same tokens, labels or values;
            else at the first difference, with variable, position and input.
    """
    _compare_signatures(first, second, labels_only=labels_only)
    names = (LABEL,) if labels_only else (*program.domains, LABEL)
    started = time.perf_counter()
    title = f"{first.name} = {second.name}"
    batches: Iterable[Batch] = (
        inputs.batches() if sample is None else sample_rows(inputs, sample, seed)
    )
    total = inputs.size if sample is None else min(sample, inputs.size)
    compared = 0
    for batch in batches:
        for part in _parts(batch, len(names)):
            _compare_batch(program, names, first, second, part)
        compared += len(batch)
        if advance is not None:
            advance(title, len(batch), total)
    return Comparison(
        implementations=(first.name, second.name),
        inputs=compared,
        exhaustive=inputs.exhaustive and compared == inputs.size,
        differences=0,
        seconds=round(time.perf_counter() - started, 3),
        labels_only=labels_only,
    )


def _parts(batch: Batch, names: int) -> Iterator[Batch]:
    """The batch in parts whose values have room in memory."""
    rows = max(1, CELLS // (max(1, batch.ids.shape[1]) * names))
    for start in range(0, len(batch), rows):
        yield batch[start : start + rows]


def _compare_signatures(
    first: Predictor, second: Predictor, *, labels_only: bool
) -> None:
    signatures = [predictor.signature for predictor in (first, second)]
    if labels_only:
        signatures = [replace(signature, domains={}) for signature in signatures]
    ours, theirs = (signature.parts for signature in signatures)
    for part, value in ours.items():
        if value != theirs.get(part):
            raise AgreementError(
                f"{first.name} and {second.name} differ in {part}: "
                f"{first.name} has {_short(value)}, "
                f"{second.name} has {_short(theirs.get(part))}"
            )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:197]}..."


def _compare_batch(
    program: Program,
    names: Sequence[str],
    first: Predictor,
    second: Predictor,
    batch: Batch,
) -> None:
    ours, theirs = first.values(batch), second.values(batch)
    for name in names:
        for predictor, values in ((first, ours), (second, theirs)):
            if name not in values:
                raise AgreementError(f"{predictor.name} computes no {name!r}")
        where = _difference(ours[name], theirs[name], _compared(program, batch, name))
        if where is not None:
            found = [
                f"{predictor.name} gives {_value(program, name, values[name][where])}"
                for predictor, values in ((first, ours), (second, theirs))
            ]
            tokens = list(bare_tokens(program, batch[where[0] : where[0] + 1])[0])
            place = f" at position {where[1]}" if len(where) == 2 else ""
            raise AgreementError(
                f"{first.name} and {second.name} differ in {name!r}{place} "
                f"of input {tokens!r}: {', '.join(found)}"
            )


def _compared(program: Program, batch: Batch, name: str) -> NDArray[np.bool_]:
    """The positions that count: those of tokens, for labels without the frame's."""
    columns = np.arange(batch.ids.shape[1])
    real: NDArray[np.bool_] = columns < batch.lengths[:, None]
    if name == LABEL:
        form = program.input
        last = batch.lengths[:, None] - (form.end is not None)
        real = (columns >= form.offset) & (columns < last)
    return real


def _difference(
    ours: NDArray[np.int64], theirs: NDArray[np.int64], compared: NDArray[np.bool_]
) -> tuple[int, ...] | None:
    """Row and position of the first difference; the row alone for one label each."""
    differs = ours != theirs
    if differs.ndim == 2:
        differs &= compared
    found = np.argwhere(differs)
    return tuple(int(index) for index in found[0]) if len(found) else None


def _value(program: Program, name: str, index: np.int64) -> str:
    if name == LABEL:
        values: Sequence[object] = program.readout.labels
    else:
        values = program.domains[name].values
    known = 0 <= index < len(values)
    return repr(values[int(index)]) if known else "a value outside its domain"
