"""A conditional random field over the tags of a sequence (CRFsuite)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from transformer_programs.data import NO_LABEL, Dataset, Examples
from transformer_programs.lab.baselines.features import FeatureSet, of_places
from transformer_programs.lab.baselines.fitted import (
    BaselineTrial,
    FittedBaseline,
    Labels,
    choose,
    targets_of,
)

PENALTIES = ((0.1, 0.1), (0.0, 0.1), (0.0, 1.0), (0.5, 0.01), (0.0, 0.01))
"""The strengths of the L1 and the L2 penalty."""

MANY_FEATURES = 4_000_000
"""Features in the training data above which the first penalty alone is fitted."""

MOST_STEPS = 100
"""Steps of L-BFGS, at most."""


def random_field(dataset: Dataset) -> FittedBaseline:
    """Fit a linear-chain CRF to the tokens around each place."""
    import pycrfsuite

    features = of_places(dataset)
    trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
    targets, count = targets_of(dataset, dataset.train), 0
    for rows, labels in _chains(dataset.train, targets, features):
        count += sum(map(len, rows))
        trainer.append(pycrfsuite.ItemSequence(rows), labels)
    known: dict[int, tuple[Labels, list[Any]]] = {}

    def chains_of(examples: Examples) -> tuple[Labels, list[Any]]:
        if id(examples) not in known:
            asked = targets_of(dataset, examples)
            rows = _chains(examples, asked, features)
            known[id(examples)] = asked, [pycrfsuite.ItemSequence(r) for r, _ in rows]
        return known[id(examples)]

    def fit(l1: float, l2: float) -> FittedBaseline:
        title = f"{features.name}, c1 = {l1:g}, c2 = {l2:g}"
        trainer.set_params(
            {
                "c1": l1,
                "c2": l2,
                "max_iterations": MOST_STEPS,
                "feature.possible_transitions": True,
            }
        )
        with TemporaryDirectory() as folder:
            file = Path(folder, "model")
            trainer.train(str(file))
            model = file.read_bytes()

        def labels(examples: Examples) -> Labels:
            tagger = pycrfsuite.Tagger()
            tagger.open_inmemory(model)  # which keeps no reference of its own
            asked, chains = chains_of(examples)
            found = np.zeros_like(asked)
            tags = [int(label) for one in chains for label in tagger.tag(one)]
            found[asked != NO_LABEL] = tags
            return found

        last = trainer.logparser.last_iteration or {}  # none where nothing is learned
        return FittedBaseline(
            labels, title, int(last.get("active_features", 0)), "weights"
        )

    def trials() -> Iterator[BaselineTrial]:
        for number, (l1, l2) in enumerate(PENALTIES):
            if number and count > MANY_FEATURES:
                break
            yield BaselineTrial(f"c1 = {l1:g}, c2 = {l2:g}", partial(fit, l1, l2))

    return choose(dataset, trials())


def _chains(
    examples: Examples, targets: Labels, features: FeatureSet
) -> Iterator[tuple[list[list[str]], list[str]]]:
    # Places without a label are left out: the chain goes on behind them.
    start = 0
    for tokens in examples.sequences:
        ids = targets[start : start + len(tokens)]
        start += len(tokens)
        asked = [place for place, label in enumerate(ids) if label != NO_LABEL]
        if asked:
            rows = [features.of((tokens, place)) for place in asked]
            yield rows, [str(ids[place]) for place in asked]
