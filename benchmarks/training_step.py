"""How long a step of gradient descent takes, and how that grows.

    python benchmarks/training_step.py             # the table
    python benchmarks/training_step.py --page      # and the section of docs/results.md
    python benchmarks/training_step.py --products  # what matrix products save

One thing is varied at a time around the paper's model for sort: 3 layers, 4 + 4 heads,
4 tables, 8 tokens, length 8. Every row is a process of its own on one thread, so that
its peak memory can be told. Data are random. ``--products`` takes steps with and
without matrix products in turns within one process, and prints CPU milliseconds.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformer_programs.learn import Trainer

PAGE = Path(__file__).parent.parent / "docs" / "results.md"

INTRODUCTION = """\
## A step of gradient descent

Written by `python benchmarks/training_step.py --page`: the median of 15 steps, one
thread; the memory is that of the whole process, PyTorch included. Heads and tables are
per layer.

"""


@dataclass(frozen=True)
class Case:
    """What is timed."""

    restarts: int = 8
    batch: int = 64
    tokens: int = 8
    length: int = 8
    layers: int = 3
    heads: int = 8
    tables: int = 4
    cardinality: int | None = None


WARM_UP = 3
"""Steps that are not timed."""

BASE = Case()
CASES = (
    Case(restarts=1, batch=512),
    *(replace(BASE, restarts=restarts) for restarts in (1, 2, 4, 8, 16)),
    *(replace(BASE, batch=batch) for batch in (32, 128, 256)),
    *(replace(BASE, tokens=tokens) for tokens in (16, 32)),
    *(replace(BASE, length=length) for length in (16, 32)),
    *(replace(BASE, layers=layers) for layers in (1, 2, 4)),
    *(replace(BASE, tables=tables) for tables in (0, 8)),
    replace(BASE, heads=16),
)


LONG = tuple(
    Case(4, 32, length=length, layers=1, heads=4, tables=1, cardinality=12)
    for length in (8, 16, 24, 32, 64, 128)
)
"""What ``--products`` compares: about the default model for data of one's own."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=15, help="steps timed")
    parser.add_argument("--page", action="store_true", help="write docs/results.md")
    parser.add_argument("--products", action="store_true", help="compare, in turns")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(measured(Case(**json.loads(options.case)), options.steps)))
        return
    if options.products:
        for case in LONG:
            print(case.length, *in_turns(case, options.steps), sep="\t", flush=True)
        return
    rows = []
    for case in CASES:
        command = [sys.executable, __file__, "--steps", str(options.steps)]
        command += ["--case", json.dumps(asdict(case))]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found = json.loads(done.stdout)
        rows.append(
            [
                *(str(value) for value in asdict(case).values() if value is not None),
                f"{found['step']:.1f}",
                f"{found['step'] / case.restarts:.2f}",
                f"{found['megabytes']:.0f}",
            ]
        )
        print(*rows[-1], sep="\t", flush=True)
    if options.page:
        write(rows)


def measured(case: Case, steps: int) -> dict[str, float]:
    """The median milliseconds of a step, and the peak memory of this process."""
    from transformer_programs.learn import kept_memory

    trainer = trainer_of(case)
    times = []
    with kept_memory():
        for _ in range(steps + WARM_UP):
            start = time.perf_counter()
            trainer.take_step()
            times.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"step": 1000 * statistics.median(times[WARM_UP:]), "megabytes": peak}


def in_turns(case: Case, steps: int) -> tuple[str, str, str]:
    """The median CPU milliseconds of a step without and with them, and the ratio."""
    from transformer_programs.learn import kept_memory
    from transformer_programs.nn import kernels

    usual = kernels.LARGE_PRODUCT, kernels.WIDE
    trainers, limits = (trainer_of(case), trainer_of(case)), ((sys.maxsize,) * 2, usual)
    times: tuple[list[float], list[float]] = ([], [])
    with kept_memory():
        for _ in range(steps + WARM_UP):
            for trainer, limit, taken in zip(trainers, limits, times, strict=True):
                kernels.LARGE_PRODUCT, kernels.WIDE = limit
                start = time.process_time()
                trainer.take_step()
                taken.append(time.process_time() - start)
    without, with_them = (1000 * statistics.median(t[WARM_UP:]) for t in times)
    return f"{without:.1f} ms", f"{with_them:.1f} ms", f"{without / with_them:.2f}"


def trainer_of(case: Case) -> Trainer:
    """A training on random data, on one thread."""
    import torch

    from transformer_programs.data import Dataset, Examples
    from transformer_programs.language import InputFormat, Vocabulary
    from transformer_programs.learn import Trainer
    from transformer_programs.settings import ModelSettings, TrainSettings

    torch.set_num_threads(1)
    tokens = tuple(map(str, range(case.tokens)))
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(case.tokens, (2000, case.length), generator=generator)
    sequences = tuple(tuple(tokens[index] for index in row) for row in ids.tolist())
    examples = Examples(sequences, sequences)
    form = InputFormat(Vocabulary(tokens), case.length)
    dataset = Dataset("random", form, tokens, True, examples, examples, examples)
    model = ModelSettings(
        layers=case.layers,
        categorical_heads=case.heads // 2,
        numerical_heads=case.heads // 2,
        tables=case.tables,
        cardinality=case.cardinality,
    )
    training = TrainSettings(
        steps=10**6, restarts=case.restarts, batch_size=case.batch, evaluations=1
    )
    return Trainer(dataset, model, training)


def write(rows: list[list[str]]) -> None:
    from transformer_programs.lab import table, update_section

    head = (
        *("restarts", "batch", "tokens", "length", "layers", "heads", "tables"),
        *("ms per step", "ms per step and restart", "peak MB"),
    )
    update_section(PAGE, "training-step", INTRODUCTION + table(head, rows))


if __name__ == "__main__":
    main()
