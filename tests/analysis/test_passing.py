from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given, strategies as st

from transformer_programs.analysis.forms import closed_form, complete, fit_passing
from transformer_programs.analysis.tables import runner
from transformer_programs.language.types import Value

TOKENS = [*map(str, range(8)), "<s>", "</s>"]


@pytest.mark.parametrize(
    "text",
    [
        *("a", "b", 'b if b != "<s>" else a', 'a if b in ("<s>", "</s>") else b'),
        *('a if a == b else "none"', 'b if a != b else "none"', '"5" if a == b else b'),
        'a if a != "0" else "x" if b == "1" else b',
        '"none" if a in ("<s>", "</s>") else b if b != "<s>" else "none"',
    ],
)
def test_passes_values_on(text: str) -> None:
    inputs = [TOKENS, TOKENS]
    function = runner(text, "a, b")
    cells = list(product(*inputs))
    said = [function(*cell) for cell in cells]
    found = closed_form((tuple(TOKENS), tuple(TOKENS)), tuple(said))
    assert found is not None
    again = runner(found, "a, b")
    assert [again(*cell) for cell in cells] == said
    # Every second cell is enough.
    form = fit_passing(inputs, [v if i % 2 else None for i, v in enumerate(said)])
    assert form is not None
    again = runner(form.text, "a, b")
    assert [again(*cell) for cell in cells][1::2] == said[1::2]


def test_a_number_chooses() -> None:
    inputs: list[Sequence[Value]] = [range(6), TOKENS]
    said = [b if a > 2 else "none" for a, b in product(range(6), TOKENS)]
    form = fit_passing(inputs, said)
    assert form is not None
    assert form.text == 'b if a > 2 else "none"'


def test_completes_with_what_is_no_output() -> None:
    # The frame is no label, and never the only thing that there is to pass on.
    labels = TOKENS[:-2]
    cells = list(product(TOKENS, TOKENS))
    said = [b if b in labels else a for a, b in cells]
    seen = np.array([value in labels for value in said]).reshape(10, 10)
    seen[3] = False
    table = np.array([labels.index(v) if v in labels else 7 for v in said])
    found = complete([TOKENS, TOKENS], table.reshape(10, 10), seen, labels)
    assert found is not None
    assert found.form.text == 'a if b in ("<s>", "</s>") else b'
    assert [*found.passed] == said
    assert (found.table.ravel() == table).all()


@given(st.lists(st.sampled_from(["p", "q", "r", "s", None]), min_size=20, max_size=20))
def test_agrees_with_what_is_known(said: list[Value | None]) -> None:
    inputs = ["pqrs", "pqrst"]
    form = fit_passing(inputs, said)
    if form is not None:
        function = runner(form.text, "a, b")
        for cell, value in zip(product(*inputs), said, strict=True):
            assert value is None or function(*cell) == value


def test_noise_is_not_passed_on() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        said = [TOKENS[i] for i in rng.integers(0, 10, 100)]
        assert fit_passing([TOKENS, TOKENS], said) is None
