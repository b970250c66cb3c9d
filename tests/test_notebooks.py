"""Notebooks are valid, hold no output, and do what they say."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
NAMES = [file.stem for file in NOTEBOOKS]


@pytest.fixture(scope="module")
def website() -> ModuleType:
    """The script that makes pages of notebooks."""
    spec = importlib.util.spec_from_file_location("website", ROOT / "docs/website.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["website"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("file", NOTEBOOKS, ids=NAMES)
def test_notebooks_are_valid_and_hold_no_output(file: Path) -> None:
    document = json.loads(file.read_text(encoding="utf-8"))
    assert document.keys() == {"cells", "metadata", "nbformat", "nbformat_minor"}
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    assert document["metadata"]["kernelspec"]["name"] == "python3"
    cells = document["cells"]
    assert len({cell["id"] for cell in cells}) == len(cells)
    for cell in cells:
        assert all(isinstance(line, str) for line in cell["source"])
        keys = {"cell_type", "id", "metadata", "source"}
        if cell["cell_type"] == "code":
            keys |= {"execution_count", "outputs"}
            assert (cell["execution_count"], cell["outputs"]) == (None, [])
        assert cell.keys() == keys
    title, *_ = cells[0]["source"]
    assert title.startswith("# ")


def first_program(names: dict[str, Any], page: str) -> None:
    assert "proved: equal to the definition of reverse" in page
    assert "['2', '4', '1', '3']" in page
    assert page.count(".svg)") == 3


def mended(names: dict[str, Any], page: str) -> None:
    assert "100.00% of held-out labels right" in page
    assert "refuted: not equal to wanted.py:in_order: on '0 1 1'" in page
    assert "proved: equal to wanted.py:in_order on all 780 inputs" in page
    assert 'key: "smaller_token" -> "rank"' in page


def splice_sites(names: dict[str, Any], page: str) -> None:
    program = names["run"].program
    (table,) = program.tables
    (term,) = program.readout.terms
    assert (table.output, table.inputs) == ("evidence", ("positions", "tokens"))

    def classes(position: int) -> dict[str, int]:
        tokens = program.input.vocabulary.tokens
        start = position * len(tokens)
        row = table.table[start : start + len(tokens)]
        return dict(zip(tokens, row, strict=True))

    def label(found: int) -> str:
        weights = term.weights[found]
        return str(program.readout.labels[weights.index(max(weights))])

    assert classes(4)["A"] == classes(5)["G"] == 4
    assert classes(6)["G"] == classes(7)["T"] == 6
    assert (label(4), label(6)) == ("IE", "EI")
    assert "margin" in page


def known_circuit(names: dict[str, Any], page: str) -> None:
    rows = {line.split("  ")[-2].strip(): line.split("  ")[-1] for line in table(page)}
    assert rows["tokens"] == rows["token_by_rank"] == rows["of 3 1 4 1 0"]
    assert rows["positions"] == rows["same_token_after"] == rows["of 3 1 4 1 2"]
    assert rows["rank"] == rows["smaller_token"] == "2 1 1 3 4"
    assert "['1', '3', '2', '1', '4']" in page
    assert "array([5, 3, 1, 4, 0, 2, 6])" in page


def table(page: str) -> list[str]:
    """The lines that show labels by what was patched."""
    last = page.rpartition("```text\n")[2].partition("\n```")[0]
    return last.splitlines()


CLAIMS: dict[str, Callable[[dict[str, Any], str], None]] = {
    "first-program": first_program,
    "known-circuit": known_circuit,
    "mend-a-bug": mended,
    "splice-sites": splice_sites,
}


@pytest.mark.parametrize("file", NOTEBOOKS, ids=NAMES)
def test_notebooks_do_what_they_say(
    website: Any, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(website.place_to_work(tmp_path))
    names: dict[str, Any] = {"__name__": "__main__"}
    page = website.notebook_page(file, tmp_path, names)
    CLAIMS[file.stem](names, page)


def test_a_cell_gives_what_jupyter_shows(website: Any) -> None:
    names: dict[str, Any] = {}
    found = [*website.run_cell("x = 2\nprint(x)\nx + 1", names)]
    assert [output.text for output in found] == ["2\n", "3"]
    assert [*website.run_cell("y = x", names)] == []
    assert names["y"] == 2
