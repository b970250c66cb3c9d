"""What programs read of tokens: their vocabulary and features of their characters."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from itertools import chain
from pathlib import Path

from transformer_programs.data.options import (
    AFFIX_LENGTH,
    FEATURE_NAME,
    ReadOptions,
    feature_names,
)
from transformer_programs.data.records import Records, mismatch
from transformer_programs.data.vector_files import read_pairs
from transformer_programs.errors import Message, SettingName, SettingsError
from transformer_programs.language import (
    FALLBACK,
    MAX_CODE_BITS,
    Folding,
    InputFormat,
    Surface,
    SurfaceKind,
    Vocabulary,
    computed,
)
from transformer_programs.settings import LARGE_VOCABULARY

UNKNOWN = "<unk>"
"""Stands for every token outside the vocabulary."""

BEGIN, END = "<s>", "</s>"
"""Put before and after every sequence, if a frame is asked for."""

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")


def input_format(train: Records, options: ReadOptions, max_length: int) -> InputFormat:
    """Return what a program for the data reads, as the training data say.

    ``max_length`` does not count the frame.

    Raises:
        SettingsError: If there are more combinations of words and character features
            than can be numbered.
    """
    typed = Counter(chain.from_iterable(train.sequences))
    folding = folding_of(options)
    counts = typed
    if folding is not None:
        counts = Counter()
        for token, times in typed.items():
            counts[folding.fold(token)] += times
    begin, end = (BEGIN, END) if options.frame else (None, None)
    form = InputFormat(
        _vocabulary(counts, options),
        max_length + (2 if options.frame else 0),
        begin,
        end,
        folding=folding,
        surfaces=fitted_features(typed, options),
        split=options.split if train.from_text else None,
    )
    if form.code_count >= 1 << MAX_CODE_BITS:
        raise SettingsError(
            f"{len(form.surfaces)} character features (",
            SettingName("surfaces"),
            f") and {len(form.vocabulary):,} words have too many combinations, "
            f"expected less than 2**{MAX_CODE_BITS}; ask for fewer, or a smaller ",
            SettingName("surface_values"),
        )
    return form


def folding_of(options: ReadOptions) -> Folding | None:
    """Return how tokens are folded, if they are."""
    if not (options.lowercase or options.fold_digits):
        return None
    return Folding(options.lowercase, options.fold_digits)


def check_known(form: InputFormat, records: Records) -> None:
    """Check that a closed vocabulary has all tokens."""
    closed = SettingName("closed_vocabulary")
    expected = Message("tokens of the training data (", closed, " is set)")
    for index, tokens in enumerate(records.sequences):
        for token in tokens:
            if not form.accepts(token):
                raise mismatch(records.where(index), expected, repr(token))


def fitted_features(
    counts: Mapping[str, int], options: ReadOptions
) -> tuple[Surface, ...]:
    """Return the character features, with their most frequent values in some tokens."""
    names = feature_names(options.surfaces)
    return tuple(_fitted(name, counts, options.surface_values) for name in names)


def _fitted(name: str, counts: Mapping[str, int], most: int) -> Surface:
    match = FEATURE_NAME.fullmatch(name)
    assert match is not None, "the options are checked"
    kind, length = SurfaceKind.SHAPE, int(match[2] or 0)
    if match[3]:
        kind, length = SurfaceKind(match[3]), int(match[4] or AFFIX_LENGTH)
    found: Counter[str] = Counter()
    for token, times in counts.items():
        found[computed(kind, length, token)] += times
    del found[FALLBACK]
    ranked = sorted(found, key=lambda value: (-found[value], value))
    return Surface(name, kind, (*ranked[: most - 1], FALLBACK), length)


def _vocabulary(counts: Counter[str], options: ReadOptions) -> Vocabulary:
    """Return tokens in natural order, those of texts by frequency; special ones first.

    Programs compare ids, so that "less than" is about numbers where tokens are numbers.
    """
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    if options.more_words is not None:
        ranked = _with_more_words(options.more_words, ranked, counts, options)
    frame = (BEGIN, END) if options.frame else ()
    known = [token for token in ranked if token not in frame]
    if options.closed_vocabulary:
        return Vocabulary((*frame, *_ordered(known)))
    known = [token for token in known if token != UNKNOWN]
    if options.max_vocabulary is not None:
        known = known[: options.max_vocabulary - 1]
    return Vocabulary((UNKNOWN, *frame, *_ordered(known)), unknown=UNKNOWN)


def _ordered(known: list[str]) -> list[str]:
    """Sort numbers by value, before other tokens; many words stay as they are."""

    def natural(token: str) -> tuple[bool, Decimal, str]:
        is_number = _NUMBER.fullmatch(token) is not None
        return not is_number, Decimal(token if is_number else 0), token

    if len(known) > LARGE_VOCABULARY and not all(map(_NUMBER.fullmatch, known)):
        return known
    return sorted(known, key=natural)


def _with_more_words(
    path: str, ranked: list[str], counts: Counter[str], options: ReadOptions
) -> list[str]:
    """Return training words, then those of a file, as long as there is room.

    Training words that occur once and are not in the file are left out, so that what
    the unknown token stands for is in the training data.
    """
    folding = folding_of(options)
    words = (word for word, _ in read_pairs(Path(path), None))
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
