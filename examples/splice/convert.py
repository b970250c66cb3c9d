"""Make splice.csv from the original splice.data (see README.md).

python convert.py splice.data splice.csv
"""

import csv
import sys
from pathlib import Path


def convert(source: Path, target: Path) -> int:
    """Write one row per line of the source; returns how many."""
    rows = [
        tuple(field.strip() for field in line.split(","))
        for line in source.read_text(encoding="ascii").splitlines()
    ]
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("label", "text", "name"))
        writer.writerows((label, text, name) for label, name, text in rows)
    return len(rows)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python convert.py splice.data splice.csv")
    print(convert(Path(sys.argv[1]), Path(sys.argv[2])), "sequences")
