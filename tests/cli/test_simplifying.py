"""``tprog simplify`` through its real entry point."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from cli.commands import FILES, Done, refused, tprog
from transformer_programs.codegen.serialize import program_hash, to_json
from transformer_programs.language.nodes import TOKENS, Term
from transformer_programs.optimize.minimising import minimise
from transformer_programs.runs import simplify as simplification
from transformer_programs.runs.folder import read_config
from transformer_programs.runs.run import load

HIST = ("hist", "--vocabulary-size", "6", "--max-length", "6", "--size", "400")


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose program also weighs tokens, which says nothing."""
    folder = tmp_path_factory.mktemp("learned")
    assert tprog("train", *HIST, "--out", folder / "exact").status == 0
    program = load(folder / "exact").program
    labels = len(program.readout.labels)
    weights = tuple((1,) * labels for _ in program.domains[TOKENS].values)
    readout = replace(
        program.readout, terms=(*program.readout.terms, Term(TOKENS, weights))
    )
    more = replace(program, readout=readout)
    (folder / "exact" / "program.json").write_text(to_json(more))
    done = tprog("compile", folder / "exact", "--out", folder / "run")
    assert done.status == 0, done.err
    return folder / "run"


@pytest.fixture(scope="module")
def done(learned: Path) -> Done:
    return tprog("simplify", learned, "--tolerance", "0.01")


def test_a_new_run_that_says_what_it_was_made_from(learned: Path, done: Done) -> None:
    assert done.status == 0, done.err
    run = learned.with_name("run-simplified")
    assert {file.name for file in run.iterdir()} == {*FILES, "curve.svg"}
    assert "validation labels right" in done.out
    assert sum(line.startswith(" >") for line in done.out.splitlines()) == 1
    assert done.out.count(": held out: 100.00%") == 2
    old, new = load(learned).program, load(run).program
    assert len(new.readout.terms) < len(old.readout.terms)
    assert new.name == "hist (simplified, tolerance 0.01)"
    assert new.source.startswith('"""hist (simplified, tolerance 0.01): ')
    assert read_config(run).start == program_hash(old)
    *stages, made = map(json.loads, (run / "metrics.jsonl").read_text().splitlines())
    assert {stage["kind"] for stage in stages} == {"stage"}
    assert made["program_sha256"] == program_hash(old)
    assert made["tolerance"] == 0.01
    assert "<svg" in (run / "curve.svg").read_text()
    assert tprog("verify", run, "--quiet").status == 0
    # The folder that was simplified is as it was.
    assert {file.name for file in learned.iterdir()} == FILES


def test_simplified_again_its_name_stays_short(done: Done, learned: Path) -> None:
    run = learned.with_name("run-simplified")
    program = load(run).program
    labels = len(program.readout.labels)
    more = Term(TOKENS, ((1,) * labels,) * program.domains[TOKENS].size)
    readout = replace(program.readout, terms=(*program.readout.terms, more))
    config = (run / "config.json").read_text()
    again, edited = learned.with_name("again"), learned.with_name("edited")
    shutil.copytree(run, edited)
    (edited / "program.json").write_text(to_json(replace(program, readout=readout)))
    assert (edited / "config.json").read_text() == config
    found = tprog("simplify", edited, "--tolerance", "0", "--out", again, "--json")
    document = json.loads(found.out)
    assert (document["folder"], document["changed"]) == (str(again), True)
    assert document["stages"][document["chosen"]]["accuracy"] == 1
    assert document["test_after"]["per_sequence"] == 1
    assert load(again).program.name == "hist (simplified, tolerance 0)"


def test_where_nothing_can_be_taken_out_no_run_is_written(
    done: Done, learned: Path
) -> None:
    """The program is as short as its labels allow, so the run stays as it is."""
    run = learned.with_name("run-simplified")
    before = {file.name: file.read_bytes() for file in run.iterdir()}
    found = tprog("simplify", run)
    assert found.status == 0, found.err
    assert (
        f"no new run is written, and {run} stays as it is" in found.out.splitlines()[-1]
    )
    assert "Next:" not in found.out
    assert tprog("simplify", run, "--quiet") == Done(0, f"{run}\n", "")
    place = learned.with_name("nothing")
    document = json.loads(tprog("simplify", run, "--out", place, "--json").out)
    assert (document["folder"], document["changed"]) == (str(run), False)
    assert document["test_after"] == document["test_before"]
    assert not place.exists()
    assert not learned.with_name("run-simplified-simplified").exists()
    assert {file.name: file.read_bytes() for file in run.iterdir()} == before


def test_a_closed_form_is_not_traded_for_a_table(tmp_path: Path) -> None:
    """Sorting would have two lines less, and a table of labels instead of a formula."""
    run = tmp_path / "sort"
    size = ("--vocabulary-size", "8", "--max-length", "6", "--size", "500")
    assert tprog("train", "sort", *size, "--out", run, "--quiet").status == 0
    assert minimise(load(run).program) != load(run).program
    assert tprog("simplify", run, "--quiet") == Done(0, f"{run}\n", "")


def test_without_the_library_that_draws(
    learned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simplification, "can_draw", lambda: False)
    found = tprog("simplify", learned, "--out", tmp_path / "new")
    assert found.status == 0
    assert "pip install 'transformer-programs[plot]'" in found.err
    assert {file.name for file in (tmp_path / "new").iterdir()} == FILES


def test_what_cannot_be_simplified(learned: Path, tmp_path: Path) -> None:
    assert "expected a tolerance from 0 to below 1" in refused(
        "simplify", learned, "--tolerance", "1.5"
    )
    assert "no such run folder" in refused("simplify", tmp_path / "none")
    message = refused("simplify", learned, "--out", learned, "--force")
    assert "this is the run itself" in message
    taken = tmp_path / "taken"
    shutil.copytree(learned, taken)
    assert "--force" in refused("simplify", learned, "--out", taken)
    config = json.loads((taken / "config.json").read_text())
    (taken / "config.json").write_text(
        json.dumps(config | {"source": {"kind": "memory"}})
    )
    assert "without its data nothing says what a removal costs" in refused(
        "simplify", taken
    )
    assert not (tmp_path / "taken-simplified").exists()
