"""Tokens that were typed, and warnings about unknown ones."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from transformer_programs.cli import console
from transformer_programs.errors import InputError, UnknownTokenWarning

if TYPE_CHECKING:  # it loads numpy
    from transformer_programs.runs import Program


def typed_tokens(
    program: Program, arguments: Sequence[str], *, any_length: bool
) -> Sequence[str]:
    """The tokens that were typed, as single arguments or as a text."""
    from transformer_programs.language import typed

    tokens = typed(program.input, arguments)
    most = program.input.max_bare_length
    if len(tokens) > most and not any_length and program.length_free:
        raise InputError(
            f"too long: {len(tokens)} tokens, at most {most} are allowed; the program "
            "holds at any length: add --any-length"
        )
    return tokens


@contextmanager
def unwarned() -> Iterator[None]:
    """Leave out Python's warnings about unknown tokens."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnknownTokenWarning)
        yield


@contextmanager
def naming_unknown(program: Program, tokens: Sequence[str]) -> Iterator[None]:
    """Say in one line which tokens are unknown, once they were accepted."""
    from transformer_programs.language import unknown_in_words

    with unwarned():
        yield
    text = unknown_in_words(program.input, tokens)
    if text is not None:
        console.warn(text)
