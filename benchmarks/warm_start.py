"""How far training keeps an exact program for sort, and mends damaged ones.

    python benchmarks/warm_start.py --steps 2400 --restarts 8

Prints the validation accuracy of the start, of the best and the worst restart at the
end, and the milliseconds per step, evaluations included.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import dataclasses
import random
import time

from transformer_programs import tasks
from transformer_programs.language import (
    Head,
    Predicate,
    Program,
    Statement,
    Table,
)
from transformer_programs.learn import train
from transformer_programs.search import search
from transformer_programs.settings import ModelSettings, TrainSettings, warm_start

DAMAGES = ((0.0, 0.0), (0.1, 0.0), (0.3, 0.0), (0.0, 0.05), (0.0, 0.1), (0.1, 0.1))
"""Shares of table entries redrawn, and of predicate cells flipped."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--restarts", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1, help="of the damage")
    options = parser.parse_args()
    dataset = tasks.get("sort").dataset()
    exact = search(dataset).program
    settings = TrainSettings(steps=options.steps, restarts=options.restarts)
    print("entries  cells   start    best   worst  ms per step")
    for entries, cells in DAMAGES:
        start = damaged(exact, entries, cells, random.Random(options.seed))
        begun = time.perf_counter()
        learned = train(dataset, ModelSettings(), warm_start(settings), start=start)
        step = 1000 * (time.perf_counter() - begun) / options.steps
        first, last = learned.history[0], learned.history[-1]
        worst = min(found for found in last.accuracies if found is not None)
        print(
            f"{entries:7.0%}{cells:7.0%}{first.best:8.4f}{last.best:8.4f}"
            f"{worst:8.4f}{step:13.1f}"
        )


def damaged(
    program: Program, entries: float, cells: float, rng: random.Random
) -> Program:
    """The program with shares of its table entries and predicate cells changed."""

    def change(statement: Statement) -> Statement:
        match statement:
            case Table():
                values = range(statement.domain.size)
                table = tuple(
                    rng.choice(values) if rng.random() < entries else entry
                    for entry in statement.table
                )
                return dataclasses.replace(statement, table=table)
            case Head():
                keys = program.domains[statement.key].size
                predicate = _flipped(statement.predicate, keys, cells, rng)
                return dataclasses.replace(statement, predicate=predicate)
            case _:
                return statement

    statements = tuple(map(change, program.statements))
    return dataclasses.replace(program, statements=statements)


def _flipped(
    predicate: Predicate, keys: int, share: float, rng: random.Random
) -> Predicate:
    return tuple(
        tuple(key for key in range(keys) if (key in row) != (rng.random() < share))
        for row in predicate
    )


if __name__ == "__main__":
    main()
