"""What all commands share."""

from __future__ import annotations

import json
import sys
from typing import Annotated

from cyclopts import App, Parameter

from transformer_programs.system import visible_json


def _version() -> str:
    from importlib.metadata import version  # slow to load

    return version("transformer-programs")


app = App(
    name="tprog",
    help="Learn Transformers that are small programs, and write them down as Python.",
    version=_version,
    help_format="plaintext",
    suppress_keyboard_interrupt=False,  # ``main`` says more
)

Flag = Annotated[bool, Parameter(negative="")]
"""An option that is given or not."""

AsJson = Annotated[bool, Parameter(name="--json", negative="")]

Trust = Annotated[
    bool,
    Parameter(
        negative="",
        help="Let the Python file be executed that the run names as its task, or the "
        "certificate as its question; otherwise only one that is typed here is.",
    ),
]
"""The consent to execute what a file names."""

NOTHING_LEARNED = 3
"""The exit status where a program says no more than the most frequent label."""

INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""


def print_json(value: object) -> None:
    """Print a value for scripts."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write(visible_json(text) + "\n")
