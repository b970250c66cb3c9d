"""Rebuild the gallery: every task at two sizes, learned by search, and its table.

    make gallery                      all of it, and docs/results.md
    python gallery/build.py sort-16   some of it, and docs/results.md
    python gallery/build.py --render  only its sections of docs/results.md

Every folder is a run as ``tprog train TASK --learner search`` writes it. What its
program says is then compared with the task's definition: on the whole domain where
that is possible, else by a solver, and on drawn inputs, also longer ones. The tables
are made from what the folders hold.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import transformer_programs as tp
from transformer_programs import tasks
from transformer_programs.lab import (
    LONGER_SIZE,
    PAPER_SIZE,
    PUBLISHED as PUBLISHED_AT,
    SIZES as PAPER_SIZES,
    table,
    update_section,
)
from transformer_programs.language import EXHAUSTIVE_LIMIT
from transformer_programs.runs import TASK, ask, read_config, record
from transformer_programs.system import (
    METRICS,
)
from transformer_programs.tasks import TaskSource
from transformer_programs.verify import CheckRequest, differences, task_specification

GALLERY = Path(__file__).parent
NOISY = GALLERY / "noisy.jsonl"
RESULTS = GALLERY.parent / "docs" / "results.md"

DRAWN = 50_000
"""Inputs that are compared of a domain that is too large, drawn with another seed."""

SOLVER_WORK = 40.0
"""Units of a solver's deterministic time for a proof: about a second each."""

LONGER = 200
"""Inputs of each of the greater lengths."""

SIZES: dict[str, tuple[tuple[int | None, int], ...]] = {
    **{
        task: (sizes[PAPER_SIZE], sizes[LONGER_SIZE])
        for task, sizes in PAPER_SIZES.items()
    },
    **dict.fromkeys(
        (
            *("shift", "run_length", "previous_distinct", "unique"),
            *("palindrome", "majority", "maximum_position"),
        ),
        ((8, 8), (16, 16)),
    ),
    "prefix_parity": ((None, 16), (None, 32)),
    **dict.fromkeys(("add_digits", "add_numbers"), ((None, 8), (None, 16))),
}
"""Vocabulary size, special tokens counted, and length of every task."""

PUBLISHED_COLUMN = {PAPER_SIZE: "paper", LONGER_SIZE: "two reproductions"}

PUBLISHED = {
    f"{task}-{SIZES[task][index][1]}": text
    for index, size in enumerate((PAPER_SIZE, LONGER_SIZE))
    for task, text in PUBLISHED_AT[size][PUBLISHED_COLUMN[size]].items()
}
"""Accuracy per token of the published method, by the names of folders."""

INTRODUCTION = f"""\
## Exact programs by search

Written by `make gallery`, which learns all of it again.

Learned from 16,000 sequences (fewer where fewer exist) with `--learner search`, seed 0,
on one core; 2,000 others chose among programs. Right is what `program.py` says of 2,000
held-out sequences, per label and per whole sequence. The errors on the domain are
inputs on which it differs from the task's definition: of all that exist, or, where
more than {EXHAUSTIVE_LIMIT:,} exist, of {DRAWN:,} drawn with another seed, among which
some short ones are training sequences too. Lines are lines of code without the
functions that all programs share. Published is the accuracy per label of the
paper's method: of the paper at its own sizes, of two reproductions at 16.
"""

PROOFS = f"""\
## Proofs, and longer inputs

`tprog verify RUN --against task --solver` with {SOLVER_WORK:.0f} units of work for the
solver; [verify.md](how-to/verify.md) says how it works,
[trust.md](explanation/trust.md) what a proof assumes. A proof by the solver is about
the task's formula. Lengths are in tokens, the frame not counted. Labels right at
greater lengths are those of `program.py` with `--any-length`, on {LONGER} inputs of
each length ([length.md](how-to/length.md)); a program that is bound to its length has
none. The paper's program for sort, trained up to 8, is right on 57, 19 and 16% at
lengths 10, 20 and 90.
"""

