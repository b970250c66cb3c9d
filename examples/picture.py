"""Draw the pictures of README.md and of docs/how-to/draw.md.

python examples/picture.py            writes them into docs/
"""

from __future__ import annotations

from pathlib import Path

import transformer_programs as tp

ROOT = Path(__file__).parent.parent
GALLERY, DOCS = ROOT / "gallery", ROOT / "docs"


def main(out: Path = DOCS) -> None:
    """Write the pictures."""
    sort = tp.load(GALLERY / "sort-8").program
    sort.plot_attention([*"31412"]).save(out / "sort.svg")
    dyck2 = tp.load(GALLERY / "dyck2-16").program
    dyck2.plot_circuit().save(out / "how-to" / "dyck2.svg")
    dyck2.plot_table("verdict_1").save(out / "how-to" / "verdict.svg")


if __name__ == "__main__":
    main()
