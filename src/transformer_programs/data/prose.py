"""Texts of words: found by what their tokens are, and then read as words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Records
from transformer_programs.data.split import Parts
from transformer_programs.language import split_text
from transformer_programs.settings import LARGE_VOCABULARY

FEWEST_TOKENS = 3
"""Tokens that a text has on average, at least, if it is one of words."""

OF_LETTERS = 2 / 3
"""The share of its words and signs that consist of letters, at least."""

FEWER_TYPES = 0.97
"""Of the different tokens, how many there are at most once punctuation is split off."""


def read_as_suits(
    parts: Parts, options: ReadOptions
) -> tuple[Parts, ReadOptions, tuple[str, ...]]:
    """Decide how texts are split, unless options say: into words if they have words.

    Args:
        parts: Records whose texts are split at white space if options do not say how.
        options: How they were read.

    Returns:
        The records, split as decided; options that say how; and a note, if they are
        split into words.
    """
    if options.split is not None:
        return parts, options, ()
    if not _has_words(parts):
        return parts, replace(options, split="whitespace"), ()
    pieces = _Pieces()
    parts = parts.map(pieces.of)
    note = (
        "texts are read as words in lower case, punctuation apart; split='whitespace' "
        "(--split whitespace) reads them as they are, split='words' (--split words) "
        "keeps capital letters"
    )
    return parts, replace(options, split="words", lowercase=True), (note,)


def _has_words(parts: Parts) -> bool:
    train = parts.train
    single = all(isinstance(target, str) for target in train.targets)
    if not (single and parts.all.from_text):
        return False
    tokens = Counter(chain.from_iterable(train.sequences))
    if tokens.total() < FEWEST_TOKENS * len(train):
        return False
    words: Counter[str] = Counter()
    for token, times in tokens.items():
        for word in split_text(token, "words"):
            words[word] += times
    of_letters = sum(times for word, times in words.items() if word.isalpha())
    return (
        len(words) > LARGE_VOCABULARY
        and len(words) <= FEWER_TYPES * len(tokens)
        and of_letters >= OF_LETTERS * words.total()
    )


class _Pieces(dict[str, tuple[str, ...]]):
    """The words of every token, each of which is one object."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, str] = {}

    def __missing__(self, token: str) -> tuple[str, ...]:
        words = split_text(token, "words")
        found = tuple(self._known.setdefault(word, word) for word in words)
        self[token] = found
        return found

    def of(self, records: Records) -> Records:
        """Return records whose tokens are words."""
        sequences = [self._joined(tokens) for tokens in records.sequences]
        return replace(records, sequences=sequences)

    def _joined(self, tokens: Sequence[str]) -> tuple[str, ...]:
        return tuple(chain.from_iterable(self[token] for token in tokens))
