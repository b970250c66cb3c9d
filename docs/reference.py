"""Write the pages in ``docs/reference/`` from the declarations in the code.

python docs/reference.py
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from transformer_programs.cli.app import COMMANDS, app
from transformer_programs.cli.sources import SourceSettings
from transformer_programs.cli.verify import CheckSettings
from transformer_programs.data import ReadOptions
from transformer_programs.lab import StandardSettings
from transformer_programs.settings import (
    DrawSettings,
    ModelSettings,
    SearchSettings,
    Setting,
    TrainSettings,
    declared,
)

FOLDER = Path(__file__).parent / "reference"

OWNERS: dict[Any, str] = {
    SearchSettings: "search",
    ModelSettings: "model",
    TrainSettings: "training",
    ReadOptions: "read",
    DrawSettings: "",
    SourceSettings: "",
    StandardSettings: "",
    CheckSettings: "",
}
"""The classes of settings, and the parameters of estimators that they are."""

HEAD = """\
# Settings

Every setting as it is declared. `python docs/reference.py` writes this page.

An option of `tprog` has the name in the first column, a setting of a sweep the same
without the dashes. Where a class is a parameter of
[estimators](../how-to/scikit-learn.md), its settings are nested parameters. Defaults of
model and training depend on the data; those below hold where nothing is known.
"""


def settings_page() -> str:
    """Return the page of settings: a table for each class."""
    parts = [HEAD]
    for owner, parameter in OWNERS.items():
        nested = f" Estimators: `{parameter}__...`." if parameter else ""
        doc = str(owner.__doc__).partition("\n")[0]
        rows = "\n".join(map(_row, declared(owner)))
        parts.append(
            f"## {owner.__name__}\n\n{doc}{nested}\n\n"
            f"| option | field | values | default | |\n|---|---|---|---|---|\n{rows}\n"
        )
    return "\n".join(parts)


def _row(found: Setting) -> str:
    option = "" if found.hidden else f"`--{found.name.replace('_', '-')}`"
    default = found.default_text
    if not default and found.default is not None:
        default = str(found.default)
    values = ", ".join(found.choices) or f"{found.kind.__name__}{_bounds(found)}"
    text = f"{option} | `{found.field}` | {values} | {default} | {found.help}"
    return f"| {_escaped(text)} |"


def _bounds(found: Setting) -> str:
    bounds = found.bounds
    signs = {
        ">=": bounds.least,
        ">": bounds.above,
        "<=": bounds.most,
        "<": "2**63" if bounds.below == 1 << 63 else bounds.below,
    }
    given = [f"{sign} {end}" for sign, end in signs.items() if end is not None]
    return " " + ", ".join(given) if given else ""


def commands_page() -> str:
    """Return the page of commands, as ``--help`` shows them."""
    for name in COMMANDS:
        app[name]  # is loaded
    return _escaped(app.generate_docs()).rstrip() + "\n"


def _escaped(text: str) -> str:
    return re.sub(r"<(/?\w+)>", r"`<\1>`", text)


PAGES = {"settings.md": settings_page, "commands.md": commands_page}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (FOLDER / name).write_text(page(), encoding="utf-8")
