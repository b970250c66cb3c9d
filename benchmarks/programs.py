"""How fast programs run: the interpreter on batches, and program.py one by one.

python benchmarks/programs.py
python benchmarks/programs.py --lengths gallery/sort-16/program.py other/program.py

With files, the CPU time of each on random tokens of some lengths, far beyond those of
training: of a file and of what it was before, for example.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _programs import paper_program
from transformer_programs.codegen import emit_python
from transformer_programs.language import Interpreter
from transformer_programs.verify import bare_tokens, random_inputs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--lengths", nargs="+", metavar="FILE", default=[])
    arguments = parser.parse_args()
    if arguments.lengths:
        for file in arguments.lengths:
            _at_lengths(file)
        return

    program = paper_program()
    form = program.input
    batch = random_inputs(form, 20 * arguments.batch, seed=0)
    batch = batch[batch.lengths == form.max_length][: arguments.batch]
    interpreter = Interpreter(program)
    seconds = _best_of(lambda: interpreter.predict(batch), arguments.repeats)
    tokens = int(batch.lengths.sum())
    print(f"interpreter  {tokens / seconds / 1e6:8.2f} million tokens per second")

    sequences = bare_tokens(program, batch[:200])
    module: dict[str, Any] = {"__name__": "program"}
    exec(emit_python(program), module)
    run = module["run"]
    seconds = _best_of(lambda: [run(s) for s in sequences], arguments.repeats)
    each = seconds / len(sequences) * 1e3
    print(f"program.py   {each:8.3f} ms per sequence of {form.max_length} tokens")


def _at_lengths(file: str, lengths: tuple[int, ...] = (8, 64, 512, 4096)) -> None:
    """Print the CPU time that a file takes for sequences of some lengths."""
    module: dict[str, Any] = {"__name__": "program"}
    exec(Path(file).read_text(encoding="utf-8"), module)
    rng, run = random.Random(0), module["run"]
    print(file)
    for length in lengths:
        tokens = rng.choices(sorted(module["TOKENS"]), k=length)
        repeats = max(1, 4096 // length)
        least = float("inf")
        for _ in range(3 if length > 1000 else 9):
            started = time.process_time()
            for _ in range(repeats):
                run(tokens, any_length=True)
            least = min(least, time.process_time() - started)
        print(f"  {length:5} tokens {least / repeats * 1e3:12.3f} ms")


def _best_of(function: Callable[[], object], repeats: int) -> float:
    """The least of some measured times: the others had company on the machine."""
    function()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        times.append(time.perf_counter() - started)
    return min(times)


if __name__ == "__main__":
    main()
