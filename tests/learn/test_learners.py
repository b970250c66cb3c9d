"""Search, gradient descent, or both: which is used, and which is kept."""

from __future__ import annotations

import itertools
import json
import signal
from dataclasses import replace
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import transformer_programs as tp
from transformer_programs.data.dataset import Dataset, Examples
from transformer_programs.data.in_memory import labelled_sequences
from transformer_programs.data.metrics import Quality
from transformer_programs.errors import LearningWarning, TransformerProgramsError
from transformer_programs.language.nodes import (
    Pooling,
    Program,
    Readout,
    Table,
    Term,
)
from transformer_programs.language.types import Domain
from transformer_programs.learn import Progress, gradient, learner as learners
from transformer_programs.learn.learned import Start
from transformer_programs.learn.learner import learn
from transformer_programs.learn.population import train as train_population
from transformer_programs.learn.selection import Learned
from transformer_programs.optimize.polishing import Pass
from transformer_programs.search import Ending
from transformer_programs.settings import Learner, Recipe, SearchSettings
from transformer_programs.system import work
from transformer_programs.tasks import get

QUICK = Recipe(
    tp.ModelSettings(layers=1, tables=1),
    tp.TrainSettings(steps=2, batch_size=8, restarts=1, evaluations=1),
    SearchSettings(sample=60, layers=1),
)


def small(name: str = "hist") -> Dataset:
    return get(name).dataset(size=300, vocabulary_size=6, max_length=6)


def noise(name: str = "reverse") -> Dataset:
    """Labels that nothing explains."""
    dataset = get(name).dataset(size=60)
    rng = np.random.default_rng(0)

    def spoilt(examples: Examples) -> Examples:
        targets = tuple(
            tuple(rng.choice(dataset.labels) for _ in target)
            for target in examples.targets
        )
        return replace(examples, targets=targets)

    return replace(
        dataset, train=spoilt(dataset.train), validation=spoilt(dataset.validation)
    )


def by(learner: Learner) -> Recipe:
    return replace(QUICK, learner=learner)


@pytest.fixture
def without_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learners, "_with_weighing", lambda found, *_: found)


def test_what_is_exact_needs_no_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(gradient, "train_population")
    for learner in (Learner.SEARCH, Learner.AUTO):
        found = learn(small(), by(learner))
        assert found.learner is Learner.SEARCH
        assert found.validation.accuracy == 1
        assert found.origin.startswith("search: ")
        assert {line["kind"] for line in found.history[:-1]} == {"search"}
        assert found.history[-1]["kind"] == "search_ended"
        assert found.search_ended == (
            "right on every label of all 270 training and validation sequences"
        )
        assert not found.interrupted


def test_gradient_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(learners, "search")
    found = learn(small(), by(Learner.GRADIENT))
    assert found.learner is Learner.GRADIENT
    assert found.origin == "gradient: restart 0, step 2"
    assert [line["kind"] for line in found.history] == ["step", "evaluation"]
    assert found.search_ended is None


def test_what_gradient_learned_is_shortened() -> None:
    notes: list[str] = []
    learn(small(), by(Learner.GRADIENT), watch=tp.Watch(on_note=notes.append))
    assert notes == ["making the program shorter, with the same labels"]


def test_it_is_not_shortened_by_trials_if_that_is_not_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notes: list[str] = []
    efforts: list[int] = []

    def spy(program: Program, effort: int) -> Program:
        efforts.append(effort)
        return shortest(program, effort)

    shortest = learners.minimise
    monkeypatch.setattr(learners, "minimise", spy)
    watch = tp.Watch(on_note=notes.append)
    learn(small(), by(Learner.GRADIENT), watch=watch, shorten=False)
    assert (notes, efforts) == ([], [0])


@pytest.mark.usefixtures("without_sums")
def test_what_is_not_exact_is_tried_by_gradient_as_well() -> None:
    notes: list[str] = []
    watch = tp.Watch(on_note=notes.append)
    short = replace(by(Learner.AUTO), search=SearchSettings(work=100, sample=20))
    found = learn(noise(), short, watch=watch)
    said, *shortened = notes
    assert said.startswith("search found no exact program")
    # Only what is kept is worth the time.
    assert len(shortened) == (found.learner is Learner.GRADIENT)
    kinds = list(dict.fromkeys(line["kind"] for line in found.history))
    ended = ["search_ended", "step", "evaluation", "tried", "chosen"]
    assert kinds[-5:] == ended
    assert found.search_ended == "work budget used up"


