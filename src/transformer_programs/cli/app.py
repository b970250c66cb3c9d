"""``tprog``: the commands, and how they end."""

from __future__ import annotations

import sys
from itertools import pairwise

from cyclopts import CycloptsError

from transformer_programs.cli import (
    comparing,  # noqa: F401  its commands register themselves
    console,
    evaluating,  # noqa: F401
    explaining,  # noqa: F401
    learning,  # noqa: F401
    plotting,  # noqa: F401
    reading,  # noqa: F401
    reproducing,  # noqa: F401
    simplifying,  # noqa: F401
    sweeping,  # noqa: F401
    verifying,  # noqa: F401
)
from transformer_programs.cli.base import INTERRUPTED, app
from transformer_programs.errors import AgreementError, TransformerProgramsError


def main() -> None:
    """Run ``tprog``: exit 0 if all is well, 1 if implementations disagree, else 2."""
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
        sys.exit(2)
    except TransformerProgramsError as error:
        console.error(str(error))
        for more in getattr(error, "__notes__", ()):
            console.note(more)
        sys.exit(1 if isinstance(error, AgreementError) else 2)
    except MemoryError:
        console.error("not enough memory")
        sys.exit(2)
    except KeyboardInterrupt as error:
        console.err.print(str(error) or "stopped", markup=False)
        sys.exit(INTERRUPTED)
