"""Records made a data set: split, vocabulary, labels, lengths, notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data import notes
from transformer_programs.data.dataset import Dataset, Examples, Target
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import NO_RECORDS, Records, mismatch
from transformer_programs.data.tag_scheme import (
    in_scheme,
    no_entity_notes,
    scheme_notes,
    scheme_read,
)
from transformer_programs.data.vocabulary import check_known, folding_of, input_format
from transformer_programs.errors import Message, SettingName


class Parts(NamedTuple):
    """Records by what they are for; an empty part is cut off from the training data.

    Attributes:
        train: Records to learn from.
        validation: Records to choose among learned models.
        test: Records that nothing is chosen by.
    """

    train: Records
    validation: Records = NO_RECORDS
    test: Records = NO_RECORDS

    @property
    def all(self) -> Records:
        """Every record."""
        return self.train + self.validation + self.test

    def map(self, change: Callable[[Records], Records]) -> Parts:
        """Change every part."""
        return Parts(*map(change, self))


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
    parts = parts.map(lambda records: fitted(in_scheme(records, options), options))
    given = [name for name in ("validation", "test") if getattr(parts, name)]
    every = parts.all
    longest = max(map(len, every.sequences), default=0)
    data_notes = [*notes.repetitions(every), *notes.unlabelled(every.targets)]
    parts, split_notes = completed(source, parts, options)
    parts, length_notes = shortened(source, parts, options.max_training_length)
    labels = _labels(source, parts)
    data_notes[:0] = [*every.notes, *scheme_notes(every, parts.train, options)]
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
            *data_notes,
            *split_notes,
            *length_notes,
            *notes.overlaps(parts.train, {n: getattr(parts, n) for n in given}),
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


def completed(
    source: str, parts: Parts, options: ReadOptions
) -> tuple[Parts, tuple[str, ...]]:
    """Cut missing parts off from the training data, and say so.

    Equal sequences always go to the same part, so that nothing is tested on what it
    was trained on; classes are held in proportion. A label stays in the training data,
    if it can.
    """
    if not parts.train:
        raise mismatch(source, "training sequences", "none")
    groups, ranks = _ranked_groups(parts.train, options)
    validation, test = _held_out_sizes(source, len(ranks), parts, options)
    if not validation + test:
        return parts, ()
    ranks = _keeping_labels(parts.train.targets, groups, ranks, validation + test)
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


def used_labels(targets: Iterable[Target]) -> set[str]:
    """Return the labels that occur."""
    used: set[str | None] = set()
    for target in set(targets):
        used.update((target,) if isinstance(target, str) else target)
    return {label for label in used if label is not None}


def part_size(count: int, fraction: float) -> int:
    """Return how many of ``count`` items a fraction is: at least one."""
    return max(1, round(count * fraction))


def stratified_order(
    strata: Sequence[Hashable], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw an order of items in which every slice holds each stratum in proportion.

    The items of a stratum are shuffled and spread evenly over the order, so the only
    item of a stratum stands in the middle.
    """
    shuffled = rng.permutation(len(strata))
    numbers: dict[Hashable, int] = {}
    stratum = np.array(
        [numbers.setdefault(each, len(numbers)) for each in strata], dtype=np.int64
    )[shuffled]
    sizes = np.bincount(stratum, minlength=len(numbers))
    # How many items of its stratum stand before each, in the shuffled order.
    together = np.argsort(stratum, kind="stable")
    begins = np.cumsum(sizes) - sizes
    seen = np.empty(len(strata), dtype=np.int64)
    seen[together] = np.arange(len(strata)) - begins[stratum[together]]
    place = (seen + 0.5) / sizes[stratum]
    order: NDArray[np.int64] = shuffled[np.argsort(place, kind="stable")]
    return order


def _ranked_groups(
    records: Records, options: ReadOptions
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the group of each record, and the rank of each group in a random order.

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
            tokens = tuple(map(folding.fold, tokens))
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
    validation = test = 0
    if not parts.validation:
        validation = part_size(count, options.validation_fraction)
    if not parts.test and options.test_fraction:
        test = part_size(count, options.test_fraction)
    if count <= validation + test:
        raise mismatch(
            source,
            f"more than {validation + test} distinct sequences, of which {validation} "
            f"for validation and {test} for the test",
            str(count),
        )
    return validation, test


def _keeping_labels(
    targets: Sequence[Target],
    groups: NDArray[np.int64],
    ranks: NDArray[np.int64],
    held_out: int,
) -> NDArray[np.int64]:
    """Exchange ranks so that training has every label, if groups can be spared.

    Held out are the groups of the first ranks, ``held_out`` of them.
    """

    def used(rows: NDArray[np.int64]) -> set[str]:
        return used_labels(targets[row] for row in rows.tolist())

    place = ranks[groups]
    held = place < held_out
    if used(np.flatnonzero(held)) <= used(np.flatnonzero(~held)):
        return ranks
    order = np.argsort(place, kind="stable")
    ends = np.searchsorted(place[order], np.arange(len(ranks)), side="right").tolist()

    def labels(rank: int) -> set[str]:
        return used(order[ends[rank - 1] if rank else 0 : ends[rank]])

    left = Counter(label for n in range(held_out, len(ranks)) for label in labels(n))
    group = np.argsort(ranks)
    spared = held_out
    for rank in range(held_out):
        missing = labels(rank)
        if all(left[label] for label in missing):
            continue
        # The next group whose labels training has elsewhere, too.
        while spared < len(ranks) and any(left[one] < 2 for one in labels(spared)):
            spared += 1
        if spared == len(ranks):
            break
        left.subtract(labels(spared))
        left.update(missing)
        group[[rank, spared]] = group[[spared, rank]]
        spared += 1
    exchanged = np.empty_like(ranks)
    exchanged[group] = np.arange(len(ranks))
    return exchanged
