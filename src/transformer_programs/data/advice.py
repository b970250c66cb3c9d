"""Notes on data that were probably meant otherwise, before anything is learned."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from itertools import chain

from transformer_programs.data.dataset import Target
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.texts import shown

_FEW = 20
"""Sequences below which nothing is said about how often tokens occur."""

_NEARLY_ALL = 0.9
"""The share of tokens that occur once from which on something is said."""

_MANY = 64
"""Different texts of a single token each that are hardly names of categories."""


def label_notes(labels: Sequence[str]) -> tuple[str, ...]:
    """Which labels look as if they were one, written in several ways."""
    alike: dict[str, list[str]] = {}
    for label in labels:
        look = unicodedata.normalize("NFKC", label).strip().casefold()
        alike.setdefault(look, []).append(label)
    groups = [group for group in alike.values() if len(group) > 1]
    if not groups:
        return ()
    same = " and ".join(map(shown, groups[0]))
    more = f", and {len(groups) - 1:,} more such groups" if groups[1:] else ""
    return (
        f"labels that differ in upper case, white space or the form of characters "
        f"alone are different labels: {same}{more}",
    )


def label_count_notes(
    labels: Sequence[str], train: Sequence[Target]
) -> tuple[str, ...]:
    """Whether so many sequences have a label of their own that it was hardly meant."""
    single = len(train) >= _FEW and isinstance(train[0], str)
    if not single or len(labels) <= len(train) / 2:
        return ()
    return (
        f"{len(labels):,} different labels in {len(train):,} training sequences: is "
        "the label that is to be predicted in another column? set label_column "
        "(--label-column)",
    )


def unlabelled_notes(targets: Sequence[Target]) -> tuple[str, ...]:
    """How many tokens have no label, of those whose sequence has tags."""
    tags = [target for target in targets if not isinstance(target, str)]
    without = sum(target.count(None) for target in tags)
    if not without:
        return ()
    every = sum(map(len, tags))
    return (
        f"{without:,} of {every:,} tokens have no label: nothing is learned from "
        "theirs, and nothing scored",
    )


def splitting_notes(
    train: Sequence[tuple[str, ...]], options: ReadOptions
) -> tuple[str, ...]:
    """Whether tokens occur so rarely that texts were hardly meant to be split so."""
    if len(train) < _FEW or options.split == "characters" or options.surfaces:
        return ()
    counts = Counter(chain.from_iterable(train))
    once = [token for token, count in counts.items() if count == 1]
    every = sum(counts.values())
    names = every == len(train) and len(counts) > _MANY
    if names and len(once) < _NEARLY_ALL * every:
        return (
            f"every text is a single token, of {len(counts):,} different ones (such as "
            f"{shown(next(iter(counts)))}): nothing inside them is read; did you mean "
            "split='characters' (--split characters)?",
        )
    if len(once) < _NEARLY_ALL * every:
        return ()
    what, instead = "", "split='characters' (--split characters)"
    if every == len(train):
        what = "every text is a single token, and "
    elif options.split == "whitespace":
        instead += " or split='words' (--split words)"
    return (
        f"{what}{len(once):,} of {every:,} tokens in the training data occur once "
        f"(such as {shown(once[0])}), so little can be learned of them; did you mean "
        f"{instead}? (It is for texts: tokens in a list stay as they are)",
    )
