"""Records made a data set: parts, vocabulary, labels, lengths, notes."""

from __future__ import annotations

from dataclasses import replace

from transformer_programs.data import notes
from transformer_programs.data.dataset import Dataset, Examples
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.prose import read_as_suits
from transformer_programs.data.records import Records, mismatch
from transformer_programs.data.split import (
    Parts,
    completed,
    used_labels,
    without_held_out,
)
from transformer_programs.data.tag_scheme import (
    in_scheme,
    no_entity_notes,
    scheme_notes,
    scheme_read,
)
from transformer_programs.data.tagged_words import read_tagged
from transformer_programs.data.vocabulary import check_known, input_format
from transformer_programs.errors import Message, SettingName

HELD_OUT = ("validation", "test")
"""The parts that nothing is learned from."""


def assemble(name: str, source: str, parts: Parts, options: ReadOptions) -> Dataset:
    """Make a data set of records.

    Args:
        name: Name of the data.
        source: The file, or what stands for it, for messages about no single line.
        parts: The records; those without a given split are in ``train``.
        options: How to split, and the limits of vocabulary and length.

    Raises:
        DataError: If the data make no data set.
    """
    check_same_kind(parts.all)
    parts, options, split_note = read_as_suits(parts, options)
    given = [name for name in HELD_OUT if getattr(parts, name)]
    read = parts.map(lambda records: fitted(in_scheme(records, options), options))
    every = read.all
    longest = max(map(len, every.sequences), default=0)
    data_notes = [*notes.repetitions(every), *notes.unlabelled(every.targets)]
    # No option that changes what is read changes what is held out.
    written = parts if options.split_by == "content" else read
    parts, split_notes = completed(source, written, read, options)
    cut = [name for name in HELD_OUT if name not in given and getattr(parts, name)]
    parts, length_notes = shortened(source, parts, options.max_training_length)
    parts, equal_notes = without_held_out(parts, cut, options)
    others = {name: getattr(parts, name) for name in given}
    labels = _labels(source, parts)
    data_notes[:0] = [*every.notes, *scheme_notes(every, parts.train, options)]
    del every  # the columns of all, which need not be there twice
    if options.max_training_length is not None:
        longest = max(map(len, parts.all.sequences))
    options, tagged_note = read_tagged(parts.train, options)
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
            *data_notes,
            *split_note,
            *tagged_note,
            *split_notes,
            *length_notes,
            *equal_notes,
            *notes.overlaps(parts.train, others, options),
            *notes.unseen_labels(_held_out_labels(parts) - set(labels)),
            *notes.similar_labels(labels),
            *notes.many_labels(labels, parts.train.targets),
            *notes.rare_tokens(parts.train.sequences, options),
            *notes.single_label(labels),
            *no_entity_notes(parts.train, parts.validation, options),
        ),
        scheme=scheme_read(options),
    )


def examples_of(records: Records) -> Examples:
    """Return the sequences and targets alone."""
    return Examples(tuple(records.sequences), tuple(records.targets))


def check_same_kind(records: Records) -> None:
    """Check that all records have tags, or all a single label."""
    single = [isinstance(target, str) for target in records.targets]
    if len(set(single)) > 1:
        kinds = "one tag per token", "a list of tags", "a single label"
        expected, found = kinds[2 * single[0]], kinds[2 - single[0]]
        expected += f", as at {records.where(0)}"
        raise mismatch(records.where(single.index(not single[0])), expected, found)


def _labels(source: str, parts: Parts) -> tuple[str, ...]:
    found = used_labels(parts.train.targets)
    if not found:
        raise mismatch(source, "labels in the training data", "none")
    if not used_labels(parts.validation.targets):
        raise mismatch(
            source,
            "labels in the validation data, which choose among programs",
            "none; give others with validation (--validation)",
        )
    others = _held_out_labels(parts) - found
    if len(found) == 1 and others:
        distinct = len(set(parts.all.sequences))
        raise mismatch(
            source,
            "2 labels or more in the training data, as the data have them",
            f"only {next(iter(found))!r} there, and "
            f"{', '.join(sorted(map(repr, others)))} in validation and test data; "
            f"equal sequences go to one part, and {distinct:,} distinct ones are few: "
            "add others, or give validation and test data of their own",
        )
    return tuple(sorted(found))


def _held_out_labels(parts: Parts) -> set[str]:
    return used_labels(parts.validation.targets) | used_labels(parts.test.targets)


def fitted(records: Records, options: ReadOptions) -> Records:
    """Return the records, none longer than ``options.max_length``."""
    limit = options.max_length
    if limit is None:
        return records
    if options.truncate:
        return replace(
            records,
            sequences=[tokens[:limit] for tokens in records.sequences],
            targets=[t if isinstance(t, str) else t[:limit] for t in records.targets],
        )
    for index, tokens in enumerate(records.sequences):
        if len(tokens) > limit:
            names = SettingName("max_length"), " or set ", SettingName("truncate")
            found = Message(f"{len(tokens)}; raise ", *names)
            raise mismatch(records.where(index), f"at most {limit} tokens", found)
    return records


def shortened(
    source: str, parts: Parts, limit: int | None
) -> tuple[Parts, tuple[str, ...]]:
    """Leave out training and validation sequences that are too long, and say so."""
    if limit is None:
        return parts, ()
    kept, left_out = parts, []
    for name, part in (("training", "train"), ("validation", "validation")):
        records: Records = getattr(parts, part)
        lengths = enumerate(map(len, records.sequences))
        short = records.select(index for index, length in lengths if length <= limit)
        if not short:
            setting = SettingName("max_training_length")
            expected = f"{name} sequences of at most {limit} tokens (", setting, ")"
            raise mismatch(source, Message(*expected), "none")
        if len(short) < len(records):
            left_out.append(f"{len(records) - len(short):,} {name}")
        kept = kept._replace(**{part: short})
    what = " and ".join(left_out)
    notes = (f"{what} sequences of more than {limit} tokens are left out",)
    return kept, notes if left_out else ()
