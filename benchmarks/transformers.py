"""The gallery as ordinary Transformers: sizes, margins, and what was compared.

python benchmarks/transformers.py [--work BITS] [--write]

With --write the table is put into docs/how-to/interpretability.md.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import torch

from transformer_programs.runs import compare_transformer, load

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "how-to" / "interpretability.md"
START = "<!-- table: benchmarks/transformers.py -->\n"
END = "<!-- end of the table -->\n"

COLUMNS = (
    *("program", "attention", "layers", "heads", "d_head", "d_model", "d_mlp"),
    *("parameters", "inputs compared", "margin"),
)


def rows(work: int) -> Iterator[tuple[str, ...]]:
    for folder in sorted((ROOT / "gallery").glob("*/program.json")):
        started = time.process_time()
        found = compare_transformer(load(folder.parent).model(), work=work)
        sizes = found.sizes
        numbers = (sizes.n_layers, sizes.n_heads, sizes.d_head, sizes.d_model)
        inputs = f"all {found.inputs:,}" if found.exhaustive else f"{found.inputs:,}"
        yield (
            folder.parent.name,
            "causal" if sizes.causal else "both",
            *map(str, (*numbers, sizes.d_mlp)),
            f"{sizes.parameters:,}",
            inputs,
            "" if found.margin is None else f"{found.margin:.4g}",
        )
        spent = time.process_time() - started
        print(f"{folder.parent.name}: {spent:.1f} s", flush=True)


def table(work: int) -> str:
    lines = [COLUMNS, ("---",) * len(COLUMNS), *rows(work)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=int, default=40, help="multiplications, log 2")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    text = table(1 << arguments.work)
    print(text)
    if arguments.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
        after = rest.partition(END)[2]
        PAGE.write_text(f"{before}{START}{text}{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
