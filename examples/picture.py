"""Draw what the heads of a program look at (the picture of README.md).

python examples/picture.py            writes docs/sort.svg
"""

from __future__ import annotations

from pathlib import Path

import transformer_programs as tp

ROOT = Path(__file__).parent.parent


def main() -> None:
    """Write the picture."""
    program = tp.load(ROOT / "gallery" / "sort-8").program
    program.plot_attention([*"31412"]).save(ROOT / "docs" / "sort.svg")


if __name__ == "__main__":
    main()
