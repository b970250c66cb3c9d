"""Attributes of tokens: what parts of their spelling are, and of what sort they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from transformer_programs.analysis import numeral

DIGIT, LETTER = "0", "a"
"""How sorts of characters are called; other characters are a sort of their own."""


def attributes(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield attributes of words that fewer values have than words, each once.

    Of words of several characters the first and the last one, and what is left; and of
    all words the sorts of their characters, where words of several sorts occur.

    Args:
        words: The words of a vocabulary, "" for what is no word.

    Yields:
        The name of an attribute, and its value for every word, "" for what is none.
    """
    known = sum(map(bool, words))
    seen = set[tuple[int, ...]]()
    for name, values in _spelled(words):
        first = {value: index for index, value in reversed([*enumerate(values)])}
        key = tuple(first[value] for value in values)
        if key in seen or not 1 < len({*values} - {""}) < known:
            continue  # known, of one value, or as good as the word
        seen.add(key)
        yield name, values


def _spelled(words: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    if any(len(word) > 1 for word in words):
        yield "first_part", [word[:-1] for word in words]
        yield "last_character", [word[-1:] for word in words]
        yield "first_character", [word[:1] for word in words]
        yield "last_part", [word[1:] for word in words]
    yield "sort", ["".join(_sorts(word)) for word in words]


def _sorts(word: str) -> Iterator[str]:
    # Of a run of characters of one sort once.
    last = ""
    for character in word:
        sort = character
        if character.isdecimal():
            sort = DIGIT
        elif character.isalpha():
            sort = LETTER
        if sort != last:
            yield sort
        last = sort


def in_order(values: Sequence[str]) -> list[str]:
    """Return the values of an attribute once each, "" first, numbers in their order."""

    def place(text: str) -> tuple[bool, int, str]:
        number = numeral(text)
        return number is None, number or 0, text

    return ["", *sorted({*values} - {""}, key=place)]
