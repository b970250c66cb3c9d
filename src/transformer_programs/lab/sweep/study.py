"""The study: every trial of a sweep, kept by Optuna in a file that only grows.

Only the process that runs the sweep writes it. A trial is told when its run folder is
in its place, so a trial that the study calls complete has one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformer_programs.errors import RunFolderError, SchemaError, SettingsError
from transformer_programs.lab.sweep.dimensions import Choices, Dimension, Value
from transformer_programs.lab.sweep.folder import JOURNAL, Plan
from transformer_programs.lab.sweep.trial import Finished
from transformer_programs.system import (
    parse_object,
    read_text,
)

if TYPE_CHECKING:
    import optuna

_FAILURE = "failure"
_REPEATS = "repeats"

_DRAWS = 50
"""Settings that are drawn before all are taken for tried."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A trial that has ended.

    Attributes:
        number: of the trial, which names its run folder.
        settings: those that are varied, by name.
        accuracy: of its program on validation data, per label; 0 if it gave none.
        lines: of the program's code.
        statements: of the program.
        entries: of the program's tables.
        seconds: the time of learning.
        failure: why it gave no program; None if it did.
    """

    number: int
    settings: Mapping[str, Value]
    accuracy: float = 0.0
    lines: int = 0
    statements: int = 0
    entries: int = 0
    seconds: float = 0.0
    failure: str | None = None


class Study:
    """Trials asked for and told about.

    Args:
        folder: of the sweep, whose lock is held.
        plan: of the sweep.

    Raises:
        RunFolderError: if the file holds something else.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        optuna = _optuna()
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
        known = len(self._study.get_trials(deepcopy=False))
        self._study.sampler = optuna.samplers.TPESampler(seed=plan.seed + known)
        self._space = {name: _distribution(d) for name, d in plan.space.items()}
        self._asked: dict[int, Any] = {}
        self._tried = [dict(trial.settings) for trial in ended]
        self._tried_all = False
        if new:
            self._study.enqueue_trial(dict(plan.first))
        else:
            self._repeat_unfinished()

    def _repeat_unfinished(self) -> None:
        """Begin again what was running when the sweep was stopped."""
        states = _optuna().trial.TrialState
        for trial in self._study.get_trials(deepcopy=False, states=(states.RUNNING,)):
            self._study.tell(trial.number, state=states.FAIL)
            self._study.enqueue_trial(trial.params, user_attrs={_REPEATS: trial.number})

    def ask(self) -> tuple[int, dict[str, Value]] | None:
        """The number and the settings of a trial to do next.

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
            self._study.tell(trial, state=_optuna().trial.TrialState.FAIL)
        self._tried_all = True
        return None

    def finish(self, number: int, found: Finished) -> Trial:
        """Keep what a trial gave."""
        trial = self._asked.pop(number)
        for name in ("statements", "entries", "seconds"):
            trial.set_user_attr(name, getattr(found, name))
        return _ended(self._study.tell(trial, (found.accuracy, found.lines)))

    def fail(self, number: int, reason: str) -> Trial:
        """Keep why a trial gave nothing."""
        trial = self._asked.pop(number)
        trial.set_user_attr(_FAILURE, reason)
        fail = _optuna().trial.TrialState.FAIL
        return _ended(self._study.tell(trial, state=fail))

    def trials(self) -> list[Trial]:
        """The trials that ended by themselves, in order."""
        states = _optuna().trial.TrialState
        known = self._study.get_trials(
            deepcopy=False, states=(states.COMPLETE, states.FAIL)
        )
        return [
            _ended(trial)
            for trial in known
            if trial.state is states.COMPLETE or _FAILURE in trial.user_attrs
        ]


def check_installed() -> None:
    """Is Optuna there?

    Raises:
        SettingsError: if it is not.
    """
    _optuna()


def _optuna() -> Any:
    """The library.

    Raises:
        SettingsError: if it is not installed.
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
    """Take away what a process that was killed while writing left.

    That is its lock, and a last line without an end, which nothing could follow.
    """
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
    """See that every line is an object that can be read within limits.

    Raises:
        RunFolderError: for the first that is none.
    """
    for number, line in enumerate(read_text(file).splitlines(), start=1):
        try:
            parse_object(line)
        except SchemaError as error:
            raise RunFolderError(f"{file}:{number}: {error}") from error


def _distribution(dimension: Dimension) -> Any:
    """A dimension as Optuna has it."""
    kinds = _optuna().distributions
    if isinstance(dimension, Choices):
        return kinds.CategoricalDistribution(dimension.values)
    low, high, log = dimension.low, dimension.high, dimension.logarithmic
    if isinstance(low, int) and isinstance(high, int):
        return kinds.IntDistribution(low, high, log=log)
    return kinds.FloatDistribution(low, high, log=log)


def _ended(trial: optuna.trial.FrozenTrial) -> Trial:
    known = trial.user_attrs
    if trial.values is None:
        return Trial(trial.number, trial.params, failure=str(known[_FAILURE]))
    accuracy, lines = trial.values
    return Trial(
        number=trial.number,
        settings=trial.params,
        accuracy=accuracy,
        lines=round(lines),
        statements=int(known["statements"]),
        entries=int(known["entries"]),
        seconds=float(known["seconds"]),
    )
