from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from transformer_programs.errors import SettingsError
from transformer_programs.lab.baselines.settings import StandardSettings
from transformer_programs.lab.reproduce import measure, suites
from transformer_programs.lab.reproduce.measure import as_json, reproduce
from transformer_programs.lab.reproduce.page import section_of
from transformer_programs.lab.reproduce.plan import PlannedTraining, ReproductionPlan
from transformer_programs.lab.reproduce.record import SuiteRecord
from transformer_programs.learn.callbacks import Watch
from transformer_programs.settings import Learner, ModelSettings, Recipe, TrainSettings
from transformer_programs.tasks.sources import TaskSource

NOTHING = ModelSettings(
    layers=1,
    categorical_heads=1,
    numerical_heads=0,
    tables=0,
)
FEW_STEPS = TrainSettings(steps=2, batch_size=8, restarts=2)
STANDARD = StandardSettings(layers=1, heads=2, width=8, feed_forward=8, steps=2)


@pytest.fixture(autouse=True)
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few sequences, and trainings of two steps."""
    whole = measure.settings_of

    def few(source: TaskSource, learner: str, seed: int) -> Recipe | StandardSettings:
        settings = whole(source, learner, seed)
        if isinstance(settings, StandardSettings):
            return replace(STANDARD, seed=settings.seed, causal=settings.causal)
        training = replace(FEW_STEPS, seed=settings.training.seed)
        return replace(settings, model=NOTHING, training=training)

    monkeypatch.setattr(measure, "settings_of", few)
    monkeypatch.setattr(suites, "SEQUENCES", 60)


@contextmanager
def noting(notes: list[str]) -> Iterator[Watch]:
    yield Watch(on_note=notes.append)


def test_what_is_known_is_not_learned_again(tmp_path: Path) -> None:
    plan = ReproductionPlan("rasp", 8, "baseline", ("hist", "reverse"), (0, 1))
    notes: list[str] = []
    first = reproduce(plan, tmp_path, watching=lambda: noting(notes))
    assert [(m.task, m.seed) for m in first.results] == [
        *(("reverse", 0), ("reverse", 1)),
        *(("hist", 0), ("hist", 1)),
    ]
    assert notes[0] == "hist, seed 0, is being learned"
    assert plan.read(tmp_path) == first
    notes.clear()
    more = replace(plan, tasks=("hist", "sort"), seeds=(1,))
    second = reproduce(more, tmp_path, watching=lambda: noting(notes))
    assert isinstance(first, SuiteRecord)
    assert isinstance(second, SuiteRecord)
    assert notes == ["hist, seed 1, is in the record", "sort, seed 1, is being learned"]
    assert [m for m in second.results if m.task != "sort"] == list(first.results)
    notes.clear()
    again = replace(plan, tasks=("hist",), seeds=(1,))
    reproduce(again, tmp_path, force=True, watching=lambda: noting(notes))
    assert notes == ["hist, seed 1, is being learned"]


def test_programs_are_measured(tmp_path: Path) -> None:
    plan = ReproductionPlan("induction", 8, "gradient")
    record = reproduce(plan, tmp_path)
    assert isinstance(record, SuiteRecord)
    (found,) = record.results
    assert found.command == (
        "tprog reproduce induction --learner gradient --size 8 --tasks induction "
        "--seeds 0"
    )
    assert (found.task, found.seed, found.restarts) == ("induction", 0, 2)
    assert found.statements is not None
    assert found.lines is not None
    assert found.parameters is None
    assert found.test.sequences == 6
    assert found.source["max_length"] == 10
    assert found.settings["training"]["steps"] == 2
    assert "search" not in found.settings
    assert found.versions.keys() == {
        *("transformer-programs", "Python", "PyTorch", "NumPy")
    }
    record = reproduce(replace(plan, learner="search"), tmp_path)
    assert isinstance(record, SuiteRecord)
    (searched,) = record.results
    assert searched.settings.keys() == {"search"}
    assert searched.restarts is None
    text = section_of(tmp_path.with_name(f"{tmp_path.name}.md"), "induction-8")
    assert text is not None
    assert "| task | vocabulary, length | search | gradient | paper |" in text


def test_settings_are_those_of_the_task() -> None:
    source = suites.source_at("hist", 16)
    assert source.max_length == 16
    settings = Recipe(ModelSettings(), learner=Learner.GRADIENT)
    assert as_json(settings)["model"]["scope"] == "all"


def test_what_is_done_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = measure.measure

    def stop_at_sort(training: PlannedTraining, *rest: object) -> object:
        if training.task == "sort":
            raise KeyboardInterrupt
        return whole(training, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(measure, "measure", stop_at_sort)
    plan = ReproductionPlan("rasp", 8, "baseline")
    message = r"^stopped after 1 of 7 trainings; .*rasp-8-baseline\.json keeps them"
    with pytest.raises(KeyboardInterrupt, match=message):
        reproduce(plan, tmp_path)
    record: SuiteRecord = plan.read(tmp_path)
    assert [m.task for m in record.results] == ["reverse"]
    assert "| reverse |" in tmp_path.with_name(f"{tmp_path.name}.md").read_text()


@pytest.mark.filterwarnings("ignore::transformer_programs.errors.LearningWarning")
def test_a_training_that_is_stopped_is_not_kept(tmp_path: Path) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    @contextmanager
    def stopping() -> Iterator[Watch]:
        yield Watch(on_standard=stop, on_progress=stop)

    for learner in ("baseline", "gradient"):
        plan = ReproductionPlan("induction", 8, learner)
        with pytest.raises(
            KeyboardInterrupt, match=r"^stopped after 0 of 1 trainings$"
        ):
            reproduce(plan, tmp_path, watching=stopping)
        assert plan.read(tmp_path).results == ()


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (("ner", 8, "search"), "expected suite rasp, induction, language, data, got"),
        (("rasp", 9, "search"), "expected size 8, 16, got 9"),
        (
            ("rasp", 8, "auto"),
            "expected learner search, gradient, baseline, got 'auto'",
        ),
        (("rasp", 8, "search", ("induction",)), "expected task of rasp reverse, sort"),
        (("rasp", 8, "search", (), (-1,)), "expected 0 <= seed < 2"),
    ],
)
def test_what_is_not_known(plan: tuple[object, ...], message: str) -> None:
    with pytest.raises(SettingsError, match=f"^{message}"):
        ReproductionPlan(*plan)  # type: ignore[arg-type]
