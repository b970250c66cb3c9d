"""What a candidate costs in the search, as length, vocabulary and sample grow.

python benchmarks/search.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import time

import numpy as np

from transformer_programs import tasks
from transformer_programs.search import Layers, sample_of
from transformer_programs.system import Work

BASE = {"vocabulary": 16, "length": 16, "sequences": 240}
GROWN = (
    BASE,
    BASE | {"length": 8},
    BASE | {"length": 32},
    BASE | {"vocabulary": 8},
    BASE | {"vocabulary": 32},
    BASE | {"sequences": 480},
    BASE | {"sequences": 960},
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--task", default="sort")
    parser.add_argument("--layers", type=int, default=2)
    arguments = parser.parse_args()
    print("vocabulary  length  sequences  candidates  seconds  ms per candidate")
    for size in GROWN:
        candidates, seconds = _grow(arguments.task, arguments.layers, **size)
        print(
            f"{size['vocabulary']:10}{size['length']:8}{size['sequences']:11}"
            f"{candidates:12}{seconds:9.2f}{1e3 * seconds / candidates:18.3f}"
        )


def _grow(
    task: str, count: int, vocabulary: int, length: int, sequences: int
) -> tuple[int, float]:
    """Candidates compared in some layers, and the seconds that it took."""
    dataset = tasks.get(task).dataset(
        size=2 * sequences, vocabulary_size=vocabulary, max_length=length
    )
    encoded = dataset.encode(dataset.train)
    sample = sample_of(dataset, encoded, np.arange(sequences))
    started = time.perf_counter()
    layers = Layers(sample, dataset, beam=40, work=Work())
    for number in range(1, count + 1):
        layers.grow(number)
    return layers.pool.compared, time.perf_counter() - started


if __name__ == "__main__":
    main()
