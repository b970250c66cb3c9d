"""Drawings as SVG text: the parts they are put together from, and the result."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from transformer_programs.errors import SettingsError
from transformer_programs.system import replace_file, writing

MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
SANS = "system-ui,-apple-system,'Segoe UI',Helvetica,Arial,'DejaVu Sans',sans-serif"

INK, GRAY, FAINT, PALE, PAPER = "#1f2328", "#656d76", "#afb8c1", "#d0d7de", "#ffffff"

# Colours of Okabe and Ito, which can be told apart by the colour-blind; and pale ones.
BLUE, ORANGE, GREEN = "#0072b2", "#c25700", "#00795a"
PALE_BLUE, PALE_ORANGE, PALE_GREEN, PALE_GRAY = (
    *("#d6eaf8", "#fde8cf", "#d5f0e4", "#eef1f4"),
)

_LETTER = 0.605
"""The width of a letter of a monospaced font, in heights."""

_HIDDEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A drawing; notebooks show it, ``save`` writes it.

    Attributes:
        svg: The text of an SVG file, which needs no other file, font or script.
        width: Its width in pixels.
        height: Its height in pixels.
    """

    svg: str
    width: int
    height: int

    def save(self, file: str | Path) -> Path:
        """Write the drawing into a file.

        Raises:
            SettingsError: If the name does not end in ``.svg``.
            RunFolderError: If it cannot be written.
        """
        path = Path(file)
        if path.suffix != ".svg":
            raise SettingsError(
                f"{path}: expected a file that ends in .svg; browsers and "
                "drawing programs turn it into other formats"
            )
        with writing(path):
            replace_file(path, self.svg.encode())
        return path

    def __repr__(self) -> str:
        return f"<Picture: {self.width} x {self.height} pixels; save it as FILE.svg>"

    def _repr_svg_(self) -> str:
        return self.svg


def picture(
    parts: Iterable[str], width: float, height: float, about: str, font: str = MONO
) -> Picture:
    """Return a drawing on white paper; ``about`` says what it shows."""
    wide, high = round(width), round(height)
    body = "\n".join(parts)
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" '
        f'viewBox="0 0 {wide} {high}" role="img" font-family="{font}">\n'
        f"<title>{escaped(about)}</title>\n"
        f'<rect width="{wide}" height="{high}" rx="10" fill="{PAPER}"/>\n'
        f"{body}\n</svg>\n"
    )
    return Picture(text, wide, high)


def escaped(text: str) -> str:
    """Return text in which nothing is markup or a command."""
    return html.escape(_HIDDEN.sub(lambda found: ascii(found[0])[1:-1], text))


def shortened(text: object, most: int) -> str:
    """Return a text of at most so many letters."""
    found = str(text)
    return found if len(found) <= most else f"{found[: most - 1]}…"


def width_of(text: str, size: float) -> float:
    """Return the width of monospaced text."""
    return len(text) * size * _LETTER


def words(
    x: float,
    y: float,
    text: str,
    *,
    size: float = 12,
    color: str = INK,
    anchor: str = "start",
    bold: bool = False,
    lead: tuple[str, str] | None = None,
) -> str:
    """Return a line of text on a base line; it may begin with a name of its colour."""
    weight = ' font-weight="600"' if bold else ""
    space = ' xml:space="preserve"' if text.startswith(" ") else ""
    first = ""
    if lead is not None:
        text = text.removeprefix(lead[0])
        first = f'<tspan fill="{lead[1]}" font-weight="600">{escaped(lead[0])}</tspan>'
    place = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" fill="{color}"{place}'
        f"{weight}{space}>{first}{escaped(text)}</text>"
    )


def box(
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    fill: str = PAPER,
    stroke: str = "none",
    radius: float = 5,
    about: str = "",
) -> str:
    """Return a rectangle; ``about`` is shown when a pointer rests on it."""
    title = f"<title>{escaped(about)}</title>" if about else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'rx="{radius:g}" fill="{fill}" stroke="{stroke}">{title}</rect>'
    )


def curve(
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    color: str,
    width: float = 1.5,
    opacity: float = 1,
    dashed: bool = False,
) -> str:
    """Return a curve that leaves and arrives upright."""
    (x1, y1), (x2, y2) = start, end
    middle = (y1 + y2) / 2
    dashes = ' stroke-dasharray="3 3"' if dashed else ""
    return (
        f'<path d="M{x1:.1f} {y1:.1f}C{x1:.1f} {middle:.1f} {x2:.1f} {middle:.1f} '
        f'{x2:.1f} {y2:.1f}" fill="none" stroke="{color}" stroke-width="{width:g}" '
        f'stroke-opacity="{opacity:g}"{dashes}/>'
    )


def dot(x: float, y: float, *, color: str, radius: float = 2.2) -> str:
    """Return a filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{color}"/>'


def line(
    start: tuple[float, float],
    end: tuple[float, float],
    *,
    color: str = PALE,
    width: float = 1,
    dashed: bool = False,
) -> str:
    """Return a straight line."""
    (x1, y1), (x2, y2) = start, end
    dashes = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{color}" '
        f'stroke-width="{width:g}"{dashes}/>'
    )


def mixed(color: str, share: float) -> str:
    """Return a colour on white paper, of which a share of 0..1 is seen."""
    parts = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(255 - (255 - part) * share):02x}" for part in parts)