@pytest.mark.usefixtures("without_sums")
@pytest.mark.parametrize("accuracies", [(0.4, 0.5), (0.5, 0.5), (0.6, 0.5)])
def test_the_more_accurate_is_kept(
    accuracies: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    searched, trained = accuracies
    some = learn(small(), by(Learner.SEARCH))
    found = replace(some, validation=Quality(searched))
    by_gradient = replace(
        some,
        learner=Learner.GRADIENT,
        validation=Quality(trained),
        interrupted=True,
        resumable=True,
    )
    monkeypatch.setattr(learners, "_by_search", lambda *_: (found, False))
    monkeypatch.setattr(learners, "learn_by_gradient", lambda *_: by_gradient)
    best = learn(small(), by(Learner.AUTO))
    expected = Learner.SEARCH if searched >= trained else Learner.GRADIENT
    assert best.learner is expected
    assert best.validation.score == max(accuracies)
    assert best.interrupted
    assert best.resumable
    *history, one, other, chosen = best.history
    assert tuple(history) == found.history + by_gradient.history
    assert [line["kind"] for line in (one, other, chosen)] == ["tried"] * 2 + ["chosen"]
    assert chosen["learner"] == best.learner


@pytest.mark.parametrize(("accuracy", "by_gradient"), [(0.4, True), (0.6, False)])
def test_a_better_sum_needs_no_gradient(
    accuracy: float, by_gradient: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = learn(small(), by(Learner.SEARCH))
    found = replace(some, validation=Quality(0.5))
    line = {"kind": "weighed", "score": accuracy, "held_out": 1000}
    weighed = replace(
        some, learner=Learner.LINEAR, validation=Quality(accuracy), history=(line,)
    )
    trained: list[object] = []

    def train(*arguments: object) -> object:
        trained.append(arguments)
        return replace(some, learner=Learner.GRADIENT, validation=Quality(0.1))

    monkeypatch.setattr(learners, "_by_search", lambda *_: (found, False))
    monkeypatch.setattr(learners, "_by_weighing", lambda *_: weighed)
    monkeypatch.setattr(learners, "_held_out", lambda *_: (0.5, False))
    monkeypatch.setattr(learners, "learn_by_gradient", train)
    best = learn(small(), by(Learner.AUTO))
    assert bool(trained) is by_gradient
    assert best.learner is (Learner.SEARCH if by_gradient else Learner.LINEAR)
    assert best.validation.score == max(accuracy, 0.5)


@pytest.mark.parametrize(
    ("of_sum", "folds", "kept"), [(0.1, 5, Learner.SEARCH), (0.95, 1, Learner.LINEAR)]
)
def test_folds_choose_where_few_sequences_validate(
    of_sum: float, folds: int, kept: Learner, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = small()
    found = learn(data, by(Learner.SEARCH))
    assert found.validation.score == 1  # of 30 sequences
    line = {"kind": "weighed", "score": of_sum, "held_out": 270}
    weighed = replace(found, learner=Learner.LINEAR, history=(line,))
    constant = replace(found.program, readout=Readout(data.labels, ()))
    searched: list[Dataset] = []

    def search(inside: Dataset, *_: object) -> SimpleNamespace:
        searched.append(inside)
        return SimpleNamespace(program=constant, ending=Ending.NOTHING_BETTER)

    monkeypatch.setattr(learners, "_by_search", lambda *_: (found, False))
    monkeypatch.setattr(learners, "_by_weighing", lambda *_: weighed)
    monkeypatch.setattr(learners, "learn_by_gradient", lambda *_: found)
    monkeypatch.setattr(learners, "search", search)
    best = learn(data, by(Learner.AUTO))
    assert best.learner is kept
    # Once it cannot be better than the sum, no more of it is searched.
    assert [len(inside.train) for inside in searched] == [192] * folds
    assert {inside.validation for inside in searched} == {data.validation}


def test_stopping_while_folds_are_searched_keeps_what_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = small()
    found = learn(data, by(Learner.SEARCH))
    line = {"kind": "weighed", "score": 0.5, "held_out": 270}
    weighed = replace(found, learner=Learner.LINEAR, history=(line,))
    stopped = SimpleNamespace(program=found.program, ending=Ending.INTERRUPTED)
    monkeypatch.setattr(learners, "_by_search", lambda *_: (found, False))
    monkeypatch.setattr(learners, "_by_weighing", lambda *_: weighed)
    monkeypatch.setattr(learners, "search", lambda *_: stopped)
    monkeypatch.delattr(learners, "learn_by_gradient")
    best = learn(data, by(Learner.AUTO))
    assert best.interrupted


def test_sums_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(learners, "search")
    monkeypatch.delattr(gradient, "train_population")
    found = learn(small(), by(Learner.LINEAR))
    assert found.learner is Learner.LINEAR
    assert found.origin.startswith("linear: ")
    assert {line["kind"] for line in found.history} == {"weighed"}


def test_interrupting_the_sums_keeps_what_the_search_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(learners, "weigh", interrupt)
    monkeypatch.delattr(gradient, "train_population")
    short = replace(by(Learner.AUTO), search=SearchSettings(work=100, sample=20))
    found = learn(noise(), short)
    assert found.learner is Learner.SEARCH
    assert found.interrupted


def test_interrupting_the_search_ends_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(gradient, "train_population")

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    watch = tp.Watch(on_search=interrupt)
    found = learn(noise(), by(Learner.AUTO), watch=watch)
    assert found.interrupted
    assert not found.resumable
    assert len(found.program.readout.labels) == 5


@pytest.mark.parametrize(
    ("options", "learner"),
    [
        ({}, Learner.AUTO),
        ({"training": QUICK.training}, Learner.GRADIENT),
        ({"model": QUICK.model}, Learner.GRADIENT),
        ({"learner": "search", "search": QUICK.search}, Learner.SEARCH),
        ({"learner": Learner.AUTO, "training": QUICK.training}, Learner.AUTO),
    ],
)
def test_which_learner_is_used(options: dict[str, Any], learner: Learner) -> None:
    class Seen(Exception):  # noqa: N818
        pass

    def look(recipe: Recipe) -> Recipe:
        assert recipe.learner is learner
        raise Seen

    with pytest.raises(Seen):
        tp.train("hist", change=look, **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"learner": "magic"},
            "expected learner auto, search, linear, gradient, got 'magic'",
        ),
        (
            {"learner": "search", "model": QUICK.model},
            "training, model, start and vectors are for the gradient learner",
        ),
    ],
)
def test_learners_that_cannot_be_used(options: dict[str, Any], message: str) -> None:
    with pytest.raises(TransformerProgramsError, match=message):
        tp.train("hist", **options)


