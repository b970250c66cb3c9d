from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st

from transformer_programs.analysis.forms import complete, fit_form
from transformer_programs.analysis.pieces import linear_sums
from transformer_programs.analysis.tables import runner

POINTS = [(0, 0), (1, 0), (0, 3), (7, 2), (5, 11), (12, 4)]


@pytest.mark.parametrize("names", [("x",), ("a", "b")])
@given(data=st.data(), constant=st.integers(-9, 9))
def test_sums_are_what_their_texts_say(
    names: tuple[str, ...], data: st.DataObject, constant: int
) -> None:
    sums = linear_sums(*names)
    row = data.draw(st.integers(0, len(sums.prices) - 1))
    points = [point[: len(names)] for point in POINTS]
    values = sums.at(np.array(points, dtype=np.float64).T)[row].tolist()
    said = runner(sums.text(row, constant), ", ".join(names))
    assert [said(*point) for point in points] == [v + constant for v in values]
    if sums.factors[row].any():
        holds = runner(sums.compared(row, constant), ", ".join(names))
        assert [holds(*point) for point in points] == [v >= constant for v in values]


def test_shorter_sums_come_first() -> None:
    prices = linear_sums("a", "b").prices
    assert (np.diff(prices) >= 0).all()


# Of the place a, in sequences of b positions, the first of which is 0 or 1.
PLACES = {
    "odds first": "2 * a - 1 if a <= b // 2 else 2 * (a - b // 2)",
    "odds first, from 0": "2 * a if 2 * a < b else 2 * (a - (b + 1) // 2) + 1",
    "evens first": "2 * a if a <= (b - 1) // 2 else 2 * (a - (b - 1) // 2) - 1",
    "perfect shuffle": "a // 2 + (b // 2 if a % 2 else 0)",
    "halves exchanged": "a + b // 2 if a < b - b // 2 else a - (b - b // 2)",
    "second half reversed": "a if a < b // 2 else b - 1 - a + b // 2",
    "both halves reversed": "b // 2 - 1 - a if a < b // 2 else b - 1 - a + b // 2",
    "odds falling": "2 * (b // 2) - 2 * a + 1 if a <= b // 2 else 2 * (a - b // 2)",
    "every third": "3 * a if 3 * a < b else 3 * (a + b // 3 - b) + 2 "
    "if a >= b - b // 3 else 3 * (a - (b + 2) // 3) + 1",
}


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES.keys())
def test_places_in_longer_sequences(text: str) -> None:
    # Learned from most of the places in up to 30 positions.
    function = runner(text, "a, b")
    inputs = [range(40), range(41)]
    occurs = np.array([[1 <= a < b for b in inputs[1]] for a in inputs[0]])
    wanted = np.array([[function(a, b) for b in inputs[1]] for a in inputs[0]])
    wanted = np.where(occurs, wanted, 0)
    seen = occurs & (np.arange(41) <= 30) & (np.arange(41) > 2)
    found = complete(inputs, np.where(seen, wanted, 0), seen, range(200))
    assert found is not None
    assert found.table[occurs].tolist() == wanted[occurs].tolist()


@pytest.mark.parametrize(
    "text",
    [
        "max(2 * a - 1 if a <= b // 2 else 2 * (a - b // 2), 0)",
        "max(b + b // 2 - a if 2 * a >= b else b // 2 - a, 0)",
    ],
)
def test_no_place_is_below_0(text: str) -> None:
    # All cells of a table, with those where no position is.
    inputs = [range(30), range(1, 31)]
    cells = list(product(*inputs))
    function = runner(text, "a, b")
    form = fit_form(inputs, [function(*cell) for cell in cells])
    assert form is not None
    found = runner(form.text, "a, b")
    assert [found(*cell) for cell in cells] == [function(*cell) for cell in cells]


def test_noise_has_no_pieces() -> None:
    rng = np.random.default_rng(0)
    inputs = [range(12), range(12)]
    for most in (3, 12, 40):
        cells = rng.integers(0, most, 144).tolist()
        assert fit_form(inputs, cells) is None
