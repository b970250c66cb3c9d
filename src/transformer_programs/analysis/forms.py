"""Closed forms fitted to tables of which some cells are known.

Whatever the labels are called, a table over numbers can follow a rule. Forms are terms
(``terms.py``) with a free constant, a remainder, bounds, a comparison, or a tuple of
labels around them, and choices between two such forms. The one with the shortest
description wins, if listing the cells takes clearly more than describing it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import lgamma, log

import numpy as np
from numpy.typing import NDArray

from transformer_programs.analysis.fitting import RARE, Fitter, Form, number_of
from transformer_programs.analysis.passing import Passing
from transformer_programs.analysis.tables import (
    INPUT_NAMES,
    LARGEST,
    expression,
    runner,
    width,
)
from transformer_programs.language import Value

MARGIN = 2.0
"""Bits that a form must save, compared with a list of the cells."""

_Mask = NDArray[np.bool_]
_Ids = NDArray[np.int64]

_Stage = tuple[int, Callable[[Fitter], Iterator[Form]]]
# The largest size of terms, and which forms; what is found soon comes first.

_FORMS: tuple[_Stage, ...] = (
    (5, Fitter.forms),
    (7, Fitter.forms),
    (5, Fitter.choices),
    (5, Fitter.pairs),
)
_WIDE: _Stage = (5, Fitter.triples)  # wider than a line, which only completes tables
_RELATIONS: tuple[_Stage, ...] = ((5, Fitter.relations), (7, Fitter.relations))
_PROBES = 96  # cells that terms are compared at before a form is run on all
_ROUNDS = 4  # times that cells which a form fails at are added
_TRIED = 6  # forms that are run on all cells, in a round


@dataclass(frozen=True, slots=True)
class Completed:
    """A table that a closed form completes.

    Attributes:
        form: the closed form.
        table: the ids of the outputs, in the shape of the table.
        passed: what a form that passes the values of inputs on gives for every cell,
            also where it is none of the outputs; of other forms nothing.
    """

    form: Form
    table: _Ids
    passed: tuple[Value, ...] = ()


def complete(
    inputs: Sequence[Sequence[Value]],
    table: _Ids,
    seen: _Mask,
    outputs: Sequence[Value],
) -> Completed | None:
    """Return a table completed by the shortest closed form of its seen cells.

    What the form gives beyond the outputs counts as the nearest of them, if they are
    numbers. Cells where it would divide by 0 stay as they are.

    Args:
        inputs: the values of the one or two variables.
        table: (values of the first, values of the second) ids of outputs.
        seen: the cells that are known; what the others hold does not matter.
        outputs: the values that ids stand for.

    Returns:
        None if no form has clearly fewer degrees of freedom than there are cells.
    """
    known = np.ravel(seen).tolist()
    said = [
        outputs[i] if k else None
        for i, k in zip(np.ravel(table).tolist(), known, strict=True)
    ]
    form = fit_form(inputs, said, wide=True)
    if form is None and (passing := _passing(inputs, table, said, outputs)):
        return passing
    form = form or fit_numerals(inputs, said)
    if form is None:
        return None
    function = runner(form.text, ", ".join(INPUT_NAMES[len(inputs)]))
    ids = {value: index for index, value in enumerate(outputs)}
    found = []
    for cell, entry in zip(product(*inputs), np.ravel(table).tolist(), strict=True):
        try:
            found.append(_nearest(function(*cell), ids))
        except ArithmeticError:  # nothing is known of it
            found.append(entry)
    return Completed(form, np.array(found, dtype=np.int64).reshape(table.shape))


def _passing(
    inputs: Sequence[Sequence[Value]],
    table: _Ids,
    said: Sequence[Value | None],
    outputs: Sequence[Value],
) -> Completed | None:
    # Cells with a value that is no output stay as they are.
    form = fit_passing(inputs, said)
    if form is None:
        return None
    function = runner(form.text, ", ".join(INPUT_NAMES[len(inputs)]))
    passed = tuple(function(*cell) for cell in product(*inputs))
    ids = {value: index for index, value in enumerate(outputs)}
    entries = np.ravel(table).tolist()
    found = [ids.get(v, entry) for v, entry in zip(passed, entries, strict=True)]
    return Completed(form, np.array(found).reshape(table.shape), passed)


def fit_passing(
    inputs: Sequence[Sequence[Value]], outputs: Sequence[Value | None]
) -> Form | None:
    """Return the shortest form that passes texts on and agrees with all known cells.

    None if there is none that is clearly shorter than a list of the cells.

    Args:
        inputs: the values of the two variables.
        outputs: the value of every cell, the last input running fastest; None where it
            is not known.
    """
    said = [value for value in outputs if value is not None]
    if len(inputs) != 2 or not all(isinstance(value, str) for value in said):
        return None
    room = _listed_bits(said) - MARGIN
    forms = [form for form in Passing(inputs, outputs).forms() if form.bits <= room]
    return min(forms, key=lambda form: (form.bits, len(form.text)), default=None)


def _nearest(value: Value, ids: dict[Value, int]) -> int:
    if value in ids:
        return ids[value]
    wanted = value if isinstance(value, int) else int(value)
    numbers = [(n, i) for v, i in ids.items() if (n := number_of(v)) is not None]
    return min(numbers, key=lambda pair: abs(pair[0] - wanted))[1]


@lru_cache(maxsize=4096)
def closed_form(
    inputs: tuple[tuple[Value, ...], ...], outputs: tuple[Value, ...]
) -> str | None:
    """Return the simplest expression that is a table, in ``x``, or in ``a`` and ``b``.

    None if there is none, or if listing the cells takes no more than the expression.

    Args:
        inputs: the values that each of the one or two inputs can have, each once.
        outputs: the table's value for every combination, the last input running
            fastest.
    """
    found = expression(inputs, outputs)
    if (found is None or " in (" in found) and len(outputs) <= LARGEST:
        # A list of values says nothing of others.
        form = fit_form(inputs, outputs)
        if form is None and found is None:
            form = fit_passing(inputs, outputs) or fit_numerals(inputs, outputs)
        if form is not None and (found is None or width(form.text) < width(found)):
            return form.text
    return found


def relation(wanted: NDArray[np.bool_], queries: _Ids, keys: _Ids) -> str | None:
    """Return a comparison of small terms in ``q`` and ``k`` that is a predicate.

    None if there is none, or if listing the pairs takes no more than the comparison.

    Args:
        wanted: (queries, keys) whether they match.
        queries: the numbers that queries can be.
        keys: the numbers that keys can be.
    """
    if wanted.size > LARGEST:
        return None
    return _relation(tuple(queries.tolist()), tuple(keys.tolist()), wanted.tobytes())


@lru_cache(maxsize=4096)
def _relation(
    queries: tuple[int, ...], keys: tuple[int, ...], wanted: bytes
) -> str | None:
    cells = [
        (*pair, bool(matches))
        for pair, matches in zip(product(queries, keys), wanted, strict=True)
    ]
    form = _fitted(("q", "k"), (0, 1), cells, _RELATIONS)
    return None if form is None else form.text


def fit_form(
    inputs: Sequence[Sequence[Value]],
    outputs: Sequence[Value | None],
    *,
    wide: bool = False,
) -> Form | None:
    """Return the shortest closed form that agrees with all known cells.

    None if there is none that is clearly shorter than a list of the cells.

    Args:
        inputs: the values of the one or two variables, at least one of them numbers.
        outputs: the value of every cell, the last input running fastest; None where it
            is not known.
        wide: whether forms count that are wider than a line.
    """
    numeric = [i for i, v in enumerate(inputs) if all(isinstance(x, int) for x in v)]
    if not numeric:
        return None
    stages = (*_FORMS, _WIDE) if wide else _FORMS
    return _fitted(INPUT_NAMES[len(inputs)], numeric, _known(inputs, outputs), stages)


def _known(
    inputs: Sequence[Sequence[Value]], outputs: Sequence[Value | None]
) -> list[tuple[Value, ...]]:
    return [
        (*cell, output)
        for cell, output in zip(product(*inputs), outputs, strict=True)
        if output is not None
    ]


def fit_numerals(
    inputs: Sequence[Sequence[Value]], outputs: Sequence[Value | None]
) -> Form | None:
    """Return the shortest closed form of numbers, some of which texts say.

    None if there is none that is clearly shorter than a list of the cells, or if not
    most of the texts are numbers; the others count as 0.

    Args:
        inputs: the values of the one or two variables, at least one of them texts.
        outputs: the value of every cell, the last input running fastest; None where it
            is not known.
    """
    numbers = [[number_of(value) for value in values] for values in inputs]
    if any(3 * values.count(None) > len(values) for values in numbers):
        return None
    read = [[number or 0 for number in values] for values in numbers]
    names = INPUT_NAMES[len(inputs)]
    said = [
        name
        for name, values in zip(names, inputs, strict=True)
        if any(isinstance(value, str) for value in values)
    ]
    if not said:
        return None
    form = _fitted(names, range(len(read)), _known(read, outputs), _FORMS)
    if form is None:
        return None
    signed = any(number < 0 for values in read for number in values)
    function = "integer" if signed else "number"
    return Form(_with_names(form.text, said, function), form.bits + len(said))


def _with_names(text: str, names: Sequence[str], function: str) -> str:
    # Each name as an argument of the function; texts in quotes stay as they are.
    parts = re.split(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", text)
    for name in names:
        pattern = re.compile(rf"\b{name}\b")
        parts[::2] = [pattern.sub(f"{function}({name})", part) for part in parts[::2]]
    return "".join(parts)


def _fitted(
    names: tuple[str, ...],
    numeric: Sequence[int],
    cells: Sequence[tuple[Value, ...]],
    stages: Sequence[_Stage],
) -> Form | None:
    said = [cell[-1] for cell in cells]
    room = _listed_bits(said) - MARGIN
    if room <= 0:
        return None
    probes = _probes(said)
    for largest, candidates in stages:
        for _ in range(_ROUNDS):
            some = [cells[i] for i in probes]
            fitter = Fitter(names, numeric, some, largest, room)
            found = (form for form in candidates(fitter) if form.bits <= room)
            forms = sorted(found, key=lambda form: (form.bits, len(form.text)))
            wrong = set()
            for form in forms[:_TRIED]:
                place = _first_wrong(runner(form.text, ", ".join(names)), cells)
                if place is None:
                    return form
                wrong.add(place)
            if not wrong.difference(probes):
                break
            probes = sorted(wrong.union(probes))
    return None


def _listed_bits(outputs: Sequence[Value]) -> float:
    # The length of an adaptive code of the outputs (Krichevsky and Trofimov).
    times = Counter(outputs)
    if not times:
        return 0.0
    half = len(times) / 2
    found = lgamma(len(outputs) + half) - lgamma(half)
    for often in times.values():
        found += lgamma(0.5) - lgamma(often + 0.5)
    return found / log(2)


def _probes(outputs: Sequence[Value]) -> list[int]:
    # All cells, or some, in an order that has no period, the rare outputs first.
    count = len(outputs)
    if count <= _PROBES:
        return list(range(count))
    order = sorted(range(count), key=lambda i: i * 2654435761 % 4294967296)
    times: dict[Value, int] = {}
    ranks: list[tuple[bool, int, int]] = []
    for index in order:
        times[outputs[index]] = times.get(outputs[index], 0) + 1
        ranks.append((times[outputs[index]] > RARE, len(ranks), index))
    return sorted(index for _, _, index in sorted(ranks)[:_PROBES])


def _first_wrong(
    function: Callable[..., Value], cells: Sequence[tuple[Value, ...]]
) -> int | None:
    for place, (*cell, output) in enumerate(cells):
        try:
            found = function(*cell)
        except (ArithmeticError, LookupError):
            return place
        if found != output or type(found) is not type(output):
            return place
    return None
