"""What people pass to a program, a text or tokens, as the tokens that it reads."""

from __future__ import annotations

from collections.abc import Sequence

from transformer_programs.errors import InputError
from transformer_programs.program.surface import Splitting, split_text
from transformer_programs.program.types import InputFormat

MOST_NAMED = 10
"""Messages name so many tokens."""

_PLAUSIBLE: tuple[Splitting, ...] = ("whitespace", "characters")


def tokens_of(form: InputFormat, given: Sequence[str]) -> Sequence[str]:
    """The tokens of a text, split as in training; a list of tokens stays as it is.

    Raises:
        InputError: For a text, if the program knows lists of tokens alone; names a
            list that it would take.
    """
    if not isinstance(given, str):
        return given
    if form.split is not None:
        return split_text(given, form.split)
    for splitting in _PLAUSIBLE:
        tokens = split_text(given, splitting)
        if tokens and all(map(form.knows, tokens)):
            break
    else:
        some = [t for t in form.symbols if t != form.vocabulary.unknown]
        tokens = (*some, *form.symbols)[: min(form.max_bare_length, 3)]
    raise InputError(
        f"expected a list of tokens, such as [{_named(tokens)}], got the text {given!r}"
    )


def typed(form: InputFormat, arguments: Sequence[str]) -> Sequence[str]:
    """Return the tokens that arguments of a command line are.

    If the program splits texts, and one of them is more or less than a single token,
    they are the words of a text.
    """
    how = form.split
    if how is None or all(split_text(one, how) == (one,) for one in arguments):
        return arguments
    return split_text(" ".join(arguments), how)


def unknown_in_words(form: InputFormat, tokens: Sequence[str]) -> str | None:
    """Return a sentence that names those that are not known; None if all are."""
    unknown = [token for token in dict.fromkeys(tokens) if not form.knows(token)]
    return f"unknown tokens: {_named(unknown)}" if unknown else None


def _named(tokens: Sequence[str]) -> str:
    more = ", ..." if len(tokens) > MOST_NAMED else ""
    return ", ".join(map(repr, tokens[:MOST_NAMED])) + more
