"""What users see: every public name has an example, and all of it works together."""

from __future__ import annotations

import doctest
import warnings
from pathlib import Path
from typing import Any

import pytest

import transformer_programs as tp
from transformer_programs.errors import ProgramError, RunFolderError

NAMES = [name for name in tp.__all__ if name != "__version__"]

LETTERS = tp.InputFormat(tp.Vocabulary(("a", "b")), max_length=4)
COUNT = tp.Head(
    output="count",
    query="tokens",
    key="tokens",
    value="ones",
    predicate=((0,), (1,)),
    aggregate=tp.Aggregate.SUM,
)
OFTEN = tp.Table("often", ("count",), (0, 0, 1, 1, 1), tp.Domain.of_classes(2))
READOUT = tp.Readout(("once", "more"), (tp.Term("often", ((1, 0), (0, 1))),))


def test_there_are_few() -> None:
    assert len(NAMES) <= 35


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_has_an_example(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = getattr(tp, name).__doc__ or ""
    example = doctest.DocTestParser().get_doctest(text, {"tp": tp}, name, None, None)
    assert example.examples, f"{name}: no example"
    said: list[str] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", tp.errors.LearningWarning)
        found = doctest.DocTestRunner().run(example, out=said.append)
    assert found.failed == 0, "".join(said)


def test_a_program_by_hand(tmp_path: Path) -> None:
    program = tp.Program("repeated", LETTERS, (COUNT, OFTEN), READOUT)
    assert isinstance(program, tp.Program)
    assert program(["a", "b", "a"]) == ["more", "once", "more"]
    assert program.trace(["a", "b", "a"])["count"] == [2, 1, 2]
    assert program.explain(["a", "b"]).labels == ("once", "once")
    names: dict[str, Any] = {"__name__": "program"}
    exec(program.source, names)
    assert names["run"](["a", "b", "a"]) == ["more", "once", "more"]
    run = tp.Run(program)
    assert run.certificate is run.report is run.accuracy is run.folder is None
    assert "repeated" in repr(run)
    assert "size: 2 statements" in str(run)
    saved = run.save(tmp_path / "run")
    assert saved.certificate is not None
    assert saved.certificate.exhaustive
    again = tp.load(tmp_path / "run")
    assert again.program == program
    assert hash(again.program) == hash(program)
    assert again.verify().comparisons
    assert again.verify(against=str(tmp_path / "run")).proved
    assert tp.load(tmp_path / "run" / "program.json").folder == tmp_path / "run"


def test_every_violation_of_a_program_by_hand_is_named() -> None:
    with pytest.raises(ProgramError) as raised:
        tp.Program("x", LETTERS, (OFTEN,), tp.Readout((), ()))
    assert len(raised.value.violations) == 2
    with pytest.raises(ProgramError):
        tp.Run(tp.Program("x", LETTERS, (COUNT,), READOUT))


def test_what_was_learned_is_what_is_loaded(tmp_path: Path) -> None:
    rows = [([f"w{i % 5}", "x"], ["B-X", "O"]) for i in range(60)]
    data = tp.labelled_sequences(rows)
    kept = tp.train(data, learner="search")
    learned = kept.save(tmp_path / "run")
    loaded = tp.load(tmp_path / "run")
    assert learned.folder == loaded.folder
    assert str(learned) == str(loaded)
    assert repr(learned) == repr(kept) == repr(loaded)
    assert learned.report == loaded.report
    assert learned.accuracy == loaded.accuracy == kept.evaluate()
    assert learned.summary() == loaded.summary() == kept.summary()
    assert learned.baselines == loaded.baselines
    direct = tp.train(data, learner="search", out=tmp_path / "direct")
    assert direct.folder is not None
    for file in direct.folder.iterdir():
        if file.name not in ("metrics.jsonl", "certificate.json"):  # they know seconds
            assert file.read_bytes() == (tmp_path / "run" / file.name).read_bytes()
    copy = loaded.save(tmp_path / "copy")
    assert copy.folder is not None
    assert {f.name: f.read_bytes() for f in copy.folder.iterdir()} == {
        f.name: f.read_bytes() for f in (tmp_path / "run").iterdir()
    }


def test_what_is_not_in_a_folder_is_said() -> None:
    run = tp.Run(tp.Program("repeated", LETTERS, (COUNT, OFTEN), READOUT))
    for use in (
        run.verify,
        run.evaluate,
        run.plot,
        lambda: run.simplify("smaller"),
        lambda: run.verify(invariant="length", record=True),
    ):
        with pytest.raises(RunFolderError, match=r"write one first: run = run\.save"):
            use()
    assert run.verify(invariant="length").proved


def test_what_was_found_is_added_to_the_certificate(tmp_path: Path) -> None:
    program = tp.Program("repeated", LETTERS, (COUNT, OFTEN), READOUT)
    run = tp.Run(program).compile(tmp_path / "run")
    before = (tmp_path / "run" / "certificate.json").read_bytes()
    run.verify(invariant="length")
    assert (tmp_path / "run" / "certificate.json").read_bytes() == before
    run.verify(invariant="length", record=True)
    assert run.certificate is not None
    assert len(run.certificate.findings) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"against": "task", "invariant": "length"}, "check one, then the other"),
        ({"invariant": "length", "full": True}, "full: not with"),
        ({"invariant": "length", "only_lengths": (1, 2)}, "only_lengths: for against"),
        ({"drawn": 3, "solver": True}, "drawn, solver: for against or invariant"),
    ],
)
def test_options_that_do_not_belong_together(
    options: dict[str, Any], message: str
) -> None:
    run = tp.Run(tp.Program("repeated", LETTERS, (COUNT, OFTEN), READOUT))
    with pytest.raises(tp.errors.SettingsError, match=message):
        run.verify(**options)
