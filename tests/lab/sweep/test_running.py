"""A sweep under way, with workers that do as the test says."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from transformer_programs.errors import RunFolderError
from transformer_programs.lab.sweep.driver import Limits, Running, SweepWatch
from transformer_programs.lab.sweep.folder import (
    JOURNAL,
    SweepPlan,
    locked,
    make_folder,
    read_plan,
    trial_folder,
)
from transformer_programs.lab.sweep.front import SweepEnding
from transformer_programs.lab.sweep.space import Choices, Dimension, Range, Value
from transformer_programs.lab.sweep.study import Study
from transformer_programs.lab.sweep.workers import Job, Trial, TrialReport, failed
from transformer_programs.settings import Learner, ModelSettings, Recipe
from transformer_programs.tasks.sources import TaskSource

Answer = Callable[[Job], TrialReport | None]

SPACE: dict[str, Dimension] = {"layers": Choices((1, 2, 3)), "steps": Range(10, 90)}
FIRST: dict[str, Value] = {"layers": 3, "steps": 50}


def plan() -> SweepPlan:
    recipe = Recipe(ModelSettings(), learner=Learner.GRADIENT)
    return SweepPlan("hist", TaskSource("hist"), recipe, SPACE, FIRST, trials=4)


class Scripted:
    """Workers that answer at once, the earliest first."""

    def __init__(self, answer: Answer, count: int = 2) -> None:
        self.count, self.answer = count, answer
        self.jobs: deque[Job] = deque()
        self.done: list[Job] = []

    def submit(self, job: Job) -> None:
        assert len(self.jobs) < self.count
        self.jobs.append(job)

    def wait(self, seconds: float) -> list[tuple[Job, TrialReport | None]]:
        del seconds
        job = self.jobs.popleft()
        self.done.append(job)
        return [(job, self.answer(job))]

    def close(self) -> None:
        pass


def found(job: Job) -> TrialReport:
    steps, layers = job.settings["steps"], job.settings["layers"]
    assert isinstance(steps, int)
    assert isinstance(layers, int)
    files = {"config.json": b"{}", "program.py": b"", "metrics.jsonl": b""}
    sizes = (10 * layers, layers, 5)
    trial = Trial(job.number, job.settings, steps / 100, *sizes, seconds=0.1)
    return TrialReport(trial, files)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_folder(tmp_path / "sweep", plan())
    return tmp_path / "sweep"


def run(
    folder: Path,
    answer: Answer,
    limits: Limits = Limits(),
    given: SweepPlan | None = None,
    watch: SweepWatch = SweepWatch(),
) -> tuple[SweepEnding, Running, Scripted]:
    given = given or plan()
    workers = Scripted(answer)
    with locked(folder):
        running = Running(given, folder, Study(folder, given), limits, watch)
        return running.until_the_end(workers), running, workers


def test_trials_end_and_are_kept(folder: Path) -> None:
    ending, running, workers = run(folder, found)
    assert ending is SweepEnding.DONE
    assert [trial.number for trial in running.ended] == [0, 1, 2, 3]
    assert workers.done[0].settings == FIRST
    for trial in running.ended:
        assert trial.accuracy == trial.settings["steps"] / 100  # type: ignore[operator]
        assert (trial_folder(folder, trial.number) / "program.py").exists()
    assert Study(folder, plan()).trials() == running.ended
    assert read_plan(folder) == plan()


def test_a_sweep_goes_on(folder: Path) -> None:
    _, first, _ = run(folder, found)
    ending, running, workers = run(folder, found, Limits(trials=6))
    assert ending is SweepEnding.DONE
    assert running.ended[:4] == first.ended
    assert [job.number for job in workers.done] == [4, 5]
    assert run(folder, found, Limits(trials=2))[2].done == []


def test_the_same_seed_gives_the_same_trials(folder: Path, tmp_path: Path) -> None:
    make_folder(tmp_path / "again", plan())
    settings = [t.settings for t in run(folder, found)[1].ended]
    assert [t.settings for t in run(tmp_path / "again", found)[1].ended] == settings


def test_failures_are_counted_and_do_not_end_it(folder: Path) -> None:
    def answer(job: Job) -> TrialReport:
        return failed(job, "SettingsError: no") if job.number % 2 else found(job)

    ending, running, _ = run(folder, answer)
    assert ending is SweepEnding.DONE
    failures = [trial.failure for trial in running.ended]
    assert failures == [None, "SettingsError: no"] * 2
    assert Study(folder, plan()).trials() == running.ended


def test_a_trial_whose_worker_dies_begins_again(folder: Path) -> None:
    deaths = {1: 1, 2: 9}
    notes: list[str] = []

    def answer(job: Job) -> TrialReport | None:
        deaths[job.number] = deaths.get(job.number, 0) - 1
        return None if deaths[job.number] >= 0 else found(job)

    _, running, workers = run(folder, answer, watch=SweepWatch(on_note=notes.append))
    by_number = {trial.number: trial for trial in running.ended}
    assert by_number.keys() == {0, 1, 2, 3}
    assert by_number[1].failure is None
    assert by_number[2].failure == "its worker died 3 times"
    assert [job.number for job in workers.done].count(1) == 2
    assert notes[0] == "trial 1: its worker died; it begins again"
    assert len(notes) == 3


def test_what_was_running_is_done_again(folder: Path) -> None:
    class KilledError(Exception):
        pass

    def answer(job: Job) -> TrialReport:
        if job.number == 2:
            raise KilledError
        return found(job)

    with pytest.raises(KilledError):
        run(folder, answer)
    killed = Study(folder, plan())
    assert [trial.number for trial in killed.trials()] == [0, 1]
    _, running, workers = run(folder, found)
    assert [trial.number for trial in running.ended[:2]] == [0, 1]
    assert len(running.ended) == 4
    states = [trial.state.name for trial in killed._study.get_trials(deepcopy=False)]
    assert states.count("COMPLETE") == 4
    assert "RUNNING" not in states
    asked = killed._study.get_trials(deepcopy=False)[2].params
    assert asked in [dict(job.settings) for job in workers.done]


def test_half_a_line_and_a_lock_are_mended(folder: Path) -> None:
    _, first, _ = run(folder, found)
    with (folder / JOURNAL).open("ab") as journal:
        journal.write(b'{"op_code":6,"worker')
    (folder / f"{JOURNAL}.lock").symlink_to(folder / JOURNAL)
    _, running, _ = run(folder, found, Limits(trials=5))
    assert running.ended[:4] == first.ended
    assert len(Study(folder, plan()).trials()) == 5


def test_few_settings_are_tried_once(folder: Path) -> None:
    space: dict[str, Dimension] = {
        "layers": Choices((1, 2)),
        "steps": Choices((10, 20)),
    }
    few = replace(plan(), space=space, first={"layers": 2})
    ending, running, _ = run(folder, found, Limits(trials=20), few)
    assert ending is SweepEnding.TRIED
    tried = [tuple(trial.settings.values()) for trial in running.ended]
    assert sorted(tried) == [(1, 10), (1, 20), (2, 10), (2, 20)]


def test_time_ends_it(folder: Path) -> None:
    ending, running, _ = run(folder, found, Limits(trials=9, seconds=1e-9))
    assert (ending, running.ended) == (SweepEnding.TIME, [])


def test_only_one_process_has_a_sweep(folder: Path) -> None:
    with (
        locked(folder),
        pytest.raises(RunFolderError, match="running in another process"),
        locked(folder),
    ):
        pass
    with locked(folder):
        pass
