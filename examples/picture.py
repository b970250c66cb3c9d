"""Draw a program beside the attention heads that it is (the picture of README.md).

python examples/picture.py            (the extra plot) writes docs/sort.svg
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

import transformer_programs as tp

OUT = Path(__file__).parent.parent / "docs" / "sort.svg"
RUN = Path(__file__).parent.parent / "gallery" / "sort-8"
TOKENS = ["3", "1", "4", "1", "2"]
DARK, LIGHT, GRAY = "#1f4e79", "#f4f6f8", "#666666"


def attention(program: tp.Program, head: tp.Head) -> list[list[bool]]:
    """Return which position looks at which: (looking, seen), the frame left out."""
    traced = program.trace(TOKENS)
    ids = {
        name: [program.domains[name].values.index(value) for value in traced[name]]
        for name in (head.query, head.key)
    }
    places = range(len(ids[head.query]))
    visible = {
        tp.Scope.ALL: lambda i, j: True,
        tp.Scope.BEFORE: lambda i, j: j < i,
        tp.Scope.AFTER: lambda i, j: j > i,
        tp.Scope.CAUSAL: lambda i, j: j <= i,
    }
    may_look: Callable[[int, int], bool] = visible[head.scope]
    rows = []
    for i in places:
        keys = head.predicate[ids[head.query][i]]
        seen = [j for j in places if may_look(i, j) and ids[head.key][j] in keys]
        if not head.sums:  # the nearest match: itself is farthest, the earlier wins
            seen = sorted(seen, key=lambda j: (j == i, abs(j - i), j))[:1]
        rows.append([j in seen for j in places])
    first = len(places) // 2 - len(TOKENS) // 2  # the frame stands at both ends
    inner = slice(first, first + len(TOKENS))
    return [row[inner] for row in rows[inner]]


def heart(source: str) -> str:
    """Return the lines of ``trace`` that say what the program does."""
    body = source.split("ones = [1] * len(tokens)\n")[1].split("    return {")[0]
    return "\n".join(line.removeprefix("    ") for line in body.splitlines())


def main() -> None:
    """Write the picture."""
    program = tp.load(RUN).program
    heads = program.heads
    with mpl.rc_context({"svg.hashsalt": "", "svg.fonttype": "none"}):
        figure = Figure(figsize=(12, 2.7), layout="constrained")
        grid = figure.add_gridspec(1, 4, width_ratios=(3.1, 1, 1, 1))
        text = figure.add_subplot(grid[0])
        text.axis("off")
        shown = heart(program.source)
        text.text(0, 0.5, shown, family="monospace", size=7.2, va="center", color=DARK)
        for column, head in enumerate(heads, 1):
            axes = figure.add_subplot(grid[column])
            axes.imshow(
                attention(program, head),
                cmap=mpl.colors.ListedColormap([LIGHT, DARK]),
                vmin=0,
                vmax=1,
            )
            axes.set_xticks(range(len(TOKENS)), TOKENS)
            axes.set_yticks(range(len(TOKENS)), TOKENS)
            axes.set_title(head.output, size=9, family="monospace")
            axes.set_xlabel("looks at", size=8, color=GRAY)
            if column == 1:
                axes.set_ylabel("position", size=8, color=GRAY)
            axes.tick_params(length=0, labelsize=9)
        figure.savefig(OUT, metadata={"Date": None})


if __name__ == "__main__":
    main()
