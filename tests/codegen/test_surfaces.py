"""Functions of the characters of words, as source."""

from __future__ import annotations

import pytest

from transformer_programs.codegen.surfaces import MOST_VALUES, surface_blocks
from transformer_programs.language import (
    InputFormat,
    Surface,
    SurfaceKind,
    Vocabulary,
)


@pytest.mark.parametrize("more", [0, 1])
def test_what_is_found_of_a_word_is_remembered_where_values_are_many(
    more: int,
) -> None:
    values = (*(f"{number:03}" for number in range(MOST_VALUES + more - 1)), "other")
    surface = Surface("prefix", SurfaceKind.PREFIX, values, 3)
    form = InputFormat(Vocabulary(("a",)), 4, surfaces=(surface,))
    (lines,) = surface_blocks(form, {"prefix": "prefix_of"})
    assert (lines[0] == "@lru_cache(maxsize=None)") == bool(more)
    assert "def prefix_of(word: str) -> str:" in lines
