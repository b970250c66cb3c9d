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
)
from transformer_programs.errors import (
    AgreementError,
    SettingsError,
    TransformerProgramsError,
)
from transformer_programs.program.serialize import to_json
from transformer_programs.runnable import load
from transformer_programs.tasks import task as registry
from transformer_programs.tasks.sources import FileSource, Source, TaskSource

app = App(
    name="tprog",
    help="Learn Transformers that are small programs, and write them down as Python.",
    version=tp.__version__,
    help_format="plaintext",
)

_DATA = Group("Data", sort_key=1)
_MODEL = Group("Model (by default what suits the task or data)", sort_key=2)
_TRAINING = Group("Training (by default what suits the task or data)", sort_key=3)

Quiet = Annotated[bool, Parameter(negative="")]
AsJson = Annotated[bool, Parameter(name="--json", negative="")]


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
    except KeyboardInterrupt:
        console.err.print("stopped")
        sys.exit(130)


@app.command
def tasks() -> None:
    """List the built-in tasks."""
    table = console.table(
        "", "task", "vocabulary", "length", "inputs", "what is computed"
    )
    for name in registry.names():
        found = registry.get(name)
        table.add_row(
            name,
            str(found.vocabulary_size),
            str(found.max_length),
            f"{found.domain_size:,}",
            found.summary,
        )
    console.print_table(table)


@app.command
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
        _refuse("--resume", {"a task": task, "--data": data, "--out": out})
        with console.watching(quiet=silent) as watch:
            result = experiment.resume(resume, watch=watch)
    else:
        source = _source(task, data, read)
        place = out or run_folder.free_folder(Path("runs"), _run_name(source))
        with console.watching(quiet=silent) as watch:
            result = experiment.train(
                source,
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


@app.command
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


@app.command(name="eval")
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

    accuracy = experiment.evaluate_run(
        run, data, tokens_column=tokens_column, label_column=label_column
    )
    if as_json:
        _print_json(asdict(accuracy))
    else:
        console.print_accuracy(accuracy, str(data or f"{run}: held out"))


@app.command
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


@app.command
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


def _source(task_name: str | None, data: Path | None, read: DataOptions) -> Source:
    if (task_name is None) == (data is None):
        raise SettingsError(
            "expected a task or --data FILE, got "
            + ("neither" if task_name is None else "both")
            + "; 'tprog tasks' lists the tasks"
        )
    if data is not None:
        return FileSource(str(data), read.reading())
    assert task_name is not None
    return TaskSource(
        task_name, read.size, read.data_seed, read.vocabulary_size, read.max_length
    )


def _run_name(source: Source) -> str:
    if isinstance(source, TaskSource):
        return source.task.rpartition(":")[2]
    return Path(source.path).name.split(".")[0] or "data"


def _refuse(option: str, others: dict[str, object]) -> None:
    given = [name for name, value in others.items() if value is not None]
    if given:
        raise SettingsError(f"{option} takes everything from the run: omit {given[0]}")


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
