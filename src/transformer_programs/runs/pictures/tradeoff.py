"""Accuracy over size, of programs among which one may choose."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transformer_programs.data import Measure
from transformer_programs.errors import SettingsError
from transformer_programs.runs.pictures.svg import (
    BLUE,
    GRAY,
    ORANGE,
    PALE,
    PALE_GRAY,
    PAPER,
    SANS,
    Picture,
    box,
    dot,
    line,
    picture,
    shortened,
    words,
)

if TYPE_CHECKING:
    from transformer_programs.runs.base import BaseRun

_WIDTH, _HIGH = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 24, 52, 52
_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Distances between the lines of a grid."""

_NAMES = 36  # letters of a name


@dataclass(frozen=True, slots=True)
class SizedPrograms:
    """Programs of several sizes, and how right they are.

    Attributes:
        name: What they are, or how they were measured.
        points: The size and the accuracy, 0..1, of each.
        color: Of their dots.
        joined: Whether they are the best ones of their sizes, which a line joins.
    """

    name: str
    points: Sequence[tuple[float, float]]
    color: str = BLUE
    joined: bool = True


@dataclass(frozen=True, slots=True)
class SizeChart:
    """What one pair of axes shows.

    Attributes:
        title: What stands above.
        across: What the size is.
        sizes: The programs.
        levels: Other accuracies to compare with, by name.
    """

    title: str
    across: str
    sizes: Sequence[SizedPrograms]
    levels: Sequence[tuple[str, float]] = ()


def tradeoff_of_run(run: BaseRun) -> Picture:
    """Draw how right programs of several sizes are; see ``Run.plot_tradeoff``.

    Raises:
        SettingsError: If the run knows no programs of several sizes.
    """
    report, name = run.report, run.program.name
    charts = []
    if report is not None:
        baselines = report.baselines.items()
        levels = [(n, quality.accuracy) for n, quality in baselines]
        if report.front:
            front = report.front
            training = [(float(s.statements), s.training) for s in front]
            worse = [(float(s.statements), s.accuracy) for s in front]
            both = (
                SizedPrograms("training data", training, GRAY),
                SizedPrograms("validation data, if worse", worse),
            )
            title = f"{name}: the best programs of the search"
            charts.append(SizeChart(title, "statements", both, levels))
        if report.sums:
            points = [(float(max(s.grams, 1)), s.score) for s in report.sums]
            unit, measure = report.sums[0].unit, report.sums[0].measure
            if measure is Measure.ENTITY_F1:
                found = [(n, quality.entity_f1) for n, quality in baselines]
                levels = [(n, f1) for n, f1 in found if f1 is not None]
            title = f"{name}: sums of {unit}"
            sums = (SizedPrograms(f"{measure} on held-out data", points, ORANGE),)
            charts.append(SizeChart(title, f"{unit} in the sum", sums, levels))
    if not charts:
        raise SettingsError(
            f"{run.place}: has no programs of several sizes to draw; a search keeps "
            "them where it finds no exact program, and sums of n-grams have several"
        )
    return tradeoff_picture(charts)


def tradeoff_picture(charts: Sequence[SizeChart]) -> Picture:
    """Draw charts of accuracy over size, one below the other."""
    parts = [
        part
        for index, chart in enumerate(charts)
        for part in _Axes(chart, index * _HIGH).parts()
    ]
    about = "; ".join(f"{c.title}: accuracy over {c.across}" for c in charts)
    return picture(parts, _WIDTH, _HIGH * len(charts), about, SANS)


