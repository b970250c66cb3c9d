"""How fast programs run: the interpreter on batches, and program.py one by one.

python benchmarks/programs.py
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import time
from collections.abc import Callable
from typing import Any

from _programs import paper_program
from transformer_programs.codegen import emit_python
from transformer_programs.language import Interpreter
from transformer_programs.verify import bare_tokens, random_inputs


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=4096)
    parser.add_argument("--repeats", type=int, default=20)
    arguments = parser.parse_args()

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
