"""What a change touches: the table of CONTRIBUTING.md, and how far statements reach."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "transformer_programs"

STATEMENTS = {"Head", "Table", "Decide", "Embed", "Attend", "Count", "Lookup"}
"""The classes of statements, and those that there were."""

MOST_FILES = 14
"""So many modules may import a class of statements; make it smaller with them."""

DEFINED_IN = "language/nodes.py"


def rows() -> dict[str, str]:
    """What is new, and the text that names its files."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = text.partition("| a new ... | files |\n|---|---|\n")[2].partition("\n\n")[0]
    cells = (line.strip("| ").split(" | ") for line in table.splitlines())
    return dict(cells)


ROWS = rows()


def paths(row: str) -> list[tuple[str, str]]:
    """The paths that a row names, and what is named inside of them."""
    quoted = re.findall("`([^`]+)`", row)
    parts = (text.partition(":") for text in quoted)
    return [(path, name) for path, _, name in parts]


@pytest.mark.parametrize("row", ROWS)
def test_files_of_a_row_exist(row: str) -> None:
    assert paths(ROWS[row])
    for path, name in paths(ROWS[row]):
        found = [place / path for place in (SOURCE, ROOT) if (place / path).exists()]
        assert found, f"{row}: {path} does not exist"
        if name:
            text = found[0].read_text(encoding="utf-8")
            assert re.search(rf"^{name}\b", text, re.MULTILINE), f"{path}: no {name}"


def imports_statement(file: Path) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("transformer_programs.language")
        and not STATEMENTS.isdisjoint(alias.name for alias in node.names)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    )


def dispatching() -> set[str]:
    """The modules that import a class of statements."""
    files = (file for file in SOURCE.rglob("*.py") if imports_statement(file))
    return {file.relative_to(SOURCE).as_posix() for file in files}


def test_few_modules_know_the_classes_of_statements() -> None:
    assert len(dispatching()) <= MOST_FILES


def test_the_row_of_the_statement_names_them_all() -> None:
    named = {path for path, _ in paths(ROWS["statement"])}
    code = {path for path in named if not path.startswith(("docs/", "tests/"))}
    assert code == dispatching() | {DEFINED_IN}
