from __future__ import annotations

import re

import numpy as np
import pytest

from transformer_programs.errors import InputError
from transformer_programs.language.encode import Batch, encode_batch
from transformer_programs.language.primitives import frame
from transformer_programs.language.types import InputFormat, Vocabulary

FORM = InputFormat(Vocabulary(("<s>", "a", "b", "</s>")), 5, "<s>", "</s>")


def test_sequences_are_framed_and_padded() -> None:
    batch = encode_batch(FORM, [["a"], [], ["b", "a", "b"]])
    assert batch.ids.tolist() == [[0, 1, 3, 0, 0], [0, 3, 0, 0, 0], [0, 2, 1, 2, 3]]
    assert batch.lengths.tolist() == [3, 2, 5]
    assert batch.ids.dtype == batch.lengths.dtype == np.int32
    assert len(batch) == 3


def test_width_is_that_of_the_longest_or_as_asked() -> None:
    assert encode_batch(FORM, [[]]).ids.shape == (1, 2)
    assert encode_batch(FORM, [[]], width=5).ids.tolist() == [[0, 3, 0, 0, 0]]


def test_no_sequences() -> None:
    batch = encode_batch(FORM, [])
    assert batch.ids.shape == (0, 1)
    assert len(batch) == 0
    assert encode_batch(FORM, [], width=4).ids.shape == (0, 4)


def test_rows_can_be_taken() -> None:
    batch = encode_batch(FORM, [["a"], [], ["b"]])
    for rows in (slice(1, 3), np.array([1, 2])):
        taken = batch[rows]
        assert isinstance(taken, Batch)
        assert taken.ids.tolist() == batch.ids.tolist()[1:]
        assert taken.lengths.tolist() == [2, 3]


def test_first_bad_sequence_is_an_error() -> None:
    with pytest.raises(InputError, match="unknown token 'x' at position 0"):
        encode_batch(FORM, [["a"], ["x"], ["y"]])


@pytest.mark.parametrize("token", [1, None, ["a"], b"a"])
@pytest.mark.parametrize("unknown", [None, "?"])
def test_tokens_are_strings(token: object, unknown: str | None) -> None:
    form = InputFormat(Vocabulary(("a", "?"), unknown), 3)
    message = f"expected strings as tokens, got {token!r} at position 1"
    with pytest.raises(InputError, match=re.escape(message)):
        form.encode(["a", token])  # type: ignore[list-item]
    with pytest.raises(ValueError, match=re.escape(message)):
        frame(["a", token], {"a", "?"}, 3, unknown=unknown)  # type: ignore[list-item]
    assert form.encode([np.str_("a")]) == [0]
