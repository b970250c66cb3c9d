"""Records of the user's data, made a data set: split, vocabulary, labels, lengths."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from transformer_programs.errors import DataError
from transformer_programs.tasks.dataset import Dataset, Examples
from transformer_programs.tasks.lengths import fitted
from transformer_programs.tasks.options import ReadOptions
from transformer_programs.tasks.records import Record
from transformer_programs.tasks.split import part_size, stratified_order
from transformer_programs.tasks.surfaces import folded, folding_of
from transformer_programs.tasks.tag_scheme import (
    in_scheme,
    no_entity_notes,
    scheme_notes,
    scheme_read,
)
from transformer_programs.tasks.vocabulary import check_known, input_format


@dataclass(frozen=True, slots=True)
class Parts:
    """Records by what they are for; an empty part is cut off from the training data.

    Attributes:
        train: what is learned from.
        validation: what chooses among learned models.
        test: what nothing is chosen by.
    """

    train: list[Record]
    validation: list[Record]
    test: list[Record]

    @property
    def all(self) -> list[Record]:
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
    records = parts.all
    notes = _repetition_notes(records)
    parts, split_notes = _complete(source, parts, options)
    parts, length_notes = _short(source, parts, options.max_training_length)
    labels = _labels(source, parts)
    longest = max(len(record.tokens) for record in parts.all)
    form = input_format(parts.train, options, options.max_length or longest)
    if options.closed_vocabulary:
        check_known(form, parts.validation + parts.test)
    return Dataset(
        name=name,
        input=form,
        labels=labels,
        tagging=not isinstance(parts.train[0].target, str),
        train=examples_of(parts.train),
        validation=examples_of(parts.validation),
        test=examples_of(parts.test),
        notes=(
            *scheme_notes(records, parts.train, options),
            *notes,
            *split_notes,
            *length_notes,
            *_overlap_notes(parts),
            *_unseen_label_notes(labels, parts),
            *_single_label_notes(labels),
            *no_entity_notes(parts.train, parts.validation, options),
        ),
        scheme=scheme_read(options),
    )


def examples_of(records: Sequence[Record]) -> Examples:
    """The sequences and targets alone."""
    return Examples(
        tuple(record.tokens for record in records),
        tuple(record.target for record in records),
    )


def check_same_kind(records: Sequence[Record]) -> None:
    """Refuse tags in some records and a single label in others.

    Raises:
        DataError: for the first record that differs from the first one.
    """
    for record in records:
        if isinstance(record.target, str) != isinstance(records[0].target, str):
            expected, found = "one tag per token", "a single label"
            if isinstance(records[0].target, str):
                expected, found = found, "a list of tags"
            raise DataError(
                f"{record.where}: expected {expected}, as at {records[0].where}, "
                f"found {found}"
            )


def _complete(
    source: str, parts: Parts, options: ReadOptions
) -> tuple[Parts, tuple[str, ...]]:
    """The parts with missing ones cut off from the training data, and what to say.

    Equal sequences always go to the same part, so that nothing is tested on what it
    was trained on; classes are held in proportion. A label stays in the training data,
    if it can.
    """
    if not parts.train:
        raise DataError(f"{source}: expected training sequences, found none")
    groups = _shuffled_groups(parts.train, options)
    validation, test = _held_out_sizes(source, len(groups), parts, options)
    if not validation + test:
        return parts, ()
    _keep_labels(groups, validation + test)
    complete = Parts(
        train=_flat(groups[validation + test :]),
        validation=parts.validation or _flat(groups[:validation]),
        test=parts.test or _flat(groups[validation : validation + test]),
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
        kept[name] = [record for record in records if len(record.tokens) <= limit]
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


def _shuffled_groups(
    records: Sequence[Record], options: ReadOptions
) -> list[list[Record]]:
    """Records grouped by their tokens, in a random order that spreads the classes.

    Tokens that are looked up as the same one do not tell records apart.
    """
    folding = folding_of(options)
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in records:
        groups.setdefault(folded(record.tokens, folding), []).append(record)
    distinct = list(groups.values())
    # A tuple of tags is no stratum: sentences rarely share one.
    strata = [g[0].target if isinstance(g[0].target, str) else "" for g in distinct]
    order = stratified_order(strata, np.random.default_rng(options.seed))
    return [distinct[index] for index in order]


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


def _keep_labels(groups: list[list[Record]], held_out: int) -> None:
    """Exchange groups so that training has every label, where groups can be spared.

    Args:
        groups: in their order; those that are held out first.
        held_out: how many these are.
    """
    if _used_labels(_flat(groups[:held_out])) <= _used_labels(_flat(groups[held_out:])):
        return
    labels = [_used_labels(group) for group in groups]
    left = Counter(label for some in labels[held_out:] for label in some)
    spared = held_out
    for place in range(held_out):
        if all(left[label] for label in labels[place]):
            continue
        while spared < len(groups) and any(left[one] < 2 for one in labels[spared]):
            spared += 1
        if spared == len(groups):
            return
        left.subtract(labels[spared])
        left.update(labels[place])
        groups[place], groups[spared] = groups[spared], groups[place]
        labels[place], labels[spared] = labels[spared], labels[place]
        spared += 1


def _flat(groups: Sequence[Sequence[Record]]) -> list[Record]:
    return [record for group in groups for record in group]


def _labels(source: str, parts: Parts) -> tuple[str, ...]:
    """The labels of the training data, sorted.

    Raises:
        DataError: if there are none, or only one though the data have others.
    """
    found = _used_labels(parts.train)
    if not found:
        raise DataError(f"{source}: expected labels in the training data, found none")
    if not _used_labels(parts.validation):
        raise DataError(
            f"{source}: expected labels in the validation data, which choose among "
            "programs, found none; give others with validation (--validation)"
        )
    others = _used_labels(parts.all) - found
    if len(found) == 1 and others:
        distinct = len({record.tokens for record in parts.all})
        raise DataError(
            f"{source}: expected 2 labels or more in the training data, as the data "
            f"have them, found only {next(iter(found))!r} there, and "
            f"{', '.join(sorted(map(repr, others)))} in validation and test data; "
            f"equal sequences go to one part, and {distinct:,} distinct ones are few: "
            "add others, or give validation and test data of their own"
        )
    return tuple(sorted(found))


def _single_label_notes(labels: tuple[str, ...]) -> tuple[str, ...]:
    if len(labels) > 1:
        return ()
    return (
        f"the data have one label only, {labels[0]!r}: a program for them always gives "
        "it, whatever its input",
    )


def _used_labels(records: Sequence[Record]) -> set[str]:
    used: set[str] = set()
    for record in records:
        target = record.target
        labels = (target,) if isinstance(target, str) else target
        used.update(label for label in labels if label is not None)
    return used


def _repetition_notes(records: Sequence[Record]) -> tuple[str, ...]:
    targets: dict[tuple[str, ...], set[object]] = {}
    for record in records:
        targets.setdefault(record.tokens, set()).add(record.target)
    notes = []
    repeated = len(records) - len(targets)
    if repeated:
        notes.append(
            f"{repeated:,} of {len(records):,} sequences repeat an earlier one"
        )
    conflicts = sum(len(found) > 1 for found in targets.values())
    if conflicts:
        have = "sequence has" if conflicts == 1 else "sequences have"
        notes.append(f"{conflicts:,} distinct {have} different labels")
    return tuple(notes)


def _overlap_notes(parts: Parts) -> tuple[str, ...]:
    train = {record.tokens for record in parts.train}
    notes = []
    for name, records in (("validation", parts.validation), ("test", parts.test)):
        known = sum(record.tokens in train for record in records)
        if known:
            notes.append(
                f"{known:,} of {len(records):,} {name} sequences are also in the "
                "training data"
            )
    return tuple(notes)


def _unseen_label_notes(labels: tuple[str, ...], parts: Parts) -> tuple[str, ...]:
    unseen = _used_labels(parts.validation + parts.test) - set(labels)
    if not unseen:
        return ()
    shown = ", ".join(sorted(map(repr, unseen)))
    return (f"never in the training data, so counted as errors: {shown}",)
