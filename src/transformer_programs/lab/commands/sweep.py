"""``tprog sweep``: many trainings with other settings."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from transformer_programs.cli import (
    DATA,
    AsJson,
    Chosen,
    Flag,
    Quiet,
    Trust,
    check_alone,
    command,
    console,
    learner_for,
    name_of,
    source,
)
from transformer_programs.errors import SettingsError
from transformer_programs.settings import (
    Learner,
    ModelSettings,
    SearchSettings,
    TrainSettings,
)

if TYPE_CHECKING:  # these load torch
    from transformer_programs.lab.sweep.front import Sweep
    from transformer_programs.lab.sweep.space import Dimension, Space
    from transformer_programs.lab.sweep.workers import Trial


@command(
    {
        "Data": DATA,
        "Search: one value in all trials": (SearchSettings,),
        "Gradient learner: model, one value in all trials": (ModelSettings,),
        "Gradient learner: training, one value in all trials": (TrainSettings,),
    }
)
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
    chosen: Chosen,
    causal: Flag = False,
    out: Path | None = None,
    resume: Path | None = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    trust: Trust = False,
) -> None:
    """Learn with many settings; keep the accurate and the short.

    Settings are chosen around those that suit the data, to raise accuracy on validation
    data and to lower the lines of code. Every program is a run folder within that of
    the sweep. A setting that is given has this value in all trials.

    Args:
        task: A built-in task (see "tprog tasks"), or FILE.py:NAME for one of your own.
        data: A file of labelled sequences: JSON lines, CSV, TSV or CoNLL, also .gz.
        trials: How many trials to finish, earlier ones included [default: 50; no limit
            with --seconds].
        seconds: Begin no trial after this time; running ones are finished.
        processes: Trials at a time [default: 1; on a Ray cluster as many as it has
            room for].
        ray: Address of a Ray cluster that runs the trials, or "local" for one on this
            machine.
        learner: Whose settings to vary: gradient, search, or auto for both [default:
            gradient].
        vary: A setting with its values, such as layers=1,2,3, or its range, such as
            learning_rate=0.01:0.1. Can be repeated.
        causal: Let a label depend only on its token and those before it, in all trials.
        out: The folder to write [default: runs/NAME-sweep, numbered if that exists].
        resume: Resume the sweep in this folder.
    """
    from transformer_programs.lab.sweep import driver as sweeps
    from transformer_programs.runs import free_folder

    limits = sweeps.Limits(trials, seconds, processes, ray)
    silent = quiet or as_json
    watch = sweeps.SweepWatch(*(None, None) if silent else (_tell, console.note))
    if resume is not None:
        others: dict[str, object] = {"data": data, "learner": learner, "out": out}
        others |= {"vary": vary or None, "causal": causal or None}
        options = [name for name, value in others.items() if value is not None]
        check_alone(task, [*options, *chosen], "sweep")
        with console.waiting("learning with many settings", quiet=silent):
            found = sweeps.resume_sweep(resume, limits=limits, watch=watch, trust=trust)
    else:
        learned_from = source(task, data, chosen, None)
        assert learned_from is not None
        settings = chosen.of(SearchSettings, ModelSettings, TrainSettings)
        by = learner_for(learner or Learner.GRADIENT, settings)
        assert by is not None
        place = out or free_folder(Path("runs"), f"{name_of(learned_from)}-sweep")
        with console.waiting("learning with many settings", quiet=silent):
            found = sweeps.run_sweep(
                learned_from,
                place,
                learner=by,
                fixed=settings,
                varied=_varied(vary),
                causal=causal,
                limits=limits,
                watch=watch,
            )
    if as_json:
        console.print_json(found.summary() | {"folder": str(found.folder)})
    elif quiet:
        console.out.print(str(found.folder), markup=False)
    else:
        _print(found)
    if found.interrupted:
        sys.exit(console.INTERRUPTED)


def _varied(typed: Sequence[str]) -> Space:
    from transformer_programs.lab.sweep.space import parse_dimension

    found: dict[str, Dimension] = {}
    for text in typed:
        name, dimension = parse_dimension(text)
        if name in found:
            raise SettingsError(f"--vary {name}: given twice; name all values at once")
        found[name] = dimension
    return found


def _tell(trial: Trial, ended: Sequence[Trial]) -> None:
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
    console.out.print(found)
    folder = shlex.quote(str(found.folder))
    if found.picture is not None:
        console.out.print(f"accuracy over size: {found.picture}", markup=False)
    console.out.print(f"\nwritten to {found.folder}. Next:", markup=False)
    if found.front:
        best = shlex.quote(str(found.front[-1].run))
        console.out.print(f"  tprog show {best}", markup=False)
    more = "" if found.interrupted else f" --trials {len(found.trials) + 50}"
    console.out.print(f"  tprog sweep --resume {folder}{more}", markup=False)
