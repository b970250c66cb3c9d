"""How long a training step takes, over restarts and batch sizes.

    python benchmarks/training_step.py --restarts 1 4 8 --batch 64 128 --threads 1

Prints milliseconds per step and restart for random sequences. The defaults are the
paper's model for sort: 3 layers, 4 + 4 heads, 2 + 2 tables, cardinality 8.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from transformer_programs.learn.trainer import Trainer
from transformer_programs.program.types import InputFormat, Vocabulary
from transformer_programs.settings import ModelSettings, TrainSettings
from transformer_programs.tasks.dataset import Dataset, Examples


def main() -> None:
    options = _options()
    torch.set_num_threads(options.threads)
    dataset = random_dataset(options.vocabulary, options.length)
    model = ModelSettings(
        layers=options.layers,
        categorical_heads=options.heads,
        numerical_heads=options.heads,
        tables=2 * options.tables,
    )
    print("restarts  batch  ms per step  ms per step and restart")
    for restarts in options.restarts:
        for batch in options.batch:
            settings = TrainSettings(
                steps=10**6, restarts=restarts, batch_size=batch, evaluations=1
            )
            trainer = Trainer(dataset, model, settings)
            step = 1000 * median_seconds(trainer, options.steps)
            print(f"{restarts:8}  {batch:5}  {step:11.1f}  {step / restarts:23.2f}")


def random_dataset(vocabulary: int, length: int) -> Dataset:
    """Random tokens, each labelled with itself."""
    tokens = tuple(map(str, range(vocabulary)))
    generator = torch.Generator().manual_seed(0)
    ids = torch.randint(vocabulary, (2000, length), generator=generator).tolist()
    sequences = tuple(tuple(tokens[index] for index in row) for row in ids)
    examples = Examples(sequences, sequences)
    form = InputFormat(Vocabulary(tokens), length)
    return Dataset("random", form, tokens, True, examples, examples, examples)


def median_seconds(trainer: Trainer, steps: int) -> float:
    """The median time of a step, after a few to warm up."""
    for _ in range(3):
        trainer.take_step()
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        trainer.take_step()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--restarts", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 128])
    parser.add_argument("--steps", type=int, default=20, help="steps timed")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--vocabulary", type=int, default=8)
    parser.add_argument("--length", type=int, default=8)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--heads", type=int, default=4, help="of each kind")
    parser.add_argument("--tables", type=int, default=2, help="of each kind")
    return parser.parse_args()


if __name__ == "__main__":
    main()
