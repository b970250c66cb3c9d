"""The study: every trial of a sweep, kept by Optuna in a file that only grows.

Only the process that runs the sweep writes it. A trial is told when its run folder is
in its place, so a trial that the study calls complete has one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.errors import RunFolderError, SchemaError, SettingsError
from transformer_programs.lab.sweep.folder import JOURNAL, SweepPlan
from transformer_programs.lab.sweep.space import Choices, Dimension, Value
from transformer_programs.lab.sweep.workers import Trial
from transformer_programs.system import parse_object, read_text

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_FAILURE = "failure"
_REPEATS = "repeats"

_DRAWS = 50
"""Settings that are drawn before all are taken for tried."""


class Study:
    """Trials asked for and told about; the lock of the folder is held.

    Raises:
        RunFolderError: If the file of the study holds something else.
    """

    def __init__(self, folder: Path, plan: SweepPlan) -> None:
        optuna = load_optuna()
        self._states = optuna.trial.TrialState
        file = folder / JOURNAL
        new = not file.exists()
        _mend(file)
        try:
            if not new:
                _check_journal(file)
            backend = optuna.storages.journal.JournalFileBackend(str(file))
            self._study = optuna.create_study(
                storage=optuna.storages.JournalStorage(backend),
                study_name=plan.name,
                directions=["maximize", "minimize"],
                load_if_exists=True,
            )
            ended = self.trials()
        except RunFolderError:
            raise
        except Exception as error:  # Optuna does not say what a damaged file raises
            said = f"{type(error).__name__}: {error}"
            raise RunFolderError(f"{file}: not the study of a sweep: {said}") from None
        seed = plan.recipe.training.seed + len(self._study.get_trials(deepcopy=False))
        self._study.sampler = optuna.samplers.TPESampler(seed=seed)
        self._space = {name: _distribution(d) for name, d in plan.space.items()}
        self._asked: dict[int, Any] = {}
        self._tried = [dict(trial.settings) for trial in ended]
        self._tried_all = False
        if new:
            self._study.enqueue_trial(dict(plan.first))
        # What was running when the sweep was stopped is begun again.
        for trial in self._with_state(self._states.RUNNING):
            self._study.tell(trial.number, state=self._states.FAIL)
            self._study.enqueue_trial(trial.params, user_attrs={_REPEATS: trial.number})

    def ask(self) -> tuple[int, dict[str, Value]] | None:
        """Return the number and the settings of a trial to do next.

        None if every draw gives settings that were tried, which would give the same
        program again.
        """
        for _ in range(_DRAWS if not self._tried_all else 0):
            trial = self._study.ask(self._space)
            settings = dict(trial.params)
            if settings not in self._tried:
                self._tried.append(settings)
                self._asked[trial.number] = trial
                return trial.number, settings
            self._study.tell(trial, state=self._states.FAIL)
        self._tried_all = True
        return None

    def tell(self, ended: Trial) -> None:
        """Keep what a trial gave, or why it gave nothing."""
        trial = self._asked.pop(ended.number)
        if ended.failure is not None:
            trial.set_user_attr(_FAILURE, ended.failure)
            self._study.tell(trial, state=self._states.FAIL)
            return
        for name in ("statements", "entries", "seconds"):
            trial.set_user_attr(name, getattr(ended, name))
        self._study.tell(trial, (ended.accuracy, ended.lines))

    def trials(self) -> list[Trial]:
        """Return the trials that ended by themselves, in order."""
        return [
            _ended(trial)
            for trial in self._with_state(self._states.COMPLETE, self._states.FAIL)
            if trial.values is not None or _FAILURE in trial.user_attrs
        ]

    def _with_state(self, *states: Any) -> list[FrozenTrial]:
        found: list[FrozenTrial] = self._study.get_trials(deepcopy=False, states=states)
        return found


def load_optuna() -> Any:
    """Import Optuna.

    Raises:
        SettingsError: If it is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise SettingsError(
            "a sweep needs Optuna, which is not installed: "
            "pip install 'transformer-programs[sweep]'"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _mend(file: Path) -> None:
    # A process that was killed while writing left its lock, and a last line without an
    # end, which nothing could follow.
    Path(f"{file}.lock").unlink(missing_ok=True)
    if not file.exists():
        return
    with file.open("r+b") as journal:
        text = journal.read()
        whole = text.rfind(b"\n") + 1
        if whole < len(text):
            journal.truncate(whole)
            os.fsync(journal.fileno())


def _check_journal(file: Path) -> None:
    # Every line is an object that can be read within limits.
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        try:
            parse_object(line)
        except SchemaError as error:
            raise RunFolderError(f"{file}:{number}: {error}") from error


def _distribution(dimension: Dimension) -> Any:
    kinds = load_optuna().distributions
    if isinstance(dimension, Choices):
        return kinds.CategoricalDistribution(dimension.values)
    low, high, log = dimension.low, dimension.high, dimension.logarithmic
    if isinstance(low, int) and isinstance(high, int):
        return kinds.IntDistribution(low, high, log=log)
    return kinds.FloatDistribution(low, high, log=log)


def _ended(trial: FrozenTrial) -> Trial:
    known = trial.user_attrs
    if trial.values is None:
        return Trial(trial.number, trial.params, failure=str(known[_FAILURE]))
    accuracy, lines = trial.values
    sizes = (round(lines), int(known["statements"]), int(known["entries"]))
    seconds = float(known["seconds"])
    return Trial(trial.number, trial.params, accuracy, *sizes, seconds)
