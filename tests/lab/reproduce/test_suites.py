"""``tprog reproduce`` of public suites."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.commands import refused, tprog
from transformer_programs.errors import SchemaError, SettingsError
from transformer_programs.lab.reproduce import suite_run
from transformer_programs.lab.reproduce.page import section_of
from transformer_programs.lab.reproduce.suite_page import (
    section_name,
    suite_rows,
    suite_section,
)
from transformer_programs.lab.reproduce.suite_record import (
    RightInputs,
    SuiteFile,
    SuiteProgram,
    SuiteResult,
    add_suite_result,
    read_suite,
)
from transformer_programs.lab.reproduce.suite_run import SuitePlan, reproduce_suite
from transformer_programs.lab.suites import public_suite
from transformer_programs.learn.callbacks import Watch
from transformer_programs.settings import SearchSettings

MIPS = public_suite("mips")
FORMAL = public_suite("formal")
FEW = SearchSettings(work=300)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(suite_run, "SEQUENCES", 300)
    monkeypatch.setattr(suite_run, "ALL_INPUTS", 500)
    monkeypatch.setattr(suite_run, "LONGER", 5)
    monkeypatch.chdir(tmp_path)


def test_the_command() -> None:
    """Records and a page; what is recorded is not learned again."""
    asked = ("reproduce", "mips", "--tasks", "Bitwise_Not,Parity_Zeros")
    done = tprog(*asked, "--search-work", "300")
    assert done.status == 0, done.err
    assert "note: Bitwise_Not is being learned" in done.err
    assert "Bitwise_Not: exact, at greater sizes right" in done.err
    file = Path("docs", "results", "mips.json")
    assert done.out.endswith(f"written to {file}\n")
    document = json.loads(file.read_text())
    assert [r["task"] for r in document["results"]] == ["Bitwise_Not", "Parity_Zeros"]
    (found, _) = document["results"]
    assert found["command"] == (
        "tprog reproduce mips --tasks Bitwise_Not --search-work 300"
    )
    assert found["program"]["every"]["right"] == found["program"]["every"]["inputs"]
    assert len(file.read_text().splitlines()) == 4  # a line for every result
    page = Path("docs", "results.md")
    assert "| Bitwise_Not | yes | 100 |" in page.read_text()
    before, text = file.read_bytes(), page.read_text()
    again = tprog(*asked, "--search-work", "300")
    assert "Bitwise_Not is in the record" in again.err
    assert "being learned" not in again.err
    assert file.read_bytes() == before
    page.unlink()
    assert tprog("reproduce", "mips", "--render").status == 0
    assert page.read_text() == text


def test_a_task_is_learned_by_its_name() -> None:
    done = tprog("train", "mips:Bitwise_Not", "--learner", "search", "--quiet")
    assert (done.status, done.out) == (0, "runs/Bitwise_Not\n"), done.err
    done = tprog("eval", "runs/Bitwise_Not", "--any-length", "--json")
    assert done.status == 0, done.err


def test_causal_programs_are_judged_on_prefixes(tmp_path: Path) -> None:
    plan = SuitePlan(FORMAL, ("tomita2", "tomita1"), FEW)
    record = reproduce_suite(plan, tmp_path)
    assert [found.task for found in record.results] == ["tomita1", "tomita2"]
    for found in record.results:
        assert found.program is not None
        assert found.program.exact
        assert found.program.prefixes is not None
        assert found.program.prefixes.inputs == found.program.held_out.inputs
        assert [(r.least, r.most) for r in found.program.longer] == [
            *((51, 100), (101, 150))
        ]
    assert read_suite(tmp_path, FORMAL) == record
    text = section_of(tmp_path.with_name(f"{tmp_path.name}.md"), section_name(FORMAL))
    assert text == suite_section(FORMAL, record)


def test_an_error_does_not_end_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = suite_run._learned

    def fail(job: suite_run.SuiteJob, watch: Watch) -> SuiteProgram:
        if job.task == "Bitwise_Not":
            raise ValueError("no luck")
        return whole(job, watch)

    monkeypatch.setattr(suite_run, "_learned", fail)
    plan = SuitePlan(MIPS, ("Bitwise_Not", "Parity_All"), FEW)
    notes: list[str] = []
    record = reproduce_suite(plan, tmp_path, watch=Watch(on_note=notes.append))
    failed, fine = record.results
    assert failed.error is not None
    assert failed.error.startswith("ValueError: no luck (test_suites.py:")
    assert fine.program is not None
    assert any("Bitwise_Not: failed: ValueError" in note for note in notes)
    assert "`Bitwise_Not` failed: ValueError" in suite_section(MIPS, record)
    monkeypatch.setattr(suite_run, "_learned", whole)
    again = reproduce_suite(plan, tmp_path)  # tries it again, and it alone
    assert again.results[0].program is not None
    assert again.results[1] == fine


def test_ctrl_c_keeps_what_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = suite_run._learned

    def stop(job: suite_run.SuiteJob, watch: Watch) -> SuiteProgram:
        if job.task == "Parity_All":
            raise KeyboardInterrupt
        return whole(job, watch)

    monkeypatch.setattr(suite_run, "_learned", stop)
    plan = SuitePlan(MIPS, ("Bitwise_Not", "Parity_All"), FEW)
    with pytest.raises(KeyboardInterrupt, match="stopped after 1 of 2 tasks"):
        reproduce_suite(plan, tmp_path)
    assert [r.task for r in read_suite(tmp_path, MIPS).results] == ["Bitwise_Not"]


def test_a_process_that_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(job: object, answers: object) -> None:
        raise SystemExit(3)

    monkeypatch.setattr(suite_run, "_work", die)
    monkeypatch.setattr(suite_run, "get_context", _forking)
    found = suite_run._in_a_process(suite_run.SuiteJob("mips", "Prev1", FEW, None))
    assert found.program is None
    assert found.error == "its process ended with status 3"


def _forking(_: str) -> object:
    from multiprocessing import get_context

    return get_context("fork")


RIGHT = RightInputs(1, 10, 100, 100)
WRONG = RightInputs(11, 20, 100_000, 99_999)


def result(task: str, **fields: object) -> SuiteResult:
    """A result with a program, right but for what is given."""
    known = {
        "statements": 1,
        "lines": 14,
        "entries": 0,
        "any_length": True,
        "cpu_seconds": 1.25,
        "work": 1234.5,
        "ending": "right on every label of all 10 training and validation sequences",
        "labels_right": 1.0,
        "held_out": RIGHT,
        "prefixes": None,
        "every": RIGHT,
        "longer": (RIGHT,),
    }
    program = SuiteProgram(**(known | fields))  # type: ignore[arg-type]
    return SuiteResult(task, "0", 80, {"work": 300.0}, {"Python": "3"}, "", program)


def test_the_table() -> None:
    results = (
        result("Bitwise_Not"),
        result("Evens_Counter", longer=()),
        result("Sum_Last2", longer=(), any_length=False),
        result("Prev1", longer=(WRONG,)),
        result("Prev2", every=WRONG, ending="nothing better found"),
    )
    head, rows = suite_rows(MIPS, SuiteFile("mips", results))
    table = [dict(zip(head, row, strict=True)) for row in rows]
    assert [row["longer"] for row in table] == ["100", "", "bound", "99.99", "100"]
    assert [row["exact"] for row in table] == ["yes"] * 4 + ["no"]
    assert table[0]["search ended"] == "exact"
    assert table[4]["every input"] == "1 of 100,000"
    none = result("parity", prefixes=RightInputs(1, 50, 0, 0))
    head, rows = suite_rows(FORMAL, SuiteFile("formal", (none,)))
    assert dict(zip(head, rows[0], strict=True))["prefixes"] == ""
    assert table[4]["published: GPT-4"] == "yes"
    text = suite_section(MIPS, SuiteFile("mips", results))
    assert "| 5 of 61 | 4 | 1, where 4 have longer inputs | MIPS 32 of 62," in text


def test_records_are_read_back(tmp_path: Path) -> None:
    for task in ("Prev2", "Prev1", "Prev2"):
        add_suite_result(tmp_path, MIPS, result(task))
    record = read_suite(tmp_path, MIPS)
    assert record.results == (result("Prev1"), result("Prev2"))
    (tmp_path / "mips.json").write_text('{"format": "other"}')
    with pytest.raises(SchemaError, match=r"mips\.json: expected a record of format"):
        read_suite(tmp_path, MIPS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("mips", "--tasks", "Prev9"), "expected task of mips Binary_Addition, "),
        (("mips", "--size", "8"), "--size: not for mips; omit it"),
        (("mips", "--learner", "gradient"), "--learner gradient: not for mips"),
        (("mips", "--render"), "docs/results: no record of mips there"),
        (("mips", "--processes", "0"), "expected processes >= 1, got 0"),
        (("rasp", "--processes", "2"), "--processes: for mips, formal, "),
        (("rasp", "--search-work", "9"), "--search-work: for mips, formal, "),
    ],
)
def test_bad_uses(options: tuple[str, ...], message: str) -> None:
    assert refused("reproduce", *options).startswith(message)


def test_a_plan_names_tasks_of_its_suite() -> None:
    assert len(SuitePlan(MIPS).tasks) == 61
    with pytest.raises(SettingsError, match="expected task of formal tomita1"):
        SuitePlan(FORMAL, ("Prev1",))
