"""Small charts as SVG, each with its numbers as text."""

from __future__ import annotations

from collections.abc import Sequence

from transformer_programs.runs.page.markup import escaped

Point = tuple[float, float]

_WIDTH, _HEIGHT = 460, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 16, 14, 40


def bar(share: float, kind: str = "") -> str:
    """Return a bar for a share, 0..1; the number stands beside it."""
    width = round(90 * min(max(share, 0.0), 1.0), 1)
    return (
        '<svg class="bar" aria-hidden="true" width="90" height="12" '
        'viewBox="0 0 90 12"><rect class="rest" width="90" height="12" rx="3"/>'
        f'<rect class="full {kind}" width="{width}" height="12" rx="3"/></svg>'
    )


def percent(share: float) -> str:
    """Return a share as text."""
    return f"{share:.2%}"


def line_chart(
    name: str, series: Sequence[tuple[str, Sequence[Point]]], across: str
) -> str:
    """Return lines of shares, 0..1, over something that grows.

    Args:
        name: What it shows.
        series: The name and the points of every line.
        across: What the horizontal axis is.
    """
    every = [point for _, points in series for point in points]
    steps = sorted({x for x, _ in every})
    low = min(y for _, y in every)
    floor = max(0.0, min(low - 0.02, 0.9))
    # Places by rank: sizes grow tenfold as readily as by one.
    places = {x: i / max(len(steps) - 1, 1) for i, x in enumerate(steps)}
    wide, high = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM

    def at(point: Point) -> tuple[str, str]:
        left = _LEFT + wide * places[point[0]]
        up = _TOP + high * (1 - (point[1] - floor) / (1 - floor))
        return f"{left:.1f}", f"{up:.1f}"

    parts = []
    for index in range(5):
        share = floor + (1 - floor) * index / 4
        y = _TOP + high * (1 - index / 4)
        parts.append(
            f'<path class="rule" d="M{_LEFT} {y:.1f}H{_WIDTH - _RIGHT}"/><text '
            f'x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
        )
    shown = steps[:: -(-len(steps) // 8) or 1]
    for x in shown:
        place = _LEFT + wide * places[x]
        parts.append(
            f'<text x="{place:.1f}" y="{_HEIGHT - 22}" text-anchor="middle">'
            f"{_short(x)}</text>"
        )
    for index, (title, points) in enumerate(series):
        path = "L".join(" ".join(at(point)) for point in sorted(points))
        parts.append(f'<path class="line line-{index % 4}" d="M{path}"/>')
        for point in points:
            left, top = at(point)
            text = f"{title}: {point[1]:.2%} at {_short(point[0])} {across}"
            parts.append(
                f'<circle class="dot line-{index % 4}" cx="{left}" cy="{top}" r="3.5">'
                f"<title>{escaped(text)}</title></circle>"
            )
    parts.append(
        f'<text x="{_LEFT + wide / 2:g}" y="{_HEIGHT - 4}" text-anchor="middle">'
        f"{escaped(across)}</text>"
    )
    ends = "; ".join(
        f"{title}: {min(points)[1]:.2%} to {max(points)[1]:.2%}"
        for title, points in series
    )
    keys = "".join(
        f'<span class="key line-{i % 4}">{escaped(title)}</span>'
        for i, (title, _) in enumerate(series)
    )
    legend = f"<p class=keys>{keys}</p>" if len(series) > 1 else ""
    return (
        f"<figure><figcaption>{escaped(name)}</figcaption>{legend}"
        f'<svg class="chart" role="img" aria-label="{escaped(f"{name}. {ends}")}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}">{"".join(parts)}</svg></figure>'
    )


def _short(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else f"{number:g}"
