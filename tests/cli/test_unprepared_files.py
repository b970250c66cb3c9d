"""Data files as they come: FASTA, tables without names, groups, missing labels."""

from __future__ import annotations

from itertools import product
from pathlib import Path

from cli.commands import tprog
from transformer_programs import load
from transformer_programs.runs.folder import read_config
from transformer_programs.tasks import FileSource

WORDS = ["".join(letters) for letters in product("ACGT", repeat=3)]


def label(word: str) -> str:
    return "yes" if word[0] == "A" else "no"


def train(data: Path, *options: object) -> tuple[Path, str]:
    run = data.parent / f"run_{data.stem}"
    done = tprog(
        *("train", "--data", data, "--learner", "search", "--out", run, "--force"),
        *options,
    )
    assert done.status == 0, done.err
    return run, done.err


def test_fasta_is_learned_run_and_measured(tmp_path: Path) -> None:
    blocks = (f">s{n}|{label(w)}\n{w[0]}\n{w[1:]}\n" for n, w in enumerate(WORDS))
    data = tmp_path / "sites.fa"
    data.write_text("".join(blocks))
    run, _ = train(data)
    assert tprog("run", run, "ACG").out.split()[-1] == "yes"
    table = tmp_path / "sites.csv"
    table.write_text("\n".join(["text,label", *(f"{w},{label(w)}" for w in WORDS)]))
    # The table's texts become characters, too, as the program reads them.
    for other in (data, table):
        assert "100.00% of 64 labels right" in tprog("eval", run, "--data", other).out
    assert "100.00% of 6 labels right" in tprog("eval", run).out


def test_what_a_file_without_names_is_taken_for_is_said(tmp_path: Path) -> None:
    data = tmp_path / "sites.tsv"
    data.write_text("".join(f"{label(w)}\t{' '.join(w)}\n" for w in WORDS))
    run, notes = train(data)
    assert "columns as label,text; if that is wrong, set columns (--columns)" in notes
    assert load(run).program("A C G") == "yes"
    data.write_text("".join(f"{w}\t{w}\t{label(w)}\n" for w in WORDS))
    done = tprog("train", "--data", data, "--out", tmp_path / "none")
    assert done.status == 2
    assert "if the file has no names, set --columns='" in done.err


def test_groups_and_missing_labels(tmp_path: Path) -> None:
    data = tmp_path / "visits.csv"
    rows = [f"p{n % 16},{' '.join(w)},{label(w)}" for n, w in enumerate(WORDS)]
    data.write_text("\n".join(["who,text,label", *rows, "p1,A A,", "p2,C A,"]))
    run, notes = train(data, "--group", "who")
    assert "2 of 66 sequences have no label and are left out (the first:" in notes
    assert "those of equal 'who' on one side" in notes
    source = read_config(run).source
    assert isinstance(source, FileSource)
    assert (source.options.group_column, source.options.split_by) == ("who", "content")
    # The file that is measured on need not have the groups.
    test = tmp_path / "test.csv"
    test.write_text("text,label\nA C,yes\nC A,no\n")
    assert "100.00% of 2 labels right" in tprog("eval", run, "--data", test).out
    done = tprog("train", "--data", data, "--group", "whom", "--out", run)
    assert done.status == 2
    assert "found 'who', 'text', 'label'; set --group to one of them" in done.err
