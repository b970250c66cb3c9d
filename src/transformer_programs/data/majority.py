"""Simple baselines, trained and tested on the split of a program."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from transformer_programs.data.dataset import NO_LABEL, Dataset, Encoded
from transformer_programs.data.metrics import MAJORITY, Quality, Scorer
from transformer_programs.errors import TaskError


def baselines(dataset: Dataset) -> dict[str, Quality]:
    """Measure every baseline that suits the data on the test data, by name.

    Empty if the test data have no label at all.
    """
    if not len(_labelled(dataset.encode(dataset.test))):
        return {}
    found = {MAJORITY: majority_baseline(dataset)}
    if dataset.tagging:
        per_token = most_frequent_label_per_token(dataset)
        return found | {"the most frequent label per token": per_token}
    return found | {"naive Bayes over positions": naive_bayes_over_positions(dataset)}


def majority_baseline(dataset: Dataset) -> Quality:
    """Predict the most frequent training label everywhere in the test data.

    Per token for tagging, where tokens without a label do not count.
    """
    test = Scorer.of(dataset, dataset.test)
    train = _labelled(dataset.encode(dataset.train))
    most_frequent = np.bincount(train, minlength=len(dataset.labels)).argmax()
    return test.quality(np.full_like(test.data.targets, most_frequent))


def most_frequent_label_per_token(dataset: Dataset) -> Quality:
    """Predict the most frequent training label of each token of the test data.

    A token that training never labels gets the most frequent label of all.

    Raises:
        TaskError: If the data are for classification.
    """
    if not dataset.tagging:
        raise TaskError(f"{dataset.name}: a label per token needs tagging data")
    train, test = dataset.encode(dataset.train), Scorer.of(dataset, dataset.test)
    asked = train.targets != NO_LABEL
    shape = (len(dataset.input.vocabulary), len(dataset.labels))
    counts = np.zeros(shape, dtype=np.int64)
    words = dataset.input.word_ids(train.ids[asked])
    np.add.at(counts, (words, train.targets[asked]), 1)
    counts[counts.sum(axis=1) == 0] = counts.sum(axis=0)
    predicted = counts.argmax(axis=1)[dataset.input.word_ids(test.data.ids)]
    return test.quality(predicted)


def naive_bayes_over_positions(dataset: Dataset) -> Quality:
    """Predict by naive Bayes with a token distribution per class and position.

    Probabilities are smoothed by adding one to every count; positions after the end
    of a sequence say nothing.

    Raises:
        TaskError: If the data are for tagging.
    """
    if dataset.tagging:
        raise TaskError(f"{dataset.name}: naive Bayes needs classification data")
    train, test = dataset.encode(dataset.train), dataset.encode(dataset.test)
    labels, known = len(dataset.labels), len(dataset.input.vocabulary)
    # Where no training sequence has a token, all labels have the same evidence.
    width = int(train.lengths.max(initial=1))
    row, cell = _cells(dataset, test, width)
    cells, cell = np.unique(cell, return_inverse=True)  # those that are asked for
    learned_row, learned = _cells(dataset, train, width)
    targets = train.targets[learned_row]
    totals = np.full((labels, width), known, dtype=np.float64)
    np.add.at(totals, (targets, learned // known), 1)
    place = np.searchsorted(cells, learned).clip(max=max(len(cells) - 1, 0))
    asked = cells[place] == learned if len(cells) else np.zeros(len(learned), bool)
    counts = np.ones((labels, len(cells)))
    np.add.at(counts, (targets[asked], place[asked]), 1)
    evidence = np.log(counts / totals[:, cells // known])
    prior = 1 + np.bincount(train.targets, minlength=labels)
    scores = np.repeat(np.log(prior)[None], len(test), axis=0)
    np.add.at(scores, row, evidence[:, cell].T)
    return Quality(float(np.mean(scores.argmax(axis=1) == test.targets)))


def _cells(
    dataset: Dataset, encoded: Encoded, width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    # The sequence of every token, and its position and word as one number.
    positions = np.arange(width)
    row, position = np.nonzero(positions < encoded.lengths[:, None])
    words = dataset.input.word_ids(encoded.ids[row, position])
    return row, position * len(dataset.input.vocabulary) + words


def _labelled(encoded: Encoded) -> NDArray[np.int64]:
    labelled: NDArray[np.int64] = encoded.targets[encoded.targets != NO_LABEL]
    return labelled
