"""Models are measured by accuracy, and by entities where labels are BIO tags."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, strategies as st

from transformer_programs.data.dataset import Dataset, Examples
from transformer_programs.data.metrics import (
    Measure,
    Quality,
    Scorer,
    entity_scores,
    total,
)
from transformer_programs.data.tags import Scheme
from transformer_programs.language.types import InputFormat, Vocabulary

LABELS = ("B-X", "B-Y", "I-X", "I-Y", "O")


def data_set(examples: Examples, labels: tuple[str, ...] = LABELS) -> Dataset:
    form = InputFormat(Vocabulary(("<s>", "a", "b")), 6, begin="<s>")
    return Dataset(
        *("tags", form, labels, True, examples, examples, examples),
        scheme=Scheme.IOB2 if "B-X" in labels else None,
    )


tags = st.sampled_from((*LABELS, "B-NEW", "I-NEW", "odd", None))
rows = st.lists(
    st.lists(st.tuples(tags, st.sampled_from(LABELS)), min_size=1, max_size=5),
    min_size=1,
    max_size=4,
)


@given(rows)
def test_scores_are_those_of_the_strings(
    found: list[list[tuple[str | None, str]]],
) -> None:
    wanted = tuple(tuple(w for w, _ in row) for row in found)
    guesses = [[g for _, g in row] for row in found]
    examples = Examples(tuple(("a",) * len(row) for row in found), wanted)
    scorer = Scorer.of(data_set(examples), examples)
    predicted = np.zeros((len(found), 6), dtype=np.int64)
    for row, guess in enumerate(guesses):
        predicted[row, 1 : 1 + len(guess)] = [LABELS.index(label) for label in guess]
    quality = scorer.quality(predicted)
    expected = total(entity_scores(wanted, guesses))
    if expected.there:
        assert scorer.measure is Measure.ENTITY_F1
        assert quality.entity_f1 == expected.f1
    else:  # F1 would be 0 whatever is predicted
        assert scorer.measure is Measure.ACCURACY
        assert quality.entity_f1 is None
    asked = [(w, g) for row in found for w, g in row if w is not None]
    assert quality.accuracy == pytest.approx(
        sum(w == g for w, g in asked) / max(1, len(asked))
    )


def test_other_labels_have_accuracy_alone() -> None:
    examples = Examples((("a", "b"),), (("X", "O"),))
    scorer = Scorer.of(data_set(examples, ("O", "X")), examples)
    assert scorer.measure is Measure.ACCURACY
    assert scorer.quality(np.zeros((1, 6), dtype=np.int64)) == Quality(0.5)
