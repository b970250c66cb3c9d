"""Measure the search on data that no program explains; ``make gallery`` runs it.

Real DNA with five splits, and two tasks with one label in twenty changed at random.
What is found goes into gallery/noisy.jsonl, from which build.py makes its table.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

import transformer_programs as tp
from transformer_programs import tasks
from transformer_programs.data import Dataset, Examples, Target

NOISY = Path(__file__).parent / "noisy.jsonl"
SPLICE = Path(__file__).parent.parent / "examples" / "splice" / "splice.csv"

SEEDS = range(5)
FLIPPED = 0.05
"""The share of training and validation labels that are changed to another."""


def main() -> None:
    with NOISY.open("w", encoding="utf-8") as file:
        for line in chain(splice(), flipped()):
            file.write(json.dumps(line) + "\n")
            print(line, flush=True)


def splice() -> Iterator[dict[str, Any]]:
    for seed in SEEDS:
        options = tp.ReadOptions(split="characters", max_vocabulary=5, seed=seed)
        result = tp.train(tp.read_sequences(SPLICE, options), learner="search")
        yield described("splice junctions", seed, result)


def flipped() -> Iterator[dict[str, Any]]:
    for name in ("sort", "hist"):
        for seed in SEEDS[:3]:
            task = tasks.get(name)
            dataset = flip(task.dataset(seed=seed), seed)
            result = tp.train(dataset, learner="search")
            inputs = list(task.enumerate())
            said = result.program.batch(inputs)
            errors = sum(
                tuple(labels) != task.target(tokens)
                for tokens, labels in zip(inputs, said, strict=True)
            )
            yield described(f"{name}, 5% of labels flipped", seed, result) | {
                "errors": errors,
                "inputs": len(inputs),
            }


def flip(dataset: Dataset, seed: int) -> Dataset:
    rng = np.random.default_rng(seed)

    def other(label: str | None) -> str | None:
        if label is None or rng.random() >= FLIPPED:
            return label
        return str(rng.choice([known for known in dataset.labels if known != label]))

    def spoilt(examples: Examples) -> Examples:
        targets: list[Target] = [tuple(map(other, t)) for t in examples.targets]
        return replace(examples, targets=tuple(targets))

    train, validation = spoilt(dataset.train), spoilt(dataset.validation)
    return replace(dataset, train=train, validation=validation)


def described(name: str, seed: int, result: tp.Run) -> dict[str, Any]:
    bayes = result.baselines.get("naive Bayes over positions")
    assert result.report is not None
    return {
        "name": name,
        "seed": seed,
        "right": result.report.test.per_label,
        "naive_bayes": bayes and bayes.accuracy,
        "statements": len(result.program.statements),
        "lines": result.program.lines,
        "seconds": result.report.seconds,
    }


if __name__ == "__main__":
    main()
