"""Which tokens the programs for some data read, and in which form."""

from __future__ import annotations

import math
import re
from collections import Counter
from decimal import Decimal
from itertools import chain
from pathlib import Path

from transformer_programs.data.character_features import (
    check_code_count,
    fitted_surfaces,
    folding_of,
)
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Records
from transformer_programs.data.vector_files import read_pairs
from transformer_programs.errors import DataError, SettingName
from transformer_programs.program import InputFormat, Vocabulary
from transformer_programs.settings import LARGE_VOCABULARY

UNKNOWN = "<unk>"
"""Stands for every token outside the vocabulary."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")

BEGIN, END = "<s>", "</s>"
"""Put before and after every sequence, if a frame is asked for."""


def input_format(train: Records, options: ReadOptions, max_length: int) -> InputFormat:
    """What a program for the data reads; as the training data say.

    Args:
        train: the training data.
        options: which variables and tokens there are.
        max_length: the most tokens, without those of a frame.
    """
    typed = Counter(chain.from_iterable(train.sequences))
    folding = folding_of(options)
    counts: Counter[str] = Counter()
    for token, times in typed.items():
        counts[token if folding is None else folding.fold(token)] += times
    begin, end = (BEGIN, END) if options.frame else (None, None)
    form = InputFormat(
        _vocabulary(counts, options),
        max_length + (2 if options.frame else 0),
        begin,
        end,
        folding=folding,
        surfaces=fitted_surfaces(typed, options),
        split=options.split if train.from_text else None,
    )
    check_code_count(form)
    return form


def _vocabulary(counts: Counter[str], options: ReadOptions) -> Vocabulary:
    """Tokens in natural order, those of texts by frequency; special ones first.

    Programs compare ids, so that "less than" is about numbers where tokens are numbers.
    """
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    if options.more_words is not None:
        ranked = _with_more_words(ranked, counts, options)
    frame = (BEGIN, END) if options.frame else ()
    known = [token for token in ranked if token not in frame]
    if options.closed_vocabulary:
        return Vocabulary((*frame, *_ordered(known)))
    known = [token for token in known if token != UNKNOWN]
    if options.max_vocabulary is not None:
        known = known[: options.max_vocabulary - 1]
    known = _ordered(known)
    return Vocabulary((UNKNOWN, *frame, *known), unknown=UNKNOWN)


def _ordered(known: list[str]) -> list[str]:
    """Numbers by value, before other tokens by code point; many words as they are."""
    if len(known) > LARGE_VOCABULARY and None in map(_value, known):
        return known
    return sorted(known, key=_natural)


def _natural(token: str) -> tuple[bool, Decimal, str]:
    value = _value(token)
    return value is None, value or Decimal(0), token


def _value(token: str) -> Decimal | None:
    """The number that a token is, in ASCII digits; None if it is none."""
    return Decimal(token) if _NUMBER.fullmatch(token) else None


def _with_more_words(
    ranked: list[str], counts: Counter[str], options: ReadOptions
) -> list[str]:
    """Training words, then those of a file in its order, as long as there is room.

    Training words that occur once and are not in the file are left out, so that what
    the unknown token stands for is in the training data.
    """
    assert options.more_words is not None
    folding = folding_of(options)
    words = (word for word, _ in read_pairs(Path(options.more_words), None))
    folded = words if folding is None else map(folding.fold, words)
    frequent = [token for token in ranked if counts[token] > 1]
    room = (options.max_vocabulary or math.inf) - 1 - len(frequent)
    more: dict[str, None] = {}
    for word in folded:
        if len(more) >= room:
            break
        if counts[word] < 2:
            more[word] = None
    return [*frequent, *more]


def check_known(form: InputFormat, records: Records) -> None:
    """Refuse tokens that a closed vocabulary does not have.

    Raises:
        DataError: for the first of them.
    """
    for record in records:
        for token in record.tokens:
            if not form.accepts(token):
                raise DataError(
                    f"{record.where}: expected tokens of the training data (",
                    SettingName("closed_vocabulary"),
                    f" is set), found {token!r}",
                )
