"""``tprog``: the commands, and how they end."""

from __future__ import annotations

import sys
from importlib import import_module
from itertools import pairwise

from cyclopts import CycloptsError

from transformer_programs.cli import (
    console,
    evaluating,  # noqa: F401  its commands register themselves
    explaining,  # noqa: F401
    learning,  # noqa: F401
    plotting,  # noqa: F401
    reading,  # noqa: F401
    simplifying,  # noqa: F401
    verifying,  # noqa: F401
)
from transformer_programs.cli.base import INTERRUPTED, app
from transformer_programs.cli.streams import with_guarded_streams
from transformer_programs.errors import AgreementError, TransformerProgramsError

for command in ("baseline", "reproduce", "sweep"):  # the lab stands on top of all
    import_module(f"transformer_programs.lab.commands.{command}")


def main() -> None:
    """Run ``tprog``: exit 0 if all is well, 1 if implementations disagree, else 2."""
    if status := with_guarded_streams(_run):
        sys.exit(status)


def _run() -> int:
    """The exit status of the command that was typed."""
    try:
        app(sys.argv[1:], exit_on_error=False, result_action="return_value")
    except CycloptsError:
        for before, word in pairwise(sys.argv):
            # Of an option that takes several values, not of a text.
            if word[1:].endswith(",") and "--" in (before[:2], word[:2]):
                console.note(
                    f"{word} ends in a comma: values are separated by commas without "
                    "spaces, as in A,B"
                )
        return 2
    except TransformerProgramsError as error:
        console.error(str(error))
        for more in getattr(error, "__notes__", ()):
            console.note(more)
        return 1 if isinstance(error, AgreementError) else 2
    except MemoryError:
        console.error("there is not enough memory for this; ask for less")
        return 2
    except KeyboardInterrupt as error:
        console.err.print(str(error) or "stopped", markup=False)
        return INTERRUPTED
    except SystemExit as stop:  # how commands end with another status
        return int(stop.code or 0)
    return 0
