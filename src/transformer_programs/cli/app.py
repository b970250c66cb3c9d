"""``tprog``: its commands, and how they end."""

from __future__ import annotations

import sys
from itertools import pairwise

from cyclopts import App, CycloptsError, Group

from transformer_programs.cli import console
from transformer_programs.cli.options import spelled_as
from transformer_programs.cli.streams import with_guarded_streams
from transformer_programs.errors import AgreementError, TransformerProgramsError

COMMANDS = {
    "tasks": "cli.tasks:tasks",
    "train": "cli.train:train",
    "show": "cli.show:show",
    "run": "cli.run:run",
    "generate": "cli.generate:generate",
    "allows": "cli.allows:allows",
    "explain": "cli.explain:explain",
    "features": "cli.features:features",
    "eval": "cli.eval:evaluate",
    "verify": "cli.verify:verify",
    "circuit": "cli.circuit:circuit",
    "diff": "cli.diff:diff",
    "compile": "cli.compile:compile_program",
    "simplify": "cli.simplify:simplify",
    "plot": "cli.plot:plot",
    "export": "cli.export:export",
    "report": "cli.report:report",
    "baseline": "lab.commands.baseline:baseline",
    "sweep": "lab.commands.sweep:sweep",
    "reproduce": "lab.commands.reproduce:reproduce",
}
"""Where each command is defined, in the order of work; loaded when it is needed."""


def _version() -> str:
    from importlib.metadata import version  # slow to load

    return version("transformer-programs")


app = App(
    name="tprog",
    help="Learn Transformers that are small programs, and write them down as Python.",
    version=_version,
    help_format="plaintext",
    suppress_keyboard_interrupt=False,  # ``_run`` says more
    group_parameters=Group("Options", sort_key=0),
)
for place, (command, function) in enumerate(COMMANDS.items()):
    app.command(f"transformer_programs.{function}", name=command, sort_key=place)


def main() -> None:
    """Run ``tprog``: exit 0 if all is well, 1 if implementations disagree, else 2."""
    if status := with_guarded_streams(_run):
        sys.exit(status)


def _run() -> int:
    if sys.argv[1:2] in ([], ["--help"], ["-h"]):
        for name in COMMANDS:
            app[name]  # is loaded for what it says of itself
    try:
        app(sys.argv[1:], exit_on_error=False, result_action="return_value")
    except CycloptsError:
        _explain_commas()
        return 2
    except TransformerProgramsError as error:
        spell = spelled_as(app[sys.argv[1]].default_command)
        console.error(error.message.spelled(spell))
        for more in getattr(error, "__notes__", ()):
            console.note(more)
        return 1 if isinstance(error, AgreementError) else 2
    except MemoryError:
        console.error("there is not enough memory for this; ask for less")
        return 2
    except KeyboardInterrupt as error:
        console.err.print(str(error) or "stopped", markup=False)
        return console.INTERRUPTED
    except SystemExit as stop:  # how commands end with another status
        return int(stop.code or 0)
    return 0


def _explain_commas() -> None:
    # A list such as ``A, B`` is two words.
    for before, word in pairwise(sys.argv):
        # Of an option that takes several values, not of a text.
        if word[1:].endswith(",") and "--" in (before[:2], word[:2]):
            console.note(
                f"{word} ends in a comma: values are separated by commas without "
                "spaces, as in A,B"
            )
