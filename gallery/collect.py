"""Copy the exact programs of a public suite into the gallery, one file each.

    tprog reproduce mips --runs RUNS     learns them, and records how right they are
    python gallery/collect.py mips RUNS

They stand in gallery/suites/SUITE/TASK.py. A program with tables beside it is left out.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from transformer_programs.lab import NAMES, public_suite, read_suite
from transformer_programs.system import FILE, TABLES

GALLERY = Path(__file__).parent
RESULTS = GALLERY.parent / "docs" / "results"


def collect(name: str, runs: Path) -> int:
    """Replace the programs of a suite by those of run folders; return how many."""
    place = GALLERY / "suites" / name
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    count = 0
    for result in read_suite(RESULTS, public_suite(name)).results:
        folder = runs / result.task
        exact = result.program is not None and result.program.exact
        if exact and (folder / FILE).exists() and not (folder / TABLES).exists():
            shutil.copyfile(folder / FILE, place / f"{result.task}.py")
            count += 1
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("suite", choices=NAMES)
    parser.add_argument("runs", type=Path)
    options = parser.parse_args()
    print(f"{collect(options.suite, options.runs)} programs of {options.suite}")


if __name__ == "__main__":
    main()