NOISY_INTRODUCTION = """\
## Noisy and real data

Learned with `--learner search` on one core, by default for 60 seconds at most. Splice
junctions are real DNA (`examples/splice`); the seed splits them, and a tenth is held
out. Naive Bayes is over positions. For the tasks, 5% of the labels of training and
validation data were changed at random to others; held-out labels were not, and the
errors are those on all inputs that exist. These rows are measured by
`python gallery/noisy.py`.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="such as sort-16; by default all")
    parser.add_argument(
        "--render", action="store_true", help="only the page, from what is stored"
    )
    arguments = parser.parse_args()
    chosen = arguments.names
    sources = dict(named_sources())
    unknown = [name for name in chosen if name not in sources]
    if unknown:
        sys.exit(f"error: unknown: {', '.join(unknown)}; known: {', '.join(sources)}")
    for name in () if arguments.render else chosen or sources:
        learn(sources[name], GALLERY / name)
    for section, text in sections().items():
        update_section(RESULTS, section, text)


def named_sources() -> Iterator[tuple[str, TaskSource]]:
    for task in tasks.names():
        for vocabulary_size, max_length in SIZES[task]:
            source = TaskSource(
                task, vocabulary_size=vocabulary_size, max_length=max_length
            )
            yield f"{task}-{max_length}", source


def learn(source: TaskSource, folder: Path) -> None:
    """Learn one program, and compare it with the definition."""
    result = tp.train(
        source,
        learner="search",
        out=folder,
        force=True,
    )
    compared = compare(result.program, source)
    request = CheckRequest("--against", TASK, DRAWN, None, True, SOLVER_WORK)
    proof = ask(tp.load(folder), request)
    record(folder, request, proof)
    lines = [
        {"kind": "definition"} | compared,
        {"kind": "proof", "proved": proof.proved} | asdict(proof),
        {"kind": "longer", "right": longer(folder, source)},
    ]
    with (folder / METRICS).open("a", encoding="utf-8") as metrics:
        metrics.writelines(json.dumps(line) + "\n" for line in lines)
    print(f"{folder.name}: {result!r} {lines}", flush=True)


def longer(folder: Path, source: TaskSource) -> dict[int, float] | None:
    """The share of labels that are right, by length; None if it cannot be longer."""
    smaller = source.max_length == SIZES[source.task][0][1]
    run = tp.load(folder)
    if not smaller or not run.program.length_free:
        return None
    lengths = (20, 40, 90) if source.max_length == 8 else None
    found = run.evaluate_lengths(lengths, drawn=LONGER)
    return {length: accuracy.per_label for length, accuracy in found.items()}


def compare(program: tp.Program, source: TaskSource) -> dict[str, Any]:
    """How many inputs were compared with the definition, and on how many it errs."""
    specification = task_specification(source.find_task())
    inputs = specification.inputs(DRAWN)
    errors = sum(1 for _ in differences(program, specification, inputs))
    return {"inputs": inputs.count, "errors": errors, "whole": inputs.whole}


def metrics_of(name: str) -> dict[str, dict[str, Any]]:
    """The last line of every kind in the metrics of one folder."""
    file = GALLERY / name / METRICS
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else ()
    return {(line := json.loads(text))["kind"]: line for text in lines}


def proof_row(name: str) -> tuple[str, ...]:
    """What the table of proofs says of one folder."""
    by_kind = metrics_of(name)
    proof, longer = by_kind["proof"], by_kind["longer"]["right"] or {}
    lengths = proof["lengths"] if proof["proved"] else proof["proved_lengths"]
    return (
        f"[{name}](../gallery/{name}/program.py)",
        spread(lengths),
        "" if proof["proved"] else spread(proof["lengths"]),
        f"{proof['inputs']:,}" if proof["inputs"] < 10**7 else f"{proof['inputs']:.1e}",
        proof["method"] if proof["proved"] else "solver" if lengths else "",
        f"{proof['seconds']:.1f}",
        ", ".join(f"{length}: {right:.1%}" for length, right in longer.items()),
    )


def spread(lengths: Sequence[int] | None) -> str:
    if lengths is None:
        return ""
    least, most = lengths
    return str(least) if least == most else f"{least} to {most}"


def row(name: str) -> tuple[str, ...]:
    """What the table says of one folder."""
    by_kind = metrics_of(name)
    result, definition = by_kind["result"], by_kind["definition"]
    source = read_config(GALLERY / name).source
    assert isinstance(source, TaskSource)
    domain = f"{definition['errors']:,} of {definition['inputs']:,}"
    return (
        f"[{name}](../gallery/{name}/program.py)",
        f"{result['test']['per_label']:.2%}",
        f"{result['test']['per_sequence']:.2%}",
        domain if definition["whole"] else f"{domain} drawn",
        str(result["statements"]),
        str(result["lines"]),
        f"{result['seconds']:.1f}",
        PUBLISHED.get(name, ""),
    )


def noisy_rows() -> Iterator[tuple[str, ...]]:
    """What ``noisy.py`` found."""
    if not NOISY.exists():
        return
    for text in NOISY.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        errors = f"{line['errors']} of {line['inputs']:,}" if "errors" in line else ""
        naive = line["naive_bayes"]
        yield (
            line["name"],
            str(line["seed"]),
            f"{line['right']:.2%}",
            "" if naive is None else f"{naive:.2%}",
            errors,
            str(line["statements"]),
            str(line["lines"]),
            f"{line['seconds']:.1f}",
        )


def sections() -> dict[str, str]:
    """What the page says of the gallery and of noisy data, by section."""
    names = [name for name, _ in named_sources() if "proof" in metrics_of(name)]
    exact = drawn(
        *("task and length", "labels right", "sequences right", "errors on the domain"),
        *("statements", "lines", "seconds", "published"),
        rows=[row(name) for name in names],
    )
    proofs = drawn(
        *("task and length", "proved for lengths", "tested beyond them", "inputs"),
        *("method", "seconds", "labels right at greater lengths"),
        rows=[proof_row(name) for name in names],
    )
    noisy = drawn(
        *("data", "seed", "labels right", "naive Bayes", "errors on the domain"),
        *("statements", "lines", "seconds"),
        rows=list(noisy_rows()),
    )
    return {
        "gallery": f"{INTRODUCTION}\n{exact}\n{PROOFS}\n{proofs}",
        "noisy": f"{NOISY_INTRODUCTION}\n{noisy}",
    }


def drawn(*head: str, rows: Sequence[tuple[str, ...]]) -> str:
    return table(head, rows)


if __name__ == "__main__":
    main()
