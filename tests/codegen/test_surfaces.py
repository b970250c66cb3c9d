"""Functions of the characters of words, as source."""

from __future__ import annotations

from typing import Any

import pytest

from transformer_programs.codegen.python import emit
from transformer_programs.codegen.surfaces import MOST_VALUES, surface_blocks
from transformer_programs.language import (
    TOKENS,
    Domain,
    InputFormat,
    Interpreter,
    Program,
    Readout,
    Surface,
    SurfaceKind,
    Table,
    Term,
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


def test_a_file_that_remembers_words_labels_like_the_interpreter() -> None:
    values = (*(f"{number:03}" for number in range(MOST_VALUES)), "other")
    surface = Surface("prefix", SurfaceKind.PREFIX, values, 3)
    form = InputFormat(
        Vocabulary(("a", "<unk>"), unknown="<unk>"), 4, surfaces=(surface,)
    )
    # Every value adds something else; a variable is called like what remembers.
    table = Table("lru_cache", (TOKENS,), (0, 1), Domain.of_classes(2))
    weights = tuple((7 * i % 67, 30) for i in range(len(values)))
    terms = (Term("prefix", weights), Term("lru_cache", ((0, 1), (1, 0))))
    program = Program("words", form, (table,), Readout(("even", "odd"), terms))
    source, _ = emit(program)
    assert "@lru_cache(maxsize=None)" in source
    file: dict[str, Any] = {"__name__": "words"}
    exec(source, file)
    words = ["003x", "004", "A", "003x", "999"]
    for tokens in (words[:4], words[1:], words[:4]):
        (labels,) = Interpreter(program).labels([tokens])
        assert file["run"](tokens) == labels