@pytest.mark.usefixtures("without_sums")
@pytest.mark.filterwarnings("ignore::transformer_programs.errors.LearningWarning")
def test_a_stopped_auto_goes_on_to_the_same_program(tmp_path: Path) -> None:
    data = replace(noise(), name="noise")
    file = tmp_path / "noise.jsonl"
    rows = zip(data.train.sequences, data.train.targets, strict=True)
    lines = (json.dumps({"tokens": t, "tags": tags}) + "\n" for t, tags in rows)
    file.write_text("".join(lines), encoding="utf-8")
    recipe = replace(
        QUICK,
        learner=Learner.AUTO,
        training=replace(QUICK.training, steps=8, evaluations=4),
        search=SearchSettings(sample=10, layers=1, beam=4),
    )

    def learned(out: Path, watch: tp.Watch) -> tp.Run:
        return tp.train(file, change=lambda _: recipe, out=out, watch=watch)

    def stop(progress: Progress) -> None:
        if progress.step == 4:
            raise KeyboardInterrupt

    whole, run = tmp_path / "whole", tmp_path / "run"
    learned(whole, tp.Watch())
    stopped = learned(run, tp.Watch(on_progress=stop))
    assert stopped.training.outcome.resumable
    assert {"checkpoint.safetensors", "searched.json"} <= {
        f.name for f in run.iterdir()
    }
    again: list[object] = []
    done = tp.resume(run, watch=tp.Watch(on_search=again.append))
    assert again == []  # it does not search twice
    assert not done.training.outcome.interrupted
    for name in ("program.json", "program.py", "model.safetensors"):
        assert (run / name).read_bytes() == (whole / name).read_bytes()
    assert {f.name for f in run.iterdir()} == {f.name for f in whole.iterdir()}


