"""What a step of training costs for models of sentences, and how that grows.

    python benchmarks/language_step.py

Random sentences, 7 tags, one thread, one restart. One thing is varied at a time around
10,000 words, 4 classes of 64 values, a window of 2, 32 sentences of at most 32 words.
The last rows have the paper's heads and tables besides.
"""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import replace

import torch
from rich.console import Console
from rich.table import Table

import transformer_programs as tp
from transformer_programs.data import LANGUAGE, Dataset, ReadOptions, changed
from transformer_programs.learn import Trainer
from transformer_programs.settings import ModelSettings, TrainSettings, suited_recipe

STEPS, WARM = 15, 3
MODEL = suited_recipe(tagging=True, vocabulary_size=10_000).model
TRAINING = TrainSettings(batch_size=32, restarts=1, tau_start=1.0, tau_end=0.1)
SMALL = replace(MODEL, categorical_heads=4, numerical_heads=0, tables=1)


def sentences(words: int, length: int) -> Dataset:
    """Random sentences with random tags; frequent words are as frequent as in texts."""
    rng = random.Random(0)
    known = [_word(index) for index in range(words)]
    weights = [1 / (rank + 1) for rank in range(words)]
    pairs = []
    for _ in range(2_000):
        count = rng.randint(length // 4, length)
        tokens = rng.choices(known, weights, k=count)
        pairs.append((tokens, [rng.choice("ABCDEFG") for _ in tokens]))
    # Every word occurs in three rows, most of which are training data, so that the
    # vocabulary has nearly the size that is asked for.
    for long in (length, length - 1, length - 2):
        for start in range(0, words, long):
            tokens = known[start : start + long]
            pairs.append((tokens, ["A"] * len(tokens)))
    options = changed(ReadOptions(), LANGUAGE)
    data = tp.labelled_sequences(
        pairs, replace(options, max_vocabulary=words, max_length=length)
    )
    assert len(data.input.vocabulary) >= 0.95 * words
    return data


def _word(index: int) -> str:
    # Of letters, as digits are folded: aaaa, aaab, ...
    letters = []
    for _ in range(4):
        index, letter = divmod(index, 26)
        letters.append(chr(ord("a") + letter))
    return "".join(reversed(letters))


def milliseconds(data: Dataset, model: ModelSettings) -> float:
    """The median CPU time of a step."""
    trainer = Trainer(data, model, TRAINING)
    times = []
    for step in range(WARM + STEPS):
        start = time.process_time()
        trainer.take_step()
        if step >= WARM:
            times.append(time.process_time() - start)
    return 1e3 * statistics.median(times)


def main() -> None:
    """Print a row for every case."""
    torch.set_num_threads(1)
    table = Table(
        "words", "classes x values", "window", "length", "besides", "CPU ms a step"
    )
    cases: list[tuple[int, int, ModelSettings, str]] = [
        (10_000, 32, MODEL, ""),
        (2_500, 32, MODEL, ""),
        (20_000, 32, MODEL, ""),
        (10_000, 64, MODEL, ""),
        (10_000, 32, replace(MODEL, cardinality=32), ""),
        (10_000, 32, replace(MODEL, word_classes=2), ""),
        (10_000, 32, replace(MODEL, word_classes=8), ""),
        (10_000, 32, replace(MODEL, window=0), ""),
        (10_000, 32, replace(MODEL, window=0, pairs=2), "2 pairs"),
        (10_000, 32, replace(SMALL, cardinality=32), "4 heads, 1 table"),
        (10_000, 32, SMALL, "4 heads, 1 table"),
    ]
    for words, length, model, besides in cases:
        data = sentences(words, length)
        found = milliseconds(data, model)
        classes = f"{model.word_classes} x {model.cardinality}"
        shape = (
            f"{len(data.input.vocabulary):,}",
            classes,
            f"{model.window}",
            f"{length}",
            besides,
        )
        table.add_row(*shape, f"{found:.1f}")
    Console().print(table)


if __name__ == "__main__":
    main()
