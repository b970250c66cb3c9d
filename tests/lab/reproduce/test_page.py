from __future__ import annotations

from pathlib import Path

import pytest

from transformer_programs.errors import RunFolderError, SchemaError
from transformer_programs.lab.reproduce.page import (
    PREFACE,
    section_of,
    table,
    update_section,
)


def test_sections_do_not_touch_each_other(tmp_path: Path) -> None:
    page = tmp_path / "new" / "page.md"
    update_section(page, "one", "first\n")
    update_section(page, "two", "second\n")
    text = page.read_text()
    assert text.startswith(PREFACE)
    assert (section_of(page, "one"), section_of(page, "two")) == ("first\n", "second\n")
    update_section(page, "one", "another\nand more\n")
    assert page.read_text() == text.replace("first", "another\nand more")
    update_section(page, "one", "first\n")
    assert page.read_text() == text
    assert section_of(page, "three") is None


def test_what_people_wrote_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("mine\n")
    update_section(page, "one", "first\n")
    page.write_text(f"{page.read_text()}\nmine again\n")
    update_section(page, "one", "1\n")
    assert page.read_text() == (
        "mine\n\n<!-- begin: one -->\n1\n<!-- end: one -->\n\nmine again\n"
    )


def test_pages_that_cannot_be_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- begin: one -->\nfirst\n")
    with pytest.raises(SchemaError, match="has no <!-- end: one --> after it"):
        update_section(page, "one", "1\n")
    assert page.read_text() == "<!-- begin: one -->\nfirst\n"
    with pytest.raises(RunFolderError, match="cannot be written"):
        update_section(page / "below.md", "one", "1\n")


def test_tables() -> None:
    assert table(("a", "b"), [("x", "1")]) == "| a | b |\n| --- | ---: |\n| x | 1 |\n"
