"""Hardening: weights of the readout become integers, and the result is checked.

Each part of a relaxed model hardens itself; sums of the integers are exact.
``check_hardened`` compares: the relaxed model with all choices made must predict what
the program does. Letters in shapes are those of ``relaxed.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from transformer_programs.errors import AgreementError
from transformer_programs.language import (
    ONES,
    Domain,
    Pooling,
    Readout,
    Term,
)
from transformer_programs.nn.hardened import (
    HardenedModel,
    Ids,
    Lengths,
)
from transformer_programs.nn.sampling import FINAL
from transformer_programs.nn.trainable import Trainable

Domains = dict[str, Domain]
Rows = dict[str, Float[Tensor, "values C"]]

EXACT_LIMIT = 1 << 24
"""Integers below it are exact in float32, whatever the order of a sum."""

FLOAT_ERROR = 1e-5
"""What sums of float32 may be off by, as a part of the largest score."""


def hard_readout(
    rows: Mapping[str, Float[Tensor, "values C"]],
    domains: Mapping[str, Domain],
    labels: tuple[str, ...],
    pooling: Pooling,
    max_length: int,
    scale: float,
) -> Readout:
    """Return a readout in integers.

    Of every variable there are its weights in float64, one row if it is numerical; the
    scale is in fixed-point steps per unit.
    """
    # Least weights of 0 make all scores non-negative: their bound is a sum of maxima.
    bounds = term_bounds(rows, domains, pooling, max_length)
    integers = rounded(map(from_zero, rows.values()), bounds, scale)
    terms = tuple(
        Term(name, tuple(map(tuple, found.tolist())))
        for name, found in zip(rows, integers, strict=True)
    )
    return Readout(labels, terms, pooling)


def from_zero(rows: Float[Tensor, "values C"]) -> Float[Tensor, "values C"]:
    """Return the weights shifted so that the least of every value is 0.

    To shift all labels' weights of a value by the same amount changes no decision.
    """
    return rows - rows.min(1, keepdim=True).values


def term_bounds(
    names: Iterable[str],
    domains: Mapping[str, Domain],
    pooling: Pooling,
    max_length: int,
) -> list[int]:
    """Return the most that the weights of every variable are multiplied by."""
    added = max_length if pooling is Pooling.MEAN else 1
    found = (domains[name] for name in names)
    return [added * (d.bound if d.numerical else 1) for d in found]


def rounded(
    rows: Iterable[Float[Tensor, "values C"]], bounds: list[int], scale: float
) -> tuple[Int64[Tensor, "values C"], ...]:
    """Return weights, none negative, in fixed point: no score is ``EXACT_LIMIT``."""
    rows = tuple(rows)
    assert all(row.isfinite().all() for row in rows)
    # Half as many steps per unit until the largest score is small enough.
    while True:
        integers = tuple((row * scale).round() for row in rows)
        pairs = zip(integers, bounds, strict=True)
        if sum(float(row.max()) * bound for row, bound in pairs) < EXACT_LIMIT:
            return tuple(row.long() for row in integers)
        scale /= 2


# ---- The check ----


@torch.no_grad()
def check_hardened(
    model: Trainable, hardened: Mapping[int, HardenedModel], ids: Ids, lengths: Lengths
) -> None:
    """Check that relaxed models, all choices made, predict what their programs do.

    A label of a program may differ only if its own scores of both labels are closer
    than the rounding of the readout's weights explains.

    Args:
        model: the population.
        hardened: what its restarts have become, by row.
        ids: codes of framed tokens.
        lengths: framed lengths.

    Raises:
        AgreementError: If a restart and its program differ.
    """
    relaxed = model(ids, lengths, [FINAL] * model.depth).cpu()  # (R, B, *N, C)
    ids, lengths = ids.cpu(), lengths.cpu()
    for row, program in hardened.items():
        values = program.trace(ids, lengths)
        scores = program.scores(values, lengths)  # (B, *N, C)
        preferred = relaxed[row].argmax(-1, keepdim=True)
        lost = scores.amax(-1) - scores.gather(-1, preferred).squeeze(-1)
        allowed = _rounding(program, values, lengths) + FLOAT_ERROR * scores.amax(-1)
        wrong = lost > allowed
        if program.program.readout.pooling is Pooling.NONE:
            wrong &= torch.arange(ids.shape[1]) < lengths[:, None]
        if wrong.any():
            first = wrong.nonzero()[0].tolist()
            raise AgreementError(
                f"relaxed model and program differ in {int(wrong.sum())} of "
                f"{wrong.numel()} labels, first in that of sequence {first[0]}"
                + (f", position {first[1]}" if first[1:] else "")
                + ", although every choice is made; please report this"
            )


def _rounding(
    model: HardenedModel, values: dict[str, Tensor], lengths: Lengths
) -> Int64[Tensor, "B ..."]:
    # How far rounding moves two labels' scores apart, in steps, at most: half a step
    # for every weight that is added, twice where those of pairs were rounded before,
    # and for both labels.
    domains, ones = model.program.domains, values[ONES]
    steps = torch.zeros_like(ones)
    for term in model.program.readout.terms:
        steps += values[term.variable] if domains[term.variable].numerical else ones
    return 2 * model.pool(steps[..., None], lengths).squeeze(-1)
