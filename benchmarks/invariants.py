"""Which invariants the programs of the gallery keep, and how long it takes to say so.

    python benchmarks/invariants.py [DRAWN]

A cell: proved, refuted (with the length of the shortest input that was found) or only
tested, and seconds; empty if the invariant says nothing about such a program. The last
column counts the labels for which "never LABEL" is proved, refuted or tested.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from transformer_programs.errors import SettingsError
from transformer_programs.runs import load
from transformer_programs.verify import PROPERTIES, CheckResult, check_property

GALLERY = Path(__file__).parent.parent / "gallery"
DRAWN = 100_000


def main(drawn: int) -> None:
    names = list(PROPERTIES)
    print("| program |", " | ".join([*names, "never LABEL"]), "|")
    print("|---" * (len(names) + 2) + "|")
    for file in sorted(GALLERY.glob("*/program.json")):
        program = load(file).program.data
        cells = []
        for name in names:
            try:
                judged = check_property(program, name, drawn=drawn)
                cells.append(f"{verdict(judged)} {judged.seconds:.2f}")
            except SettingsError:
                cells.append("")
        each = [
            check_property(program, f"never {label}", drawn=drawn)
            for label in program.readout.labels
        ]
        counted = Counter(verdict(judged).split()[0] for judged in each)
        shares = ", ".join(f"{count} {word}" for word, count in counted.items())
        cells.append(f"{shares} {sum(judged.seconds for judged in each):.2f}")
        print(f"| {file.parent.name} |", " | ".join(cells), "|", flush=True)


def verdict(judged: CheckResult) -> str:
    if judged.counterexample is not None:
        return f"refuted ({len(judged.counterexample.tokens)})"
    return "proved" if judged.proved else "tested"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DRAWN)
