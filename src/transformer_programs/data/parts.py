"""What records are for: training, validation, test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data.character_features import folded, folding_of
from transformer_programs.data.dataset import Target
from transformer_programs.data.options import ReadOptions
from transformer_programs.data.records import Records
from transformer_programs.data.split import part_size, stratified_order
from transformer_programs.errors import DataError


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


def completed(
    source: str, parts: Parts, options: ReadOptions
) -> tuple[Parts, tuple[str, ...]]:
    """The parts with missing ones cut off from the training data, and what to say.

    Equal sequences always go to the same part, so that nothing is tested on what it
    was trained on; classes are held in proportion. A label stays in the training data,
    if it can.
    """
    if not parts.train:
        raise DataError(f"{source}: expected training sequences, found none")
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


def used_labels(targets: Iterable[Target]) -> set[str]:
    """The labels that there are."""
    used: set[str] = set()
    for target in set(targets):
        labels = (target,) if isinstance(target, str) else target
        used.update(label for label in labels if label is not None)
    return used


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


def _keeping_labels(
    targets: Sequence[Target],
    groups: NDArray[np.int64],
    ranks: NDArray[np.int64],
    held_out: int,
) -> NDArray[np.int64]:
    """The ranks, exchanged so that training has every label, if groups can be spared.

    Args:
        targets: of every record.
        groups: the group of every record.
        ranks: the rank of every group.
        held_out: how many groups are held out: those of the first ranks.
    """
    place = ranks[groups]
    first, others = place < held_out, place >= held_out
    if used_labels(_some(targets, first)) <= used_labels(_some(targets, others)):
        return ranks
    order = np.argsort(place, kind="stable")
    ends = np.searchsorted(place[order], np.arange(len(ranks)), side="right").tolist()

    def labels(rank: int) -> set[str]:
        rows = order[ends[rank - 1] if rank else 0 : ends[rank]].tolist()
        return used_labels(targets[row] for row in rows)

    left = Counter(label for n in range(held_out, len(ranks)) for label in labels(n))
    group = np.argsort(ranks)
    spared = held_out
    for rank in range(held_out):
        missing = labels(rank)
        if all(left[label] for label in missing):
            continue
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


def _some(targets: Sequence[Target], which: NDArray[np.bool_]) -> Iterable[Target]:
    return (targets[index] for index in np.flatnonzero(which).tolist())
