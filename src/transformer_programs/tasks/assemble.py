"""Records of the user's data, made a data set: split, vocabulary, labels, lengths."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.errors import DataError
from transformer_programs.tasks.advice import (
    label_count_notes,
    label_notes,
    splitting_notes,
    unlabelled_notes,
)
from transformer_programs.tasks.dataset import Dataset, Examples, Target
from transformer_programs.tasks.lengths import fitted
from transformer_programs.tasks.options import ReadOptions
from transformer_programs.tasks.records import Records
from transformer_programs.tasks.split import part_size, stratified_order
from transformer_programs.tasks.surfaces import folded, folding_of
from transformer_programs.tasks.tag_scheme import in_scheme, scheme_notes
from transformer_programs.tasks.vocabulary import check_known, input_format


@dataclass(frozen=True, slots=True)
class Parts:
    """Records by what they are for; an empty part is cut off from the training data.

    Attributes:
        train: what is learned from.
        validation: what chooses among learned models.
        test: what nothing is chosen by.
    """

    train: Records
    validation: Records
    test: Records

    @property
    def all(self) -> Records:
        """Every record."""
        return self.train + self.validation + self.test


def assemble(name: str, source: str, parts: Parts, options: ReadOptions) -> Dataset:
    """A data set from records that were read.

    Args:
        name: what the data are about.
        source: the file, or what stands for it, for messages about no single line.
        parts: the records; those without a given split are in ``train``.
        options: how to split, and the limits of vocabulary and length.

    Raises:
        DataError: for data that make no data set.
    """
    check_same_kind(parts.all)
    parts = Parts(
        train=fitted(in_scheme(parts.train, options), options),
        validation=fitted(in_scheme(parts.validation, options), options),
        test=fitted(in_scheme(parts.test, options), options),
    )
    every = parts.all
    notes = (
        *every.notes,
        *scheme_notes(every, options),
        *_repetition_notes(every),
        *unlabelled_notes(every.targets),
    )
    longest = max(map(len, every.sequences), default=0)
    del every
    given = {"validation": bool(parts.validation), "test": bool(parts.test)}
    parts, split_notes = _complete(source, parts, options)
    parts, length_notes = _short(source, parts, options.max_training_length)
    labels = _labels(source, parts.train)
    if options.max_training_length is not None:
        longest = max(map(len, parts.all.sequences))
    form = input_format(parts.train, options, options.max_length or longest)
    if options.closed_vocabulary:
        for held_out in (parts.validation, parts.test):
            check_known(form, held_out)
    return Dataset(
        name=name,
        input=form,
        labels=labels,
        tagging=not isinstance(parts.train.targets[0], str),
        train=examples_of(parts.train),
        validation=examples_of(parts.validation),
        test=examples_of(parts.test),
        notes=(
            *notes,
            *split_notes,
            *length_notes,
            *_overlap_notes(parts, given),
            *_unseen_label_notes(labels, parts),
            *label_notes(labels),
            *label_count_notes(labels, parts.train.targets),
            *splitting_notes(parts.train.sequences, options),
        ),
    )


def examples_of(records: Records) -> Examples:
    """The sequences and targets alone."""
    return Examples(tuple(records.sequences), tuple(records.targets))


def check_same_kind(records: Records) -> None:
    """Refuse tags in some records and a single label in others.

    Raises:
        DataError: for the first record that differs from the first one.
    """
    single = [isinstance(target, str) for target in records.targets]
    if len(set(single)) > 1:
        index = single.index(not single[0])
        expected, found = "one tag per token", "a single label"
        if single[0]:
            expected, found = found, "a list of tags"
        raise DataError(
            f"{records.where(index)}: expected {expected}, as at {records.where(0)}, "
            f"found {found}"
        )


def _complete(
    source: str, parts: Parts, options: ReadOptions
) -> tuple[Parts, tuple[str, ...]]:
    """The parts with missing ones cut off from the training data, and what to say.

    Equal sequences always go to the same part, so that nothing is tested on what it
    was trained on; classes are held in proportion.
    """
    if not parts.train:
        raise DataError(f"{source}: expected training sequences, found none")
    groups, ranks = _ranked_groups(parts.train, options)
    validation, test = _held_out_sizes(source, len(ranks), parts, options)
    if not validation + test:
        return parts, ()
    place = ranks[groups]
    order = np.argsort(place, kind="stable")
    # Of the sorted rows, where those of the validation and of the test part end.
    first, second = np.searchsorted(place[order], (validation, validation + test))
    complete = Parts(
        train=parts.train.select(order[second:].tolist()),
        validation=parts.validation or parts.train.select(order[:first].tolist()),
        test=parts.test or parts.train.select(order[first:second].tolist()),
    )
    return complete, (
        f"split at random (seed {options.seed}) into {len(complete.train):,} training, "
        f"{len(complete.validation):,} validation and {len(complete.test):,} test "
        "sequences, equal sequences on one side",
    )


def _short(
    source: str, parts: Parts, limit: int | None
) -> tuple[Parts, tuple[str, ...]]:
    """The parts without training and validation sequences that are too long.

    Raises:
        DataError: if none is left in one of them.
    """
    if limit is None:
        return parts, ()
    kept, left_out = {}, []
    for name, records in (("training", parts.train), ("validation", parts.validation)):
        kept[name] = records.select(
            i for i, tokens in enumerate(records.sequences) if len(tokens) <= limit
        )
        if not kept[name]:
            raise DataError(
                f"{source}: expected {name} sequences of at most {limit} tokens "
                "(max_training_length), found none"
            )
        if len(kept[name]) < len(records):
            left_out.append(f"{len(records) - len(kept[name]):,} {name}")
    short = Parts(kept["training"], kept["validation"], parts.test)
    if not left_out:
        return short, ()
    what = " and ".join(left_out)
    return short, (f"{what} sequences of more than {limit} tokens are left out",)


def _ranked_groups(
    records: Records, options: ReadOptions
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The group of each record, and the rank of each group in a random order.

    Records of equal tokens are a group. The order spreads the classes. Tokens that are
    looked up as the same one do not tell records apart.
    """
    folding = folding_of(options)
    known: dict[tuple[str, ...], int] = {}
    strata: list[str] = []
    groups = np.empty(len(records), dtype=np.int64)
    pairs = zip(records.sequences, records.targets, strict=True)
    for index, (tokens, target) in enumerate(pairs):
        if folding is not None:
            tokens = folded(tokens, folding)
        groups[index] = group = known.setdefault(tokens, len(known))
        if group == len(strata):
            # A tuple of tags is no stratum: sentences rarely share one.
            strata.append(target if isinstance(target, str) else "")
    del known
    ranks = np.empty(len(strata), dtype=np.int64)
    order = stratified_order(strata, np.random.default_rng(options.seed))
    ranks[order] = np.arange(len(strata))
    return groups, ranks


