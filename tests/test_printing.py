"""What public functions return prints as a screen, and shows itself in a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import transformer_programs as tp
from transformer_programs import tasks
from transformer_programs.lab import StandardSettings, train_standard

SORT = tp.TaskSource("sort", size=150, vocabulary_size=6, max_length=5)

LINES, COLUMNS = 40, 200
"""A screen; long lines are wrapped by what shows them."""


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tp.Run:
    return tp.train(SORT, out=tmp_path_factory.mktemp("printing") / "run")


@pytest.fixture(scope="module")
def longer(tmp_path_factory: pytest.TempPathFactory) -> tp.Run:
    """A program of gradient descent, which is long."""
    training = tp.TrainSettings(steps=4, restarts=1, polish=0)
    out = tmp_path_factory.mktemp("longer") / "run"
    return tp.train(SORT, training, shorten=False, out=out)


def results(found: tp.Run) -> dict[str, Callable[[], Any]]:
    run = found.folder
    assert run is not None
    program = found.program
    new = run.with_name
    return {
        "train": lambda: found,
        "program": lambda: program,
        "program as data": lambda: program.data,
        "load": lambda: tp.load(run),
        "explain": lambda: program.explain(["1", "0", "2"]),
        "a decision": lambda: program.explain(["1", "0", "2"]).decisions[0],
        "explain at length": lambda: program.explain(["1", "0"] * 100, any_length=True),
        "simplify": lambda: found.simplify(new("new"), force=True),
        "compile": lambda: found.compile(new("compiled"), force=True),
        "verify": lambda: found.verify(),
        "verify against": lambda: found.verify(against="task"),
        "verify invariant": lambda: found.verify(invariant="permutation"),
        "evaluate": lambda: found.evaluate(),
        "evaluate_lengths": lambda: found.evaluate_lengths([9], drawn=20),
        "features": lambda: found.features(("0", "1")),
        "train_standard": lambda: train_standard(
            SORT, StandardSettings(steps=2, layers=1)
        ),
        "resize": lambda: program.resize(12),
        "data": lambda: SORT.dataset(),
        "a part of the data": lambda: SORT.dataset().train,
        "what programs accept": lambda: SORT.dataset().input,
        "a task": lambda: tasks.get("sort"),
        "read_sequences": lambda: tp.labelled_sequences(
            [([f"w{i}", "x"], "ab"[i % 2]) for i in range(100)]
        ),
    }


BOUND = {"explain at length", "evaluate_lengths", "resize"}
"""What cannot be asked of a program that is bound to its length."""


NAMES = (
    *("train", "program", "program as data", "load", "explain", "a decision"),
    *("explain at length", "simplify", "compile", "verify"),
    *("verify against", "verify invariant", "evaluate", "evaluate_lengths"),
    *("features", "train_standard", "resize", "data", "a part of the data"),
    *("what programs accept", "a task", "read_sequences"),
)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("which", ["learned", "longer"])
def test_a_screen_and_a_line(
    name: str, which: str, request: pytest.FixtureRequest
) -> None:
    found: tp.Run = request.getfixturevalue(which)
    if name in BOUND and not found.program.length_free:
        pytest.skip("bound to its length")
    given = results(found)
    assert {*given} == {*NAMES}
    value = given[name]()
    text = str(value)
    assert text
    assert text.count("\n") < LINES
    assert sum(-(-len(line) // COLUMNS) for line in text.splitlines()) < LINES
    assert len(repr(value)) < 700
    assert "\n" not in repr(value)


def test_what_is_printed_is_what_the_command_shows(learned: tp.Run) -> None:
    text = str(learned)
    assert text.startswith("sort: 100.00% of held-out labels right, 100.00% of seq")
    for shown in (
        "checked: hardened model = ",
        "size: ",
        "length: holds at any",
        "run",
    ):
        assert shown in text
    explanation = learned.program.explain(["1", "0"])
    assert "token_by_rank" in str(explanation)
    assert str(explanation.decisions[0]).startswith("token 0, '1': label 0 (score 1)")
    assert explanation._repr_html_().startswith("<pre> position  token  label")
    run = learned.folder
    assert run is not None
    compared = learned.verify(against="task")
    assert str(compared).startswith("proved: equal to the definition")
    unsorted = learned.verify(invariant="never 0")
    assert str(unsorted).startswith("refuted: not ")


def test_a_simplification_says_what_became_of_the_program(
    learned: tp.Run, longer: tp.Run, tmp_path: Path
) -> None:
    run, other = learned.folder, longer.folder
    assert run is not None
    assert other is not None
    found = learned.simplify(tmp_path / "new")
    assert "nothing could be taken out within this tolerance: no new run" in str(found)
    assert (found.folder, found.changed, found.certificate) == (run, False, None)
    smaller = longer.simplify(tmp_path / "smaller", tolerance=0.2)
    assert (smaller.folder, smaller.changed) == (tmp_path / "smaller", True)
    text = str(smaller)
    assert f"before: {text.split('before: ')[1].splitlines()[0]}" in text
    assert f"after: held-out accuracy {smaller.after}" in text
    assert repr(smaller).startswith("<Simplified <Program ")


@pytest.mark.filterwarnings("ignore::transformer_programs.errors.LearningWarning")
@pytest.mark.filterwarnings("ignore::transformer_programs.errors.UnknownTokenWarning")
def test_no_value_is_taken_for_markup(tmp_path: Path) -> None:
    rows = [([f"[red]{i % 3}", ":cat:"], ["[/]", "[b]"][i % 2]) for i in range(40)]
    data = tp.labelled_sequences(rows, name="[bold]x")
    settings = tp.TrainSettings(steps=2, restarts=1, polish=0)
    evidence = {"categorical_heads": 0, "numerical_heads": 0, "cardinality": 12}
    model = tp.ModelSettings(layers=1, tables=1, pooling=tp.Pooling.MEAN, **evidence)
    result = tp.train(data, settings, model=model)
    assert "[bold]x: " in str(result)
    text = str(result.program.explain(["[red]1", ":cat:"]))
    assert "label [" in text
    assert "[red]1" in text


@pytest.mark.filterwarnings("ignore::transformer_programs.errors.LearningWarning")
@pytest.mark.filterwarnings("ignore::transformer_programs.errors.UnknownTokenWarning")
def test_nothing_printed_is_a_command_for_the_terminal() -> None:
    bell = "\x1b]0;x\x07"
    rows = [([f"{bell}{i % 3}"], [bell, "b"][i % 2]) for i in range(40)]
    data = tp.labelled_sequences(rows, name=bell)
    settings = tp.TrainSettings(steps=2, restarts=1, polish=0)
    evidence = {"categorical_heads": 0, "numerical_heads": 0, "cardinality": 12}
    model = tp.ModelSettings(layers=1, tables=1, pooling=tp.Pooling.MEAN, **evidence)
    result = tp.train(data, settings, model=model)
    explanation = result.program.explain([f"{bell}1"])
    for value in (result, explanation, explanation.decisions[0]):
        assert "\x1b" not in str(value)
        assert "\\x1b]0;x" in str(value)