@pytest.mark.filterwarnings("ignore::transformer_programs.errors.LearningWarning")
def test_polishing_can_be_stopped_and_goes_on(tmp_path: Path) -> None:
    recipe = replace(
        by(Learner.GRADIENT),
        training=replace(QUICK.training, steps=60, batch_size=32, polish=2),
    )
    source = tp.TaskSource("hist", 1500, vocabulary_size=7, max_length=6)

    def learned(name: str, watch: tp.Watch) -> tp.Run:
        out = tmp_path / name
        return tp.train(source, change=lambda _: recipe, out=out, watch=watch)

    def lines(name: str) -> list[dict[str, Any]]:
        text = (tmp_path / name / "metrics.jsonl").read_text(encoding="utf-8")
        found = [json.loads(line) for line in text.splitlines()]
        return [line for line in found if line["kind"] == "polish"]

    whole = learned("whole", tp.Watch())
    assert whole.training.outcome.origin.endswith(", polished")
    assert [line["number"] for line in lines("whole")] == [1, 2]
    assert lines("whole")[0]["accuracy"] > 0

    def stop(_: Pass) -> None:
        signal.raise_signal(signal.SIGINT)

    stopped = learned("run", tp.Watch(on_pass=stop))
    assert stopped.training.outcome.interrupted
    assert stopped.training.outcome.resumable
    assert lines("run") == lines("whole")[:1]
    assert not tp.resume(tmp_path / "run").training.outcome.interrupted
    assert lines("run") == lines("whole")
    for file in ("program.json", "model.safetensors"):
        assert (tmp_path / "run" / file).read_bytes() == (
            tmp_path / "whole" / file
        ).read_bytes()


def test_a_program_that_training_begins_with_orders_labels_its_own_way() -> None:
    data = small()
    exact = learn(data, by(Learner.SEARCH)).program
    readout = exact.readout
    terms = tuple(
        replace(t, weights=tuple(row[::-1] for row in t.weights)) for t in readout.terms
    )
    labels = readout.labels[::-1]
    program = replace(exact, readout=replace(readout, labels=labels, terms=terms))
    training = replace(QUICK.training, polish=2)
    result = tp.train(data, training=training, start=program)
    assert result.training.outcome.validation.accuracy == 1
    assert result.report.validation.per_label == 1
    assert '"changed": 0' in json.dumps(result.training.outcome.history[-1])


@pytest.mark.parametrize("text", ["", "[]", '{"program": 3}', '{"history": []}'])
def test_a_damaged_search_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "searched.json").write_text(text)
    start = Start(folder=tmp_path, resume=True)
    with pytest.raises(TransformerProgramsError, match=r"searched\.json"):
        learn(small(), by(Learner.AUTO), start)


def test_restarts_become_one_program_if_that_is_better() -> None:
    tags = {"a": "x", "b": "y", "c": "z"}
    words = [w for n in (1, 2, 3) for w in product(tags, repeat=n)]
    data = tp.labelled_sequences([(w, [tags[t] for t in w]) for w in words])
    tokens = data.input.vocabulary.tokens

    def knowing(word: str) -> Program:
        """It gives this word its tag, and x to all others."""
        rows = [(0, 3, 3) if token == word else (1, 0, 0) for token in tokens]
        known = data.labels.index(tags[word])
        weights = tuple(
            tuple(w if w < 3 or i == known else 0 for i, w in enumerate(row))
            for row in rows
        )
        readout = Readout(data.labels, (Term("tokens", weights),))
        return Program(data.name, data.input, (), readout)

    models = (knowing("b"), knowing("c"))
    learned = Learned(models[0], Quality(0.7), 0, 1, (), False)
    assert gradient._together(data, learned) is None
    together = gradient._together(data, replace(learned, last=models))
    assert together is not None
    _, validation, _ = together
    assert validation.accuracy == 1
    best = replace(learned, validation=Quality(1.0), last=models)
    assert gradient._together(data, best) is None


def test_a_training_may_end_with_all_restarts_together() -> None:
    model = tp.ModelSettings(layers=1, tables=0, numerical_heads=0)
    training = tp.TrainSettings(
        steps=4, batch_size=16, restarts=3, evaluations=1, combine=True
    )
    learned = train_population(small(), model, training)
    assert len(learned.last) == 3
    assert not train_population(small(), model, replace(training, combine=False)).last


def coins() -> Dataset:
    """Every sequence has one label three times, and another once."""
    rows = [(["a"] * length, label) for length in range(1, 30) for label in "xxxy"]
    return labelled_sequences(rows)


