"""Pictures as files: what all drawings share."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from transformer_programs.errors import SettingsError
from transformer_programs.run_folder import writing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".svg", ".png")


def check_picture(file: Path) -> None:
    """See that a picture can be drawn, before the work for it.

    Raises:
        SettingsError: if the file has another ending, or Matplotlib is not installed.
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
        RunFolderError: if it cannot be written.
    """
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": "", "svg.fonttype": "none"}):
        figure = draw()
        metadata = {"Date": None} if file.suffix == ".svg" else None
        with writing(file):
            figure.savefig(file, dpi=150, metadata=metadata)
