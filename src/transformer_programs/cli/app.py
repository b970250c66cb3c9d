"""The commands of ``tprog``."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import App, CycloptsError, Group, Parameter
from rich.syntax import Syntax

import transformer_programs as tp
from transformer_programs import run_folder
from transformer_programs.cli import console
from transformer_programs.cli.options import (
    DataOptions,
    ModelOptions,
    TrainingOptions,
    change,
    given,
    shown,
    source,
)
from transformer_programs.errors import (
    AgreementError,
    SettingsError,
    TransformerProgramsError,
)
from transformer_programs.program.serialize import to_json
from transformer_programs.run_place import free_folder
from transformer_programs.runnable import load
from transformer_programs.tasks import task as registry
from transformer_programs.tasks.sources import Source, TaskSource

app = App(
    name="tprog",
    help="Learn Transformers that are small programs, and write them down as Python.",
    version=tp.__version__,
    help_format="plaintext",
    suppress_keyboard_interrupt=False,  # ``main`` says more
)

_DATA = Group("Data", sort_key=1)
_MODEL = Group("Model (by default what suits the task or data)", sort_key=2)
_TRAINING = Group("Training (by default what suits the task or data)", sort_key=3)

Quiet = Annotated[bool, Parameter(negative="")]
AsJson = Annotated[bool, Parameter(name="--json", negative="")]


INTERRUPTED = 130
"""The exit status after Ctrl-C, as shells have it."""


def main() -> None:
    """Run ``tprog``: exit 0 if all is well, 1 if implementations disagree, else 2."""
    try:
        app(sys.argv[1:], exit_on_error=False, result_action="return_value")
    except CycloptsError:
        sys.exit(2)
    except TransformerProgramsError as error:
        console.err.print("[red]error:[/] ", end="")
        console.err.print(str(error), markup=False)
        sys.exit(1 if isinstance(error, AgreementError) else 2)
    except KeyboardInterrupt as error:
        console.err.print(str(error) or "stopped", markup=False)
        sys.exit(INTERRUPTED)


@app.command(sort_key=1)
def tasks() -> None:
    """List the built-in tasks."""
    table = console.table(
        "", "task", "vocabulary", "length", "inputs", "what is computed"
    )
    for name in registry.names():
        found = registry.get(name)
        console.add_row(
            table,
            name,
            str(found.vocabulary_size),
            str(found.max_length),
            f"{found.domain_size:,}",
            found.summary,
        )
    console.print_table(table)


@app.command(sort_key=2)
def train(
    task: str | None = None,
    /,
    *,
    data: Path | None = None,
    out: Path | None = None,
    force: Annotated[bool, Parameter(negative="")] = False,
    resume: Path | None = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    read: Annotated[DataOptions, Parameter(name="*", group=_DATA)] = DataOptions(),
    model: Annotated[ModelOptions, Parameter(name="*", group=_MODEL)] = ModelOptions(),
    training: Annotated[
        TrainingOptions, Parameter(name="*", group=_TRAINING)
    ] = TrainingOptions(),
) -> None:
    """Learn a program from a task or from labelled sequences, and write a run folder.

    Parameters
    ----------
    task
        A built-in task (see "tprog tasks"), or FILE.py:NAME for one of your own.
    data
        Labelled sequences instead of a task: .jsonl, .csv, .tsv, .conll, also .gz.
    out
        The run folder [default: runs/NAME, numbered if that exists].
    force
        Replace the run folder if it exists.
    resume
        Go on with the training that was stopped in this run folder.
    quiet
        Print nothing but the run folder.
    as_json
        Print the result as JSON.
    """
    from transformer_programs import experiment  # loads torch

    silent = quiet or as_json
    if resume is not None:
        others = {"data": data, "out": out, "force": force or None}
        options = [name for name, value in others.items() if value is not None]
        options += [name for part in (read, model, training) for name in given(part)]
        _check_alone(task, options)
        with console.watching(quiet=silent) as watch:
            result = experiment.resume(resume, watch=watch)
    else:
        learned_from = source(task, data, read)
        place = out or free_folder(Path("runs"), _run_name(learned_from))
        with console.watching(quiet=silent) as watch:
            result = experiment.train(
                learned_from,
                change=lambda recipe: change(recipe, model, training),
                out=place,
                force=force,
                watch=watch,
            )
    folder = result.folder
    assert folder is not None
    if as_json:
        _print_json(result.summary() | {"run": str(folder)})
    elif quiet:
        console.out.print(str(folder), markup=False)
    else:
        console.print_result(result, folder)
    if result.learned.interrupted:
        sys.exit(INTERRUPTED)


@app.command(sort_key=3)
def show(run: Path, /, *, as_json: AsJson = False) -> None:
    """Print a program, highlighted on a terminal.

    Parameters
    ----------
    run
        The run folder, or a program.json.
    as_json
        Print the program as data.
    """
    program = load(run)
    if as_json:
        sys.stdout.write(to_json(program.program))
    elif console.out.is_terminal:
        console.out.print(Syntax(program.source, "python", background_color="default"))
    else:
        sys.stdout.write(program.source)


@app.command(sort_key=4)
def run(
    run: Path,
    /,
    *tokens: Annotated[str, Parameter(allow_leading_hyphen=True)],
    trace: Annotated[bool, Parameter(negative="")] = False,
    as_json: AsJson = False,
) -> None:
    """Give one input to a program.

    Parameters
    ----------
    run
        The run folder, or a program.json.
    tokens
        The tokens; put -- before tokens that look like options.
    trace
        Show every variable at every position.
    as_json
        Print JSON.
    """
    program = load(run)
    labels = program(tokens)
    traced = program.trace(tokens) if trace else None
    if as_json:
        found = {"tokens": tokens, "labels": labels}
        _print_json(found if traced is None else found | {"trace": traced})
        return
    if traced is not None:
        console.print_trace(traced)
    text = labels if isinstance(labels, str) else " ".join(labels)
    console.out.print(text, markup=False)


@app.command(name="eval", sort_key=5)
def evaluate(
    run: Path,
    /,
    *,
    data: Path | None = None,
    tokens_column: str | None = None,
    label_column: str | None = None,
    as_json: AsJson = False,
) -> None:
    """Measure the accuracy of a run's program.py, per label and per sequence.

    Parameters
    ----------
    run
        The run folder.
    data
        A file of labelled sequences [default: the run's own held-out data].
    tokens_column
        The file's field or column with the tokens [default: as in training].
    label_column
        The file's field or column with the labels [default: as in training].
    as_json
        Print JSON.
    """
    from transformer_programs import experiment  # loads torch

    accuracy, beside = experiment.evaluate_run(
        run, data, tokens_column=tokens_column, label_column=label_column
    )
    if as_json:
        _print_json(asdict(accuracy) | ({"baselines": beside} if beside else {}))
    else:
        console.print_accuracy(accuracy, str(data or f"{run}: held out"), beside)


@app.command(sort_key=6)
def verify(
    run: Path,
    /,
    *,
    full: Annotated[bool, Parameter(negative="")] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Check that model, interpreter and program.py agree; write the certificate.

    Exits with 1 if they do not.

    Parameters
    ----------
    run
        The run folder.
    full
        Give program.py every input, where it is given a sample otherwise.
    quiet
        Print nothing if all is well.
    as_json
        Print the certificate as JSON.
    """
    from transformer_programs import experiment  # loads torch

    with console.watching(quiet=quiet or as_json) as watch:
        certificate = experiment.verify_run(run, full=full, watch=watch)
    if as_json:
        sys.stdout.write(certificate.to_json())
    elif not quiet:
        console.print_certificate(certificate)
        console.out.print(f"certificate: {run / run_folder.CERTIFICATE}", markup=False)


def _run_name(learned_from: Source) -> str:
    if isinstance(learned_from, TaskSource):
        return learned_from.task.rpartition(":")[2]
    return Path(learned_from.path).name.split(".")[0] or "data"


def _check_alone(task: str | None, options: list[str]) -> None:
    """Is ``--resume`` given alone?"""
    found = [f"the task {task!r}"] if task is not None else []
    found += [shown(options)] if options else []
    if found:
        raise SettingsError(
            f"--resume takes everything from the run: omit {', '.join(found)}"
        )


def _print_json(value: object) -> None:
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write(text + "\n")