def _held_out_sizes(
    source: str, count: int, parts: Parts, options: ReadOptions
) -> tuple[int, int]:
    """How many of ``count`` groups become validation and test data."""
    validation = test = 0
    if not parts.validation:
        validation = part_size(count, options.validation_fraction)
    if not parts.test and options.test_fraction:
        test = part_size(count, options.test_fraction)
    if count <= validation + test:
        raise DataError(
            f"{source}: expected more than {validation + test} distinct sequences, of "
            f"which {validation} for validation and {test} for the test, found {count}"
        )
    return validation, test


def _labels(source: str, train: Records) -> tuple[str, ...]:
    found = _used_labels(train.targets)
    if len(found) < 2:
        shown = ", ".join(map(repr, found)) or "none"
        raise DataError(
            f"{source}: expected at least 2 different labels in the training data, "
            f"found {shown}"
        )
    return tuple(sorted(found))


def _used_labels(targets: Iterable[Target]) -> set[str]:
    used: set[str] = set()
    for target in set(targets):
        labels = (target,) if isinstance(target, str) else target
        used.update(label for label in labels if label is not None)
    return used


def _repetition_notes(records: Records) -> tuple[str, ...]:
    known: dict[tuple[str, ...], Target] = {}
    conflicts: set[tuple[str, ...]] = set()
    for tokens, target in zip(records.sequences, records.targets, strict=True):
        before = known.setdefault(tokens, target)
        if before is not target and before != target:
            both = _together(before, target)
            if both is None:
                conflicts.add(tokens)
            else:
                known[tokens] = both
    notes = []
    repeated = len(records) - len(known)
    if repeated:
        notes.append(
            f"{repeated:,} of {len(records):,} sequences repeat an earlier one"
        )
    if conflicts:
        have = "sequence has" if len(conflicts) == 1 else "sequences have"
        notes.append(f"{len(conflicts):,} distinct {have} different labels")
    return tuple(notes)


def _together(one: Target, other: Target) -> Target | None:
    """The tags that either knows; None if two of them differ."""
    if isinstance(one, str) or isinstance(other, str):
        return None
    pairs = [(a, b) for a, b in zip(one, other, strict=True)]
    if any(a != b for a, b in pairs if a is not None and b is not None):
        return None
    return tuple(b if a is None else a for a, b in pairs)


def _overlap_notes(parts: Parts, given: dict[str, bool]) -> tuple[str, ...]:
    """What given parts share with the training data; random ones share nothing."""
    held_out = [
        (name, records)
        for name, records in (("validation", parts.validation), ("test", parts.test))
        if given[name]
    ]
    if not held_out:
        return ()
    train = set(parts.train.sequences)
    notes = []
    for name, records in held_out:
        known = sum(tokens in train for tokens in records.sequences)
        if known:
            notes.append(
                f"{known:,} of {len(records):,} {name} sequences are also in the "
                "training data"
            )
    return tuple(notes)


def _unseen_label_notes(labels: tuple[str, ...], parts: Parts) -> tuple[str, ...]:
    held_out = _used_labels(parts.validation.targets) | _used_labels(parts.test.targets)
    unseen = held_out - set(labels)
    if not unseen:
        return ()
    shown = ", ".join(sorted(map(repr, unseen)))
    return (f"never in the training data, so counted as errors: {shown}",)