class _Axes:
    def __init__(self, chart: SizeChart, top: float) -> None:
        self.chart, self.top = chart, top
        every = [point for sizes in chart.sizes for point in sizes.points]
        self.sizes = sorted({x for x, _ in every})
        self.log = self.sizes[-1] > 20 * max(self.sizes[0], 1)
        shares = [y for _, y in every]
        low, high = min(shares), max(shares)
        span = max(high - low, 0.02)
        # What is far below is named, not shown: it would press all else together.
        self.levels = [(n, y) for n, y in chart.levels if low - 1.5 * span < y]
        self.far = [(n, y) for n, y in chart.levels if y <= low - 1.5 * span]
        low, high = (f([low, high, *(y for _, y in self.levels)]) for f in (min, max))
        self.step = next((s for s in _STEPS if (high - low) / s <= 5), _STEPS[-1])
        self.low = max(0.0, math.floor(low / self.step - 1e-9) * self.step)
        self.high = min(1.0, math.ceil(high / self.step + 1e-9) * self.step)
        if self.high == self.low:
            self.low = max(0.0, self.low - self.step)

    def x(self, size: float) -> float:
        first, last = self.sizes[0], self.sizes[-1]
        if first == last:
            return (_LEFT + _WIDTH - _RIGHT) / 2
        share = (size - first) / (last - first)
        if self.log:
            share = math.log(size / first) / math.log(last / first)
        return _LEFT + 14 + share * (_WIDTH - _LEFT - _RIGHT - 28)

    def y(self, share: float) -> float:
        part = (share - self.low) / (self.high - self.low)
        return self.top + _TOP + (1 - part) * (_HIGH - _TOP - _BOTTOM)

    def parts(self) -> Iterator[str]:
        chart, bottom = self.chart, self.top + _HIGH - _BOTTOM
        title = shortened(chart.title, 70)
        yield words(_LEFT, self.top + 22, title, size=13, bold=True)
        yield from self._legend()
        count = round((self.high - self.low) / self.step)
        digits = 0 if self.step >= 0.01 else 1
        for index in range(count + 1):
            share = self.low + index * self.step
            y = self.y(share)
            yield line((_LEFT, y), (_WIDTH - _RIGHT, y), color=PALE_GRAY)
            text = f"{share:.{digits}%}"
            yield words(_LEFT - 8, y + 4, text, size=10.5, color=GRAY, anchor="end")
        yield line((_LEFT, bottom), (_WIDTH - _RIGHT, bottom), color=PALE)
        yield from self._below(bottom)
        yield from self._levels()
        for sizes in chart.sizes:
            yield from self._points(sizes)

    def _levels(self) -> Iterator[str]:
        # Lines that lie close together have their names side by side.
        groups: list[list[tuple[str, float]]] = []
        for name, share in sorted(self.levels, key=lambda level: -level[1]):
            y = self.y(share)
            ends = (_LEFT, y), (_WIDTH - _RIGHT, y)
            yield line(*ends, color=GRAY, dashed=True)
            if groups and y - self.y(groups[-1][0][1]) < 14:
                groups[-1].append((name, share))
            else:
                groups.append([(name, share)])
        for group in groups:
            y = self.y(group[0][1])
            named = [f"{shortened(name, _NAMES)} {share:.1%}" for name, share in group]
            text = ", ".join(named)
            wide, middle = 5.4 * len(text), (_LEFT + _WIDTH - _RIGHT) / 2
            yield box(middle - wide / 2, y - 15, wide, 12, fill=PAPER, radius=3)
            yield words(middle, y - 5, text, size=10, color=GRAY, anchor="middle")

    def _below(self, bottom: float) -> Iterator[str]:
        last = -math.inf
        for size in self.sizes:
            if self.x(size) - last > 38:
                last = self.x(size)
                yield words(
                    *(last, bottom + 16, f"{size:,.0f}"),
                    size=10.5,
                    color=GRAY,
                    anchor="middle",
                )
        middle = (_LEFT + _WIDTH - _RIGHT) / 2
        yield words(middle, bottom + 34, self.chart.across, size=11, anchor="middle")

    def _legend(self) -> Iterator[str]:
        x, y = float(_LEFT), self.top + 40
        for sizes in self.chart.sizes:
            yield dot(x + 4, y - 4, color=sizes.color, radius=4)
            yield words(x + 13, y, sizes.name, size=11, color=GRAY)
            x += 30 + 6.2 * len(sizes.name)
        for name, share in self.far[:1]:
            text = f"(below: {shortened(name, _NAMES)}, {share:.1%})"
            yield words(x, y, text, size=11, color=GRAY)

    def _points(self, sizes: SizedPrograms) -> Iterator[str]:
        points = sorted(sizes.points)
        places = [(self.x(x), self.y(y)) for x, y in points]
        if sizes.joined and len(places) > 1:
            # Between two sizes the best is what the smaller one gives.
            steps = "".join(f"H{x:.1f}V{y:.1f}" for x, y in places[1:])
            yield (
                f'<path d="M{places[0][0]:.1f} {places[0][1]:.1f}{steps}" '
                f'fill="none" stroke="{sizes.color}" stroke-width="2"/>'
            )
        for (size, share), (x, y) in zip(points, places, strict=True):
            about = f"{share:.2%} at {size:,.0f} {self.chart.across}"
            yield f"<g><title>{about}</title>{dot(x, y, color=PAPER, radius=5.5)}"
            yield f"{dot(x, y, color=sizes.color, radius=4 if sizes.joined else 3)}</g>"
