"""``tprog sweep``: many trainings with other settings."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter

from transformer_programs.cli import (
    INTERRUPTED,
    AsJson,
    DataOptions,
    Flag,
    ModelOptions,
    SearchOptions,
    TrainingOptions,
    Trust,
    app,
    as_typed,
    check_alone,
    console,
    given,
    learner as chosen_learner,
    name_of,
    print_json,
    source,
)
from transformer_programs.errors import SettingsError
from transformer_programs.settings import Learner

if TYPE_CHECKING:  # these load torch
    from transformer_programs.lab.sweep.dimensions import Dimension
    from transformer_programs.lab.sweep.front import Sweep
    from transformer_programs.lab.sweep.space import Space
    from transformer_programs.lab.sweep.workers import Trial

_DATA = Group("Data", sort_key=1)
_SEARCH = Group("Search: one value in all trials", sort_key=2)
_MODEL = Group("Model of the gradient learner: likewise", sort_key=3)
_TRAINING = Group("Training of the gradient learner: likewise", sort_key=4)


@app.command(sort_key=9)
def sweep(
    task: str | None = None,
    /,
    *,
    data: Path | None = None,
    trials: int | None = None,
    seconds: float | None = None,
    processes: int | None = None,
    ray: str | None = None,
    learner: Learner | None = None,
    vary: Annotated[tuple[str, ...], Parameter(negative="", show_default=False)] = (),
    out: Path | None = None,
    resume: Path | None = None,
    quiet: Flag = False,
    as_json: AsJson = False,
    trust: Trust = False,
    read: Annotated[DataOptions, Parameter(name="*", group=_DATA)] = DataOptions(),
    search: Annotated[
        SearchOptions, Parameter(name="*", group=_SEARCH)
    ] = SearchOptions(),
    model: Annotated[ModelOptions, Parameter(name="*", group=_MODEL)] = ModelOptions(),
    training: Annotated[
        TrainingOptions, Parameter(name="*", group=_TRAINING)
    ] = TrainingOptions(),
) -> None:
    """Learn with many settings: the accurate programs, and the short ones.

    Settings are chosen around those that suit the data, for accuracy on validation
    data and for few lines of code. Every program is a run folder in the sweep's folder.
    An option of the model or training gives a setting one value in all trials.

    Parameters
    ----------
    task
        A built-in task (see "tprog tasks"), or FILE.py:NAME for one of your own.
    data
        Labelled sequences instead of a task: .jsonl, .csv, .tsv, .conll, also .gz.
    trials
        How many are to end, earlier ones counted [default: 50, with --seconds no
        limit].
    seconds
        After these no trial begins; those that run are finished.
    processes
        Trials at a time [default: 1; on a Ray cluster as many as it has room for].
    ray
        The address of a Ray cluster that does the trials, or "local" for one of this
        machine.
    learner
        Whose settings are varied: gradient, search, or auto for both [default:
        gradient].
    vary
        A setting with its values, such as layers=1,2,3, or its range, such as
        learning_rate=0.01:0.1. May be given several times.
    out
        The folder to write [default: runs/NAME-sweep, numbered if that exists].
    resume
        Go on with the sweep of this folder.
    quiet
        Print nothing but the folder.
    as_json
        Print the front as JSON.
    """
    from transformer_programs.lab.sweep import driver as sweeps
    from transformer_programs.runs import free_folder

    limits = sweeps.Limits(trials, seconds, processes, ray)
    watch = sweeps.SweepWatch()
    if not (quiet or as_json):
        watch = sweeps.SweepWatch(on_trial=_tell, on_note=console.note)
    parts = (read, model, training, search)
    if resume is not None:
        others = {"data": data, "learner": learner, "vary": vary or None, "out": out}
        options = [name for name, value in others.items() if value is not None]
        options += [name for part in parts for name in given(part)]
        check_alone(task, options, "sweep")
        with console.waiting("learning with many settings", quiet=quiet or as_json):
            found = sweeps.resume_sweep(resume, limits=limits, watch=watch, trust=trust)
    else:
        learned_from = source(task, data, read, None)
        assert learned_from is not None
        chosen = chosen_learner(learner or Learner.GRADIENT, model, training, search)
        assert chosen is not None
        place = out or free_folder(Path("runs"), f"{name_of(learned_from)}-sweep")
        with (
            as_typed(*parts),
            console.waiting("learning with many settings", quiet=quiet or as_json),
        ):
            found = sweeps.run_sweep(
                learned_from,
                place,
                learner=chosen,
                fixed=given(model) | given(training) | given(search),
                varied=_varied(vary),
                limits=limits,
                watch=watch,
            )
    if as_json:
        print_json(found.summary() | {"folder": str(found.folder)})
    elif quiet:
        console.out.print(str(found.folder), markup=False)
    else:
        _print(found)
    if found.interrupted:
        sys.exit(INTERRUPTED)


def _varied(typed: Sequence[str]) -> Space:
    """The settings that are to be varied.

    Raises:
        SettingsError: for what cannot be read, or a setting that is given twice.
    """
    from transformer_programs.lab.sweep.space import parse_dimension

    found: dict[str, Dimension] = {}
    for text in typed:
        name, dimension = parse_dimension(text)
        if name in found:
            raise SettingsError(f"--vary {name}: given twice; name all values at once")
        found[name] = dimension
    return found


def _tell(trial: Trial, ended: Sequence[Trial]) -> None:
    """A line for a trial that has ended, with where things are."""
    from transformer_programs.lab.sweep.front import front

    found = f"failed: {trial.failure}"
    if trial.failure is None:
        found = f"{trial.accuracy:.2%}, {trial.lines} lines, {trial.seconds:.0f} s"
    best = max(other.accuracy for other in ended)
    size = len(front(ended))
    console.err.print(
        f"trial {trial.number}: {found}  ({len(ended)} done, best {best:.2%}, "
        f"{size} on the front)",
        markup=False,
    )


def _print(found: Sweep) -> None:
    """The front in a table, and what can be done with it."""
    console.out.print(found)
    folder = shlex.quote(str(found.folder))
    if found.picture is None:
        console.note("no picture: pip install 'transformer-programs[plot]'")
    else:
        console.out.print(f"accuracy over size: {found.picture}", markup=False)
    console.out.print(f"\nwritten to {found.folder}. Next:", markup=False)
    if found.front:
        best = shlex.quote(str(found.front[-1].run))
        console.out.print(f"  tprog show {best}", markup=False)
    more = "" if found.interrupted else f" --trials {len(found.trials) + 50}"
    console.out.print(f"  tprog sweep --resume {folder}{more}", markup=False)
