"""Records of the user's data, made a data set: split, vocabulary, labels, lengths."""

from __future__ import annotations

from transformer_programs.data.advice import (
    label_count_notes,
    label_notes,
    splitting_notes,
    unlabelled_notes,
)
from transformer_programs.data.dataset import Dataset, Examples, Target
from transformer_programs.data.lengths import fitted
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.parts import Parts, completed, shortened, used_labels
from transformer_programs.data.records import Records
from transformer_programs.data.tag_scheme import (
    in_scheme,
    no_entity_notes,
    scheme_notes,
    scheme_read,
)
from transformer_programs.data.vocabulary import check_known, input_format
from transformer_programs.errors import DataError


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
    notes = (*_repetition_notes(every), *unlabelled_notes(every.targets))
    longest = max(map(len, every.sequences), default=0)
    given = {"validation": bool(parts.validation), "test": bool(parts.test)}
    parts, split_notes = completed(source, parts, options)
    parts, length_notes = shortened(source, parts, options.max_training_length)
    labels = _labels(source, parts)
    notes = (*every.notes, *scheme_notes(every, parts.train, options), *notes)
    del every  # the columns of all, which need not be there twice
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
            *_single_label_notes(labels),
            *no_entity_notes(parts.train, parts.validation, options),
        ),
        scheme=scheme_read(options),
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


def _labels(source: str, parts: Parts) -> tuple[str, ...]:
    """The labels of the training data, sorted.

    Raises:
        DataError: if there are none, or only one though the data have others.
    """
    found = used_labels(parts.train.targets)
    if not found:
        raise DataError(f"{source}: expected labels in the training data, found none")
    if not used_labels(parts.validation.targets):
        raise DataError(
            f"{source}: expected labels in the validation data, which choose among "
            "programs, found none; give others with validation (--validation)"
        )
    others = _held_out_labels(parts) - found
    if len(found) == 1 and others:
        distinct = len(set(parts.all.sequences))
        raise DataError(
            f"{source}: expected 2 labels or more in the training data, as the data "
            f"have them, found only {next(iter(found))!r} there, and "
            f"{', '.join(sorted(map(repr, others)))} in validation and test data; "
            f"equal sequences go to one part, and {distinct:,} distinct ones are few: "
            "add others, or give validation and test data of their own"
        )
    return tuple(sorted(found))


def _held_out_labels(parts: Parts) -> set[str]:
    return used_labels(parts.validation.targets) | used_labels(parts.test.targets)


def _single_label_notes(labels: tuple[str, ...]) -> tuple[str, ...]:
    if len(labels) > 1:
        return ()
    return (
        f"the data have one label only, {labels[0]!r}: a program for them always gives "
        "it, whatever its input",
    )


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
    unseen = _held_out_labels(parts) - set(labels)
    if not unseen:
        return ()
    shown = ", ".join(sorted(map(repr, unseen)))
    return (f"never in the training data, so counted as errors: {shown}",)