def test_nothing_learned_is_said() -> None:
    tiny = SearchSettings(sample=60, layers=1, max_statements=1)
    with pytest.warns(LearningWarning, match="no better than the most frequent"):
        result = tp.train(coins(), learner="search", search=tiny)
    assert result.report is not None
    assert result.report.nothing_learned is not None
    assert result.summary()["nothing_learned"] == result.report.nothing_learned
    assert not result.program.statements


def test_a_search_without_a_layer_has_learned_nothing() -> None:
    short = SearchSettings(work=1)
    with pytest.warns(LearningWarning, match="before it had compared its first layer"):
        result = tp.train(small(), learner="search", search=short)
    assert result.report is not None
    assert result.report.nothing_learned is not None
    assert result.report.search_ended == "work budget used up"
    assert result.report.cut_short is None  # so it is on every machine


def test_what_a_limit_in_seconds_cuts_short_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = itertools.count(step=1e-3)
    monkeypatch.setattr(work, "time", SimpleNamespace(perf_counter=lambda: next(looks)))
    layers: list[float] = []
    watch = tp.Watch(on_search=lambda progress: layers.append(progress.seconds))
    unlimited = SearchSettings(sample=60, layers=2, seconds=1e6, max_statements=1)
    tp.train(small("most_freq"), learner="search", search=unlimited, watch=watch)
    limit = replace(unlimited, seconds=layers[0] + 0.01)
    with pytest.warns(LearningWarning, match="cut short by a limit of"):
        result = tp.train(small("most_freq"), learner="search", search=limit)
    report, certificate = result.report, result.certificate
    assert report is not None
    assert certificate is not None
    assert report.cut_short is not None
    assert result.summary()["cut_short"] == report.cut_short
    assert certificate.cut_short == report.cut_short
    assert report.search_ended == "time limit reached"


def test_a_much_shorter_program_is_kept_where_data_cannot_tell() -> None:
    some = learn(small(), by(Learner.SEARCH))
    found = replace(some, validation=Quality(0.97))
    long = classes_of_many_words()
    trained = replace(found, program=long, validation=Quality(0.975))
    assert learners._better(found, trained, 400) is not None
    assert learners._better(found, trained, 400).program is found.program
    assert learners._better(found, trained, 40_000).program is long
    same = replace(found, validation=Quality(0.975))
    assert learners._better(found, same, 400).validation.accuracy == 0.975


def classes_of_many_words() -> Program:
    """A program with a table that no expression says."""
    found = learn(small(), by(Learner.SEARCH)).program
    rng = np.random.default_rng(0)
    size = found.domains["tokens"].size * found.domains["positions"].size
    entries = tuple(rng.integers(5, size=size).tolist())
    table = Table("noise", ("tokens", "positions"), entries, Domain.of_classes(5))
    return replace(found, statements=(*found.statements, table))


@pytest.mark.usefixtures("without_sums")
def test_ctrl_c_before_the_first_step_keeps_what_the_search_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(learners, "learn_by_gradient", stop)
    found = learn(noise(), by(Learner.AUTO))
    assert found.interrupted
    assert found.learner is Learner.SEARCH


def test_ctrl_c_while_a_program_is_checked_does_not_lose_it(tmp_path: Path) -> None:
    pressed: list[str] = []

    def press(*told: Any) -> None:
        if not pressed:
            pressed.append(str(told[0]))
            signal.raise_signal(signal.SIGINT)

    watch = tp.Watch(on_compared=press)
    result = tp.train(small(), learner="search", out=tmp_path / "run", watch=watch)
    assert pressed
    assert result.folder == tmp_path / "run"
    assert tp.load(tmp_path / "run").program(["0", "0"]) == ["2", "2"]


@pytest.mark.parametrize(("length", "noted"), [(9, False), (40, True)])
def test_what_is_learned_without_heads_is_said(length: int, noted: bool) -> None:
    rows = [(["a"] * n, "odd" if n % 2 else "even") for n in range(1, length)]
    model = replace(QUICK.model, categorical_heads=0, numerical_heads=0)
    recipe = replace(QUICK, model=replace(model, pooling=Pooling.MEAN))
    notes: list[str] = []
    watch = tp.Watch(on_note=notes.append)
    gradient.learn_by_gradient(labelled_sequences(rows), recipe, Start(), watch)
    assert notes == [note for note in notes if "without heads" in note]
    assert bool(notes) is noted
