"""Tagged words: found by what tokens are, and then read with their characters."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from itertools import chain

from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Records
from transformer_programs.data.vocabulary import fitted_features
from transformer_programs.language import MAX_CODE_BITS, Folding
from transformer_programs.settings import LARGE_VOCABULARY

SURFACES = "shape,prefix,suffix2,suffix,suffix4"

MOST_WORDS = 20_000
"""Words that are told apart."""

MOST_WITH_VECTORS = 50_000
"""Words that are told apart where word vectors say what they are like."""

MOST_VALUES = (1024, 768, 512, 256, 128, 64)
"""Values of each character feature: the first that can be numbered with the words."""

OF_LETTERS = 0.6
"""The share of tokens that have at least two characters, all of them letters."""

_CHOSEN = ("lowercase", "fold_digits", "frame", "surfaces", "max_vocabulary")
"""Options that say how words are read: if one is given, nothing is chosen here."""


def read_tagged(
    train: Records, options: ReadOptions
) -> tuple[ReadOptions, tuple[str, ...]]:
    """Decide what is read of tagged words, unless options say.

    Returns:
        The options, and a note if something was chosen.
    """
    given = any(getattr(options, name) for name in _CHOSEN)
    if given or options.closed_vocabulary or not _are_words(train):
        return options, ()
    typed = Counter(chain.from_iterable(train.sequences))
    folded: Counter[str] = Counter()
    fold = Folding(lowercase=True, digits=True).fold
    for token, times in typed.items():
        folded[fold(token)] += times
    # A word that occurs once is unknown, so that something is learned of those.
    repeated = sum(times > 1 for times in folded.values()) + 1
    most = MOST_WITH_VECTORS if options.more_words else min(MOST_WORDS, repeated)
    read = replace(
        options,
        lowercase=True,
        fold_digits=True,
        frame=options.max_length is None,
        surfaces=SURFACES,
        max_vocabulary=most,
    )
    for values in MOST_VALUES:
        read = replace(read, surface_values=values)
        sizes = (len(surface.values) for surface in fitted_features(typed, read))
        if math.prod(sizes) * (most + 2) < 1 << MAX_CODE_BITS:
            break
    note = (
        "tags of words: words are looked up in lower case, and their shape, prefix and "
        "suffixes are read; surfaces='shape' (--surfaces shape) reads words as they "
        "are, and their shape alone"
    )
    return read, (note,)


def _are_words(train: Records) -> bool:
    if not len(train) or isinstance(train.targets[0], str):
        return False
    tokens = Counter(chain.from_iterable(train.sequences))
    letters = sum(
        n for token, n in tokens.items() if len(token) > 1 and token.isalpha()
    )
    return len(tokens) > LARGE_VOCABULARY and letters >= OF_LETTERS * tokens.total()
