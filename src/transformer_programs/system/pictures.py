"""Writing of Matplotlib figures."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.errors import SettingsError
from transformer_programs.system.files import replace_file, writing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".svg", ".png")


def check_picture(file: Path) -> None:
    """Check that a picture can be drawn, before the work for it.

    Raises:
        SettingsError: If the file has another suffix, or Matplotlib is not installed.
    """
    if file.suffix not in FORMATS:
        raise SettingsError(
            f"{file}: expected a file that ends in {' or '.join(FORMATS)}"
        )
    if find_spec("matplotlib") is None:
        raise SettingsError(
            "drawing needs Matplotlib: pip install 'transformer-programs[plot]'"
        )


def save_picture(draw: Callable[[], Figure], file: Path) -> None:
    """Draw a figure and write it; an SVG has the same bytes every time.

    Raises:
        RunFolderError: If it cannot be written.
    """
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "", "svg.fonttype": "none"}):
        figure = draw()
        form = file.suffix.removeprefix(".")
        metadata = {"Date": None} if form == "svg" else None
        drawn = io.BytesIO()
        figure.savefig(drawn, format=form, dpi=150, metadata=metadata)
        with writing(file):
            replace_file(file, drawn.getvalue())
