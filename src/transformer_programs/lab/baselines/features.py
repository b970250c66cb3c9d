"""Features of sequences and of places in them, for linear models, trees and CRFs.

All see the tokens as they were written, whatever the vocabulary of a program is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from transformer_programs.data import Dataset
from transformer_programs.language import SurfaceKind, computed

Case = tuple[tuple[str, ...], int]
"""A sequence, and the place of the token that is labelled; 0 for the whole sequence."""

LONGEST_OF_WORDS = 2
"""Words of the longest n-gram."""

LONGEST_OF_SYMBOLS = 5
"""Characters, or tokens of a small alphabet, of the longest n-gram."""

FEW_TOKENS = 64
"""Different tokens, at most, of data whose n-grams are as long as of characters."""

MOST_CHARACTERS = 2_000_000
"""Characters of training texts, at most, for n-grams of characters beside words."""

MOST_PLACES = 256
"""Tokens, at most, of sequences of equal length whose places are features."""

REACH = 2
"""Words to either side of a word that are features."""

REACH_OF_SYMBOLS = 4
"""Characters to either side of a character whose n-grams are features."""

AFFIX = 3
"""The longest prefix and suffix that are features."""

_EDGE = "\n"
"""Stands before the first token and after the last, and between those of an n-gram."""

_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """Features of cases, counted.

    Attributes:
        name: What they are, in words.
        of: Returns those of a case.
        weighted: Whether linear models weight counts by tf-idf.
    """

    name: str
    of: Callable[[Case], list[str]]
    weighted: bool = False


def of_characters(dataset: Dataset) -> bool:
    """Return whether every training token is a single character."""
    return all(len(t) == 1 for row in dataset.train.sequences for t in row)


def of_symbols(dataset: Dataset) -> bool:
    """Return whether training tokens are characters, or only a few different ones."""
    if of_characters(dataset):
        return True
    return len({t for row in dataset.train.sequences for t in row}) <= FEW_TOKENS


def common_length(dataset: Dataset) -> int | None:
    """Return the length of all training sequences, if it is one, and not too long."""
    lengths = {len(row) for row in dataset.train.sequences}
    return lengths.pop() if len(lengths) == 1 and max(lengths) <= MOST_PLACES else None


def of_sequences(dataset: Dataset) -> Iterator[FeatureSet]:
    """Yield the n-grams of sequences, and what stands where, if they are aligned."""
    if of_symbols(dataset):
        alone = of_characters(dataset)
        what, found = ("characters", _characters) if alone else ("tokens", _tokens)
        yield FeatureSet(f"{what} 1-{LONGEST_OF_SYMBOLS}", found, weighted=True)
        yield FeatureSet(f"{what} 1-{LONGEST_OF_SYMBOLS}, unweighted", found)
    else:
        yield FeatureSet("words 1-2", _words_and_pairs, weighted=True)
        yield FeatureSet("words 1-2 and beginnings, unweighted", _words_and_beginnings)
        texts = dataset.train.sequences
        if sum(len(t) + 1 for row in texts for t in row) <= MOST_CHARACTERS:
            yield FeatureSet("words 1-2, characters 1-5", _words_and_characters, True)
    yield from by_places(dataset)


def by_places(dataset: Dataset) -> Iterator[FeatureSet]:
    """Yield what stands where, if all sequences have the same length."""
    if common_length(dataset):
        yield FeatureSet("tokens by place", lambda case: by_place(case[0], 1))
        yield FeatureSet("pairs by place", lambda case: by_place(case[0], 2))


def counted(dataset: Dataset) -> Iterator[FeatureSet]:
    """Yield the features of naive Bayes."""
    if not of_symbols(dataset):
        yield FeatureSet("words", lambda case: words_of(case[0]))
    yield next(of_sequences(dataset))


def of_places(dataset: Dataset) -> FeatureSet:
    """Return the features of the tokens around a place."""
    if of_symbols(dataset):
        return FeatureSet(f"n-grams within {REACH_OF_SYMBOLS} tokens", _symbols_around)
    return FeatureSet(f"words within {REACH} tokens", _words_around)


def words_of(tokens: Sequence[str]) -> list[str]:
    """Return the words and the marks between them, in lower case."""
    return _WORD.findall(" ".join(tokens).lower())


def ngrams(tokens: Sequence[str], longest: int) -> list[str]:
    """Return all n-grams up to a length; the edges are tokens too."""
    row = (_EDGE, *tokens, _EDGE)
    return [
        _EDGE.join(row[start : start + n])
        for n in range(1, longest + 1)
        for start in range(len(row) - n + 1)
    ]


def ngrams_of_text(text: str, longest: int) -> list[str]:
    """Return all n-grams of characters within words, with a space at either end."""
    found = []
    for word in text.split():
        padded = f" {word} "
        for n in range(1, longest + 1):
            found += [padded[i : i + n] for i in range(len(padded) - n + 1)]
    return found


def by_place(tokens: Sequence[str], longest: int) -> list[str]:
    """Return every n-gram of tokens up to a length with its place."""
    return [
        f"{start} {_EDGE.join(tokens[start : start + n])}"
        for n in range(1, longest + 1)
        for start in range(len(tokens) - n + 1)
    ]


def beginnings(tokens: Sequence[str]) -> list[str]:
    """Return the first word, the first two and the first three, as one feature each."""
    return [
        f"{n}{_EDGE}{_EDGE.join(tokens[:n])}" for n in (1, 2, 3) if len(tokens) >= n
    ]


def _words_and_pairs(case: Case) -> list[str]:
    return ngrams(words_of(case[0]), LONGEST_OF_WORDS)


def _words_and_beginnings(case: Case) -> list[str]:
    words = words_of(case[0])
    return [*dict.fromkeys(ngrams(words, LONGEST_OF_WORDS)), *beginnings(words)]


def _words_and_characters(case: Case) -> list[str]:
    return [*_words_and_pairs(case), *_characters(case)]


def _tokens(case: Case) -> list[str]:
    return ngrams(case[0], LONGEST_OF_SYMBOLS)


def _characters(case: Case) -> list[str]:
    between = "" if all(len(token) == 1 for token in case[0]) else " "
    return ngrams_of_text(between.join(case[0]), LONGEST_OF_SYMBOLS)


def _words_around(case: Case) -> list[str]:
    tokens, place = case
    found = ["bias"]
    for offset in range(-REACH, REACH + 1):
        there = place + offset
        if 0 <= there < len(tokens):
            found += _of_token(offset, tokens[there])
        else:
            found.append(f"{offset} edge")
    before = tokens[place - 1].lower() if place else _EDGE
    after = tokens[place + 1].lower() if place + 1 < len(tokens) else _EDGE
    here = tokens[place].lower()
    return [*found, f"-1,0 {before}\n{here}", f"0,1 {here}\n{after}"]


@lru_cache(maxsize=200_000)
def _of_token(offset: int, token: str) -> tuple[str, ...]:
    """Return the features of a token at an offset from the place that is labelled."""
    lower, shape = token.lower(), computed(SurfaceKind.SHAPE, 0, token)
    found = [f"{offset} word {token}", f"{offset} lower {lower}"]
    found.append(f"{offset} shape {shape}")
    if abs(offset) < REACH:
        for n in range(1, min(AFFIX, len(token)) + 1):
            found += [f"{offset} prefix {lower[:n]}", f"{offset} suffix {lower[-n:]}"]
        if any(c.isdigit() for c in token):
            found.append(f"{offset} {'digits' if token.isdigit() else 'a digit'}")
    return tuple(found)


def _symbols_around(case: Case) -> list[str]:
    tokens, place = case
    reach = REACH_OF_SYMBOLS
    first, end = max(0, place - reach), place + reach + 1
    left, right = (_EDGE,) * (reach - place), (_EDGE,) * (end - len(tokens))
    row = (*left, *tokens[first:end], *right)
    found = ["bias"]
    for n in range(1, LONGEST_OF_SYMBOLS + 1):
        for start in range(len(row) - n + 1):
            found.append(f"{start - reach} {_EDGE.join(row[start : start + n])}")
    found += [f"{i - reach} kind {_kind(token)}" for i, token in enumerate(row)]
    return found


@lru_cache(maxsize=10_000)
def _kind(token: str) -> str:
    return computed(SurfaceKind.SHAPE, 0, token)
