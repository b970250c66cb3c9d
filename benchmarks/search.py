"""What a candidate costs in the search, as length, vocabulary and sample grow.

python benchmarks/search.py
python benchmarks/search.py --task dyck2 --length 32 --compiled
python benchmarks/search.py --task mips:Diff_Last2 --workers 2
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import math
import time

import numpy as np

from transformer_programs import tasks
from transformer_programs.language import Scope
from transformer_programs.search import FOLLOWING, Layers, Search, sample_of, warm
from transformer_programs.settings import SearchSettings
from transformer_programs.system import Leader, Team, Work
from transformer_programs.tasks import TaskSource

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
    parser.add_argument("--length", type=int, help="only this length")
    parser.add_argument("--compiled", action="store_true", help="needs numba")
    parser.add_argument("--workers", type=int, help="what sharing a search gains")
    arguments = parser.parse_args()
    if arguments.workers:
        _share(arguments.task, arguments.workers)
        return
    warm(math.inf if arguments.compiled else 0)  # units of work before kernels compile
    grown: tuple[dict[str, int], ...] = GROWN
    if arguments.length:
        grown = (BASE | {"vocabulary": 0, "length": arguments.length},)
    if arguments.compiled:  # they are compiled before they are measured
        _grow(arguments.task, arguments.layers, **(grown[0] | {"sequences": 16}))
    print("vocabulary  length  sequences  candidates  seconds  ms per candidate")
    for size in grown:
        candidates, seconds = _grow(arguments.task, arguments.layers, **size)
        print(
            f"{size['vocabulary'] or '':>10}{size['length']:8}{size['sequences']:11}"
            f"{candidates:12}{seconds:9.2f}{1e3 * seconds / candidates:18.3f}"
        )


def _grow(
    task: str, count: int, vocabulary: int, length: int, sequences: int
) -> tuple[int, float]:
    """Candidates compared in some layers, and the CPU seconds that it took."""
    dataset = tasks.get(task).dataset(
        size=2 * sequences, vocabulary_size=vocabulary or None, max_length=length
    )
    encoded = dataset.encode(dataset.train)
    sample = sample_of(dataset, encoded, np.arange(sequences))
    started = time.process_time()
    layers = Layers(sample, dataset, beam=40, work=Work())
    for number in range(1, count + 1):
        for _ in layers.grow(number):
            layers.closures()
    return layers.pool.compared, time.process_time() - started


def _share(name: str, workers: int) -> None:
    """Compare a whole search by one process with one that several share."""
    source = TaskSource(name, 15_000)
    dataset = source.find_task().dataset(source.size)
    settings = SearchSettings(work=1e4)
    seconds = []
    for count in (1, workers):
        started, work = time.process_time(), Work(settings.work)
        message = dataset, settings, Scope.ALL
        team = Leader(work, count, FOLLOWING, message) if count > 1 else Team(work)
        found = Search(dataset, settings, None, Scope.ALL, team).run()
        # Of several processes, the slowest one between any two exchanges.
        alone = time.process_time() - started
        team.close()
        seconds.append(team.critical if isinstance(team, Leader) else alone)
        print(f"{count} processes: {seconds[-1]:.1f} s, {found.work:.0f} units of work")
    print(f"{seconds[0] / seconds[1]:.2f} times as fast, with a core for each")


if __name__ == "__main__":
    main()
