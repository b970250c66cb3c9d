"""Notes on data that were probably meant otherwise, before anything is learned."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from transformer_programs.data.dataset import Target
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Records, shown

_FEW = 20
"""Sequences below which nothing is said about how often tokens occur."""

_NEARLY_ALL = 0.9
"""The share of tokens that occur once from which on something is said."""

_MANY = 64
"""Different texts of a single token each that are hardly names of categories."""


def repetitions(records: Records) -> Iterator[str]:
    """Note sequences that occur again, and those with different labels."""
    known: dict[tuple[str, ...], Target] = {}
    conflicts: set[tuple[str, ...]] = set()
    for tokens, target in zip(records.sequences, records.targets, strict=True):
        before = known.setdefault(tokens, target)
        if before is not target and before != target:
            if (both := _together(before, target)) is None:
                conflicts.add(tokens)
            else:
                known[tokens] = both
    if repeated := len(records) - len(known):
        yield f"{repeated:,} of {len(records):,} sequences repeat an earlier one"
    if conflicts:
        have = "sequence has" if len(conflicts) == 1 else "sequences have"
        yield f"{len(conflicts):,} distinct {have} different labels"


def _together(one: Target, other: Target) -> Target | None:
    """Return the tags that either knows; None if two of them differ."""
    if isinstance(one, str) or isinstance(other, str):
        return None
    both = tuple(b if a is None else a for a, b in zip(one, other, strict=True))
    agree = all(b in (None, known) for b, known in zip(other, both, strict=True))
    return both if agree else None


def unlabelled(targets: Sequence[Target]) -> Iterator[str]:
    """Note how many tokens have no label, of those whose sequence has tags."""
    tags = [target for target in targets if not isinstance(target, str)]
    if without := sum(target.count(None) for target in tags):
        yield (
            f"{without:,} of {sum(map(len, tags)):,} tokens have no label: nothing is "
            "learned from theirs, and nothing scored"
        )


def overlaps(
    train: Records, given: dict[str, Records], options: ReadOptions
) -> Iterator[str]:
    """Note what given parts share with the training data; random ones share nothing."""
    trained = set(train.sequences) if given else set()
    groups = set(train.keys) if options.group_column is not None else set()
    for name, records in given.items():
        if known := sum(tokens in trained for tokens in records.sequences):
            yield (
                f"{known:,} of {len(records):,} {name} sequences are also in the "
                "training data"
            )
        if groups and (known := sum(key in groups for key in records.keys)):
            yield (
                f"{known:,} of {len(records):,} {name} sequences are of groups that "
                "are also in the training data"
            )


def unseen_labels(unseen: Iterable[str]) -> Iterator[str]:
    """Note labels that the training data do not have."""
    if named := ", ".join(sorted(map(repr, unseen))):
        yield f"never in the training data, so counted as errors: {named}"


def similar_labels(labels: Sequence[str]) -> Iterator[str]:
    """Note labels that look as if they were one, written in several ways."""
    alike: dict[str, list[str]] = {}
    for label in labels:
        look = unicodedata.normalize("NFKC", label).strip().casefold()
        alike.setdefault(look, []).append(label)
    groups = [group for group in alike.values() if len(group) > 1]
    if groups:
        same = " and ".join(map(shown, groups[0]))
        more = f", and {len(groups) - 1:,} more such groups" if groups[1:] else ""
        yield (
            "labels that differ in upper case, white space or the form of characters "
            f"alone are different labels: {same}{more}"
        )


def many_labels(labels: Sequence[str], train: Sequence[Target]) -> Iterator[str]:
    """Note that most sequences have a label of their own, if so."""
    enough = len(train) >= _FEW and isinstance(train[0], str)
    if enough and len(labels) > len(train) / 2:
        yield (
            f"{len(labels):,} different labels in {len(train):,} training sequences: "
            "is the label that is to be predicted in another column? set label_column "
            "(--label-column)"
        )


def single_label(labels: Sequence[str]) -> Iterator[str]:
    """Note that there is one label only, if so."""
    if len(labels) == 1:
        yield (
            f"the data have one label only, {labels[0]!r}: a program for them always "
            "gives it, whatever its input"
        )


def rare_tokens(
    train: Sequence[tuple[str, ...]], options: ReadOptions
) -> Iterator[str]:
    """Note that tokens are so rare that texts were hardly meant to be split so."""
    if len(train) < _FEW or options.split == "characters" or options.surfaces:
        return
    counts = Counter(chain.from_iterable(train))
    once = [token for token, count in counts.items() if count == 1]
    every = counts.total()
    one_each = every == len(train)
    instead = "split='characters' (--split characters)"
    if len(once) >= _NEARLY_ALL * every:
        what = "every text is a single token, and " if one_each else ""
        if not one_each and options.split == "whitespace":
            instead += " or split='words' (--split words)"
        yield (
            f"{what}{len(once):,} of {every:,} tokens in the training data occur once "
            f"(such as {shown(once[0])}), so little can be learned of them; did you "
            f"mean {instead}? (It is for texts: tokens in a list stay as they are)"
        )
    elif one_each and len(counts) > _MANY:
        yield (
            f"every text is a single token, of {len(counts):,} different ones (such as "
            f"{shown(next(iter(counts)))}): nothing inside them is read; did you mean "
            f"{instead}?"
        )
